"""CutFinder: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.widgets import CutFinder

FILM, CURVE = torch.zeros(20, 1, 16, 16), torch.arange(20.0)


def test_what_is_handed_to_the_page():
    finder = CutFinder(FILM, {"a": CURVE, "b": 2 * CURVE}, [("cut", 9, 9), ("fade", 12, 15)])
    assert finder.shape == [20, 16, 16, 1] and finder.thresholds == [9.5, 19.0]
    assert "2 true changes" in repr(finder) and "a and b over 20 frames" in finder.alt


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"frames": FILM[:4], "curves": {"a": CURVE[:4]}}, "8 to 2,000"),
        ({"curves": {}}, "1 to 6 curves"),
        ({"curves": {"a": CURVE[:5]}}, "film has 20 frames"),
        ({"curves": {"a": -CURVE}}, "at least 0"),
        ({"curves": {"a": 0 * CURVE}}, "above 0 somewhere"),
        ({"truth": [("cut", 9)]}, "what, first, last"),
        ({"truth": [("cut", 9, 30)]}, "at most 19"),
        ({"truth": [("cut", 9, 8)]}, "at least 9"),
        ({"truth": [("cut", 9, 9), ("cut", 3, 3)]}, "order of time"),
        ({"threshold": -1}, "threshold"),
        ({"apart": 0}, "apart"),
    ],
)
def test_refusals(change, sentence):
    given = {"frames": FILM, "curves": {"a": CURVE}, "truth": []} | change
    frames, curves, truth = (given.pop(name) for name in ("frames", "curves", "truth"))
    with pytest.raises(AigcError, match=sentence):
        CutFinder(frames, curves, truth, **given)
