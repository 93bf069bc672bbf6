"""Measured figures that come along as JSON: a head, and rows one a line so that changes show."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import DataError, WeightsError
from .files import write_atomically
from .outside import read_json


def read_measured(path: Path, command: str) -> dict:
    """The file's content: its head with ``facts``, and ``rows``.

    Parameters
    ----------
    path : Path
    command : str
        What makes the file again, for the sentence.

    Raises
    ------
    WeightsError
        Where the file is missing, damaged, or without facts or rows.
    """
    try:
        content = read_json(path)
    except (FileNotFoundError, DataError):
        content = None
    content = content if isinstance(content, dict) else {}
    rows, facts = content.get("rows"), content.get("facts")
    rows_are_whole = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not rows_are_whole or not isinstance(facts, dict):
        raise WeightsError(
            f"{path.name} is missing or damaged. Get it back with `{command}`, or install "
            "aigc-teach again."
        )
    return content


def write_measured(path: Path, head: dict, rows: list[dict]) -> None:
    """Write `head` indented, and then ``rows``, one a line.

    Raises
    ------
    FileWriteError
        Where the file cannot be written; the one that was there stays.
    ValueError
        Where a figure is NaN or infinite, which JSON cannot say.
    """
    lines = ",\n".join("  " + json.dumps(row, allow_nan=False) for row in rows)
    inner = json.dumps(head, indent=1, allow_nan=False)[1:-1].rstrip()
    text = f'{{{inner}{"," if inner else ""}\n "rows": [\n{lines}\n ]\n}}\n'
    write_atomically(path, text.encode("utf-8"))
