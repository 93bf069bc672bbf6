"""Several kernels at once: all run, their memory adds up, a failure is told."""

from __future__ import annotations

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from lessons.places import here
from lessons.together import Together, page, run_together, store, stored
from sample_deck import sample_course

pytestmark = pytest.mark.slow


def written(folder, *cells):
    path = folder / "a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return path


def test_two_kernels_take_the_memory_of_two(tmp_path):
    fill = "import time; held = bytearray(b'1') * 80_000_000; time.sleep(2)"
    took = [run_together(written(tmp_path, fill), "part/a", kernels) for kernels in (1, 2)]
    assert took[0].memory_gb > 0.08
    assert 0.08 < took[1].memory_gb - took[0].memory_gb < 0.3
    assert took[1].cpu_seconds > took[0].cpu_seconds > 0.1


def test_a_failing_cell_is_raised(tmp_path):
    with pytest.raises(CellExecutionError, match="no_such_name"):
        run_together(written(tmp_path, "no_such_name"), "part/a", 2)


def test_figures_are_kept_beside_others_and_shown(tmp_path):
    places, _ = sample_course(tmp_path)
    store([Together("01_sample/01_sample", 1, 0.5, 10.0)], places)
    store([Together("01_sample/01_sample", 4, 2.0, 60.0)], places)
    assert [row["kernels"] for row in stored(places)] == [1, 4]
    text = page(places, {"01_sample/01_sample": "A sample"})
    assert "Here 1 and 4 kernels" in text and "4 take 4.0 times the memory" in text
    assert "| 4 | 2.00 | 0.50 | 60 | 0.5 |" in text


def test_the_stored_ones_are_of_two_lessons_and_three_sizes():
    rows = stored(here())
    assert len({row["lesson"] for row in rows}) >= 2
    assert {row["kernels"] for row in rows} == {1, 5, 10}
