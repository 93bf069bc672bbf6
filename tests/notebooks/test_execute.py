"""Every notebook of the course runs, offline, within the minutes and memory it promises.

nbval runs it, once. What it showed is kept for the book; where nothing has changed since an
earlier run that passed, that run counts (AIGC_FRESH=1 runs all again).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.places import here

ROOT = Path(__file__).resolve().parents[2]
LESSONS = here().sources()


@pytest.mark.slow
@pytest.mark.timeout(4000)  # a stuck notebook is ended before, and told
@pytest.mark.parametrize("source", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_notebook_runs_offline_within_its_budget(source):
    from lessons.measure import record, run_lesson_tests
    from lessons.source import read_lesson

    budget = read_lesson(source).budget
    measured, earlier = run_lesson_tests(source, here())
    record(measured, ROOT / "build" / "notebooks")
    print(
        f"{measured.name}: {measured.minutes:.2f} minutes, {measured.budget_minutes:.2f} of work, "
        f"{measured.memory_gb:.2f} GB"
        + ("" if measured.offline else " (not offline: no network namespace here)")
        + (" (in an earlier run)" if earlier else "")
    )
    assert not (fault := measured.complaint(minutes=budget.ci, memory_gb=budget.memory_gb)), fault
