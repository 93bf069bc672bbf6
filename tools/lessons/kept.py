"""Executed notebooks that are kept, so that a lesson need not run twice to the same end.

``.cache/executed/<part>/<lesson>/<key>.ipynb`` holds a lesson's outputs and the state of its
widgets. The key is a hash of all that can change them: the lesson's code, the package, versions,
processor, budget and seed. What nbval runs is kept; the book shows what is kept.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

import nbformat

from lessons.notebook import MADE_HERE
from lessons.pace import processor
from lessons.places import Places
from lessons.source import read_lesson

PACKAGES = (
    *("torch", "numpy", "pillow", "safetensors", "matplotlib"),
    *("ipywidgets", "anywidget", "ipython", "ipykernel", "nbclient"),
)
# Settings that change what a lesson shows, and what they are where nothing is set.
SETTINGS = {
    "AIGC_SEED": "0",
    "AIGC_DEVICE": "cpu",
    "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "",
    "ONEDNN_MAX_CPU_ISA": "",
    "MKL_CBWR": "",
}
MOST = 6  # kept for each lesson; the oldest go first

Code = list[tuple[str, list[str]]]  # each code cell's source and tags


def code_of(source: Path) -> Code:
    """Return the code cells of a lesson's source."""
    cells = read_lesson(source).cells
    return [(cell.text, list(cell.tags)) for cell in cells if cell.kind == "code"]


def code_cells(notebook) -> list:
    """Return a notebook's code cells, without those that its source does not have."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and not set(MADE_HERE) & set(cell.metadata.get("tags", []))
    ]


def environment_key(root: Path, budget: str) -> str:
    """Return a hash of all that a lesson's outputs depend on beside its own code."""
    said = [budget, *(f"{name}={os.environ.get(name) or SETTINGS[name]}" for name in SETTINGS)]
    digest = hashlib.sha256(" ".join(said).encode())
    digest.update(surroundings(root).encode())
    return digest.hexdigest()[:16]


@functools.cache
def surroundings(root: Path) -> str:
    """Return a hash of the package's files, this keeper's own, the versions and the processor."""
    digest = hashlib.sha256(f"{platform.python_version()} {processor()}".encode())
    for name in PACKAGES:
        digest.update(f"{name} {version(name)}\n".encode())
    own = [Path(__file__), Path(__file__).with_name("under_nbval.py")]
    made = "__pycache__"  # what Python compiles, and is writing in this moment
    files = [path for path in (root / "aigc_teach").rglob("*") if made not in path.parts]
    files = [path for path in files if path.suffix != ".pyc" and path.is_file()]
    for path in sorted(files) + own:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def place(source: Path, places: Places, budget: str) -> Path:
    """Return where the executed notebook of the lesson `source` is kept, or would be."""
    told = json.dumps([environment_key(places.root, budget), code_of(source)])
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    folder = places.root / ".cache" / "executed" / source.parent.name / source.stem
    return folder / f"{key}.ipynb"


def load(path: Path, source: Path):
    """Return the notebook kept at `path`, or None: it is absent, damaged, or of other code."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):  # a notebook cut short is no JSON
        return None
    cells = code_cells(notebook)
    if [(cell.source, list(cell.metadata.get("tags", []))) for cell in cells] != code_of(source):
        return None
    return notebook if all(cell.execution_count for cell in cells) else None


def save(notebook, path: Path) -> None:
    """Write an executed notebook to `path` in one step; the oldest beside it go."""
    write_whole(path, nbformat.writes(notebook) + "\n")
    kept = sorted(path.parent.glob("*.ipynb"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[MOST:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path`, or leave what was there: a reader never sees half a file."""
    from aigc_teach.core import write_atomically  # loads torch, which most commands do not need

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode("utf-8"))
