"""The network that enlarges: what a new one is, what it refuses, and that it learns."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.data import degrade
from aigc_teach.models import Enlarger


@pytest.mark.parametrize("factor", [2, 3, 4, 7])
@pytest.mark.parametrize("fine", [0, 5])
def test_a_new_one_is_bicubic(factor, fine):
    small = torch.randn(2, 3, 5, 8, generator=make_generator(0))
    net = Enlarger(factor=factor, channels=3, width=6, blocks=1, fine=fine)
    assert torch.equal(net(small), degrade.enlarge(small, factor))


@pytest.mark.parametrize("fine", [0, 4])
def test_it_learns_and_every_weight_moves(fine):
    torch.manual_seed(0)
    net = Enlarger(factor=2, width=8, blocks=1, fine=fine)
    big = torch.rand(16, 1, 12, 12, generator=make_generator(1)).round()
    small = degrade.shrink(big, 2)
    before = [w.detach().clone() for w in net.parameters()]
    first = F.mse_loss(net(small), big).item()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        F.mse_loss(net(small), big).backward()
        optimizer.step()
    assert F.mse_loss(net(small), big).item() < 0.9 * first
    assert all(not torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_a_shifted_picture_gives_a_shifted_one():
    torch.manual_seed(0)
    net = Enlarger(factor=2, width=4, blocks=1)
    torch.nn.init.normal_(net.last.weight)
    small = torch.randn(1, 1, 24, 24, generator=make_generator(2))
    whole, cut = net(small), net(small[..., 3:, 2:])
    assert torch.allclose(
        whole[..., 6 + 16 : -16, 4 + 16 : -16], cut[..., 16:-16, 16:-16], atol=1e-5
    )


def test_what_it_refuses():
    with pytest.raises(RangeError, match="factor=1 enlarges nothing"):
        Enlarger(factor=1)
    with pytest.raises(RangeError, match="factor"):
        Enlarger(factor=9)
    with pytest.raises(RangeError, match="fine"):
        Enlarger(fine=-1)
    with pytest.raises(DtypeError):
        Enlarger(width=2.5)
    with pytest.raises(ShapeError, match="built for 1 channels; your pictures have 3"):
        Enlarger()(torch.zeros(1, 3, 8, 8))
    with pytest.raises(DtypeError):
        Enlarger()(torch.zeros(1, 1, 8, 8, dtype=torch.int64))
