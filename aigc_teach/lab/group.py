"""A class's progress, from the files that its students hand in; no server, no account.

A file's name is the student's: ``aigc-teach progress --save ada.json`` writes one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from ..core import AigcError, DataError
from ..core.outside import reason
from .record import progress_path, read_handed_in
from .register import EXERCISES, course_list, load_all
from .way import state, table_of
from .words import say

HARDEST = 10


def save_progress(to: str | Path) -> None:
    """Copy your progress file to a place from which you can hand it in.

    Raises
    ------
    AigcError
        If there is nothing to hand in, or the new file is there already or cannot be written.
    """
    own, to = progress_path(), Path(to).expanduser()
    if own is None or not own.exists():
        raise AigcError("There is nothing to hand in: no exercise has been tried here.")
    if to.exists():
        raise AigcError(f"{to} is there already; give another name, or delete it.")
    try:
        shutil.copyfile(own, to)
    except OSError as error:
        raise AigcError(f"{to} could not be written ({reason(error)}).") from error
    say(f"Your progress is copied to {to}: names of exercises, tries and dates, no answers.")


def class_progress(folder: str | Path) -> None:
    """Show how far a class is: a row a student, and the exercises that most have not solved.

    Parameters
    ----------
    folder : str or Path
        A folder of progress files, ``<student>.json``. What is no progress file is named, and
        changes nothing.

    Raises
    ------
    AigcError
        If the folder is not there or holds no progress file.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise AigcError(f"{folder} is no folder; give the one that holds the students' files.")
    found, wrong = {}, []
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = read_handed_in(path)
        except DataError as error:
            wrong.append(str(error))
        except OSError as error:
            wrong.append(f"{path.name} cannot be read ({reason(error)}).")
    if not found:
        raise AigcError(" ".join([f"{folder} holds no progress file (*.json).", *wrong]))
    load_all()
    say(*wrong, *students(found), "", *exercises(found))


def students(found: Mapping[str, dict]) -> Iterator[str]:
    """Yield the table of students: lessons passed and begun, exercises solved, tries."""
    rows = [("student", "passed", "begun", "solved", "tries", "last day")]
    lessons = [row["name"] for row in course_list()["lessons"]]
    for student, known in found.items():
        states = [state(lesson, known) for lesson in lessons]
        entries = [known["exercises"].get(name) for name in EXERCISES]
        entries = [entry for entry in entries if entry]
        days = [entry["solved"] for entry in entries if entry["solved"]]
        counts = (states.count("passed"), states.count("begun"), len(days))
        tries = sum(entry["tries"] for entry in entries)
        rows.append((student, *map(str, counts), str(tries), max(days, default="-")))
    yield f"{len(found)} students, {len(lessons)} lessons, {len(EXERCISES)} exercises."
    yield table_of(rows)


def exercises(found: Mapping[str, dict]) -> Iterator[str]:
    """Yield the table of the exercises that were tried and gave most trouble."""
    trouble = []
    for name in EXERCISES:
        tried = [known["exercises"][name] for known in found.values() if name in known["exercises"]]
        tried = [entry for entry in tried if entry["tries"]]
        if tried:
            solved = sum(bool(entry["solved"]) for entry in tried)
            middle = median(entry["tries"] for entry in tried)
            trouble.append((solved / len(tried), -middle, name, solved, len(tried), middle))
    if not trouble:
        yield "No exercise has been tried."
        return
    yield f"What gave most trouble (of {len(trouble)} exercises that somebody tried):"
    rows = [("exercise", "solved by", "tries, median")]
    for *_, name, solved, tried, middle in sorted(trouble)[:HARDEST]:
        rows.append((name, f"{solved} of {tried}", f"{middle:g}"))
    yield table_of(rows)
