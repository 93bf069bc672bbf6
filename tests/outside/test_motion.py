"""Shifts, centres of mass and delays against scikit-image and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.data import moving_pictures, plain_shapes
from aigc_teach.metrics import motion


def pictures(n: int = 12) -> torch.Tensor:
    return torch.rand(n, 24, 31, generator=make_generator(7), dtype=torch.float64) * 2 - 1


def test_shifts_of_pictures_round_the_edges(agree, truth):
    g = make_generator(1)
    for before in pictures():
        by = [int(torch.randint(-n // 2 + 1, n // 2, (1,), generator=g)) for n in before.shape]
        after = before.roll(by, dims=(0, 1)) + 0.05 * torch.randn(before.shape, generator=g)
        # theirs says by how much the second has to be moved to fit the first
        theirs, _, _ = truth.phase_cross_correlation(before.numpy(), after.numpy())
        agree(motion.phase_shift(before, after), -torch.from_numpy(theirs))


def test_shifts_of_clips(agree, truth):
    clips = moving_pictures(12, plain_shapes(), frames=6, generator=make_generator(2)).x[:, :, 0]
    for film in clips:
        for before, after in zip(film, film[1:], strict=False):
            theirs, _, _ = truth.phase_cross_correlation(before.numpy() + 1, after.numpy() + 1)
            agree(motion.phase_shift(before, after), -torch.from_numpy(theirs))


def test_the_centre_is_scipys_centre_of_mass(agree, truth):
    ndimage = pytest.importorskip("scipy.ndimage")
    for frame in pictures():
        ink = (frame.numpy() + 1) / 2
        ink = np.maximum(ink - ink.max() / 2, 0)
        agree(motion.centre(frame), torch.tensor(ndimage.center_of_mass(ink)))


def test_the_delay_is_where_scipys_correlation_is_highest(agree, truth):
    """A sound that is silent at both ends: the means of the cut pieces are those of the whole."""
    signal = pytest.importorskip("scipy.signal")
    g = make_generator(4)
    for k in range(-9, 10):
        loud = torch.zeros(120, dtype=torch.float64)
        loud[40:80] = torch.rand(40, generator=g, dtype=torch.float64)
        mouth = loud.roll(k)
        whole = signal.correlate(mouth.numpy(), loud.numpy(), mode="full")
        lags = signal.correlation_lags(120, 120, mode="full")
        agree(motion.delay(mouth, loud).frames, int(lags[whole.argmax()]))
