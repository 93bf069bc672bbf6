"""The lesson on summaries: reversed meanings, words that come twice, what to show, exercises."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .reversal import OPPOSITES, reverse_meaning
from .writing import OFTEN, first_words, forbidding, repeated, written

__all__ = [
    "OFTEN",
    "OPPOSITES",
    "first_words",
    "forbidding",
    "repeated",
    "reverse_meaning",
    "written",
]
