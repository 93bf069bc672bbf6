"""The short-time Fourier transform and its decibels against scipy.signal.ShortTimeFFT.

SciPy's class was written without ours or PyTorch's: slices are numbered from their middle, the
sound is continued by zeros, and the one-sided spectrum is doubled except for row 0 and, with an
even length, row L/2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.data import spectrum

SETTINGS = [(512, 128, "hann"), (256, 64, "hamming"), (64, 16, "rectangular"), (8, 4, "hann")]
NAMES = {"hann": "hann", "hamming": "hamming", "rectangular": "boxcar"}
SAMPLES = [1, 100, 1000, 5003]


def noise(n: int) -> torch.Tensor:
    return torch.rand(n, generator=make_generator(0), dtype=torch.float64) * 2 - 1


def their_transform(length, hop, shape, **options):
    import scipy.signal

    window = scipy.signal.get_window(NAMES[shape], length)
    options = {"fft_mode": "onesided", "phase_shift": None, **options}
    return scipy.signal.ShortTimeFFT(window, hop, fs=1, **options)


def their_stft(x: torch.Tensor, length, hop, shape, **options) -> np.ndarray:
    """Their slices 0 to T // hop; k_offset and padding cannot be had for very short sounds."""
    padded = np.concatenate([x.numpy(), np.zeros(length)])
    transform = their_transform(length, hop, shape, **options)
    return transform.stft(padded, p0=0, p1=1 + len(x) // hop)


@pytest.mark.parametrize("length, hop, shape", SETTINGS)
@pytest.mark.parametrize("samples", SAMPLES)
def test_coefficients(agree, length, hop, shape, samples):
    x = noise(samples)
    ours = spectrum.stft(x, window_length=length, hop=hop, shape=shape)
    agree(ours.numpy(), their_stft(x, length, hop, shape))


@pytest.mark.parametrize("length, hop, shape", SETTINGS)
@pytest.mark.parametrize("samples", SAMPLES)
def test_decibels(agree, length, hop, shape, samples):
    """Theirs scaled to sizes (a tone's amplitude halved) and doubled on one side."""
    x = noise(samples)
    ours = spectrum.spectrogram(x, window_length=length, hop=hop, shape=shape)
    scaled = {"scale_to": "magnitude", "fft_mode": "onesided2X"}
    size = np.abs(their_stft(x, length, hop, shape, **scaled))
    agree(ours.numpy(), 20 * np.log10(size.clip(min=1e-4)))


@pytest.mark.parametrize("length, hop, shape", SETTINGS)
def test_the_way_back(agree, length, hop, shape):
    """Coefficients that belong to no sound: the nearest sound, by their dual window."""
    frames, samples = 40, 30 * hop
    generator = make_generator(1)
    X = torch.randn(length // 2 + 1, frames, generator=generator, dtype=torch.complex128)
    X[0], X[-1] = X[0].real + 0j, X[-1].real + 0j
    ours = spectrum.istft(X, length=samples, hop=hop, shape=shape)
    # Their sound may not begin with half a frame, so ours is compared from the first whole one.
    transform = their_transform(length, hop, shape)
    before = -transform.p_min  # slices that lie before sample 0
    zeros = np.zeros((length // 2 + 1, before))
    theirs = transform.istft(np.concatenate([zeros, X.numpy()], 1), k1=samples)
    inner = slice(length, samples)
    agree(ours.numpy()[inner], theirs[inner])


@pytest.mark.parametrize("shape", NAMES)
@pytest.mark.parametrize("k", [0, 1, 2, 100, 255, 256])
def test_a_full_tone_on_row_k_reads_zero_in_both(agree, shape, k):
    x = torch.cos(2 * math.pi * k * torch.arange(4000, dtype=torch.float64) / 512)
    scaled = {"scale_to": "magnitude", "fft_mode": "onesided2X"}
    theirs = np.abs(their_stft(x, 512, 128, shape, **scaled))[k, 15]
    ours = spectrum.spectrogram(x, shape=shape)[k, 15].item()
    agree(20 * math.log10(theirs), 0.0)
    agree(ours, 0.0)
