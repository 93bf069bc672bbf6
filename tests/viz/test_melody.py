"""Piano rolls and scores: what is drawn, in words and in shapes; bad input is told."""

from __future__ import annotations

import pytest
from matplotlib.patches import Ellipse, Rectangle

from aigc_teach import data, viz
from aigc_teach.core import DataError, RangeError, ShapeError
from aigc_teach.viz.figure import SIZE, smallest_text

NOTES = [(67, 4), (None, 2), (71, 6), (74, 12)]


def shapes(figure, kind):
    return [s for axes in figure.axes for s in axes.patches if isinstance(s, kind)]


def test_a_roll_has_a_bar_for_each_note():
    figure = viz.piano_roll(NOTES, marked=(2, 4), mark="alike")
    drawn = shapes(figure, Rectangle)
    assert [(r.get_x(), r.get_width()) for r in drawn] == [(0, 4), (6, 6), (12, 12)]
    assert [bool(r.get_hatch()) for r in drawn] == [False, True, True]
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == "alike"
    assert "3 notes in 2 bars, G4 to D5" in viz.alt_text(figure)
    assert smallest_text(figure) >= SIZE


def test_several_rolls_share_their_axes():
    figure = viz.piano_roll({"one": NOTES, "two": [(60, 4)]}, marked={"two": (0, 1)})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert len(viz.piano_roll({str(k): NOTES for k in range(4)}).axes) == 4


def test_a_score_has_a_head_for_each_note():
    bars = data.tunes()[0].parts[0].bars
    figure = viz.score(bars, given=4, title="A part")
    sounding = sum(pitch is not None for bar in bars for pitch, _ in bar)
    assert len(shapes(figure, Ellipse)) == sounding
    assert "A score of 8 bars in G major" in viz.alt_text(figure)
    assert "first 4 are given" in viz.alt_text(figure)
    assert len(figure.axes) == 2


def test_heads_lie_on_their_lines():
    """E4 is the lowest line, F5 the highest; F sharp needs no sign in G, F natural does."""
    figure = viz.score([[(64, 4), (77, 4), (78, 4)]])
    heads = sorted(shapes(figure, Ellipse), key=lambda h: h.center[0])
    assert [h.center[1] for h in heads] == [0, 8, 8]
    written = [t.get_text() for t in figure.axes[0].texts]
    assert written.count("\u266e") == 1 and written.count("\u266f") == 1


@pytest.mark.parametrize(
    ("draw", "given", "error", "words"),
    [
        (viz.piano_roll, [], DataError, "empty"),
        (viz.piano_roll, [(None, 4)], DataError, "no note sounds"),
        (viz.piano_roll, [(200, 4)], RangeError, "no pitch 0 to 127"),
        (viz.piano_roll, [(60, 0)], RangeError, "no time"),
        (viz.piano_roll, [(60, 1)] * 2001, DataError, "2,001 notes"),
        (viz.piano_roll, {}, ShapeError, "one to four"),
        (viz.piano_roll, dict.fromkeys("abcde", NOTES), ShapeError, "there are 5"),
        (viz.score, [], ShapeError, "1 to 64 bars; there are 0"),
        (viz.score, [NOTES] * 10_000, ShapeError, "there are 10000"),
        (viz.score, [NOTES, []], DataError, "bar 2"),
        (viz.score, [[(20, 12)]], RangeError, "Bar 1 has a pitch"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(draw, given, error, words):
    with pytest.raises(error, match=words):
        draw(given)
