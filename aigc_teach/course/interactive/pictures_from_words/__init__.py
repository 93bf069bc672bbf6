"""The lesson on pictures from words: what its page shares, its exercises and its questions."""

from . import crossings
from . import exercises as _exercises  # noqa: F401  (registers them)
from .writing import (
    CHIPS,
    SHAPE,
    layouts,
    line,
    numbers,
    own_half,
    sentence_table,
    shares,
    twisted,
    words,
)

__all__ = [
    "CHIPS",
    "SHAPE",
    "crossings",
    "layouts",
    "line",
    "numbers",
    "own_half",
    "sentence_table",
    "shares",
    "twisted",
    "words",
]
