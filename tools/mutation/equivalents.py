"""The mutants that are right all the same, each with its reason: tests/lab/equivalents.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the status page counts records and needs no torch
    from .mutants import Mutant

TABLE = Path(__file__).resolve().parents[2] / "tests" / "lab" / "equivalents.toml"
KEYS = {"exercises", "change", "lines", "reason"}


@dataclass(frozen=True)
class Equivalent:
    """One entry: these lines of these exercises, or all lines where none is named."""

    exercises: tuple[str, ...]
    change: str
    lines: tuple[str, ...]
    reason: str

    def covers(self, exercise: str, mutant: Mutant) -> bool:
        """Whether this entry speaks of a mutant."""
        return (
            exercise in self.exercises
            and mutant.change == self.change
            and (not self.lines or mutant.line in self.lines)
        )


def read_equivalents(path: Path = TABLE) -> list[Equivalent]:
    """Return the entries of the table; a ValueError where one is not whole."""
    entries = tomllib.loads(path.read_text("utf-8"))["equivalent"]
    for entry in entries:
        if not (KEYS - {"lines"} <= set(entry) <= KEYS) or not entry["reason"].endswith("."):
            needed = ", ".join(sorted(KEYS))
            raise ValueError(f"{path.name}: an entry needs {needed} (lines may miss): {entry}")
    return [
        Equivalent(
            tuple(entry["exercises"]),
            entry["change"],
            tuple(entry.get("lines", ())),
            entry["reason"],
        )
        for entry in entries
    ]


def is_equivalent(exercise: str, mutant: Mutant, table: Iterable[Equivalent]) -> bool:
    """Whether the table says that a mutant is right all the same."""
    return any(entry.covers(exercise, mutant) for entry in table)


def idle(table: Iterable[Equivalent], mutants: dict[str, list[Mutant]]) -> list[str]:
    """Return a sentence for each exercise or line of the table that no mutant answers to."""
    said = []
    for entry in table:
        for exercise in entry.exercises:
            own = [m for m in mutants.get(exercise, ()) if entry.covers(exercise, m)]
            if not own:
                said.append(f"{exercise} has no mutant '{entry.change}' as the table says.")
        lines = {m.line for exercise in entry.exercises for m in mutants.get(exercise, ())}
        said += [f"No mutant reads: {line}" for line in entry.lines if line not in lines]
    return said
