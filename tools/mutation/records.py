"""What came of the mutants, lesson by lesson: book/mutants.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.places import here

from .equivalents import Equivalent, is_equivalent

if TYPE_CHECKING:  # the status page counts records and needs no torch
    from .trial import Outcome

STORED = here().book / "mutants.json"
MOST = 0.01  # of the wrong answers that are not equivalent may be accepted


def count(exercise: str, outcomes: Iterable[Outcome], table: list[Equivalent]) -> dict:
    """Return the record of one exercise: the numbers, and which wrong answers survived."""
    outcomes = list(outcomes)
    passed = [o for o in outcomes if not o.refused]
    alive = [o for o in passed if not (o.void or is_equivalent(exercise, o.mutant, table))]
    work = sum(o.seconds for o in outcomes) / max(1, len(outcomes))
    return {
        "made": len(outcomes),
        "refused": len(outcomes) - len(passed),
        "equivalent": len(passed) - len(alive),
        "survived": [f"{o.mutant.change} | {o.mutant.line}" for o in alive],
        "seconds": round(work, 3),  # of work for one, so that the suite can choose a sample
    }


def total(exercises: dict[str, dict]) -> dict[str, int]:
    """Return the sums over the exercises of a lesson, or of several."""
    sums = dict.fromkeys(("made", "refused", "equivalent", "survived"), 0)
    for record in exercises.values():
        for key in sums:
            value = record[key]
            sums[key] += len(value) if key == "survived" else value
    return sums


def share_survived(sums: dict[str, int]) -> float:
    """Return which share of the answers that are wrong indeed was accepted."""
    return sums["survived"] / max(1, sums["refused"] + sums["survived"])


def read_records(path: Path = STORED) -> dict[str, dict[str, dict]]:
    """Return what is stored: lesson -> exercise -> record."""
    return json.loads(path.read_text("utf-8"))["lessons"] if path.exists() else {}


def write_records(lessons: dict[str, dict[str, dict]], path: Path = STORED) -> None:
    """Store the records."""
    text = json.dumps({"lessons": lessons}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")
