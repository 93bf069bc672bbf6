"""Files that are there whole or not at all: the one writer of checkpoints, downloads and progress.

A file is written beside its place under a name of its own, brought to the disk, and moved there
in one go; whoever reads meanwhile finds the old file or the new one. A lock lets one process
write at a time. The operating system lets go of it when its holder ends, however it ends, so a
killed process blocks nobody; what it left half-written is removed by the next write.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import filelock

from .errors import FileWriteError

WAIT = 30.0  # seconds to wait for a process that is writing the same file
POLL = 0.02  # seconds between two looks at a lock that somebody else holds
TRIES, PAUSE = 20, 0.05  # Windows refuses to replace a file while somebody reads it

REASONS = {
    errno.ENOSPC: "the disk is full; make room on it",
    errno.EDQUOT: "your share of the disk is used up; make room in it",
    errno.EFBIG: "the file would be larger than this system allows",
    errno.EROFS: "the disk can only be read; choose a path on another",
    errno.EACCES: "you have no permission to write there; choose another path",
    errno.EPERM: "the system does not permit it; choose another path",
    errno.ENOENT: "its folder does not exist; make the folder, or choose another path",
    errno.ENOTDIR: "a part of its path is a file and no folder; choose another path",
    errno.EISDIR: "a folder stands there; choose another path",
    errno.ENAMETOOLONG: "its name is too long; choose a shorter one",
    errno.EMFILE: "this process has too many files open; restart it",
}
if os.name == "nt":
    REASONS[errno.EACCES] = "you have no permission to write there, or another program has it open"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # some network folders
_mine = threading.local()  # .paths: what this thread has locked


def write_atomically(
    path: str | os.PathLike, write: bytes | Callable[[BinaryIO], object], *, wait: float = WAIT
) -> None:
    """Put new content in place of `path` in one go: the old file stays until the new one is whole.

    Parameters
    ----------
    path : path
        The file, there or not; its folder must exist (`make_folder`). A link is followed.
    write : bytes or callable
        The content, or a function that writes it into a binary file that it is given. Where
        that function raises, nothing changes and the error passes through.
    wait : float
        Seconds to wait while another process writes the same file.

    Raises
    ------
    FileWriteError
        Where the file cannot be written; the sentence names the reason.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "greeting.txt")
    >>> write_atomically(path, b"hello")
    >>> write_atomically(path, lambda file: file.write(b"good day"))
    >>> path.read_bytes()
    b'good day'
    """
    target = place_of(path)
    with locked(target, wait=wait) as alone:
        if alone:
            remove_leftovers(target)
        part = part_of(target)
        try:
            with open(part, "xb") as file:
                file.write(write) if isinstance(write, bytes) else write(file)
                file.flush()
                os.fsync(file.fileno())  # the bytes reach the disk before the name does
            if target.exists():
                shutil.copymode(target, part)
            replace_patiently(part, target, tries=TRIES if os.name == "nt" else 1)
        except BaseException as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if is_of_writing(error, part):
                raise write_error(path, error) from error
            raise


@contextlib.contextmanager
def locked(
    path: str | os.PathLike, *, wait: float = WAIT, busy: Callable[[], object] | None = None
) -> Iterator[bool]:
    """Keep other processes from changing `path`: for reading it, changing it and writing it back.

    `write_atomically` may be called inside. Readers are never kept waiting. While it is held an
    empty file ``.<name>.lock`` lies beside `path`; after a kill it stays and blocks nobody.

    Parameters
    ----------
    path : path
        The file, there or not; its folder must exist.
    wait : float
        Seconds to wait for another process that holds it.
    busy : callable, optional
        Called once before a wait begins: to tell who sits there why nothing happens.

    Yields
    ------
    bool
        True. False on the rare file systems that know no locks: what is written there is whole
        all the same, but of two changes at once one may be lost.

    Raises
    ------
    FileWriteError
        Where another process holds it for longer than `wait`, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "count.txt")
    >>> for _ in range(3):
    ...     with locked(path):
    ...         count = int(path.read_text()) if path.exists() else 0
    ...         write_atomically(path, str(count + 1).encode())
    >>> path.read_text()
    '3'
    """
    target = place_of(path)
    paths = _mine.__dict__.setdefault("paths", set())
    if target in paths:  # this thread holds it already
        yield True
        return
    lock = acquire(target, path, wait, busy)
    if lock is None:
        yield False
        return
    paths.add(target)
    try:
        yield True
    finally:
        paths.discard(target)
        release(lock)


def acquire(
    target: Path, path: str | os.PathLike, wait: float, busy: Callable[[], object] | None = None
) -> filelock.BaseFileLock | None:
    """The lock of `target`, taken; None where the file system knows no locks."""
    # readable and writable for all: the next one to lock may be somebody else
    lock = filelock.FileLock(target.with_name(f".{target.name}.lock"), timeout=wait, mode=0o666)
    try:
        if busy is not None:
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                return lock
            busy()
        lock.acquire(poll_interval=POLL)
    except filelock.Timeout:
        raise FileWriteError(
            path,
            f"another process has been writing it for {wait:g} seconds; wait for it or end it",
        ) from None
    except NotImplementedError:
        return None
    except OSError as error:
        if error.errno in NO_LOCKS:
            return None
        raise write_error(path, error) from error
    return lock


def release(lock: filelock.BaseFileLock) -> None:
    """Let go of a lock and remove its file."""
    if os.name == "nt":  # there a file in use cannot be removed
        lock.release()
    # elsewhere it must go while the lock is held: whoever waits sees that it has no name any more
    with contextlib.suppress(OSError):
        os.unlink(lock.lock_file)
    if os.name != "nt":
        lock.release()


def check_writable(path: str | os.PathLike, *, wait: float = WAIT) -> None:
    """Find out now whether `path` can be written: a small file is written beside it and removed.

    Raises
    ------
    FileWriteError
        Where it cannot; the sentence names the reason.
    """
    target = place_of(path)
    with locked(target, wait=wait):
        part = part_of(target)
        try:
            with open(part, "xb") as file:
                file.write(b"?")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise write_error(path, error) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def make_folder(folder: str | os.PathLike) -> None:
    """Make a folder and those above it, where they are missing.

    Raises
    ------
    FileWriteError
        Where it cannot be made, or a file stands there.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise FileWriteError(folder, REASONS[errno.ENOTDIR], error.errno) from error
    except OSError as error:
        raise write_error(folder, error) from error


