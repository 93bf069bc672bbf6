"""Resampling: tones below both halves stay, tones above are gone, lengths are exact."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.core.resample import resample


def tone(frequency: float, rate: int, seconds: float = 0.5) -> torch.Tensor:
    t = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return torch.sin(2 * math.pi * frequency * t)


@pytest.mark.parametrize("rate, to", [(8000, 16_000), (16_000, 10_000), (44_100, 16_000)])
def test_a_tone_stays_where_it_was(rate, to):
    again = resample(tone(1000, rate), rate, to)
    wanted = tone(1000, to)
    assert again.shape == wanted.shape
    assert (again - wanted)[500:-500].abs().max() < 3e-3


def test_what_cannot_be_kept_is_gone():
    assert resample(tone(6000, 16_000), 16_000, 8000)[200:-200].abs().max() < 2e-3


@pytest.mark.parametrize("samples", [1, 2, 3, 1000, 20_011])
def test_lengths(samples):
    assert len(resample(torch.ones(samples), 16_000, 10_000)) == math.ceil(samples * 5 / 8)


def test_one_rate_is_the_sound_itself():
    x = torch.rand(10)
    assert resample(x, 8000, 8000) is x


@pytest.mark.parametrize(
    ("x", "rate", "to", "words"),
    [
        ([0.0], 8000, 16_000, "list"),
        (torch.zeros(2, 9), 8000, 16_000, r"wave.mean\(0\)"),
        (torch.zeros(0), 8000, 16_000, "empty"),
        (torch.zeros(9), 10, 16_000, "rate=10"),
        (torch.zeros(9), 8000, 10**6, "to=1000000"),
        (torch.tensor([math.nan]), 8000, 16_000, "NaN"),
    ],
)
def test_bad_input_is_a_sentence(x, rate, to, words):
    with pytest.raises(AigcError, match=words):
        resample(x, rate, to)
