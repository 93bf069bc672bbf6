"""The small denoising net: its shapes, its reach, and that it learns."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.nn import Restorer


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (1, 1)])
def test_any_size_comes_back_in_its_size_and_unchanged_at_first(channels, size):
    x = torch.rand(2, channels, *size, generator=make_generator(0))
    assert torch.equal(Restorer(channels, width=6, depth=1)(x), x)


@pytest.mark.parametrize("depth", [0, 2])
def test_its_reach_is_what_it_says(depth):
    net = Restorer(width=4, depth=depth)
    for p in net.parameters():
        torch.nn.init.constant_(p, 0.1)  # no path is dead
    found = 0
    for at in (30, 31):  # both places within a block of two
        x = torch.rand(1, 1, 60, 60, generator=make_generator(0), requires_grad=True)
        net(x)[0, 0, at, at].backward()
        rows = x.grad[0, 0].abs().sum(1).nonzero().flatten()
        found = max(found, at - int(rows.min()), int(rows.max()) - at)
    assert found == net.reach


def test_it_learns_to_take_noise_away():
    g = make_generator(0)
    torch.manual_seed(0)
    net = Restorer(width=8, depth=1)
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    x = torch.linspace(-1, 1, 16).expand(4, 1, 16, 16)
    errors = []
    for _ in range(150):
        error = (net(x + 0.3 * torch.randn(x.shape, generator=g)) - x).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.5 * errors[0]


def test_what_it_refuses():
    with pytest.raises(ShapeError, match=r"\[N, 1, H, W\]"):
        Restorer()(torch.zeros(1, 3, 8, 8))
    with pytest.raises(RangeError, match="width"):
        Restorer(width=0)
