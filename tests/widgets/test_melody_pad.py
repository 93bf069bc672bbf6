"""MelodyPad: bars go to the page and come back; a model is asked, whatever it answers."""

from __future__ import annotations

import pytest
import traitlets

from aigc_teach.core import DataError, RangeError, ShapeError
from aigc_teach.widgets import MelodyPad

BARS = [[(67, 6), (None, 2), (71, 4)], [(74, 12)]]


def test_bars_come_back():
    pad = MelodyPad(BARS)
    assert pad.own == [[0, 67, 3], [4, 71, 2], [6, 74, 6]]
    assert pad.bars == BARS
    assert pad.count == 2 and "2 bars in 6/8 with 3 notes" in pad.alt


def test_what_the_page_writes_is_read():
    pad = MelodyPad(BARS)
    pad.own = [[10, 72, 3], [2, 67, 1]]  # a note that goes beyond its bar, and an empty beginning
    assert pad.bars == [[(None, 4), (67, 2), (None, 6)], [(None, 8), (72, 6)]]
    pad.own = []
    assert pad.bars == [[(None, 12)], [(None, 12)]]
    for wrong in ([[0, 67]], [["a", 67, 1]], [[0, 67, 0]], [[900, 67, 1]], [[0, 200, 1]]):
        with pytest.raises(traitlets.TraitError):
            pad.own = wrong


def test_the_model_is_asked_and_answers():
    seen = []

    def go_on(bars):
        seen.append(bars)
        return [(67, 6), (None, 6)]

    pad = MelodyPad(BARS, go_on=go_on)
    pad.asked = 7
    assert seen == [BARS] and pad.answer == [[67, 6], [-1, 6]] and pad.answered == 7
    assert "2 notes" in pad.told


def test_a_model_that_refuses_is_heard_in_a_sentence():
    def go_on(bars):
        raise DataError("Bar 2 does not add up.")

    pad = MelodyPad(BARS, go_on=go_on)
    pad.asked = 3
    assert (pad.told, pad.answered) == ("Bar 2 does not add up.", 3)
    pad = MelodyPad(BARS)
    pad.asked = 4
    assert "No model was given" in pad.told and pad.answered == 4
    pad = MelodyPad(BARS, go_on=lambda bars: [(60, 1)] * 401)
    pad.asked = 5
    assert "at most 400" in pad.told and pad.answered == 5


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"bars": []}, ShapeError, "there are 0"),
        ({"bars": [[(67, 12)]] * 10_000}, ShapeError, "there are 10000"),
        ({"bars": [[(67, 3), (67, 9)]]}, DataError, "Bar 1: the pad shows eighths"),
        ({"bars": [[(67, 12)], [(67, 14)]]}, DataError, "Bar 2 has 7 eighths"),
        ({"bars": [[(40, 12)]]}, RangeError, "Bar 1: the pitch 40"),
        ({"low": 80, "high": 70}, RangeError, "high=70"),
        ({"eighth": 0}, RangeError, "eighth=0"),
        ({"answer": [(60, 1)] * 401}, DataError, "at most 400"),
    ],
)
def test_bad_input_is_a_sentence(change, error, words):
    given = {"bars": BARS} | change
    with pytest.raises(error, match=words):
        MelodyPad(given.pop("bars"), **given)
