from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

SAMPLE = ROOT / "tests" / "notebooks" / "sample_lesson.md"

FIGURE = """
import torch
from torch import nn
from aigc_teach import viz
from aigc_teach.widgets import LatentExplorer

viz.bars({"one": 1, "two": 2, "three": 3}, alt="Three bars that grow from left to right.")
"""
WIDGET = """
network = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, (1, 28, 28)))
LatentExplorer(network, latent_size=2, output="logits", title="A plane to drag in")
"""


def sample_lesson() -> str:
    """The pipeline's sample lesson, with a real figure, a living widget and a formula."""
    text = re.sub(r"lab\.check\(.*\)", 'print("checked")', SAMPLE.read_text("utf-8"))
    text = text.replace('print("a figure")', FIGURE.strip())
    text = text.replace("print(len(range(1, 3)))", WIDGET.strip())
    return text.replace("You added.", "You added:\n\n$$\n\\sum_{i=1}^{2} 1 = 2\n$$")


def small_course(folder: Path, lesson: str) -> Path:
    """Put the book's own pages and configuration around one lesson, in `folder`."""
    book = folder / "book"
    lessons = [path.name for path in (ROOT / "book").glob("[0-9][0-9]_*")]
    leave = shutil.ignore_patterns(
        "_build", "jupyter_execute", "bench*", "paths*", "teach", *lessons
    )
    shutil.copytree(ROOT / "book", book, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("tools", "aigc_teach"):
        (folder / name).symlink_to(ROOT / name)
    (book / "01_sample" / "figures").mkdir(parents=True)
    shutil.copy(ROOT / "book" / "_static" / "logo.svg", book / "01_sample" / "figures" / "a.svg")
    lesson = lesson.replace("figures/01_sample.png", "figures/a.svg")
    lesson = lesson.replace("(02_other.md)", "(../index.md)").replace("#latent-space", "#models")
    (book / "01_sample" / "01_sample.md").write_text(lesson, "utf-8")
    text = (book / "index.md").read_text("utf-8")
    parts = re.findall(r"```\{toctree\}[^`]*/\*\n```\n", text)  # one table of contents a part
    for part in parts[1:]:
        text = text.replace(part, "")
    text = text.replace(parts[0], re.sub(r"\w+/\*", "01_sample/*", parts[0]))
    # without the living instrument, for which the page would have to be run
    text = re.sub(r"\A---\n.*?\n---\n|```\{code-cell\}.*?```\n", "", text, flags=re.DOTALL)
    (book / "index.md").write_text(text, "utf-8")
    (book / "teach").mkdir()
    (book / "teach" / "index.md").write_text("# Teach\n\nNobody.\n", "utf-8")
    # the real pages point at the real lessons
    for name in ("status", "quality", "listings", "errata", "bench", "symptoms", "faq", "paths"):
        (book / f"{name}.md").write_text(f"# {name.title()}\n\nNothing ran.\n", "utf-8")
    (book / "00_start" / "figures").mkdir(parents=True)
    Figure().savefig(book / "00_start" / "figures" / "00_first_image.png")
    return book


def build(book: Path, *options: str) -> subprocess.CompletedProcess:
    """Build a book as `make book` does: every warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-b", "html"]
    return subprocess.run(
        [*command, *options, str(book), str(book / "_build" / "html")],
        capture_output=True,
        text=True,
        env={**os.environ, "AIGC_BUDGET": "ci"},
    )


@pytest.fixture(scope="session")
def small_book(tmp_path_factory):
    """The built pages of the small course."""
    import notebooks
    from lessons.places import Places

    folder = tmp_path_factory.mktemp("course")
    book = small_course(folder, sample_lesson())
    notebooks.generate(Places(folder))
    done = build(book)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return book / "_build" / "html"


@pytest.fixture
def build_with(tmp_path):
    """Build the small course with one cell of its lesson replaced; return how that went."""

    def run(old: str, new: str, *options: str) -> subprocess.CompletedProcess:
        lesson = sample_lesson()
        assert old in lesson
        return build(small_course(tmp_path, lesson.replace(old, new)), *options)

    return run


@pytest.fixture
def kept_course(tmp_path):
    """The small course with a notebook kept whose every cell says the same words.

    Its places, its book, the function that builds it, and the words.
    """
    import notebooks
    from lessons import kept
    from lessons.places import Places

    book = small_course(tmp_path, sample_lesson())
    places, words = Places(tmp_path), "kept, and not run again"
    notebooks.generate(places)
    (source,) = places.sources()
    notebook = nbformat.read(places.notebook_of(source), as_version=4)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count = number + 1
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=words)]
    kept.save(notebook, kept.place(source, places, "ci"))
    return places, book, build, words
