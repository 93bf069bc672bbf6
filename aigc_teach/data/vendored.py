"""Whether the data files that come with the package are whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def verify() -> list[str]:
    """Compare every data file of the package with the sha256 on its record.

    Returns
    -------
    list of str
        The problems, one sentence each; empty when all is well.

    Examples
    --------
    >>> verify()
    []
    """
    from . import colour, text  # here, because these modules need `problems` below
    from .digits import verify as verify_digits

    return [*verify_digits(), *colour.verify(), *text.verify()]


def problems(file: Path, record: Path) -> list[str]:
    """What is wrong with one data file, by its record (JSON with a ``sha256``).

    >>> problems(Path("none.npz"), Path("none.json"))
    ['none.npz is missing. Install aigc-teach again to get it back.']
    """
    if not file.is_file():
        return [f"{file.name} is missing. Install aigc-teach again to get it back."]
    wanted = json.loads(record.read_text(encoding="utf-8"))["sha256"]
    if hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
        return [f"{file.name} is damaged (other sha256). Install aigc-teach again."]
    return []
