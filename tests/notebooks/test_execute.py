"""Every notebook of the course runs, offline, within the minutes and memory it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.places import here

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = here().stored_notebooks()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_notebook_runs_offline_within_its_budget(path):
    from lessons.measure import record, run_tests_of
    from lessons.source import read_lesson

    budget = read_lesson(here().source_of(path)).budget
    measured = run_tests_of(path, ROOT)
    record(measured, ROOT / "build" / "notebooks")
    print(
        f"{measured.name}: {measured.minutes:.2f} minutes, {measured.memory_gb:.2f} GB"
        + ("" if measured.offline else " (not offline: no network namespace here)")
    )
    assert not (fault := measured.complaint(minutes=budget.ci, memory_gb=budget.memory_gb)), fault
