"""CutFinder: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.course.video import cutting_and_effects as cutting
from aigc_teach.metrics import match_events
from aigc_teach.widgets import CutFinder
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")

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


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_the_page_finds_and_matches_as_python_does(tmp_path):
    g = make_generator(0)
    curves = [torch.rand(80, generator=g).tolist() for _ in range(20)]
    spans = [(8, 8), (20, 27), (40, 40), (60, 70)]
    script = page_script("core", "chart", "controls", "cut_finder").replace(
        "export default", "void"
    )
    script += f"""
    const spans = {json.dumps([["a", *span] for span in spans])};
    console.log(JSON.stringify({json.dumps(curves)}.map((curve) => {{
      const found = peaksOf(curve, 0.7, 6), {{ right, missed }} = matchSpans(found, spans, 2);
      return [found, right.length, missed.length];
    }})));
    """
    (tmp_path / "run.mjs").write_text(script)
    out = subprocess.run([NODE, "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
    for curve, (found, right, missed) in zip(curves, json.loads(out.stdout), strict=True):
        assert found == cutting.peaks(torch.tensor(curve), 0.7)
        pairs = match_events(found, spans, tolerance=2).pairs
        assert (right, missed) == (len(pairs), 4 - len(pairs))