def remove_file(path: str | os.PathLike) -> None:
    """Remove a file, if it is there, and whatever killed processes left of it.

    Raises
    ------
    FileWriteError
        Where it may not be removed.
    """
    if not os.path.isdir(os.path.dirname(os.path.realpath(path))):
        return
    target = place_of(path)
    with locked(target):
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(path, error) from error
        remove_leftovers(target)


def place_of(path: str | os.PathLike) -> Path:
    """Where a write to `path` goes: links followed; a folder or a device there is refused."""
    try:
        target = Path(os.path.realpath(path))
        os.stat(f"{target.parent}{os.sep}.")  # the dot: an error where that is a file
        kind = os.stat(target).st_mode if os.path.lexists(target) else stat.S_IFREG
    except OSError as error:
        raise write_error(path, error) from error
    except ValueError:
        raise FileWriteError(repr(path), "a name holds no NUL; choose another path") from None
    if stat.S_ISDIR(kind):
        raise FileWriteError(path, REASONS[errno.EISDIR], errno.EISDIR)
    if not stat.S_ISREG(kind):
        raise FileWriteError(path, "what stands there is no ordinary file; choose another path")
    return target


def part_of(target: Path) -> Path:
    """A name of its own beside `target`, for what is being written."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")


def remove_leftovers(target: Path) -> None:
    """Remove what killed processes left half-written; only whoever holds the lock may."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.????????.new"):
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def replace_patiently(part: Path, target: Path, *, tries: int) -> None:
    """Move `part` in place of `target`, which a reader may prevent for a moment on Windows."""
    for left in reversed(range(tries)):
        try:
            os.replace(part, target)
        except PermissionError:
            if not left:
                raise
            time.sleep(PAUSE)
        else:
            return


def is_of_writing(error: BaseException, part: Path) -> bool:
    """Whether `error` came from writing `part`, and not from whatever its content is read from."""
    if not isinstance(error, OSError) or isinstance(error, FileWriteError):
        return False
    return error.errno is not None and error.filename in (None, str(part), part)


def write_error(path: str | os.PathLike, error: OSError) -> FileWriteError:
    """The sentence for an error of the system.

    >>> str(write_error("vae.safetensors", OSError(errno.ENOSPC, "")))
    'vae.safetensors cannot be written: the disk is full; make room on it.'
    """
    reason = REASONS.get(error.errno) or error.strerror or type(error).__name__
    return FileWriteError(path, reason, error.errno)
