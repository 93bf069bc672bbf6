"""The sample lesson as if it had been run, for the tests of its slides."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbformat.v4 import new_output

from lessons.bibliography import read_bibliography
from lessons.kept import code_cells
from lessons.notebook import to_notebook
from lessons.places import Places
from lessons.source import Lesson, parse_lesson
from lessons.timed import SECONDS

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = (ROOT / "tests" / "notebooks" / "sample_lesson.md").read_text("utf-8")
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGE = f'<img alt="One pixel" src="data:image/png;base64,{PIXEL}">'


def sample_course(folder: Path) -> tuple[Places, Lesson]:
    """Make a course of the sample lesson alone, with a real figure; return both."""
    places = Places(folder)
    source = places.book / "01_sample" / "01_sample.md"
    (source.parent / "figures").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "book" / "references.bib", places.book)
    figure = ROOT / "book" / "03_models" / "figures" / "02_vae.png"
    shutil.copy(figure, source.parent / "figures" / "01_sample.png")
    source.write_text(SAMPLE, "utf-8")
    return places, parse_lesson(SAMPLE, source)


def ran(lesson: Lesson, course: Places, seconds: float | None = 1.5):
    """Return the lesson's notebook with text everywhere, and a picture where one is due."""
    notebook = to_notebook(lesson, course, read_bibliography(course.bibliography))
    for count, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = count
        cell.metadata[SECONDS] = seconds
        data = {"image/png": PIXEL, "text/html": IMAGE, "text/plain": "One pixel"}
        cell.outputs = [
            new_output("display_data", data)
            if "picture" in cell.metadata.get("tags", [])
            else new_output("stream", name="stdout", text="1\n" * 40)
        ]
    return notebook
