"""Every part of the course is represented by a lesson that is run in JupyterLab."""

from __future__ import annotations

import pytest

from browser.looks import pairs
from browser.sample import SAMPLE, all_lessons, faults, finished_lessons, lessons_in_jupyterlab

LESSONS = ["00_a/00_x", "00_a/01_y", "01_b/01_z"]


def test_the_first_lesson_and_one_of_each_part_are_run():
    assert faults(SAMPLE, finished_lessons()) == []


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


def test_two_looks_show_every_colour_and_every_width(monkeypatch):
    monkeypatch.delenv("AIGC_ALL", raising=False)
    dark, sizes = zip(*pairs(760, 420), strict=True)
    assert set(dark) == {False, True} and set(sizes) == {760, 420}
    monkeypatch.setenv("AIGC_ALL", "1")
    assert len(set(pairs(760, 420))) == 4
