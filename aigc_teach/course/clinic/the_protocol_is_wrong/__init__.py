"""Trainings whose parts are right and whose order of work, the protocol, is wrong."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .cases import CASES
from .recorder import rms_difference, seen_and_new_pictures, watch

__all__ = ["CASES", "rms_difference", "seen_and_new_pictures", "watch"]
