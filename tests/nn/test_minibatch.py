"""The minibatch statistic: against a loop, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, ShapeError
from aigc_teach.models import DCGAN, GAN
from aigc_teach.nn import MinibatchStatistic


def test_it_is_the_mean_of_the_spreads():
    x = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    spreads = [sum((v - sum(c) / 7) ** 2 for v in c) / 7 for c in x.T.tolist()]
    by_hand = sum(s**0.5 for s in spreads) / 5
    out = MinibatchStatistic()(x)
    assert torch.equal(out[:, :5], x)
    assert out[:, 5].tolist() == pytest.approx([by_hand] * 7, abs=1e-4)


def test_alike_items_have_no_spread_and_a_finite_gradient():
    x = torch.ones(4, 3, requires_grad=True)
    out = MinibatchStatistic()(x)
    out.sum().backward()
    assert out[:, 3].max() < 1e-3
    assert torch.isfinite(x.grad).all()


def test_pictures_are_refused():
    with pytest.raises(ShapeError, match="Features must be"):
        MinibatchStatistic()(torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize("make", [GAN, DCGAN])
@pytest.mark.parametrize("penalty", ["gradient", "r1"])
def test_a_penalty_beside_it_is_refused(make, penalty):
    with pytest.raises(AigcError, match="judges each item alone"):
        make(minibatch_statistic=True, penalty=penalty)
