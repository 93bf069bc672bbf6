"""Notebooks that crash, or ought to: each a list of cells with one mistake.

Nothing here is a training that lies about its result; those are in ``lies``. Where a mistake
raises no error, it is because its twin does.
"""

from __future__ import annotations

from . import exercises as _exercises  # noqa: F401  (registers them)
from . import layers as crash_layers
from . import names as crash_names
from . import shapes as crash_shapes
from . import state as crash_state
from . import turns as crash_turns
from .case import CrashCase
from .cells import Line, Outcome, run_cells, show_cells, undefined_names
from .layers import moved
from .shapes import sides
from .turns import critic_moved

CASES: dict[str, CrashCase] = {
    **crash_state.CASES,
    **crash_names.CASES,
    **crash_shapes.CASES,
    **crash_layers.CASES,
    **crash_turns.CASES,
}

__all__ = [
    "CASES",
    "CrashCase",
    "Line",
    "Outcome",
    "critic_moved",
    "moved",
    "run_cells",
    "show_cells",
    "sides",
    "undefined_names",
]
