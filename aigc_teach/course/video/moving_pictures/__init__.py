"""The lesson on moving pictures: clips, simple guesses, the reader of identity, a talking face."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .clips import (
    AHEAD,
    CROP,
    PAST,
    SIZE,
    carried_on,
    clips,
    named,
    shift_later,
    small_digits,
)
from .talking import FPS, loudness, mouth_of, spoken, talking

__all__ = [
    "AHEAD",
    "CROP",
    "FPS",
    "PAST",
    "SIZE",
    "carried_on",
    "clips",
    "loudness",
    "mouth_of",
    "named",
    "shift_later",
    "small_digits",
    "spoken",
    "talking",
]
