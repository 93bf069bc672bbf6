"""Trainings whose parts are right and whose order of work, the protocol, is wrong."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .cases import CASES
from .recorder import apart, own_and_new, watch

__all__ = ["CASES", "apart", "own_and_new", "watch"]
