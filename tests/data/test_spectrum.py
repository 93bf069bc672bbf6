"""The short-time Fourier transform: shapes, gradients, sentences (the formula: tests/oracle)."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.data import spectrum

X = torch.sin(torch.arange(2000) / 7)


@pytest.mark.parametrize("samples", [1, 511, 512, 513, 2000])
def test_frames(samples):
    assert spectrum.stft(X[:samples]).shape == (257, 1 + samples // 128)


def test_types_are_kept_and_gradients_pass():
    assert spectrum.stft(X).dtype == torch.complex64
    assert spectrum.stft(X.double()).dtype == torch.complex128
    wave = X.clone().requires_grad_()
    spectrum.spectrogram(wave).sum().backward()
    assert wave.grad.abs().sum() > 0


def test_the_floor_holds_and_louder_is_higher():
    quiet, loud = spectrum.spectrogram(0.01 * X), spectrum.spectrogram(X)
    assert quiet.min() == pytest.approx(-80) and loud.max() <= 0.01
    assert (loud.max() - quiet.max()).item() == pytest.approx(40, abs=0.01)


@pytest.mark.parametrize("shape", spectrum.WINDOWS)
@pytest.mark.parametrize("length", [8, 512])
def test_a_tone_on_any_row_reads_its_amplitude(length, shape):
    """Rows 0 (a constant) and L/2 (every other sample the negative) are no exception."""
    n = torch.arange(8 * length, dtype=torch.float64)
    for row in range(length // 2 + 1):
        wave = 0.5 * torch.cos(2 * math.pi * row * n / length)
        level = spectrum.spectrogram(wave, window_length=length, shape=shape, hop=length // 2)
        assert level[row, 8].item() == pytest.approx(20 * math.log10(0.5), abs=1e-6), row


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: spectrum.stft([0.0]), DtypeError, "you gave a list"),
        (lambda: spectrum.stft(torch.zeros(5, dtype=torch.int16)), DtypeError, "int16"),
        (lambda: spectrum.stft(torch.zeros(2, 5)), ShapeError, r"\[2, 5\]"),
        (lambda: spectrum.stft(torch.zeros(0)), DataError, "empty"),
        (lambda: spectrum.stft(torch.tensor([torch.nan])), RangeError, "NaN"),
        (lambda: spectrum.stft(X, window_length=101), RangeError, "even"),
        (lambda: spectrum.stft(X, window_length=4), RangeError, "at least 8"),
        (lambda: spectrum.stft(X, hop=0), RangeError, "at least 1"),
        (lambda: spectrum.stft(X, hop=513), RangeError, "gaps"),
        (lambda: spectrum.stft(X, shape="han"), ChoiceError, "'hann'"),
        (lambda: spectrum.spectrogram(X, floor=0.0), RangeError, "below 0"),
        (lambda: spectrum.istft(X, length=5), DtypeError, "complex"),
        (lambda: spectrum.istft(spectrum.stft(X)[0], length=5), ShapeError, r"\[16\]"),
        (lambda: spectrum.istft(spectrum.stft(X), length=9999), RangeError, "do not cover"),
        (
            lambda: spectrum.istft(spectrum.stft(X, hop=512), length=2000, hop=512),
            RangeError,
            "smaller hop",
        ),  # Hann windows end to end are 0 where they meet
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error, match=words):
        do()
