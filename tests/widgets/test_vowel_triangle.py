"""VowelTriangle: bad input becomes a sentence; the page's voice is the library's."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.models import formant
from aigc_teach.widgets import VowelTriangle
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")

RUNNER = """
const wave = Float64Array.from({ length: 500 }, (_, n) => Math.sin(n * n / 90));
const formants = [730, 1090, 2440], widths = [60, 90, 150];
const heard = vowel(formants, widths, 117, false);
console.log(JSON.stringify({
  coefficients: resonator(730, 60),
  filtered: [...resonate(wave.slice(), 730, 60)],
  gains: [0, 500, 730, 3000].map((f) => gain(f, 730, 60)),
  pulses: [...source(117, 0.1, false)],
  peak: Math.max(...heard.map(Math.abs)), ends: [heard[0], heard[heard.length - 1]],
  whisper: Math.max(...vowel(formants, widths, 117, true).map(Math.abs)),
}));
"""


def test_what_is_handed_to_the_page():
    triangle = VowelTriangle(formant.VOWELS, start="hod", pitch=120)
    assert triangle.formants == [730.0, 1090.0, 2440.0] and triangle.pitch == 120.0
    assert len(triangle.places) == len(triangle.names) == 10
    assert "hod at 730 and 1090 hertz" in triangle.alt
    triangle.formants = [500.0, 1500.0, 2500.0]
    with pytest.raises(AigcError, match="must lie from 200 to 900"):
        triangle.formants = [5.0, 1500.0, 2500.0]


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_the_pages_voice_is_the_librarys(tmp_path):
    script = page_script("core", "chart", "controls", "vowel_triangle") + RUNNER
    (tmp_path / "run.mjs").write_text(script)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    rate = 16_000
    assert told["coefficients"] == pytest.approx(formant.resonator(730, 60, rate=rate))
    n = torch.arange(500, dtype=torch.float64)
    ours = formant.resonate(torch.sin(n * n / 90), 730, 60, rate=rate)
    assert torch.allclose(torch.tensor(told["filtered"], dtype=torch.float64), ours, atol=1e-9)
    at = torch.tensor([0.0, 500.0, 730.0, 3000.0], dtype=torch.float64)
    gains = formant.response(at, 730, 60, rate=rate).abs()
    assert told["gains"] == pytest.approx(gains.tolist())
    ours = formant.pulses(117.0, 0.1, rate=rate)
    theirs = torch.tensor(told["pulses"], dtype=torch.float64)
    assert torch.allclose(theirs / theirs.max(), ours / ours.max(), atol=1e-6)
    assert told["peak"] == pytest.approx(0.7, abs=1e-6) and told["ends"] == [0, 0]
    assert told["whisper"] == pytest.approx(0.7, abs=1e-6)  # below -1 decibel of full scale


@pytest.mark.parametrize(
    ("vowels", "options", "words"),
    [
        ({}, {}, "as a dict"),
        ([1, 2], {}, "as a dict"),
        ({"a": (500, 1500)}, {}, "you gave 2"),
        ({"a": "loud"}, {}, "three numbers, in hertz"),
        ({"a": (100, 1500, 2500)}, {}, "must lie from 200 to 900"),
        ({"a": (500, float("nan"), 2500)}, {}, "must lie from 600"),
        ({"a": (500, 1500, 2500)}, {"start": "b"}, "must be one of"),
        ({"a": (500, 1500, 2500)}, {"pitch": 5}, "60 to 300"),
        ({"a": (500, 1500, 2500)}, {"bandwidths": (1, 2, 3)}, "20 to 500"),
        ({str(k): (500, 1500, 2500) for k in range(17)}, {}, "at most 16"),
    ],
)
def test_bad_input_is_a_sentence(vowels, options, words):
    with pytest.raises(AigcError, match=words):
        VowelTriangle(vowels, **options)
