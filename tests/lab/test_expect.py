from __future__ import annotations

import json

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError, choose_machine
from aigc_teach.lab.expect import expect
from aigc_teach.lab.lesson import Lesson, setup


def lesson(budget: str) -> Lesson:
    return Lesson("part/demo", 3, choose_machine("cpu"), budget)


@pytest.mark.parametrize(
    "budget, value, inside, words",
    [
        ("learn", 0.95, True, "inside the 0.9 to 1 that the text states"),
        ("learn", torch.tensor(0.9), True, "inside"),
        ("learn", 0.5, False, "OUTSIDE the 0.9 to 1"),
        ("lecture", 2, False, "OUTSIDE"),
        ("ci", 0.1, None, "too few steps"),
    ],
)
def test_says_and_records(budget, value, inside, words, capsys, tmp_path, monkeypatch):
    file = tmp_path / "measured.jsonl"
    monkeypatch.setenv("AIGC_MEASURED", str(file))
    assert expect(lesson(budget), "share", value, 0.9, 1) is inside
    assert words in capsys.readouterr().out
    row = json.loads(file.read_text())
    assert row["inside"] is inside and row["seed"] == 3 and row["lesson"] == "part/demo"
    assert row["exact"] is False


def test_a_lecture_that_does_less_than_the_text_is_not_told_that_it_is_wrong(capsys):
    shorter = lesson("lecture")
    assert shorter.pick(learn=3, ci=1) == 3 and not shorter.shortened
    assert expect(shorter, "share", 0.5, 0.9, 1) is False
    assert shorter.pick(learn=3, ci=1, lecture=2) == 2 and shorter.shortened
    assert expect(shorter, "share", 0.95, 0.9, 1) is True
    assert expect(shorter, "share", 0.5, 0.9, 1) is None
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "share: 0.5 (budget lecture: less was done than the text's 0.9 to 1 is of)"


def test_a_closed_form_is_recorded_as_exact(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_MEASURED", str(tmp_path / "measured.jsonl"))
    lesson("learn").expect("log 2", 0.6931, 0.69, 0.7, exact=True)
    assert json.loads((tmp_path / "measured.jsonl").read_text())["exact"] is True


@pytest.mark.parametrize(
    "value, kind", [(float("nan"), RangeError), ([1, 2], DtypeError), (torch.zeros(2), DtypeError)]
)
def test_refuses_what_is_no_number(value, kind):
    with pytest.raises(kind, match="'share'"):
        expect(lesson("learn"), "share", value, 0, 1)


def test_another_seed_from_the_environment(monkeypatch):
    monkeypatch.setenv("AIGC_SEED", "7")
    assert setup("part/demo", seed=0).seed == 7


def test_a_loss_that_still_holds_its_gradient_is_compared_without_a_warning(recwarn):
    loss = torch.tensor([2.0], requires_grad=True).sum()
    assert expect(lesson("learn"), "loss", loss, 1, 3)
    assert not recwarn.list
