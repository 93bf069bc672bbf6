"""The questions of ``questions.toml``, dealt out into a half that chooses and one that is reported.

>>> [len(getattr(asked("report"), kind)) for kind in ("answerable", "out_of_scope", "planted")]
[26, 16, 12]
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from aigc_teach.core import check_choice
from aigc_teach.data import Note

FILE = Path(__file__).with_name("questions.toml")
HALVES = {"choose": 0, "report": 1}


class Planted(NamedTuple):
    """A document with an order hidden in it, the question that finds it, and what it demands."""

    question: str
    note: Note
    demanded: str


class Asked(NamedTuple):
    """One half of the questions.

    Attributes
    ----------
    answerable : list of (str, tuple of str)
        A question, and how the titles of the notes begin that answer it.
    out_of_scope : list of str
    planted : list of Planted
        The same for both halves: nothing is chosen on them.
    """

    answerable: list[tuple[str, tuple[str, ...]]]
    out_of_scope: list[str]
    planted: list[Planted]


def asked(half: str) -> Asked:
    """The questions of one half, "choose" or "report"."""
    check_choice("half", half, HALVES)
    kinds = tomllib.loads(FILE.read_text("utf-8"))
    mine = slice(HALVES[half], None, 2)
    return Asked(
        [(entry["question"], tuple(entry["answer"])) for entry in kinds["answerable"][mine]],
        [entry["question"] for entry in kinds["out_of_scope"][mine]],
        [
            Planted(e["question"], Note("term", e["title"], e["text"], ""), e["demanded"])
            for e in kinds["planted"]
        ],
    )


def answers(note: Note, titles: tuple[str, ...]) -> bool:
    """Whether a note is one of those that answer a question: its title begins as one of these.

    >>> answers(Note("term", "temperature", "a factor.", ""), ("temperature",))
    True
    """
    return note.title.lower().startswith(tuple(title.lower() for title in titles))
