"""SoundPlayer: bad input becomes a sentence, levels are safe, the page decodes what was packed."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.data import sound
from aigc_teach.widgets import SoundPlayer
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")

RUNNER = """
import { readFileSync } from "node:fs";
const out = [];
for (const bits of [16, 8]) {
  const raw = new Uint8Array(readFileSync(`${bits}.bin`)).slice().buffer;
  out.push([...decodeSamples(raw, bits)]);
}
const orders = new Set(Array.from({ length: 200 }, () => shuffled(3).join()));
console.log(JSON.stringify({ out, orders: [...orders].sort() }));
"""


def test_what_is_handed_to_the_page():
    player = SoundPlayer({"a": sound.tone(440.0, 0.5), "b": sound.pluck(220.0)}, title="Hear")
    assert player.names == ["a", "b"] and player.lengths == [8000, 16_000]
    assert "a, 0.5 s" in player.alt and repr(player).startswith("Hear. ")
    assert (player.blind, player.revealed, player.time) == (False, False, 0.0)


def test_one_factor_for_all_and_no_sample_above_minus_one_decibel():
    player = SoundPlayer({"loud": 5 * sound.tone(440.0, 0.1), "soft": sound.tone(440.0, 0.1)})
    samples = np.frombuffer(zlib.decompress(player.waves), "<i2").astype(float)
    assert np.abs(samples).max() <= 0.8913 * 32_767 + 1
    assert np.abs(samples[:1600]).max() / np.abs(samples[1600:]).max() == pytest.approx(5, rel=1e-3)
    assert SoundPlayer(0.5 * sound.tone(440.0, 0.1)).scale == 1.0
    assert SoundPlayer(torch.zeros(100)).scale == 1.0


def test_eight_bits_take_half_the_room():
    noise = torch.rand(40_000) - 0.5
    small, large = (len(SoundPlayer(noise, bits=bits).waves) for bits in (8, 16))
    assert small < 0.55 * large


@needs_node
def test_the_page_decodes_what_was_packed(tmp_path):
    wave = sound.chirp(50, 7000, 0.2) * 0.8
    for bits in (16, 8):
        raw = zlib.decompress(SoundPlayer(wave, bits=bits).waves)
        (tmp_path / f"{bits}.bin").write_bytes(raw)
    script = page_script("core", "fourier", "speaker", "sound_player") + RUNNER
    (tmp_path / "run.mjs").write_text(script)
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    fine, coarse = (torch.tensor(values) for values in told["out"])
    assert (fine - wave).abs().max() < 1e-4
    error = 10 * torch.log10(wave.square().sum() / (coarse - wave).square().sum())
    assert 36 < error < 41
    assert len(told["orders"]) == 6


@pytest.mark.parametrize(
    ("sounds", "options", "words"),
    [
        ({}, {}, "as a dict"),
        ([torch.zeros(5)], {}, "as a dict"),
        ({"a": [0.0]}, {}, "The sound 'a' must be a torch.Tensor"),
        ({"a": torch.zeros(5, dtype=torch.int16)}, {}, "int16"),
        ({"a": torch.zeros(2, 5)}, {}, r"\[2, 5\]"),
        ({"a": torch.zeros(0)}, {}, "empty"),
        ({"a": torch.zeros(80_000), "b": torch.zeros(80_001)}, {}, "160,001 samples, 10.0 seconds"),
        ({"a": torch.full((5,), torch.nan)}, {}, "NaN"),
        ({str(k): torch.zeros(5) for k in range(10)}, {}, "10 sounds"),
        ({"a": torch.zeros(5)}, {"rate": 4000}, "rate=4000"),
        ({"a": torch.zeros(5)}, {"bits": 12}, "16, 8"),
        ({"a": torch.zeros(5)}, {"blind": True}, "two of them"),
    ],
)
def test_bad_input_is_a_sentence(sounds, options, words):
    with pytest.raises(AigcError, match=words):
        SoundPlayer(sounds, **options)


def test_changes_from_outside_are_checked():
    player = SoundPlayer({"a": torch.zeros(50), "b": torch.zeros(50)})
    player.sound = 99
    assert player.sound == 1
