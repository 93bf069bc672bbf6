"""STOI, and the resampling before it, against pystoi at rates below, at and above its own."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.core.resample import resample
from aigc_teach.metrics import stoi

RATES = (8_000, 10_000, 11_025, 16_000, 22_050, 44_100)


def syllables(rate: int, seconds: float) -> torch.Tensor:
    """Noise that is as loud and as silent by turns as speech."""
    t = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    noise = torch.randn(len(t), generator=make_generator(rate), dtype=torch.float64)
    return 0.2 * noise * torch.sin(6 * t).clamp(min=0) ** 2


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("loudness", [0.0, 0.01, 0.1, 2.0])
def test_noisy_syllables(agree, truth, rate, loudness):
    clean = syllables(rate, 2.3)
    noise = torch.randn(len(clean), generator=make_generator(1), dtype=torch.float64)
    sound = clean + loudness * noise
    agree(stoi(sound, clean, rate), truth.stoi(clean.numpy(), sound.numpy(), rate))


def test_a_part_is_missing(agree, truth):
    clean = syllables(16_000, 1.5)
    sound = clean.clone()
    sound[6_000:12_000] = 0
    agree(stoi(sound, clean, 16_000), truth.stoi(clean.numpy(), sound.numpy(), 16_000))


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate != 10_000])
@pytest.mark.parametrize("samples", [1, 2, 101, 4_000])
def test_resampling(agree, truth, rate, samples):
    from pystoi.utils import resample_oct

    wave = torch.randn(samples, generator=make_generator(2), dtype=torch.float64)
    agree(resample(wave, rate, 10_000).numpy(), resample_oct(wave.numpy(), 10_000, rate))
    agree(resample(wave, 10_000, rate).numpy(), resample_oct(wave.numpy(), rate, 10_000))
