"""Measures of what a model generates: functions of tensors and texts, never of models."""

from . import attacks, damage, tables, translation
from .attributes import AttributeReader, read_attributes
from .checkerboard import checkerboard
from .code_use import CodeUse, code_use
from .digits import REAL, DigitScores, compare, nearest_distance, score_digits
from .edits import EditScores, edit_scores, moved
from .faithfulness import Claim, Faithfulness, faithfulness, find_claims, omitted
from .fidelity import psnr, ssim, ssim_map
from .frechet import frechet_distance, gaussian_of, symmetric_root
from .judge import REJECT, Judge, judge_images
from .kernel import kernel_distance
from .modes import mode_shares
from .neighbours import NeighbourScores, neighbour_scores
from .sequence import VerseForm, bits_per_character, distinct_n, longest_copied_run, verse_form
from .translation import bleu, chrf, exact_match, placeholders_kept

__all__ = [
    "AttributeReader",
    "Claim",
    "CodeUse",
    "DigitScores",
    "EditScores",
    "Faithfulness",
    "Judge",
    "NeighbourScores",
    "REAL",
    "REJECT",
    "VerseForm",
    "attacks",
    "bits_per_character",
    "bleu",
    "checkerboard",
    "chrf",
    "code_use",
    "compare",
    "damage",
    "distinct_n",
    "edit_scores",
    "exact_match",
    "faithfulness",
    "find_claims",
    "frechet_distance",
    "gaussian_of",
    "judge_images",
    "kernel_distance",
    "longest_copied_run",
    "mode_shares",
    "moved",
    "nearest_distance",
    "neighbour_scores",
    "omitted",
    "placeholders_kept",
    "psnr",
    "read_attributes",
    "score_digits",
    "ssim",
    "ssim_map",
    "symmetric_root",
    "tables",
    "translation",
    "verse_form",
]
