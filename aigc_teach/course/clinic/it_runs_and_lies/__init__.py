"""Trainings that run to their end, raise nothing, and show a loss that means something else."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from . import pieces
from .cases import CASES

__all__ = ["CASES", "pieces"]
