"""The lesson on music: tunes written by models, what is counted about them, exercises."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .counting import (
    SPOILT,
    Counted,
    as_abc,
    bars_in,
    bars_of,
    copied,
    counted,
    fault,
    first_bars,
    form_played,
    key_name,
    played_out,
    spoilt,
    tunes_of,
    twice,
    valid,
)
from .writing import LONGEST, BarRule, Written, as_ids, as_text, transposed, write, write_counted

__all__ = [
    "SPOILT",
    "LONGEST",
    "BarRule",
    "Counted",
    "Written",
    "as_abc",
    "as_ids",
    "as_text",
    "bars_in",
    "bars_of",
    "copied",
    "counted",
    "fault",
    "first_bars",
    "form_played",
    "key_name",
    "played_out",
    "spoilt",
    "transposed",
    "tunes_of",
    "twice",
    "valid",
    "write",
    "write_counted",
]
