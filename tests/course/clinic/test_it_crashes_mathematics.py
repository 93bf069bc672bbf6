"""The size of a chain of transposed convolutions, against torch's layers and the package."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from aigc_teach.course.clinic import it_crashes as crashes
from aigc_teach.nn import conv_transpose_size


def chain(i, n, k, s, p):
    """o_n = s^n i + c (s^n - 1) / (s - 1), c = k - s - 2p."""
    c = k - s - 2 * p
    return s**n * i + (c * (s**n - 1) // (s - 1) if s > 1 else n * c)


@pytest.mark.parametrize("start", [4, 7, 8])
def test_closed_form_equals_torch_layers(start):
    tried = 0
    for k, s, p in itertools.product((2, 3, 4, 5), (1, 2, 3), (0, 1, 2)):
        if any(chain(start, n, k, s, p) < 1 for n in (1, 2, 3)):
            continue
        layers = nn.Sequential(*(nn.ConvTranspose2d(1, 1, k, s, p) for _ in range(3)))
        side = layers(torch.zeros(1, 1, start, start)).shape[-1]
        assert side == chain(start, 3, k, s, p) == crashes.side_lengths(start, 3, k, s, p)[-1]
        tried += 1
    assert tried > 25


def test_sevens():
    assert crashes.side_lengths(7, 4) == [7, 14, 28, 56, 112]
    assert crashes.side_lengths(4, 3)[-1] == crashes.side_lengths(8, 2)[-1] == 32
    assert not any(32 in crashes.side_lengths(7, n) for n in range(1, 8))
    assert (56**2, 112**2, 28**2) == (3136, 12544, 784)


def test_exact_doubling_needs_c_zero():
    for k, p in itertools.product(range(1, 8), range(3)):
        if 6 - 2 * p + k < 1:
            continue
        doubles = conv_transpose_size(7, k, stride=2, padding=p) == 14
        assert doubles == (k == 2 + 2 * p)


def test_mean_loss_of_a_checkpoint_every_50_steps():
    lost = [step % 50 for step in range(5000)]
    assert max(lost) == 49 and sum(lost) / len(lost) == 24.5
