"""Notebooks that crash, or ought to: each a list of cells with one mistake."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .case import CrashCase
from .cases import CASES
from .experiments import critic_weight_change, hidden_layer_changes, side_lengths
from .notebook import Line, Outcome, run_cells, show_cells, undefined_names

__all__ = [
    "CASES",
    "CrashCase",
    "Line",
    "Outcome",
    "critic_weight_change",
    "hidden_layer_changes",
    "run_cells",
    "show_cells",
    "side_lengths",
    "undefined_names",
]
