"""Folders for a class, from the stored notebooks: `make student`, `make solutions`.

python tools/classroom.py student [LESSON ...]      notebooks without solutions and folded answers
python tools/classroom.py solutions [LESSON ...]    the same notebooks solved, with a key
python tools/classroom.py nbgrader [LESSON ...]     assignments that nbgrader can release and grade

They are written to classroom/KIND (or --to FOLDER), with the pictures and pages that they link to.
A lesson is named as 03_models/02_vae, 02_vae, models/vae or vae; none means all. What is there
already is written over: hand out copies, do not work in these.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from lessons import teach
from lessons.named import find_one
from lessons.places import Places, here
from lessons.source import LessonError
from my_course import copy_linked

CHECKED = re.compile(r'lab\.check\(\s*"([\w/]+)",\s*(\w+)')
ANNOUNCED = re.compile(r"\*\*Solution \d+\.\*\* [^\n]*\n*")
FOLDED = re.compile(r"<details>.*?</details>\n*", re.DOTALL)
STUB, SOLUTION = "exercise", "solution"


def tagged(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", ())


def student(notebook: NotebookNode) -> NotebookNode:
    """Take the solutions out, and the answers folded below the questions."""
    notebook.cells = [cell for cell in notebook.cells if not tagged(cell, SOLUTION)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FOLDED.sub("", ANNOUNCED.sub("", cell.source)).strip()
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    return notebook


def solutions(notebook: NotebookNode) -> NotebookNode:
    """Leave the stubs out, show the solutions, and end with a key of the questions."""
    notebook.cells = [cell for cell in notebook.cells if not tagged(cell, STUB)]
    for cell in notebook.cells:
        if tagged(cell, SOLUTION):
            cell.metadata = {"tags": [SOLUTION]}
        elif cell.cell_type == "markdown":
            cell.source = ANNOUNCED.sub("", cell.source).strip()
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    quiz = "".join(cell.source for cell in notebook.cells if "lab.quiz(" in cell.source)
    if name := re.search(r'lab\.quiz\("([\w/]+)/\w+"\)', quiz):
        key = teach.questions(name[1]).replace("## Questions", "## Key")
        notebook.cells.append(new_markdown_cell(key, id="key-of-the-questions"))
    return notebook


def nbgrader(notebook: NotebookNode) -> NotebookNode:
    """Make each exercise a cell to fill in and a locked cell that grades it, one point each.

    nbgrader takes out what stands between its two marks; let it put nothing in that place, so that
    the stub goes on running: ``c.ClearSolutions.code_stub = {"python": "# your code here"}``.
    """
    answers = {}  # the stored solution of each exercise, and its name there
    for cell in notebook.cells:
        if tagged(cell, SOLUTION) and (found := CHECKED.search(cell.source)):
            answers[found[1]] = (cell.source[: found.start()].strip(), found[2])
    cells = []
    for cell in student(notebook).cells:
        found = CHECKED.search(cell.source) if tagged(cell, STUB) else None
        if found is None:
            cells.append(cell)
            continue
        name, yours = found[1], found[2]
        solved, theirs = answers[name]
        stub = cell.source[: cell.source.index("# Stuck?")] if "# Stuck?" in cell.source else None
        stub = (stub or cell.source[: found.start()]).rstrip()
        region = f"### BEGIN SOLUTION\n{solved}\n\n{yours} = {theirs}\n### END SOLUTION"
        check = f'lab.check("{name}", {yours})'
        cells.append(marked(f"{stub}\n\n\n{region}\n\n{check}", name, solution=True))
        grade = f'from aigc_teach import lab\n\nlab.assert_right("{name}", {yours})'
        cells.append(marked(grade, name, solution=False))
    notebook.cells = cells
    return notebook


def marked(source: str, name: str, *, solution: bool) -> NotebookNode:
    """A cell with the marks by which nbgrader knows what is filled in and what grades."""
    identity = name.replace("/", "-") + ("" if solution else "-grade")
    marks = {"grade": not solution, "solution": solution, "locked": not solution, "task": False}
    marks |= {"grade_id": identity, "schema_version": 3} | ({} if solution else {"points": 1})
    return new_code_cell(source, id=identity[:64], metadata={"nbgrader": marks})


KINDS: dict[str, Callable] = {"student": student, "solutions": solutions, "nbgrader": nbgrader}


def place_of(kind: str, stored: Path, places: Places, folder: Path) -> Path:
    """Where a lesson goes: as in notebooks/, or as nbgrader wants its assignments."""
    if kind == "nbgrader":
        return folder / "source" / stored.stem / stored.name
    return folder / stored.relative_to(places.root)


def write(kind: str, names: list[str], places: Places, folder: Path) -> list[Path]:
    """Write these lessons; return their files."""
    sources = [find_one(name, places) for name in names] or places.sources()
    written = []
    for source in sources:
        stored = places.notebook_of(source)
        notebook = KINDS[kind](nbformat.read(stored, as_version=4))
        nbformat.validate(notebook)
        target = place_of(kind, stored, places, folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(nbformat.writes(notebook) + "\n", "utf-8")
        written.append(target)
    copy_linked([path.read_text("utf-8") for path in written], places.root, folder)
    return written


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Write one kind of folder; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("lessons", nargs="*", help="which ones; else all")
    parser.add_argument("--to", type=Path, help="the folder; else classroom/KIND")
    asked = parser.parse_args(arguments)
    places = places or here()
    folder = (asked.to or places.root / "classroom" / asked.kind).resolve()
    try:
        written = write(asked.kind, asked.lessons, places, folder)
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{len(written)} notebooks in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
