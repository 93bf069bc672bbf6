"""The lesson on music: tunes written by models, what is counted about them, exercises."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .counting import (
    SPOILT,
    Counted,
    as_abc,
    bars_of,
    copied,
    counted,
    fault,
    first_bars,
    key_name,
    played_out,
    spoilt,
    tunes_of,
    valid,
)
from .writing import BarRule, Written, as_ids, as_text, transposed, write, write_counted

__all__ = [
    "SPOILT",
    "BarRule",
    "Counted",
    "Written",
    "as_abc",
    "as_ids",
    "as_text",
    "bars_of",
    "copied",
    "counted",
    "fault",
    "first_bars",
    "key_name",
    "played_out",
    "spoilt",
    "transposed",
    "tunes_of",
    "valid",
    "write",
    "write_counted",
]
