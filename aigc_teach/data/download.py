"""Fetch one file on request: several mirrors, resumed transfers, checked bytes.

What is kept, and what the checksum speaks of, is the *unpacked* file where mirrors serve it
packed: two of them may pack the same bytes differently, and either will do. A cached file that
was truncated fails the comparison and is fetched again. A transfer asks for the missing bytes
alone (an HTTP Range request), also in a later session.

Several programs may ask for a file at once: a lock lets one of them fetch it, and the others
wait and find it. No more is received and unpacked than the file is known to have.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from ..core import DataError, DtypeError, FileWriteError
from ..core.files import locked, make_folder, write_atomically, write_error
from ..core.outside import check_path, reason, refusing, what_is

TIMEOUT = (10, 30)  # seconds to connect, and to wait for the next bytes
ATTEMPTS = 5  # at one mirror, as long as each gets further than the one before
BLOCK = 2**16  # bytes
WAIT = 3600.0  # seconds for which another program may be fetching the same file


def fetch(
    name: str,
    mirrors: Sequence[str],
    md5: str,
    *,
    at_most: int,
    folder: Path | str,
    instead: str,
    packed: bool = True,
    progress: bool = True,
) -> Path:
    """Return the path of a file in `folder`, downloaded if it is not there or damaged.

    Parameters
    ----------
    name : str
        The file's name in `folder`.
    mirrors : sequence of str
        Addresses to put before the name, tried in this order.
    md5 : str
        Checksum of the bytes that are kept, 32 hexadecimal digits.
    at_most : int
        So many bytes are kept at most; a mirror that sends more is left.
    folder : Path or str
        Where the file is kept; made if need be.
    instead : str
        Ends the sentence of the error: what to do without a network.
    packed : bool
        True: mirrors serve ``name + ".gz"``, which is unpacked. False: `name`, kept as it comes.
    progress : bool
        Show a progress bar.

    Raises
    ------
    DataError
        Where no mirror served the right bytes, or the folder cannot be written to.
    """
    path = check_path("cache", folder) / name
    if has_md5(path, md5, at_most):  # so a folder that can only be read will do
        return path
    urls = [f"{mirror.rstrip('/')}/{name}" + ".gz" * packed for mirror in check_mirrors(mirrors)]
    try:
        make_folder(path.parent)
        with locked(path, wait=WAIT, busy=partial(tell_of_waiting, name, progress)):
            if not has_md5(path, md5, at_most):  # else another program fetched it meanwhile
                from_mirrors(urls, path, md5, at_most, instead, packed, progress)
    except OSError as error:
        words = error if isinstance(error, FileWriteError) else write_error(path, error)
        raise DataError(f"{name} cannot be stored. {words} Or name another `cache`.") from None
    return path


def tell_of_waiting(name: str, progress: bool) -> None:
    """Say why nothing is seen to happen, to whoever asked for progress."""
    from tqdm.auto import tqdm

    if progress:
        tqdm.write(f"Another program is fetching {name} already; waiting for it.")


def check_mirrors(mirrors: Sequence[str]) -> list[str]:
    """The addresses as a list; one alone will do.

    >>> check_mirrors("https://example.org")
    ['https://example.org']
    """
    mirrors = [mirrors] if isinstance(mirrors, str) else list(mirrors)
    for mirror in mirrors:
        if not isinstance(mirror, str):
            raise DtypeError(f"A mirror must be an address, text; you gave {mirror!r}.")
    return mirrors


def has_md5(path: Path, md5: str, at_most: int) -> bool:
    """Whether a file lies at `path` that has this checksum."""
    if size(path) not in range(1, at_most + 1):
        return False
    digest = hashlib.md5(usedforsecurity=False)
    with refusing(f"{path} cannot be read", remedy="Delete it, or name another `cache`."):
        for block in blocks(path, at_most, packed=False):
            digest.update(block)
    return digest.hexdigest() == md5


def size(path: Path) -> int:
    """Bytes of a file; 0 if there is none. A pipe, a folder or a device there is refused."""
    with refusing(f"{path} cannot be read", remedy="Name another `cache`."):
        kind = what_is(path)
    if kind not in ("file", "nothing"):
        raise DataError(
            f"{path} is a {kind}, where a file is kept. Remove it, or name another `cache`."
        )
    return path.stat().st_size if kind == "file" else 0


def from_mirrors(
    urls: list[str],
    path: Path,
    md5: str,
    at_most: int,
    instead: str,
    packed: bool,
    progress: bool,
) -> None:
    """Try one mirror after another; raise what was wrong with each if none served the file."""
    reasons = []
    for url in urls:
        wrong = from_mirror(url, path, md5, at_most, packed, progress)
        if not wrong:
            for part in path.parent.glob(f"{path.name}.*.part"):  # what slower mirrors had begun
                part.unlink()
            return
        reasons.append(f"{host(url)}: {wrong}")
    raise DataError(
        f"{path.name} could not be downloaded ({'; '.join(reasons) or 'no mirror was given'}): "
        f"connect to the internet and try again (what arrived is kept), or {instead}."
    )


def host(url: str) -> str:
    """The machine that an address names, or the address where it names none.

    >>> host("https://example.org/mnist")
    'example.org'
    """
    with contextlib.suppress(ValueError):  # an address that is none
        return urlsplit(url).netloc or url
    return url


def from_mirror(url: str, path: Path, md5: str, at_most: int, packed: bool, progress: bool) -> str:
    """Try one mirror, again while it gets further; what was wrong, or nothing."""
    from requests import RequestException

    part = part_of(path, url)
    wrong = ""
    for _ in range(ATTEMPTS):
        before = size(part)
        try:
            transfer(url, part, at_most + at_most // 100 * packed + 1000, progress=progress)
            write_atomically(path, lambda file: unpack(part, file, md5, at_most, packed))
        except RequestException as error:
            wrong = in_words(error)
            if size(part) <= before:
                break
        except DataError as error:
            wrong = str(error)
            part.unlink(missing_ok=True)
            if before == 0:  # else an old part may be to blame: once more from the beginning
                break
        else:
            return ""
    return wrong


def part_of(path: Path, url: str) -> Path:
    """Where a transfer collects its bytes: one file a mirror, for each packs in its own way."""
    digest = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
    return path.with_name(f"{path.name}.{digest[:8]}.part")


def transfer(url: str, part: Path, at_most: int, *, progress: bool) -> None:
    """Append to `part` what it lacks of `url`; begin anew where the server cannot resume."""
    import requests
    from tqdm.auto import tqdm

    have = size(part)
    headers = {"Accept-Encoding": "identity"}  # the .gz as it is stored, not packed once more
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except ValueError as error:  # some of requests' own errors are among them
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.InvalidURL(reason(error)) from None
    with response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is lacking; the checksum will judge it
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0
        announced = response.headers.get("Content-Length", "")
        bar = tqdm(
            desc=part.name.partition(".")[0],
            initial=have,
            total=have + int(announced) if announced.isdecimal() else None,
            unit="B",
            unit_scale=True,
            disable=not progress,
        )
        with bar, part.open("ab" if have else "wb") as file:
            for block in response.iter_content(BLOCK):
                have += len(block)
                if have > at_most:
                    raise DataError(f"it sends more than {at_most:,} bytes")
                file.write(block)
                bar.update(len(block))


def unpack(part: Path, target: BinaryIO, md5: str, at_most: int, packed: bool) -> None:
    """Write the unpacked bytes of `part` into `target`; refuse them if they are others."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in blocks(part, at_most, packed):
        digest.update(block)
        target.write(block)
    if digest.hexdigest() != md5:
        raise DataError("its bytes have the wrong checksum")


def blocks(path: Path, at_most: int, packed: bool) -> Iterator[bytes]:
    """The bytes of a file, unpacked on the way if it is a .gz, and never more than `at_most`.

    A file that a server unpacked on the way is taken as it is.
    """
    with path.open("rb") as raw:
        is_gzip = packed and raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source, have = gzip.GzipFile(fileobj=raw) if is_gzip else raw, 0
        while block := read_block(source):
            have += len(block)
            if have > at_most:
                raise DataError(f"its file has more than {at_most:,} bytes")
            yield block


def read_block(source: BinaryIO) -> bytes:
    """The next bytes; broken packing is a wrong checksum, in words."""
    with refusing("its bytes have the wrong checksum: they are no whole .gz"):
        return source.read(BLOCK)


def in_words(error: Exception) -> str:
    """Say in three words why a request failed."""
    from requests import ConnectionError, HTTPError, Timeout
    from requests.exceptions import ChunkedEncodingError

    if isinstance(error, HTTPError):
        return f"it answered HTTP {error.response.status_code}"
    if isinstance(error, Timeout):
        return "no answer in time"
    if isinstance(error, ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(error, ConnectionError):
        return "no connection"
    return type(error).__name__
