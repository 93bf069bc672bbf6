"""The mean over eight turns: what treats turns alike is kept, what does not is evened out."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core.turns import TURNS, in_eight_turns, turned, turned_back
from aigc_teach.data import degrade


def test_the_eight_turns_differ_and_are_undone():
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    seen = {
        (tuple(turned(x, *turn).shape), turned(x, *turn).flatten().tolist().__str__())
        for turn in TURNS
    }
    assert len(seen) == 8
    assert all(torch.equal(turned_back(turned(x, *turn), *turn), x) for turn in TURNS)


def test_an_enlargement_that_treats_turns_alike_is_kept():
    x = torch.rand(2, 1, 5, 8)
    by_eight = in_eight_turns(lambda small: degrade.enlarge(small, 2))(x)
    assert torch.allclose(by_eight, degrade.enlarge(x, 2), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 6, 6), (2, 3, 4, 7)])
def test_the_mean_treats_turns_alike_though_the_function_does_not(shape):
    kernel = torch.tensor([[[[0.0, 1.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]]])

    def lopsided(x):
        flat = x.flatten(0, 1)[:, None]
        return torch.nn.functional.conv2d(flat, kernel, padding=1).reshape(x.shape)

    x, mean = torch.rand(shape), in_eight_turns(lopsided)
    for turn in TURNS:
        assert torch.allclose(mean(turned(x, *turn)), turned(mean(x), *turn), atol=1e-6)
    assert not torch.allclose(mean(x), lopsided(x), atol=0.1)
