"""Folders for a class: nothing given away to students, everything solved for the lecturer."""

from __future__ import annotations

import re

import nbformat
import pytest

from classroom import CHECKED, KINDS, main, tagged
from lessons.places import here

PLACES = here()
STORED = PLACES.stored_notebooks()


def made(kind, path):
    return KINDS[kind](nbformat.read(path, as_version=4))


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_students_get_every_stub_and_no_solution(path):
    stored, given = nbformat.read(path, as_version=4), made("student", path)
    stubs = [cell.source for cell in stored.cells if tagged(cell, "exercise")]
    assert [cell.source for cell in given.cells if tagged(cell, "exercise")] == stubs != []
    text = text_of(given)
    for word in ("_solution", "# @title Solution", "<details>", "Open the folded cell"):
        assert word not in text
    assert "lab.quiz(" in text  # the questions stay, answered by the kernel
    nbformat.validate(given)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_the_lecturer_gets_every_solution_unfolded_and_the_key(path):
    stored, given = nbformat.read(path, as_version=4), made("solutions", path)
    solved = [cell for cell in given.cells if tagged(cell, "solution")]
    assert len(solved) == sum(tagged(cell, "solution") for cell in stored.cells)
    assert not any(cell.metadata.get("jupyter") for cell in solved)
    assert given.cells[-1].source.count("**Right.**") == 5


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_grader_finds_a_point_for_each_exercise(path):
    stored, given = nbformat.read(path, as_version=4), made("nbgrader", path)
    wanted = [CHECKED.search(c.source)[1] for c in stored.cells if tagged(c, "exercise")]
    marks = [cell.metadata["nbgrader"] for cell in given.cells if "nbgrader" in cell.metadata]
    graded = [cell.source for cell in given.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [re.search(r'assert_right\("([\w/]+)"', source)[1] for source in graded] == wanted
    assert len({mark["grade_id"] for mark in marks}) == len(marks) == 2 * len(wanted)
    for cell in given.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            public = re.sub(
                r"### BEGIN SOLUTION.*### END SOLUTION", "", cell.source, flags=re.DOTALL
            )
            assert "_solution" not in public and "lab.check(" in public
            compile(cell.source, path.stem, "exec")
    nbformat.validate(given)


def test_the_files_lie_with_their_pictures(tmp_path, capsys):
    assert main(["student", "vae", "--to", str(tmp_path)]) == 0
    assert "1 notebooks" in capsys.readouterr().out
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"notebooks/03_models/02_vae.ipynb", "book/03_models/figures/02_vae.png"} <= found
    assert main(["student", "no_such_lesson", "--to", str(tmp_path)]) == 1
    assert "name one of" in capsys.readouterr().err
