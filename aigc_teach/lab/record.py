"""Your progress: one small file on your own computer, that you can read and delete.

It lies in your user data folder, or where ``AIGC_PROGRESS`` says (``off``: nowhere). It
holds names of exercises, numbers of tries and dates; never an answer. No trouble with it
ever stops a lesson.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from pathlib import Path

from ..core import DataError, FileWriteError, locked, make_folder, remove_file, write_atomically
from ..core.outside import reason, what_is
from .register import EXERCISES, QUESTIONS, current_name, load_all
from .words import say

KINDS = ("exercises", "questions")
WAIT = 5.0  # seconds that a check waits for another kernel's
_complained: set[str] = set()  # each trouble is told once a kernel, not at every check


def progress_path() -> Path | None:
    """Where the progress file lies; None if ``AIGC_PROGRESS`` is ``off``."""
    chosen = os.environ.get("AIGC_PROGRESS", "").strip()
    if chosen.casefold() == "off":
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("aigc-teach", appauthor=False)) / "progress.json"


def record(what: str, name: str, *, solved: bool, tried: bool = True) -> None:
    """Add one try to the file; once solved, an exercise stays solved.

    Parameters
    ----------
    what : {"exercises", "questions"}
    name : str
    solved, tried : bool
        An answer that was not tried (the untouched stub) changes nothing.
    """
    path = progress_path()
    if path is None or not tried:
        return
    try:
        make_folder(path.parent)
        with locked(path, wait=WAIT):  # another kernel's tries, made meanwhile, count as well
            known = read_progress(path)
            entry = known[what].setdefault(name, {"tries": 0, "solved": None})
            if not entry["solved"]:
                entry["tries"] += 1
                entry["solved"] = datetime.date.today().isoformat() if solved else None
                write_progress(path, known)
    except FileWriteError as error:
        _complain(
            f"Your progress is not kept ({error.path}: {error.reason}); checks work all the same. "
            "Set AIGC_PROGRESS to a file that can be written."
        )


def read_progress(path: Path) -> dict:
    """What the file says; an unreadable one is kept as ``.bak`` and a new one begins."""
    known = _read(path)
    if known is None:
        with contextlib.suppress(FileWriteError), locked(path, wait=WAIT):
            known = _read(path)  # another kernel may have healed it meanwhile
            if known is None:
                _set_aside(path)
    return known or {what: {} for what in KINDS}


def _read(path: Path) -> dict | None:
    """What the file says; nothing if it is not there or closed; None if it is damaged."""
    try:
        if (kind := what_is(path)) not in ("file", "nothing"):  # a pipe would be waited for
            raise OSError(None, f"it is a {kind}")
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, DataError) as error:
        _complain(f"Your progress in {path} cannot be read ({reason(error)}). Lessons go on.")
        return {}
    except (ValueError, RecursionError):
        return None
    return _renamed(known) if _well_formed(known) else None


def _renamed(known: dict) -> dict:
    """The same under today's names; where a record has both names, what was solved stays so."""
    today: dict = {what: {} for what in KINDS}
    for what in KINDS:
        for name, entry in known[what].items():
            name = current_name(name)
            twin = today[what].get(name, {"tries": 0, "solved": None})
            dates = filter(None, (twin["solved"], entry["solved"]))
            tries = twin["tries"] + entry["tries"]
            today[what][name] = {"tries": tries, "solved": min(dates, default=None)}
    return today


def _set_aside(path: Path) -> None:
    backup = path.with_name(path.name + ".bak")
    with contextlib.suppress(OSError):
        os.replace(path, backup)
    _complain(f"Your progress file was damaged. A new one begins; the old is kept as {backup}.")


def write_progress(path: Path, known: dict) -> None:
    """Replace the file as a whole: a kernel that dies in mid-write leaves the old one."""
    text = json.dumps(known, indent=1, sort_keys=True)
    write_atomically(path, text.encode(), wait=WAIT)


def progress() -> None:
    """Show every exercise and question, and how far you are."""
    load_all()
    path = progress_path()
    known = read_progress(path) if path else {what: {} for what in KINDS}
    tables = {"exercises": EXERCISES, "questions": QUESTIONS}
    rows, solved, total = [], 0, 0
    for what, table in tables.items():
        for name in sorted({*table, *known[what]}):
            entry = known[what].get(name, {"tries": 0, "solved": None})
            rows.append((name, what[:-1], entry["solved"] or "-", str(entry["tries"])))
            solved, total = solved + bool(entry["solved"]), total + 1
    say(_table([("name", "kind", "solved on", "tries"), *sorted(rows)]))
    say(f"{solved} of {total} solved.")
    if path:
        say(f"This is kept in {path} and nowhere else; lab.forget() deletes it.")


def forget() -> None:
    """Delete your progress file, the kept copy of a damaged one, and half-written ones."""
    path = progress_path()
    if path is None:
        say("Nothing is kept, because AIGC_PROGRESS is off.")
        return
    try:
        for file in (path, path.with_name(path.name + ".bak")):
            remove_file(file)
    except FileWriteError as error:
        say(f"The file {path} could not be deleted: {error.reason}.")
        return
    say("Your progress is deleted.")


def _well_formed(known: object) -> bool:
    if not (isinstance(known, dict) and all(isinstance(known.get(w), dict) for w in KINDS)):
        return False
    entries = [entry for what in KINDS for entry in known[what].values()]
    return all(
        isinstance(entry, dict)
        and isinstance(entry.get("tries"), int)
        and isinstance(entry.get("solved", 0), str | None)
        for entry in entries
    )


def _complain(sentence: str) -> None:
    if sentence not in _complained:
        _complained.add(sentence)
        say(sentence)


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
