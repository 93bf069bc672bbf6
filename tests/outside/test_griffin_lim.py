"""Griffin-Lim, and its fast variant, as a loop over scipy.signal.ShortTimeFFT.

SciPy's way back counts slices before the sound and behind it, which ours has not; they are zeros
here, and the share of each sample that the others hold is divided out.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.data import mel
from aigc_teach.data.spectrum import stft

LENGTH, HOP, SAMPLES = 256, 64, 3000


def their_griffin_lim(truth, magnitudes: np.ndarray, turns: np.ndarray, steps, momentum):
    window = truth.get_window("hann", LENGTH)
    transform = truth.ShortTimeFFT(window, HOP, fs=1, fft_mode="onesided", phase_shift=None)
    frames = magnitudes.shape[1]
    before = -transform.p_min
    behind = transform.p_max(SAMPLES) - frames

    def forth(x):
        padded = np.concatenate([x, np.zeros(LENGTH)])
        return transform.stft(padded, p0=0, p1=frames)

    def back(X):
        return transform.istft(np.pad(X, ((0, 0), (before, max(behind, 0)))), k1=SAMPLES)

    held = back(forth(np.ones(SAMPLES)))
    guess, own = magnitudes * np.exp(2j * math.pi * turns), 0
    for _ in range(steps):
        last, own = own, forth(back(guess) / held)
        guess = magnitudes * np.exp(1j * np.angle(own + momentum * (own - last)))
    return back(guess) / held


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("steps", [0, 1, 10])
def test_the_same_sound_from_the_same_phases(agree, truth, steps, momentum):
    x = torch.rand(SAMPLES, generator=make_generator(1), dtype=torch.float64) - 0.5
    size = stft(x, window_length=LENGTH, hop=HOP).abs()
    turns = torch.rand(size.shape, generator=make_generator(0)).double()
    ours = mel.griffin_lim(
        size, length=SAMPLES, hop=HOP, steps=steps, momentum=momentum, generator=make_generator(0)
    )
    agree(ours.numpy(), their_griffin_lim(truth, size.numpy(), turns.numpy(), steps, momentum))
