"""SoundGrid: every sound arrives, levels are safe, bad input becomes a sentence."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.widgets import SoundGrid

TWO = {"rows": ("pitch", (1, 2)), "columns": ("speed", (1, 2, 3))}


def tones(rows=2, columns=3, level=0.5):
    t = torch.arange(800) / 8000
    return [
        [level * torch.sin(2 * math.pi * 200 * (1 + r + c) * t) for c in range(columns)]
        for r in range(rows)
    ]


def test_what_is_handed_to_the_page():
    sounds = tones()
    grid = SoundGrid(sounds, rate=8000, **TWO)
    assert grid.lengths == [800] * 6 and (grid.row, grid.column) == (1, 1)
    assert "pitch from 1 to 2 and speed from 1 to 3" in grid.alt
    codes = np.frombuffer(zlib.decompress(grid.waves), np.int8).astype(float)
    decoded = np.sign(codes) * np.expm1(np.abs(codes) / 127 * np.log(256)) / 255
    flat = torch.cat([wave for row in sounds for wave in row]).numpy()
    assert 10 * np.log10((flat**2).sum() / ((decoded - flat) ** 2).sum()) > 34
    grid.row = 99
    assert grid.row == 1


def test_no_sample_is_above_minus_one_decibel():
    grid = SoundGrid(tones(level=7.0), rate=8000, **TWO)
    codes = np.frombuffer(zlib.decompress(grid.waves), np.int8).astype(float)
    assert np.abs(np.expm1(np.abs(codes) / 127 * np.log(256)) / 255).max() < 0.91


@pytest.mark.parametrize(
    ("sounds", "options", "words"),
    [
        (3, {}, "rows of tensors"),
        (tones(1, 3), {}, "2 rows of 3 sounds"),
        (tones(2, 2), {}, "2 rows of 3 sounds"),
        ([["a"] * 3] * 2, {}, "must be a torch.Tensor"),
        (tones(), {"rows": 5}, "a name and numbers"),
        (tones(), {"rows": ("pitch", ())}, "1 to 9"),
        (tones(), {"rate": 1000}, "rate"),
        ([[torch.zeros(100_000)] * 3] * 2, {}, "at most 500,000"),
        ([[torch.full((9,), math.nan)] * 3] * 2, {}, "NaN"),
    ],
)
def test_bad_input_is_a_sentence(sounds, options, words):
    with pytest.raises(AigcError, match=words):
        SoundGrid(sounds, **({"rate": 8000} | TWO | options))
