"""Fetch one file on request: several mirrors, resumed transfers, checked bytes.

What is kept, and what the checksum speaks of, is the *unpacked* file where mirrors serve it
packed: two of them may pack the same bytes differently, and either will do. pooch keeps the
cache, compares the checksum and moves a file into place only when it is whole; a cached file
that was truncated fails the comparison and is fetched again. pooch itself always starts a
transfer from the beginning, so the transfer below is our own: it asks for the missing bytes
alone (an HTTP Range request), also in a later session.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ..core import DataError

TIMEOUT = (10, 30)  # seconds to connect, and to wait for the next bytes
ATTEMPTS = 5  # at one mirror, as long as each gets further than the one before
BLOCK = 2**16  # bytes


def fetch(
    name: str,
    mirrors: Sequence[str],
    md5: str,
    *,
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
    folder = Path(folder)
    reasons = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}" + (".gz" if packed else "")
        keep = unpack if packed else shutil.copyfile
        try:
            path, reason = from_mirror(url, name, md5, folder, progress, keep)
        except OSError as error:
            raise DataError(
                f"{name} cannot be stored in {folder} ({error.strerror or error}): "
                "make room there, or choose another folder with `cache`."
            ) from None
        if path is not None:
            for part in folder.glob(f"{name}.*.part"):  # what slower mirrors had begun
                part.unlink()
            return path
        reasons.append(f"{urlsplit(url).netloc}: {reason}")
    raise DataError(
        f"{name} could not be downloaded ({'; '.join(reasons) or 'no mirror was given'}): "
        f"connect to the internet and try again (what arrived is kept), or {instead}."
    )


def from_mirror(
    url: str,
    name: str,
    md5: str,
    folder: Path,
    progress: bool,
    keep: Callable[[Path, Path], object],
) -> tuple[Path | None, str]:
    """Try one mirror, again while it gets further: the path, or None and the reason."""
    import pooch
    from requests import RequestException

    part = part_of(folder, name, url)

    def download(url: str, output_file: str, _: object) -> None:
        transfer(url, part, progress=progress)
        keep(part, Path(output_file))

    reason = ""
    for _ in range(ATTEMPTS):
        before = size(part)
        try:
            with quiet_pooch():
                path = pooch.retrieve(url, f"md5:{md5}", name, folder, downloader=download)
        except RequestException as error:
            reason = in_words(error)
            if size(part) <= before:
                break
        except (gzip.BadGzipFile, EOFError, zlib.error, ValueError):
            reason = "its bytes have the wrong checksum"
            part.unlink(missing_ok=True)
            if before == 0:  # else an old part may be to blame: once more from the beginning
                break
        else:
            return Path(path), ""
    return None, reason


def part_of(folder: Path, name: str, url: str) -> Path:
    """Where a transfer collects its bytes: one file a mirror, for each packs in its own way."""
    return folder / f"{name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"


def size(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def transfer(url: str, part: Path, *, progress: bool) -> None:
    """Append to `part` what it lacks of `url`; begin anew where the server cannot resume."""
    import requests
    from tqdm.auto import tqdm

    have = size(part)
    headers = {"Accept-Encoding": "identity"}  # the .gz as it is stored, not packed once more
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is lacking; the checksum will judge it
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0
        total = have + int(response.headers.get("Content-Length", 0))
        bar = tqdm(
            desc=part.name.partition(".")[0],
            initial=have,
            total=total or None,
            unit="B",
            unit_scale=True,
            disable=not progress,
        )
        with bar, part.open("ab" if have else "wb") as file:
            for block in response.iter_content(BLOCK):
                file.write(block)
                bar.update(len(block))


def unpack(packed: Path, target: Path) -> None:
    """Unpack a .gz; a file that a server unpacked on the way is copied as it is."""
    with packed.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    with (gzip.open if is_gzip else open)(packed, "rb") as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, BLOCK)


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


@contextlib.contextmanager
def quiet_pooch() -> Iterator[None]:
    """Keep pooch's log lines off the page; its level is given back afterwards."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
