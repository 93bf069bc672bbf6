"""Where you are in the course: what is passed, what comes next, what to repeat.

Read from your progress file alone. A lesson is passed when each of its exercises is solved. To
repeat is what you tried without success, and what was right only at the third try or later,
until it is right again on a later day.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core import AigcError, FileWriteError, check_choice, check_writable, make_folder
from .record import KINDS, WAIT, progress_path, read_progress
from .register import EXERCISES, QUESTIONS, course_list, load_all
from .words import say

LATE = 3  # tries: one that was right only then is worth another look
SHOWN = 8  # names to repeat


def progress(path: str | None = None, audience: str | None = None, *, every: bool = False) -> None:
    """Show which lessons you have passed, what comes next, and what to repeat.

    Parameters
    ----------
    path : str, optional
        One of the learning paths: ``"afternoon"``, ``"week"`` or ``"term"``; otherwise the whole
        course, in its own order.
    audience : str, optional
        Swap lessons of the path for ``"engineers"``, ``"artists"`` or ``"teachers"``.
    every : bool
        Show a table of every exercise and question as well.

    Raises
    ------
    ChoiceError
        If there is no such path or audience; the sentence lists those that there are.
    """
    course = course_list()
    rows = chosen(course, path, audience)
    load_all()
    file = progress_path()
    known = read_progress(file) if file else {what: {} for what in KINDS}
    if every:
        lines = table_of([("name", "kind", "solved on", "tries"), *sorted(_every(known))]).split(
            "\n"
        )
        say(*("\n".join(lines[at : at + 50]) for at in range(0, len(lines), 50)), "")
    say(*report(rows, known, whole=path is None))
    say(_where(file))


def chosen(course: dict, path: str | None, audience: str | None) -> list[dict]:
    """The lessons to walk, in order: each with name, title and minutes."""
    if path is None:
        if audience is not None:
            raise AigcError(f"{audience!r} swaps lessons of a path: name the path, too.")
        return course["lessons"]
    check_choice("path", path, list(course["paths"]))
    walked = course["paths"][path]["lessons"]
    if audience is not None:
        check_choice("audience", audience, list(course["audiences"]))
        walked = course["paths"][path]["for"][audience]
    return [row for row in course["lessons"] if row["lesson"] in walked]


def report(rows: list[dict], known: dict, *, whole: bool) -> Iterator[str]:
    """Yield the paragraphs: lessons, next, repeat."""
    states = {row["name"]: state(row["name"], known) for row in rows}
    passed = [row for row in rows if states[row["name"]] == "passed"]
    left = [row for row in rows if row not in passed]
    yield (
        f"Passed: {len(passed)} of {len(rows)} lessons (each exercise solved). "
        f"To go: {_minutes(left)} of {_minutes(rows)} minutes, running included."
    )
    shown = [row for row in rows if not whole or states[row["name"]] != "to do"]
    if shown:
        yield "\n" + table_of(
            [(states[row["name"]], row["lesson"], *_counts(row["name"], known)) for row in shown]
        )
    yield ""
    yield from _next(left, states)
    yield ""
    yield from _repeat(known)
    yield ""


def state(lesson: str, known: dict) -> str:
    """How far a lesson is: passed, begun, or not yet touched (to do)."""
    exercises = _of(lesson, EXERCISES)
    if exercises and all(_entry(known, "exercises", name)["solved"] for name in exercises):
        return "passed"
    tried = {name for what in KINDS for name in known[what]}
    return "begun" if tried & {*exercises, *_of(lesson, QUESTIONS)} else "to do"


def to_repeat(known: dict) -> list[tuple[str, str]]:
    """What to repeat: names and why; the unsolved ones first, those with most tries before."""
    found = []
    for what, table in (("exercises", EXERCISES), ("questions", QUESTIONS)):
        for name in table:
            entry = _entry(known, what, name)
            tries, late = entry["tries"], entry["tries"] >= LATE and not entry.get("again")
            if tries > 0 and not entry["solved"]:
                found.append((0, -tries, name, f"not solved yet, tries: {tries}"))
            elif entry["solved"] and late:
                found.append((1, -tries, name, f"right only at try {tries}"))
    return [(name, why) for *_, name, why in sorted(found)]


def _next(left: list[dict], states: dict[str, str]) -> Iterator[str]:
    """Yield what is begun before what is not; each in the order of the path."""
    if not left:
        yield "Next: nothing is left here; every lesson is passed."
    order = sorted(left, key=lambda row: states[row["name"]] != "begun")  # stable
    for word, row in zip(("Next", "Then"), order, strict=False):
        verb = "go on with" if states[row["name"]] == "begun" else "begin"
        whole = f"{_minutes([row])} minutes for all of it"
        yield f"{word}: {verb} {row['lesson']} ({row['title']}), about {whole}."


def _repeat(known: dict) -> Iterator[str]:
    names = to_repeat(known)
    if not names:
        yield "To repeat: nothing."
        return
    yield "To repeat (a right answer strikes it off; for one solved before, on a later day):"
    yield "\n".join(["", *table_of([("", *row) for row in names[:SHOWN]]).splitlines()]).strip("\n")
    if len(names) > SHOWN:
        yield f"  and {len(names) - SHOWN} more."


def _where(file) -> str:
    if file is None:
        return "Nothing is kept, because AIGC_PROGRESS is off."
    try:
        make_folder(file.parent)
        check_writable(file, wait=WAIT)
    except FileWriteError as error:
        return (
            f"Nothing new can be kept ({error.path}: {error.reason}). "
            "Set AIGC_PROGRESS to a file that can be written."
        )
    return (
        f"This is kept in {file} and nowhere else; `aigc-teach progress --forget`, or "
        "lab.forget() in a notebook, deletes it."
    )


def _counts(lesson: str, known: dict) -> Iterator[str]:
    for what, table in (("exercises", EXERCISES), ("questions", QUESTIONS)):
        names = _of(lesson, table)
        solved = sum(bool(_entry(known, what, name)["solved"]) for name in names)
        yield f"{what} {solved}/{len(names)}"


def _every(known: dict) -> Iterator[tuple[str, str, str, str]]:
    for what, table in (("exercises", EXERCISES), ("questions", QUESTIONS)):
        for name in {*table, *known[what]}:
            entry = _entry(known, what, name)
            yield name, what[:-1], entry["solved"] or "-", str(entry["tries"])


def _of(lesson: str, table: dict) -> list[str]:
    return [name for name in table if name.rpartition("/")[0] == lesson]


def _entry(known: dict, what: str, name: str) -> dict:
    return known[what].get(name, {"tries": 0, "solved": None})


def _minutes(rows: list[dict]) -> str:
    return f"{sum(row['work'] + row['run'] for row in rows):g}"


def table_of(rows: list[tuple[str, ...]]) -> str:
    """Rows as text, each column as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
