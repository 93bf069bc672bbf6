"""Bytes and names from outside: opened with care, read up to a limit, refused in a sentence.

A file may be missing, cut short, forged, a pipe that never answers or larger than memory. What
reads one says how large it may be and what it should hold; everything else is one error.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import AigcError, DataError, DtypeError

MB = 1_000_000


def check_path(what: str, path: object) -> Path:
    r"""`path` as a Path, or a sentence where it cannot name a file at all.

    >>> check_path("cache", "here").name
    'here'
    >>> check_path("cache", "a\0b")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: cache='a\x00b' is no path: it holds a NUL character.
    """
    if not isinstance(path, str | os.PathLike):
        raise DtypeError(f"{what}={path!r} must be a path, text or pathlib.Path.")
    if "\0" in os.fsdecode(path):
        raise DataError(f"{what}={os.fsdecode(path)!r} is no path: it holds a NUL character.")
    return Path(os.fsdecode(path))


def what_is(path: Path) -> str:
    """What lies at `path`, followed through links: "file", "folder", "nothing", "pipe", ...

    Nothing is opened: to open a pipe that nobody writes to would wait for ever.

    Raises
    ------
    DataError
        Where the system will not say: the name is too long, or a folder above it is closed.

    >>> what_is(Path(os.curdir)), what_is(Path("no such file"))
    ('folder', 'nothing')
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except OSError as problem:
        name = str(path) if len(str(path)) <= 80 else f"{str(path)[:77]}..."
        raise DataError(f"{name!r} cannot be looked at: {reason(problem)}.") from None
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe"}
    kinds |= {stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
    return kinds.get(stat.S_IFMT(mode), "thing of another kind")


def check_ordinary(path: Path) -> None:
    """Refuse a folder, a pipe or a device at `path`; a file, and nothing at all, will do.

    >>> check_ordinary(Path(os.curdir))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: '.' is a folder, not a file.
    """
    kind = what_is(path)
    if kind not in ("file", "nothing"):
        raise DataError(f"{str(path)!r} is a {kind}, not a file.")


def read_bounded(path: Path, at_most: int) -> bytes:
    """The bytes of an ordinary file of at most `at_most` bytes.

    Raises
    ------
    OSError
        Where it cannot be read.
    DataError
        Where it is a folder, a pipe or a device, or larger.
    """
    check_ordinary(path)
    with path.open("rb") as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise DataError(f"{path.name} is larger than the {at_most:,} bytes that it may have.")
    return content


def read_source(what: str, source: object, at_most: int) -> tuple[bytes, str]:
    """The bytes of a file, or those that were handed over, and what to call them in a sentence.

    Raises
    ------
    DataError, DtypeError
        Where there is no such file, it cannot be read, or there are more than `at_most` bytes.

    >>> read_source("film", b"abc", 10)
    (b'abc', 'These bytes')
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        if len(content) > at_most:
            raise DataError(f"These are {len(content):,} bytes; at most {at_most:,} are taken.")
        return content, "These bytes"
    path = check_path(what, source)
    if what_is(path) == "nothing":
        raise DataError(f"There is no file {str(path)!r}.")
    with refusing(f"{path.name} cannot be read"):
        return read_bounded(path, at_most), path.name


def read_json(path: Path, at_most: int = 16 * MB) -> object:
    """What a JSON file of at most `at_most` bytes says.

    Raises
    ------
    FileNotFoundError
        Where there is none.
    DataError
        Where it cannot be read, or is no JSON.
    """
    try:
        with refusing(f"{path.name} cannot be read"):
            return json.loads(read_bounded(path, at_most).decode("utf-8"))
    except DataError:
        if what_is(path) == "nothing":
            raise FileNotFoundError(path) from None
        raise


@contextlib.contextmanager
def refusing(
    sentence: str, error: type[AigcError] = DataError, *, remedy: str = ""
) -> Iterator[None]:
    """Turn whatever a parser stumbles over into one `error`: for bytes from outside alone.

    The parsers of other libraries raise some thirty kinds of error at damaged bytes, and new
    ones with every version; a list of them is never complete.

    Parameters
    ----------
    sentence : str
        Its beginning; the reason follows in brackets.
    error : type
        A subclass of AigcError.
    remedy : str
        What to do, a sentence of its own.

    >>> with refusing("The list is damaged", remedy="Write it anew."):
    ...     json.loads("[1,")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: The list is damaged (Expecting value...). Write it anew.
    """
    try:
        yield
    except Exception as problem:
        raise error(f"{sentence} ({reason(problem)}). {remedy}".rstrip()) from None


def reason(problem: BaseException) -> str:
    """Why something failed, in a few words on one line.

    >>> reason(FileNotFoundError(2, "No such file or directory")), reason(EOFError())
    ('No such file or directory', 'EOFError')
    """
    words = getattr(problem, "strerror", None) or str(problem).strip() or type(problem).__name__
    return words.splitlines()[0].rstrip(".")[:200]
