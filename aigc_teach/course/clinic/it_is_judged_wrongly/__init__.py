"""Reports about trainings that judge wrongly."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .case import JudgedCase
from .cases import CASES
from .reports import Comparison, EvaluationSet, FunctionSampler, copies_of

__all__ = ["CASES", "Comparison", "EvaluationSet", "FunctionSampler", "JudgedCase", "copies_of"]
