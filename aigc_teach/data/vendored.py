"""Data files that come with the package: read only where they are the ones on record.

Beside each file lies its record, JSON with its sha256 and its size. The hash is compared at
every load; of the same bytes the arrays are then taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core import DataError
from ..core.outside import MB, read_bounded, read_json, reason
from .arrays import Shape, read_npz

AGAIN = "Install aigc-teach again to get it back."
UNPACKED = 20 * MB  # bytes that one array of a vendored file may have


def read_vendored(
    file: Path, record: Path, shapes: Mapping[str, Shape], *, kinds: str = "u"
) -> dict[str, np.ndarray]:
    """Arrays of a vendored .npz, after its sha256 was found to be the one on record.

    Parameters
    ----------
    file, record : Path
        The .npz and the JSON beside it.
    shapes : mapping of str to sequence of (int or None)
        Of each array wanted; None in a place allows any size there.
    kinds : str
        Which of NumPy's kinds of type are allowed.

    Raises
    ------
    DataError
        Where the file or its record is missing, damaged, or holds something else.
    """
    content = checked_bytes(file, record)
    try:
        return read_npz(content, shapes, name=file.name, at_most=UNPACKED, kinds=kinds)
    except DataError as error:
        raise DataError(f"{error} {AGAIN}") from None


def checked_bytes(file: Path, record: Path) -> bytes:
    """The bytes of a vendored file, which are those on record."""
    facts = read_record(record)
    try:
        content = read_bounded(file, facts["bytes"])
    except FileNotFoundError:
        raise DataError(f"{file.name} is missing. {AGAIN}") from None
    except OSError as error:
        raise DataError(f"{file.name} cannot be read ({reason(error)}). {AGAIN}") from None
    except DataError as error:
        raise DataError(f"{error} {AGAIN}") from None
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        raise DataError(f"{file.name} is damaged (other sha256). {AGAIN}")
    return content


def read_record(record: Path, **wanted: type) -> dict:
    """What the record says: the ``sha256`` and the ``bytes`` of its file, and `wanted`."""
    try:
        facts = read_json(record)
    except (FileNotFoundError, DataError) as error:
        words = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise DataError(f"{record.name} {words}. {AGAIN}") from None
    wanted = {"sha256": str, "bytes": int} | wanted
    for key, kind in wanted.items():
        if not isinstance(facts, dict) or not isinstance(facts.get(key), kind):
            raise DataError(f"{record.name} is damaged: it says no usable {key!r}. {AGAIN}")
    return facts


def problems(file: Path, record: Path) -> list[str]:
    """What is wrong with one data file, by its record; empty where all is well.

    >>> problems(Path("none.npz"), Path(__file__).with_name("digits28.json"))
    ['none.npz is missing. Install aigc-teach again to get it back.']
    """
    try:
        checked_bytes(file, record)
    except DataError as error:
        return [str(error)]
    return []
