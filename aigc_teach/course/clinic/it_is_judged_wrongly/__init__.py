"""Reports about trainings that judge wrongly."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .cases import CASES, Bench, Drawn, Hearing, JudgedCase, copies_of

__all__ = ["CASES", "Bench", "Drawn", "Hearing", "JudgedCase", "copies_of"]
