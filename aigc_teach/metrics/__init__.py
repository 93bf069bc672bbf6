"""Measures of what a model generates: functions of tensors and texts, never of models."""

from . import (
    attacks,
    box_solver,
    damage,
    level_look,
    level_solver,
    motion,
    music,
    subtitles,
    summary,
    tables,
    translation,
)
from .attributes import AttributeReader, read_attributes
from .checkerboard import checkerboard
from .code_use import CodeUse, code_use
from .completion import (
    Savings,
    bound_names,
    characters_saved,
    parses,
    pass_at_k,
    undefined_names,
)
from .digits import REAL, DigitScores, compare, nearest_distance, score_digits
from .dnsmos import Marks, dnsmos, dnsmos_missing
from .edits import EditScores, edit_scores, moved
from .events import EventScores, match_events
from .faithfulness import Claim, Faithfulness, faithfulness, find_claims, omitted
from .fidelity import psnr, ssim, ssim_map
from .frechet import frechet_distance, gaussian_of, symmetric_root
from .judge import REJECT, Judge, judge_images
from .kernel import kernel_distance
from .modes import mode_shares
from .neighbours import NeighbourScores, neighbour_scores
from .recogniser import Recogniser, recogniser_missing, word_times
from .scene_parser import Obedience, Reading, SceneParser, obeys
from .sequence import VerseForm, bits_per_character, distinct_n, longest_copied_run, verse_form
from .sound import add_noise, loudness, mel_distance, si_sdr, snr, stoi, word_error_rate
from .subtitles import (
    Broken,
    Rules,
    TimeErrors,
    broken_rules,
    reading_speed,
    rule_counts,
    time_errors,
)
from .summary import Rouge, invented_names, invented_share, rouge, rouge_l, rouge_n
from .translation import bleu, chrf, exact_match, placeholders_kept

__all__ = [
    "AttributeReader",
    "Broken",
    "Claim",
    "CodeUse",
    "DigitScores",
    "EditScores",
    "EventScores",
    "Faithfulness",
    "Judge",
    "Marks",
    "NeighbourScores",
    "Obedience",
    "Savings",
    "REAL",
    "REJECT",
    "Reading",
    "Recogniser",
    "Rouge",
    "SceneParser",
    "Rules",
    "TimeErrors",
    "VerseForm",
    "add_noise",
    "attacks",
    "bits_per_character",
    "bleu",
    "bound_names",
    "box_solver",
    "broken_rules",
    "characters_saved",
    "checkerboard",
    "chrf",
    "code_use",
    "compare",
    "damage",
    "distinct_n",
    "dnsmos",
    "dnsmos_missing",
    "edit_scores",
    "exact_match",
    "faithfulness",
    "find_claims",
    "frechet_distance",
    "gaussian_of",
    "invented_names",
    "invented_share",
    "judge_images",
    "kernel_distance",
    "level_look",
    "level_solver",
    "longest_copied_run",
    "loudness",
    "match_events",
    "mel_distance",
    "mode_shares",
    "moved",
    "motion",
    "music",
    "nearest_distance",
    "neighbour_scores",
    "obeys",
    "omitted",
    "parses",
    "pass_at_k",
    "placeholders_kept",
    "psnr",
    "read_attributes",
    "reading_speed",
    "recogniser_missing",
    "rouge",
    "rouge_l",
    "rouge_n",
    "rule_counts",
    "score_digits",
    "si_sdr",
    "snr",
    "ssim",
    "ssim_map",
    "stoi",
    "subtitles",
    "summary",
    "symmetric_root",
    "tables",
    "time_errors",
    "translation",
    "undefined_names",
    "verse_form",
    "word_error_rate",
    "word_times",
]
