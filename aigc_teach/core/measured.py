"""Measured figures that come along as JSON: a head, and rows one a line so that changes show."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import WeightsError


def read_measured(path: Path, command: str) -> dict:
    """The file's content: its head, and ``rows``.

    Parameters
    ----------
    path : Path
    command : str
        What makes the file again, for the sentence.

    Raises
    ------
    WeightsError
        Where the file is missing, damaged or without rows.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        raise WeightsError(
            f"{path.name} is missing or damaged. Get it back with `{command}`, or install "
            "aigc-teach again."
        ) from None
    return content


def write_measured(path: Path, head: dict, rows: list[dict]) -> None:
    """Write `head` indented, and then ``rows``, one a line."""
    lines = ",\n".join("  " + json.dumps(row, allow_nan=False) for row in rows)
    text = json.dumps(head, indent=1)[:-2]
    path.write_text(f'{text},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")
