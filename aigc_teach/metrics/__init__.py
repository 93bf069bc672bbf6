"""Measures of what a model generates: functions of tensors, never of models."""

from .digits import REAL, DigitScores, compare, nearest_distance, score_digits
from .frechet import frechet_distance, gaussian_of, symmetric_root
from .judge import REJECT, Judge, judge_images

__all__ = [
    "REAL",
    "REJECT",
    "DigitScores",
    "Judge",
    "compare",
    "frechet_distance",
    "gaussian_of",
    "judge_images",
    "nearest_distance",
    "score_digits",
    "symmetric_root",
]
