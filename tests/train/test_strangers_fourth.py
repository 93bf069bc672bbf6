"""Set D of the strangers: a fixed sample, its rule, and its rows on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aigc_teach import train
from aigc_teach.train.watched import WATCHED
from train.strangers_fourth import SICK, fourth
from train.strangers_second import table
from train.strangers_third import third

SET_D = {case.name: case for case in fourth()}
BOOK = Path(__file__).resolve().parents[2] / "book"
ROWS = json.loads((BOOK / "diagnose.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "name", ["D lecture: no tril", "D lecture: x for y", "D tiny_ddpm: 50 steps"]
)
def test_a_planted_defect_is_named(name):
    assert {*SET_D[name].meant} & SET_D[name].build(0).found()


@pytest.mark.parametrize("name", ["D char_lstm", "D flow", "D hub_lm"])
def test_a_sound_training_is_left_in_peace(name):
    assert SET_D[name].build(0).found() == set()


def test_set_d_is_large_and_belongs_to_no_other_set():
    sick = [case for case in SET_D.values() if case.meant]
    assert len(sick) >= 14 and len(SET_D) - len(sick) >= 20
    assert len(SET_D) == len(fourth()) and {case.half for case in fourth()} == {"D"}
    assert not SET_D.keys() & {case.name for case in [*table(), *third()]}
    known = {*train.SYMPTOMS, *(rule.__name__ for rule in WATCHED)}
    assert {name for _, meant, _ in SICK for name in meant.split()} <= known


def test_the_page_shows_what_was_measured_of_set_d():
    page = (BOOK / "diagnose.md").read_text("utf-8").splitlines()
    for which, begin in (("D", "| D, written after"), ("Dnow", "| D, as the rules are now")):
        rows = ROWS[which]
        assert {row["name"] for row in rows} == SET_D.keys()
        assert len({(row["name"], row["seed"]) for row in rows}) == len(rows)
        told = []
        for ill, result in ((True, "hit"), (False, "alarm")):
            own = [row for row in rows if bool(SET_D[row["name"]].meant) is ill]
            told.append(f"| {sum(row['result'] == result for row in own)} of {len(own)} (")
        (line,) = [line for line in page if line.startswith(begin)]
        assert all(part in line for part in told)
