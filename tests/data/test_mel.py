"""Mel spectrograms equal the formula written anew in NumPy; Griffin-Lim comes nearer each step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.data import mel, sound
from aigc_teach.data.spectrum import stft


def slaney(hertz: float) -> float:
    """Slaney's scale, as his toolbox says it: 200/3 Hz a step, then factors of 1.0711703."""
    return 3 * hertz / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)


def filters_by_loops(bands, rate, length, low, high):
    """Triangle by triangle, row by row; corners found by halving intervals."""

    def inverse(wanted):
        a, b = 0.0, 1e5
        for _ in range(100):
            middle = (a + b) / 2
            a, b = (middle, b) if slaney(middle) < wanted else (a, middle)
        return a

    corners = [inverse(m) for m in np.linspace(slaney(low), slaney(high), bands + 2)]
    out = np.zeros((bands, length // 2 + 1))
    for band in range(bands):
        left, middle, right = corners[band : band + 3]
        for row in range(length // 2 + 1):
            f = row * rate / length
            if left < f <= middle:
                out[band, row] = (f - left) / (middle - left)
            elif middle < f < right:
                out[band, row] = (right - f) / (right - middle)
        out[band] *= 2 / (right - left)
    return out


SETTINGS = [(80, 16_000, 1024, 0, 8000), (40, 8000, 512, 0, 4000), (64, 22_050, 1024, 60, 7600)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_filters(setting):
    bands, rate, length, low, high = setting
    ours = mel.mel_filters(bands, rate=rate, window_length=length, low=low, high=high)
    assert np.abs(ours.numpy() - filters_by_loops(*setting)).max() < 1e-12


def test_levels():
    x = sound.pluck(220.0, 0.5).double()
    size = stft(x, window_length=512, hop=128).abs().numpy()
    wanted = np.log(np.maximum(1e-3, filters_by_loops(40, 16_000, 512, 0, 8000) @ size))
    ours = mel.log_mel(x, bands=40, window_length=512, hop=128)
    assert ours.shape == (40, 63) and np.abs(ours.numpy() - wanted).max() < 1e-9


def test_even_noise_fills_all_bands_evenly():
    noise = torch.randn(64_000, generator=make_generator(0))
    level = mel.log_mel(noise, bands=20).mean(1)
    assert level[1:-1].std() < 0.05


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_griffin_lim_comes_nearer(momentum):
    x = sound.tune(beat=0.1).double()[:16_000]
    size = stft(x, window_length=512, hop=128).abs()

    def error(steps):
        y = mel.griffin_lim(size, length=len(x), hop=128, steps=steps, momentum=momentum)
        return (stft(y, window_length=512, hop=128).abs() - size).norm() / size.norm()

    errors = [error(steps) for steps in (0, 1, 2, 5, 10, 20, 40)]
    assert errors[-1] < 0.6 * errors[1]
    if momentum == 0:
        assert all(a >= b - 1e-9 for a, b in zip(errors, errors[1:], strict=False))


def test_true_phases_are_kept():
    """One step from the true sound's phases changes nothing."""
    x = sound.pluck(300.0, 0.5).double()
    size = stft(x, window_length=512, hop=128)
    y = mel.istft(torch.polar(size.abs(), size.angle()), length=len(x), hop=128)
    assert torch.allclose(y, x, atol=1e-9)


def test_least_squares_lowers_its_error_and_stays_at_zero_or_above():
    filters = mel.mel_filters(40, window_length=512)
    mels = torch.rand(40, 5, generator=make_generator(0), dtype=torch.float64)
    errors = [
        (filters @ mel.mel_to_linear(mels, filters, steps=k) - mels).norm() for k in (0, 1, 10, 200)
    ]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 0.2 * errors[0]
    assert mel.mel_to_linear(mels, filters).min() >= 0


def test_a_mel_spectrogram_made_a_sound_and_measured_again():
    x = sound.tune(beat=0.1)[:16_000]
    levels = mel.log_mel(x)
    again = mel.log_mel(mel.mel_to_wave(levels, length=len(x)))
    loud = levels > levels.max() - 4
    assert (again - levels)[loud].abs().mean() < 0.35


def test_the_same_each_time_and_another_with_another_seed():
    size = stft(sound.pluck(220.0, 0.2), window_length=256, hop=64).abs()
    a, b = (mel.griffin_lim(size, length=3200, hop=64, steps=3) for _ in range(2))
    c = mel.griffin_lim(size, length=3200, hop=64, steps=3, generator=make_generator(1))
    assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mel.mel_filters(0), "bands=0"),
        (lambda: mel.mel_filters(200, window_length=256), "a band holds no row"),
        (lambda: mel.mel_filters(high=9000.0), "half the rate"),
        (lambda: mel.mel_filters(window_length=333), "even"),
        (lambda: mel.log_mel(torch.zeros(10), floor=0.0), "floor=0"),
        (lambda: mel.log_mel(torch.zeros(2, 10)), "1 axis"),
        (lambda: mel.mel_to_linear(-torch.ones(80, 3), mel.mel_filters()), "at least 0"),
        (lambda: mel.mel_to_linear(torch.ones(40, 3), mel.mel_filters()), "40 bands"),
        (lambda: mel.griffin_lim(-torch.ones(257, 9), length=900, hop=128), "at least 0"),
        (lambda: mel.griffin_lim(torch.ones(257, 9), length=500, hop=128), "makes 4 frames"),
        (lambda: mel.griffin_lim(torch.ones(257), length=900, hop=128), "must have shape"),
        (lambda: mel.griffin_lim(torch.ones(257, 9), length=900, hop=128, momentum=3.0), "0 to 2"),
        (lambda: mel.mel_to_wave(torch.full((80, 9), torch.nan), length=1600), "finite"),
        (lambda: mel.mel_to_wave([1.0], length=1600), "list"),
    ],
)
def test_bad_input_is_a_sentence(call, words):
    with pytest.raises(AigcError, match=words):
        call()
