"""Make a notebook from a lesson source, and carry an edited notebook back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lessons.bibliography import Entry
from lessons.links import to_notebook_links, to_source_links
from lessons.places import BRANCH, Places
from lessons.source import FRONT_MATTER, KERNEL, Lesson, LessonError

MADE_HERE = ("badges", "colab")  # tags of the cells that exist in the notebook only

COLAB_CELL = """\
# @title Only for Colab and Kaggle: fetch the course's package (elsewhere this does nothing)
import os
import sys

if "google.colab" in sys.modules or "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
    import subprocess

    package = "git+{repository}"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", package]
    subprocess.run(install, check=True)
if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()"""


def to_notebook(lesson: Lesson, places: Places, entries: dict[str, Entry]):
    """Return a lesson's notebook: no outputs, stable ids, launch links and Colab cell added."""
    cells = [new_markdown_cell(badges(lesson, places), metadata={"tags": ["badges"]})]
    for cell in lesson.cells:
        if cell.kind == "markdown":
            text = to_notebook_links(cell.text, lesson.path, places, entries)
            cells.append(new_markdown_cell(text, metadata=metadata(cell.tags)))
            continue
        if "setup" in cell.tags:
            cells.append(colab_cell(places))
        cells.append(new_code_cell(cell.text, metadata=metadata(cell.tags)))
    give_ids(cells)
    front = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "aigc": lesson.front["aigc"],
    }
    return new_notebook(cells=cells, metadata=front)


def metadata(tags: tuple[str, ...]) -> dict:
    """Return a cell's metadata; a solution is folded in JupyterLab and in Colab."""
    if not tags:
        return {}
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"} if "solution" in tags else {}
    return {"tags": list(tags), **folded}


def colab_cell(places: Places):
    """Return the cell that installs the package where the notebook is opened without a clone."""
    text = COLAB_CELL.format(repository=places.repository)
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return new_code_cell(text, metadata={"tags": ["colab"], **folded})


def launch_links(path: str, repository: str) -> dict[str, str]:
    """Return where a notebook at `path` in the repository can be run, by the service's name."""
    blob = f"{repository}/blob/{BRANCH}/{path}"
    slug = repository.removeprefix("https://github.com/")
    return {
        "Binder": f"https://mybinder.org/v2/gh/{slug}/{BRANCH}?urlpath=lab/tree/{path}",
        "Colab": f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/{path}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src={blob}",
    }


def badges(lesson: Lesson, places: Places) -> str:
    """Return the launch links as text: an image would have to be fetched."""
    path = places.notebook_of(lesson.path).relative_to(places.root).as_posix()
    links = launch_links(path, places.repository).items()
    return "Run this lesson in the browser: " + " · ".join(f"[{n}]({url})" for n, url in links)


def give_ids(cells: list) -> None:
    """Name each cell by its content, so that an insertion changes no other cell's name."""
    seen: dict[str, int] = {}
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def notebook_text(notebook) -> str:
    """Return the notebook as the text that is stored."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"  # one line of source a line: diffs can be read


def pull(edited_path: Path, source: Path, places: Places, entries: dict[str, Entry]) -> str:
    """Return the text that an edited notebook stands for; the front matter of `source` is kept."""
    notebook_path = places.notebook_of(source)  # where its links are at home
    if not source.exists():
        raise LessonError(f"{source.name} does not exist: write its front matter first, then pull.")
    header = FRONT_MATTER.match(source.read_text("utf-8"))[0]
    edited = nbformat.read(edited_path, as_version=4)
    cells = []
    for cell in edited.cells:
        tags = cell.metadata.get("tags", [])
        if set(tags) & set(MADE_HERE) or not cell.source.strip():
            continue
        kept = {"tags": list(tags)} if tags else {}
        if cell.cell_type == "markdown":
            text = to_source_links(cell.source, notebook_path, places, entries)
            cells.append(new_markdown_cell(text, metadata=kept))
        else:
            cells.append(new_code_cell(cell.source, metadata=kept))
    import jupytext  # slow to import, and most commands do without

    bare = new_notebook(cells=cells, metadata={"jupytext": {"default_lexer": "python"}})
    return header + FRONT_MATTER.sub("", jupytext.writes(bare, fmt="md:myst"))
