"""The lesson on moving pictures: clips, simple guesses, the reader of identity, a talking face."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .clips import (
    AHEAD,
    CROP,
    GIVEN,
    NEXT,
    PAST,
    SIZE,
    both_futures,
    carried_on,
    clips,
    forks,
    named,
    shift_later,
    shifted,
    small_digits,
)
from .talking import FPS, RATE, loudness, mouth_of, spoken, talking

__all__ = [
    "AHEAD",
    "CROP",
    "FPS",
    "GIVEN",
    "NEXT",
    "PAST",
    "RATE",
    "SIZE",
    "both_futures",
    "carried_on",
    "clips",
    "forks",
    "loudness",
    "mouth_of",
    "named",
    "shift_later",
    "shifted",
    "small_digits",
    "spoken",
    "talking",
]
