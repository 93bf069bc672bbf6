"""Private training: gradients one by one, the cut, the noise, and the price. See tests/outside."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from aigc_teach.core import AigcError, DataError, RangeError, ShapeError, make_generator
from aigc_teach.models import TableVAE
from aigc_teach.train import private


def squared(net, x, y):
    return (net(x) - y).square().sum()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))


X = torch.randn(7, 3, generator=make_generator(0))
Y = torch.randn(7, 1, generator=make_generator(1))


def one_by_one(net, loss, *batch):
    found = []
    for rows in zip(*batch, strict=True):
        own = torch.autograd.grad(loss(net, *(row[None] for row in rows)), [*net.parameters()])
        found.append(own)
    return [torch.stack(parts) for parts in zip(*found, strict=True)]


def test_the_gradients_are_those_of_a_plain_loop(net):
    ours = private.per_example_gradients(net, squared, X, Y)
    assert list(ours) == [name for name, _ in net.named_parameters()]
    for a, b in zip(ours.values(), one_by_one(net, squared, X, Y), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_they_are_those_of_a_plain_loop_for_a_vae_of_tables_with_gaps():
    torch.manual_seed(0)
    model = TableVAE((0, 3, 0), missing=(False, False, True), latent_size=2, hidden=(6,))
    rows = torch.tensor([[0.5, 2.0, 1.0], [1.0, 0.0, math.nan], [-1.0, 1.0, 0.0]])
    eps = torch.randn(3, 2, generator=make_generator(0))

    def loss(net, row, e):
        return sum(net.terms(row, e)).sum()

    ours = private.per_example_gradients(model, loss, rows, eps)
    for a, b in zip(ours.values(), one_by_one(model, loss, rows, eps), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_each_gradient_is_cut_and_one_record_moves_the_sum_by_the_norm_at_most(net):
    gradients = private.per_example_gradients(net, squared, 100 * X, Y)
    norms = private.gradient_norms(gradients)
    flat = torch.cat([g.flatten(1) for g in gradients.values()], 1)
    assert torch.allclose(norms, flat.norm(dim=1))
    c = norms.median().item()
    total = torch.cat([s.flatten() for s in private.clipped_sum(gradients, c).values()])
    want = (flat * (c / norms).clamp(max=1)[:, None]).sum(0)
    assert torch.allclose(total, want, rtol=1e-4, atol=1e-4)
    for k in range(7):
        without = {name: torch.cat([g[:k], g[k + 1 :]]) for name, g in gradients.items()}
        less = torch.cat([s.flatten() for s in private.clipped_sum(without, c).values()])
        assert (total - less).norm() <= c * 1.001


def test_a_step_without_noise_and_with_a_wide_norm_is_a_plain_step(net):
    twin = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    twin.load_state_dict(net.state_dict())
    cut = private.private_step(
        net, torch.optim.SGD(net.parameters(), 0.1), squared, X, Y,
        max_norm=1e6, sigma=0.0, expected=7,
    )  # fmt: skip
    (squared(twin, X, Y) / 7).backward()
    torch.optim.SGD(twin.parameters(), 0.1).step()
    assert cut == 0
    for a, b in zip(net.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_noise_has_the_spread_that_was_asked_for():
    wide = nn.Linear(200, 200)
    step = {"max_norm": 0.5, "sigma": 3.0, "expected": 10}
    empty = (torch.zeros(0, 200), torch.zeros(0, 200))
    private.private_step(
        wide, torch.optim.SGD(wide.parameters(), 0.0), squared, *empty, **step,
        generator=make_generator(0),
    )  # fmt: skip
    assert wide.weight.grad.std().item() == pytest.approx(3.0 * 0.5 / 10, rel=0.01)
    assert wide.weight.grad.mean().abs() < 0.003


def test_poisson_batches():
    sizes = [len(private.poisson_rows(100, 0.3, generator=make_generator(s))) for s in range(300)]
    assert sum(sizes) / 300 == pytest.approx(30, abs=1)
    assert torch.tensor(sizes).double().std() == pytest.approx((100 * 0.3 * 0.7) ** 0.5, rel=0.15)
    assert private.poisson_rows(5, 1.0).tolist() == [0, 1, 2, 3, 4]


def test_the_divergence_is_the_integral_that_defines_it():
    """Of a mixture q N(1, s^2) + (1 - q) N(0, s^2) from N(0, s^2), on a grid."""
    sigma, q, order = 1.2, 0.3, 5
    z = torch.linspace(-15, 25, 400_001).double()
    base = torch.distributions.Normal(0.0, sigma).log_prob(z)
    moved = torch.distributions.Normal(1.0, sigma).log_prob(z)
    ratio = (1 - q) + q * (moved - base).exp()
    moment = torch.trapezoid(base.exp() * ratio**order, z).item()
    assert private.renyi(order, sigma, q) == pytest.approx(math.log(moment) / (order - 1), rel=1e-6)


def test_the_price_moves_the_right_way():
    price = private.epsilon
    assert price(1.0, 0.1, 100) < price(1.0, 0.1, 200) < price(1.0, 0.2, 200)
    assert price(2.0, 0.1, 100) < price(1.0, 0.1, 100) < price(1.0, 0.1, 100, 1e-9)
    assert price(0.0, 0.1, 100) == math.inf
    assert 0 <= price(1000.0, 0.01, 1) < 0.5
    assert math.isfinite(price(0.05, 0.5, 2000, 1e-3))  # exponents in the tens of thousands


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: private.epsilon(-1.0, 0.1, 10), RangeError, "sigma"),
        (lambda: private.epsilon(1.0, 0.0, 10), RangeError, "rate=0.0 must lie above 0"),
        (lambda: private.epsilon(1.0, 1.5, 10), RangeError, "rate=1.5"),
        (lambda: private.epsilon(1.0, 0.1, 0), RangeError, "steps=0"),
        (lambda: private.epsilon(1.0, 0.1, 10, 1.0), RangeError, "delta=1.0"),
        (lambda: private.epsilon(1.0, 0.1, 10, orders=[]), DataError, "orders is empty"),
        (lambda: private.epsilon(1.0, 0.1, 10, orders=[1.5]), AigcError, "order=1.5"),
        (lambda: private.renyi(1, 1.0, 0.1), RangeError, "order=1"),
        (lambda: private.clipped_sum({"a": torch.ones(2, 2)}, 0.0), RangeError, "max_norm"),
        (
            lambda: private.per_example_gradients(nn.Linear(3, 1), squared, X, Y[:3]),
            ShapeError,
            "equally many rows",
        ),
        (
            lambda: private.per_example_gradients(nn.Linear(3, 1), squared, X[:0], Y[:0]),
            ShapeError,
            "at least 1",
        ),
        (lambda: private.poisson_rows(0, 0.5), RangeError, "n=0"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
