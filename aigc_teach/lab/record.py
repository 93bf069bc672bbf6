"""Your progress: one small file on your own computer, that you can read and delete.

It lies in your user data folder, or where ``AIGC_PROGRESS`` says (``off``: nowhere). It
holds names of exercises, numbers of tries and dates; never an answer. No trouble with it
ever stops a lesson, and what cannot be read is never written over.
"""

from __future__ import annotations

import datetime
import glob
import json
import os
from pathlib import Path

from ..core import DataError, FileWriteError, locked, make_folder, remove_file, write_atomically
from ..core.files import write_error
from ..core.outside import reason, what_is
from .register import current_name
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

    A right answer on a later day is kept as well, as the date ``again``: it was repeated.

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
            known = _sound(path)
            entry = known[what].setdefault(name, {"tries": 0, "solved": None})
            if _counted(entry, solved, datetime.date.today().isoformat()):
                write_progress(path, known)
    except FileWriteError as error:
        _complain(
            f"Your progress is not kept ({error.path}: {error.reason}); checks work all the same. "
            "Set AIGC_PROGRESS to a file that can be written."
        )
    except (OSError, DataError) as error:
        _complain(_unreadable(path, error))


def _counted(entry: dict, solved: bool, today: str) -> bool:
    """Write one try into an entry; whether that changed it."""
    if not entry["solved"]:
        entry |= {"tries": entry["tries"] + 1, "solved": today if solved else None}
        return True
    if not solved or today <= max(entry["solved"], entry.get("again") or ""):
        return False
    entry["again"] = today
    return True


def read_progress(path: Path) -> dict:
    """What the file says; a damaged one is kept as ``.bak`` and a new one begins."""
    try:
        return _sound(path)
    except FileWriteError as error:
        _complain(f"Your progress file {path} is damaged; it stays as it is ({error.reason}).")
    except (OSError, DataError) as error:
        _complain(_unreadable(path, error))
    return {what: {} for what in KINDS}


def read_handed_in(path: Path) -> dict:
    """What somebody else's progress file says; it is never renamed or healed.

    Raises
    ------
    DataError
        If it is no progress file, or is damaged.
    OSError
        If it cannot be read.
    """
    known = _read(path)
    if not known:
        raise DataError(f"{path.name} is no progress file, or it is damaged.")
    return known


def _sound(path: Path) -> dict:
    """What the file says. Where that cannot be known for sure an error: do not write there."""
    known = _read(path)
    if known is None:
        with locked(path, wait=WAIT):
            known = _read(path)  # another kernel may have healed it meanwhile
            if known is None:
                _set_aside(path)
    return known or {what: {} for what in KINDS}


def _read(path: Path) -> dict | None:
    """What the file says; nothing if it is not there; None if it is damaged."""
    try:
        if (kind := what_is(path)) not in ("file", "nothing"):  # a pipe would be waited for
            raise OSError(None, f"it is a {kind}")
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, DataError):
        raise
    except (ValueError, RecursionError):
        return None
    return _renamed(known) if _well_formed(known) else None


def _unreadable(path: Path, error: Exception) -> str:
    return f"Your progress in {path} cannot be read ({reason(error)}). Lessons go on."


def _renamed(known: dict) -> dict:
    """The same under today's names; where a record has both names, what was solved stays so."""
    today: dict = {what: {} for what in KINDS}
    for what in KINDS:
        for name, entry in known[what].items():
            name = current_name(name)
            twin = today[what].get(name, {"tries": 0, "solved": None})
            dates = filter(None, (twin["solved"], entry["solved"]))
            tries = twin["tries"] + entry["tries"]
            again = max(filter(None, (twin.get("again"), entry.get("again"))), default=None)
            today[what][name] = {"tries": tries, "solved": min(dates, default=None)}
            today[what][name] |= {"again": again} if again else {}
    return today


def _set_aside(path: Path) -> None:
    """Give a damaged file a free name beside it; an error where it has to stay."""
    names = (path.with_name(f"{path.name}.bak{number or ''}") for number in (0, *range(2, 10**6)))
    backup = next(name for name in names if not os.path.lexists(name))
    try:
        os.replace(path, backup)
    except OSError as error:
        raise write_error(path, error) from error
    _complain(f"Your progress file was damaged. A new one begins; the old is kept as {backup}.")


def write_progress(path: Path, known: dict) -> None:
    """Replace the file as a whole: a kernel that dies in mid-write leaves the old one."""
    text = json.dumps(known, indent=1, sort_keys=True)
    write_atomically(path, text.encode(), wait=WAIT)


def forget() -> None:
    """Say what your progress file holds, and delete it.

    The kept copies of damaged ones go with it, and half-written ones.
    """
    try:
        forget_file()
    except FileWriteError as error:
        say(f"The file {error.path} could not be deleted: {error.reason}.")


def forget_file() -> None:
    """The same; a FileWriteError where the file has to stay."""
    path = progress_path()
    if path is None:
        say("Nothing is kept, because AIGC_PROGRESS is off.")
        return
    say(contents(path))
    copies = glob.glob(f"{glob.escape(str(path))}.bak*")
    for file in (path, *sorted(copies)):
        remove_file(file)
    say("Your progress is deleted.")


def contents(path: Path) -> str:
    """What the file holds, in a sentence.

    >>> contents(Path("nowhere.json"))
    'nowhere.json is not there: nothing has been kept.'
    """
    if not os.path.lexists(path):
        return f"{path} is not there: nothing has been kept."
    try:
        known = _read(path)
    except (OSError, DataError) as error:
        return _unreadable(path, error)
    if known is None:
        return f"{path} is damaged; what it held cannot be told."
    said = []
    for what in KINDS:
        entries = known.get(what, {}).values()
        solved = sum(bool(entry["solved"]) for entry in entries)
        said.append(f"{solved} of {len(entries)} {what} that you tried are solved")
    return f"{path} says: {', '.join(said)}."


def _well_formed(known: object) -> bool:
    if not (isinstance(known, dict) and all(isinstance(known.get(w), dict) for w in KINDS)):
        return False
    entries = [entry for what in KINDS for entry in known[what].values()]
    return all(
        isinstance(entry, dict)
        and type(entry.get("tries")) is int  # true is an int to isinstance
        and entry["tries"] >= 0
        and isinstance(entry.get("solved", 0), str | None)
        and isinstance(entry.get("again"), str | None)
        for entry in entries
    )


def _complain(sentence: str) -> None:
    if sentence not in _complained:
        _complained.add(sentence)
        say(sentence)
