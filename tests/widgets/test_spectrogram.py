"""SpectrogramViewer: bad input becomes a sentence; the page's arithmetic equals the package's."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.core.random import make_generator
from aigc_teach.data import sound, spectrum
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.spectrogram import LENGTHS, SHAPES, SpectrogramViewer

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync, writeFileSync } from "node:fs";
const cases = JSON.parse(readFileSync("cases.json"));
const raw = new Int16Array(new Uint8Array(readFileSync("wave.bin")).buffer);
const wave = Float64Array.from(raw, (v) => v / 32767);
const times = [], sizes = [], out = [];
for (const { length, hop, shape, samples } of cases) {
  const part = wave.subarray(0, samples);
  makeSpectrogram(part, length, hop, shape);
  const used = process.cpuUsage().user;
  const { levels, frames, bins } = makeSpectrogram(part, length, hop, shape);
  times.push((process.cpuUsage().user - used) / 1000);
  sizes.push([frames, bins]);
  out.push(Buffer.from(levels.buffer));
}
writeFileSync("levels.bin", Buffer.concat(out));
console.log(JSON.stringify({ sizes, times }));
"""


def viewer(**options):
    return SpectrogramViewer(
        {"tone": sound.tone(440.0, 0.5), "pluck": sound.pluck(220.0)}, **options
    )


def test_what_is_handed_to_the_page():
    shown = viewer(window_length=1024, shape="hamming", title="Look")
    assert shown.names == ["tone", "pluck"] and shown.lengths == [8000, 16000]
    assert shown.window_length == 1024 and shown.shape == "hamming"
    assert len(shown.waves) < 2 * 24_000
    assert "tone, 0.5 s" in shown.alt and repr(shown).startswith("Look. ")
    assert 0 <= shown.time <= 0.5 and 0 < shown.frequency < 8000


def test_a_single_wave_will_do():
    assert SpectrogramViewer(sound.tone(440.0, 0.1)).names == ["sound"]


@pytest.mark.parametrize(
    ("sounds", "options", "error", "words"),
    [
        ({}, {}, DtypeError, "as a dict"),
        ([torch.zeros(5)], {}, DtypeError, "as a dict"),
        ({"a": [0.0]}, {}, DtypeError, "floating-point tensor; it is list"),
        ({"a": torch.zeros(5, dtype=torch.int16)}, {}, DtypeError, "int16"),
        ({"a": torch.zeros(2, 5)}, {}, ShapeError, r"\[2, 5\]"),
        ({"a": torch.zeros(0)}, {}, DataError, "empty"),
        ({"a": torch.zeros(24_001)}, {}, RangeError, "24,001 samples"),
        ({"a": torch.full((5,), 2.0)}, {}, RangeError, "must lie in"),
        ({"a": torch.full((5,), torch.nan)}, {}, RangeError, "NaN"),
        ({str(k): torch.zeros(5) for k in range(9)}, {}, RangeError, "9 sounds"),
        ({"a": torch.zeros(5)}, {"window_length": 500}, ChoiceError, "64, 128"),
        ({"a": torch.zeros(5)}, {"hops_per_window": 3}, ChoiceError, "1, 2, 4, 8"),
        ({"a": torch.zeros(5)}, {"shape": "han"}, ChoiceError, "'hann'"),
        ({"a": torch.zeros(5)}, {"floor": 0.0}, RangeError, "-120 and -20"),
        ({"a": torch.zeros(5)}, {"rate": 0}, RangeError, "at least 1"),
    ],
)
def test_bad_input_is_a_sentence(sounds, options, error, words):
    with pytest.raises(error, match=words) as raised:
        SpectrogramViewer(sounds, **options)
    assert isinstance(raised.value, AigcError)


def test_changes_from_outside_are_checked():
    shown = viewer()
    shown.sound = 99
    assert shown.sound == 1
    with pytest.raises(ChoiceError):
        shown.window_length = 300
    with pytest.raises(ChoiceError):
        shown.shape = "round"


@needs_node
def test_the_page_computes_what_the_package_does(tmp_path):
    noise = 0.3 * torch.randn(24_000, generator=make_generator(0)).clamp(-3, 3)
    mix = sum(sound.tone(f, 1.5) for f in (440.0, 3000.0)) / 4 + sound.chirp(50, 7900, 1.5) / 4
    raw = ((mix + 0.2 * noise).clamp(-1, 1) * 32767).round().to(torch.int16).numpy()
    (tmp_path / "wave.bin").write_bytes(raw.astype("<i2").tobytes())
    cases = [
        {"length": length, "hop": length // parts, "shape": shape, "samples": samples}
        for length in LENGTHS
        for parts, shape, samples in zip(
            (1, 2, 4, 8, 8), (*SHAPES, "hann", "hann"), (24_000, 7_001, 100, 1, 24_000), strict=True
        )
    ]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    (tmp_path / "run.mjs").write_text(page_script("core", "fourier") + RUNNER)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    levels = np.fromfile(tmp_path / "levels.bin", dtype="<f4")
    wave = torch.from_numpy(raw.astype(np.float64) / 32767)
    start = 0
    for case, (frames, bins) in zip(cases, told["sizes"], strict=True):
        mine = torch.from_numpy(levels[start : start + frames * bins]).view(frames, bins).T
        start += frames * bins
        expected = spectrum.spectrogram(
            wave[: case["samples"]],
            window_length=case["length"],
            hop=case["hop"],
            shape=case["shape"],
            floor=-140.0,
        )
        assert mine.shape == expected.shape
        assert (mine - expected).abs().max() < 0.01, case
    assert start == len(levels)
    print(f"processor milliseconds a spectrogram: {told['times']}")
    assert max(told["times"]) < 60, "a new window must not freeze the page"
