"""The course's own glossary, questions and symptoms, as short notes that a program can search.

They are the pages ``book/glossary.md``, ``book/faq.md`` and ``book/symptoms.md``, one entry a
note, kept inside the package so that they are there without the repository. Their licence is the
book's (CC BY 4.0); a test holds the file to the pages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..core import DataError, check_choice
from .vendored import AGAIN, checked_bytes, problems

FOLDER = Path(__file__).parent
FILE = FOLDER / "course_notes.json"
RECORD = FOLDER / "course_notes_record.json"
KINDS = ("all", "term", "question", "symptom")


class Note(NamedTuple):
    """One entry.

    Attributes
    ----------
    kind : str
        "term" of the glossary, "question" of those that people ask, or "symptom".
    title : str
        The term, the question, or what is seen.
    text : str
        What the course says about it: one to six sentences without Markdown.
    page : str
        Where to read on, as a place in the book; empty where the entry names none.
    """

    kind: str
    title: str
    text: str
    page: str


def course_notes(kind: str = "all") -> list[Note]:
    """The notes that come with the package.

    Parameters
    ----------
    kind : {"all", "term", "question", "symptom"}

    Returns
    -------
    list of Note
        In the order of the pages.

    Raises
    ------
    ChoiceError
        For an unknown kind.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> course_notes("question")[2].title
    'What is a GAN?'
    """
    check_choice("kind", kind, KINDS)
    content = checked_bytes(FILE, RECORD)
    try:
        notes = [Note(**entry) for entry in json.loads(content)]
    except (TypeError, ValueError, RecursionError):
        notes = [(None,)]
    if not all(isinstance(value, str) for note in notes for value in note):
        raise DataError(f"{FILE.name} holds no notes. {AGAIN}")
    return [note for note in notes if kind in ("all", note.kind)]


def verify() -> list[str]:
    """What is wrong with the vendored file; empty where all is well."""
    return problems(FILE, RECORD)
