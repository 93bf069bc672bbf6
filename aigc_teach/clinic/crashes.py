"""Notebooks that crash, or ought to: each a list of cells with one mistake.

Nothing here is a training that lies about its result; those are in ``lies``. Where a mistake
raises no error, it is because its twin does.
"""

from __future__ import annotations

from . import crash_layers, crash_names, crash_shapes, crash_state, crash_turns
from .cells import Line, Outcome, run_cells, show_cells, undefined_names
from .crash_case import CrashCase
from .crash_layers import moved
from .crash_shapes import sides
from .crash_turns import critic_moved

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
