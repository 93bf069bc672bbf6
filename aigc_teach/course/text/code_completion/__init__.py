"""The lesson on completing code: files and their functions, twenty tasks with tests, exercises."""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .files import (
    Place,
    Score,
    cut,
    function_of,
    hidden_names,
    is_over,
    long_lines,
    milliseconds,
    places,
    reads_unbound,
    right,
    savings,
    score,
    shared,
    shuffled,
    where_from,
)
from .functions import TASKS, arguments, by_pattern, head, outcome, program

__all__ = [
    "TASKS",
    "Place",
    "Score",
    "arguments",
    "by_pattern",
    "cut",
    "function_of",
    "head",
    "hidden_names",
    "is_over",
    "long_lines",
    "milliseconds",
    "outcome",
    "places",
    "program",
    "reads_unbound",
    "right",
    "savings",
    "score",
    "shared",
    "shuffled",
    "where_from",
]
