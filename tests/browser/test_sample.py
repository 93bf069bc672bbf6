"""Every part of the course is represented by a lesson that is run in JupyterLab."""

from __future__ import annotations

import pytest

from browser.sample import SAMPLE, all_lessons, faults, lessons_in_jupyterlab

LESSONS = ["00_a/00_x", "00_a/01_y", "01_b/01_z"]


def test_the_first_lesson_and_one_of_each_part_are_run():
    assert faults(SAMPLE, all_lessons()) == []


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (("00_a/00_x",), "No lesson of 01_b"),
        (("00_a/00_x", "01_b/02_gone"), "01_b/02_gone, which does not exist"),
        (("00_a/01_y", "01_b/01_z"), "The first lesson, 00_a/00_x"),
    ],
)
def test_a_part_without_a_lesson_is_found(sample, words):
    assert words in " ".join(faults(sample, LESSONS))


def test_all_lessons_are_run_where_all_are_asked_for(monkeypatch):
    monkeypatch.setenv("AIGC_ALL", "1")
    assert lessons_in_jupyterlab() == all_lessons()
    monkeypatch.delenv("AIGC_ALL")
    assert lessons_in_jupyterlab() == list(SAMPLE)
