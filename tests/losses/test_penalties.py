"""Penalties on the critic's slope, against critics whose slope is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import ShapeError, make_generator
from aigc_teach.losses.penalty import gradient_penalty, r1_penalty, slopes


def unit_slope(shape, seed=0):
    """A linear critic of slope 1, on items of any shape."""
    direction = torch.randn(shape, generator=make_generator(seed))
    direction = direction / direction.norm()
    return lambda x: (x * direction).flatten(1).sum(1) + 7.0


@pytest.mark.parametrize("shape", [(2,), (784,), (1, 28, 28), (3, 8, 8)])
def test_the_gradient_penalty_of_a_unit_slope_critic_is_zero(shape):
    real, fake = torch.randn(16, *shape), torch.randn(16, *shape)
    assert gradient_penalty(unit_slope(shape), real, fake).item() < 1e-9
    steep = gradient_penalty(lambda x: 5 * unit_slope(shape)(x), real, fake)
    assert steep.item() == pytest.approx(16, rel=1e-4)


def test_the_place_lies_between_the_pair():
    seen = []
    real, fake = torch.full((400, 1), 2.0), torch.full((400, 1), -1.0)
    gradient_penalty(lambda x: seen.append(x) or x.sum(1), real, fake, generator=make_generator(0))
    assert seen[0].min() > -1 and seen[0].max() < 2
    assert abs(seen[0].mean() - 0.5) < 0.1 and abs(seen[0].std() - 3 / 12**0.5) < 0.1


def test_r1_of_a_quadratic_critic():
    x = torch.randn(50, 3, generator=make_generator(0))
    expected = (2 * x).square().sum(1).mean()
    assert torch.allclose(r1_penalty(lambda x: x.square().sum(1), x), expected)


def test_both_can_be_differentiated_again_and_equal_finite_differences():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    real, fake = torch.randn(9, 2).double(), torch.randn(9, 2).double()
    weight = critic[0].weight
    for penalty in (
        lambda: gradient_penalty(critic, real, fake, generator=make_generator(1)),
        lambda: r1_penalty(critic, real),
    ):
        (gradient,) = torch.autograd.grad(penalty(), weight)
        with torch.no_grad():
            weight[0, 0] += 1e-6
            above = penalty()
            weight[0, 0] -= 2e-6
            below = penalty()
            weight[0, 0] += 1e-6
        numeric = (above - below) / 2e-6
        assert gradient[0, 0].item() == pytest.approx(numeric.item(), rel=1e-5)


def test_slopes_equal_torch_func():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))
    x = torch.randn(6, 4)
    each = torch.func.vmap(torch.func.grad(lambda item: critic(item).squeeze()))(x)
    assert torch.allclose(slopes(critic, x), each.norm(dim=1), atol=1e-6)


def test_the_data_get_no_gradient_and_stay_as_they_were():
    real = torch.randn(4, 2, requires_grad=True)
    before = real.detach().clone()
    torch.manual_seed(0)
    critic = nn.Linear(2, 1)
    (r1_penalty(critic, real) + gradient_penalty(critic, real, real + 1)).backward()
    assert real.grad is None and torch.equal(real, before)
    assert critic.weight.grad is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda: gradient_penalty(lambda x: x.sum(1), torch.zeros(4, 2), torch.zeros(3, 2)),
        lambda: gradient_penalty(lambda x: x, torch.zeros(4), torch.zeros(4)),
        lambda: r1_penalty(lambda x: x.sum(), torch.zeros(4, 2)[:0]),
        lambda: r1_penalty(lambda x: x, torch.zeros(4, 2)),
    ],
)
def test_what_does_not_fit_is_told(call):
    with pytest.raises((ShapeError, TypeError)) as caught:
        call()
    assert caught.type is ShapeError and str(caught.value).endswith(".")
