"""Resonators against their recursion, pulses against their pitch, vowels against their formants."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.models import formant

RATE = formant.RATE


def test_a_resonator_is_its_recursion():
    a, b, c = formant.resonator(500.0, 60.0)
    x = torch.randn(400, generator=make_generator(1), dtype=torch.float64)
    y = [0.0, 0.0]
    for value in x.tolist():
        y.append(a * value + b * y[-1] + c * y[-2])
    assert np.abs(formant.resonate(x, 500.0, 60.0).numpy() - np.array(y[2:])).max() < 1e-10


def test_the_peak_is_where_the_formant_is_and_as_wide_as_its_bandwidth():
    at = torch.linspace(400, 600, 20_001, dtype=torch.float64)
    gain = formant.response(at, 500.0, 40.0).abs()
    assert abs(at[gain.argmax()].item() - 500) < 3
    loud = at[gain > gain.max() / math.sqrt(2)]  # the half of the power: 3 decibels
    assert abs((loud[-1] - loud[0]).item() - 40) < 2
    assert abs(formant.response(torch.zeros(1), 500.0, 40.0).abs().item() - 1) < 1e-9


@pytest.mark.parametrize("pitch", [80.0, 123.4, 300.0])
def test_pulses_have_their_pitch(pitch):
    wave = formant.pulses(pitch, 1.0)
    spectrum = torch.fft.rfft(wave * torch.hann_window(len(wave), dtype=wave.dtype)).abs()
    rows = torch.arange(len(spectrum), dtype=torch.float64)  # of 1 hertz each
    lines = [spectrum[round(k * pitch)].item() for k in range(1, 6)]
    between = [spectrum[round((k + 0.5) * pitch)].item() for k in range(1, 6)]
    assert min(lines) > 50 * max(between)
    near = (rows - 5 * pitch).abs() < 20
    middle = (rows * spectrum * near).sum() / (spectrum * near).sum()
    assert abs(middle.item() / 5 - pitch) < 0.1  # no rounding to whole samples


def test_a_pitch_may_glide():
    curve = torch.linspace(80, 160, RATE, dtype=torch.float64)
    assert formant.pulses(curve, 1.0).shape == (RATE,)


@pytest.mark.parametrize("whispered", [False, True])
def test_a_vowel_has_its_formants(whispered):
    for name in ("heed", "hod", "who'd"):
        wanted = formant.VOWELS[name]
        wave = formant.vowel(wanted, 2.0, pitch=70.0, whispered=whispered).double()
        frames = wave.unfold(0, 1024, 256) * torch.hann_window(1024, dtype=torch.float64)
        power = torch.fft.rfft(frames).abs().square().mean(0)
        smooth = torch.nn.functional.avg_pool1d(power[None, None], 9, 1, 4)[0, 0]
        rows = torch.arange(513) * RATE / 1024
        for frequency in wanted[:2]:
            inside = (rows > frequency - 150) & (rows < frequency + 150)
            top = rows[inside][smooth[inside].argmax()].item()
            assert abs(top - frequency) < 110, (name, frequency, top)


def test_levels_are_safe_and_noise_repeats():
    for pitch in (60.0, 110.0, 400.0):
        wave = formant.vowel(formant.VOWELS["had"], 0.2, pitch=pitch)
        assert wave.dtype == torch.float32 and abs(wave.abs().max().item() - 0.5) < 1e-5
        assert wave[0] == 0 and wave[-1] == 0
    assert torch.equal(formant.breath(0.1), formant.breath(0.1))
    other = formant.breath(0.1, generator=make_generator(5))
    assert not torch.equal(formant.breath(0.1), other)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: formant.resonator(6000.0, 50.0), "at most 5512.5 hertz"),
        (lambda: formant.resonator(500.0, 0.0), "bandwidth"),
        (lambda: formant.resonator(math.nan, 50.0), "frequency"),
        (lambda: formant.resonator("a", 50.0), "frequency"),
        (lambda: formant.pulses(5.0, 1.0), "from 20 to"),
        (lambda: formant.pulses(torch.full((7,), 100.0), 1.0), "must be a number or"),
        (lambda: formant.pulses(100.0, 3600.0), "at most 60"),
        (lambda: formant.pulses(100.0, 1e-6), "at least one sample"),
        (lambda: formant.vowel((500.0,) * 7), "at most 6"),
        (lambda: formant.vowel((500.0, 1500.0), bandwidths=(60.0,)), "one bandwidth each"),
        (lambda: formant.resonate(torch.zeros(0), 500.0, 60.0), "empty"),
        (lambda: formant.resonate(torch.zeros(2, 9), 500.0, 60.0), r"\[2, 9\]"),
    ],
)
def test_bad_input_is_a_sentence(make, words):
    with pytest.raises(AigcError, match=words):
        make()
