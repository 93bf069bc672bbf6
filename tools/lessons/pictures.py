"""Run a lesson and keep the figure of its cell tagged "picture" as its lead picture."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from lessons.kept import place, save
from lessons.places import Places
from lessons.source import LessonError, read_lesson

CELL_TIMEOUT = 600  # seconds


def store_picture(source: Path, places: Places, *, budget: str = "learn") -> Path:
    """Run the lesson's notebook in `budget` and write ``figures/<name>.png`` beside its source.

    The executed notebook is kept: the book need not run it again.
    """
    notebook = execute(source, places, budget=budget)
    save(notebook, place(source, places, budget))
    return write_picture(notebook, source)


def execute(source: Path, places: Places, *, budget: str = "learn"):
    """Run the lesson's notebook in `budget` and return it; nothing is stored."""
    path = places.notebook_of(source)
    notebook = nbformat.read(path, as_version=4)
    os.environ["AIGC_BUDGET"] = budget
    folder = {"metadata": {"path": str(path.parent)}}
    try:
        NotebookClient(notebook, timeout=CELL_TIMEOUT, resources=folder).execute()
    except CellExecutionError as failure:
        raise LessonError(f"{path.name}: a cell failed.\n{failure}") from None
    return notebook


def write_picture(notebook, source: Path) -> Path:
    """Write the lead picture of an executed notebook, marked, beside the lesson `source`."""
    from aigc_teach.data.marked import with_mark  # brings torch in

    target = source.parent / "figures" / f"{source.stem}.png"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(with_mark(lead_picture(notebook, read_lesson(source).name)))
    return target


def lead_picture(notebook, name: str) -> bytes:
    """Return the PNG that the cell tagged "picture" showed last."""
    for cell in notebook.cells:
        if "picture" in cell.metadata.get("tags", []):
            shown = [out.data for out in cell.get("outputs", []) if "data" in out]
            images = [data["image/png"] for data in shown if "image/png" in data]
            if images:
                return base64.b64decode(images[-1])
    raise LessonError(f"{name}: no cell tagged picture shows a figure.")
