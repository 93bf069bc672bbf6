"""Measures of what a model generates: functions of tensors, never of models."""

from . import damage
from .checkerboard import checkerboard
from .digits import REAL, DigitScores, compare, nearest_distance, score_digits
from .frechet import frechet_distance, gaussian_of, symmetric_root
from .judge import REJECT, Judge, judge_images
from .kernel import kernel_distance
from .modes import mode_shares
from .neighbours import NeighbourScores, neighbour_scores

__all__ = [
    "REAL",
    "REJECT",
    "DigitScores",
    "Judge",
    "NeighbourScores",
    "checkerboard",
    "compare",
    "damage",
    "frechet_distance",
    "gaussian_of",
    "judge_images",
    "kernel_distance",
    "mode_shares",
    "nearest_distance",
    "neighbour_scores",
    "score_digits",
    "symmetric_root",
]
