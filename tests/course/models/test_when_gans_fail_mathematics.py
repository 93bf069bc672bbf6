"""The formulas of the lesson on failing GANs, against independent sources."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import make_generator
from aigc_teach.losses import divergence, gan, penalty
from aigc_teach.nn import MinibatchStatistic, mlp


def power_iteration(W, v, rounds):  # the lesson's
    for _ in range(rounds):
        u = F.normalize(W @ v, dim=0)
        v = F.normalize(W.T @ u, dim=0)
    return u @ W @ v, u, v


def critic(seed=0, sizes=(2, 16, 16, 1)):
    torch.manual_seed(seed)
    return mlp(list(sizes), "leaky_relu").double()


@pytest.mark.parametrize("shape", [(64, 64), (5, 9), (9, 5), (1, 7)])
def test_the_power_iteration_finds_the_largest_singular_value(shape):
    W = torch.randn(shape, generator=make_generator(1), dtype=torch.float64)
    v = torch.randn(shape[1], generator=make_generator(2), dtype=torch.float64)
    sigma, u, v = power_iteration(W, v, 3000)
    left, values, right = torch.linalg.svd(W)
    assert sigma.item() == pytest.approx(values[0].item(), rel=1e-6)
    assert abs((v @ right[0]).item()) == pytest.approx(1, abs=1e-4)
    assert abs((u @ left[:, 0]).item()) == pytest.approx(1, abs=1e-4)


def test_after_n_rounds_each_part_is_multiplied_by_the_square_of_its_singular_value():
    left = torch.linalg.qr(torch.randn(3, 3, generator=make_generator(3), dtype=torch.float64))[0]
    right = torch.linalg.qr(torch.randn(3, 3, generator=make_generator(4), dtype=torch.float64))[0]
    values = torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64)
    W, start = left @ torch.diag(values) @ right.T, torch.ones(3, dtype=torch.float64)
    _, _, v = power_iteration(W, start, 4)
    expected = (right.T @ start) * values**8
    assert torch.allclose(right.T @ v, expected / expected.norm())


def test_the_derivative_of_a_divided_weight():
    """(A - <A, W / s> u v^T) / s against autograd through a full SVD."""
    W = torch.randn(6, 4, generator=make_generator(5), dtype=torch.float64).requires_grad_()
    A = torch.randn(6, 4, generator=make_generator(6), dtype=torch.float64)
    (through_svd,) = torch.autograd.grad((W / torch.linalg.svdvals(W)[0] * A).sum(), W)
    sigma, u, v = power_iteration(W.detach(), torch.ones(4, dtype=torch.float64), 2000)
    by_hand = (A - (A * W.detach() / sigma).sum() * torch.outer(u, v)) / sigma
    assert torch.allclose(by_hand, through_svd, atol=1e-8)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_slope_is_at_most_the_product_of_the_spectral_norms(seed):
    net = critic(seed)
    weights = [layer.weight for layer in net if isinstance(layer, nn.Linear)]
    bound = math.prod(torch.linalg.svdvals(weight)[0].item() for weight in weights)
    x = 3 * torch.randn(3000, 2, generator=make_generator(seed), dtype=torch.float64)
    assert 0 < penalty.slopes(net, x).max().item() <= bound + 1e-9


def test_the_slope_is_the_chain_of_the_layers():
    """W1' D1 W2' D2 w3, the instrument's formula."""
    net = critic(1)
    x = torch.randn(50, 2, generator=make_generator(0), dtype=torch.float64)
    first, second, last = (layer for layer in net if isinstance(layer, nn.Linear))
    z1 = first(x)
    z2 = second(F.leaky_relu(z1, 0.2))
    d1, d2 = (torch.where(z > 0, 1.0, 0.2).double() for z in (z1, z2))
    slope = ((last.weight * d2) @ second.weight * d1) @ first.weight
    assert torch.allclose(slope.norm(dim=1), penalty.slopes(net, x))


def test_the_gradient_penalty_equals_finite_differences_of_the_critic():
    net = critic(2)
    real = torch.randn(40, 2, generator=make_generator(1), dtype=torch.float64)
    fake = torch.randn(40, 2, generator=make_generator(2), dtype=torch.float64) + 1
    share = torch.rand(40, generator=make_generator(3), dtype=torch.float64).unsqueeze(1)
    x, h = fake + share * (real - fake), 1e-6
    steps = h * torch.eye(2, dtype=torch.float64)
    with torch.no_grad():
        slope = torch.cat([(net(x + s) - net(x - s)) / (2 * h) for s in steps], dim=1)
    expected = ((slope.norm(dim=1) - 1) ** 2).mean()
    got = penalty.gradient_penalty(net, real, fake, generator=make_generator(3))
    assert got.item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("name", ["gradient", "r1"])
def test_the_penalties_second_derivative_equals_finite_differences(name):
    net = critic(3)
    real = torch.randn(20, 2, generator=make_generator(1), dtype=torch.float64)

    def value():
        if name == "r1":
            return penalty.r1_penalty(net, real)
        return penalty.gradient_penalty(net, real, real + 1, generator=make_generator(4))

    weight = net[2].weight
    (gradient,) = torch.autograd.grad(value(), weight)
    for place in [(0, 0), (3, 7), (15, 2), (8, 8)]:
        ends = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                weight[place] += step
            ends.append(value().item())
            with torch.no_grad():
                weight[place] -= step
        assert gradient[place].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-5)


def test_wasserstein_and_hinge_losses_by_hand():
    real, fake = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.0, 3.0])
    assert gan.critic_loss(real, fake, "wasserstein").item() == pytest.approx(1.5 - 0.5)
    assert gan.generator_loss(fake, "wasserstein").item() == pytest.approx(-1.5)
    by_hand = (0 + 2 + 0.5) / 3 + (1 + 4) / 2
    assert gan.critic_loss(real, fake, "hinge").item() == pytest.approx(by_hand)
    assert gan.generator_loss(fake, "hinge").item() == pytest.approx(-1.5)


def test_a_critic_of_slope_one_never_beats_the_wasserstein_distance_and_one_reaches_it():
    """The duality on the line; scipy's distance is the judge."""
    stats = pytest.importorskip("scipy.stats")
    x = torch.randn(300, generator=make_generator(1), dtype=torch.float64)
    y = 2 + 0.5 * torch.randn(300, generator=make_generator(2), dtype=torch.float64)
    true = stats.wasserstein_distance(x.numpy(), y.numpy())
    assert divergence.wasserstein_1d(x, y).item() == pytest.approx(true)
    for t in (torch.sin, torch.abs, lambda v: -v, lambda v: -v.clamp(0, 2)):
        gain = -gan.critic_loss(t(x), t(y), "wasserstein").item()
        assert gain <= true + 1e-9
    # the best critic rises where more of y than of x lies on the left: slope sign(Q - P)
    places = torch.cat([x, y]).sort().values
    middle = (places[1:] + places[:-1]) / 2
    P = (x[:, None] <= middle).double().mean(0)
    Q = (y[:, None] <= middle).double().mean(0)
    height = torch.cat([torch.zeros(1), (places.diff() * (Q - P).sign()).cumsum(0)]).double()

    def best(v):
        return height[torch.searchsorted(places, v)]

    assert -gan.critic_loss(best(x), best(y), "wasserstein").item() == pytest.approx(true)


def test_the_minibatch_statistic_equals_a_loop():
    x = torch.randn(9, 4, generator=make_generator(7))
    spreads = []
    for column in x.T.tolist():
        mean = sum(column) / 9
        spreads.append(math.sqrt(sum((value - mean) ** 2 for value in column) / 9))
    out = MinibatchStatistic()(x)
    assert out.shape == (9, 5) and torch.equal(out[:, :4], x)
    assert out[:, 4].tolist() == pytest.approx([sum(spreads) / 4] * 9, abs=1e-5)


def test_a_convolution_may_stretch_more_than_its_matrix():
    """The largest singular value of the layer as one big matrix, by a full SVD."""
    torch.manual_seed(8)
    conv = nn.Conv2d(2, 4, kernel_size=4, stride=2, padding=1, bias=False).double()
    basis = torch.eye(2 * 8 * 8, dtype=torch.float64).view(-1, 2, 8, 8)
    whole = torch.linalg.svdvals(conv(basis).detach().flatten(1))[0]
    x = torch.randn(1, 2, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        for _ in range(300):
            y = conv(x / x.norm())
            x = F.conv_transpose2d(y, conv.weight, stride=2, padding=1)
    assert y.norm().item() == pytest.approx(whole.item(), rel=1e-4)
    matrix = torch.linalg.svdvals(conv.weight.detach().flatten(1))[0]
    assert matrix < whole <= 2 * matrix + 1e-9  # each pixel lies under 4 = 2^2 windows


@pytest.mark.parametrize("d", [1.0, 2.0, 4.0])
def test_a_penalised_critic_on_the_line_has_two_minima(d):
    """-K d + 10 (|K| - 1)^2: K = 1 + d / 20, and the local one K = d / 20 - 1; by descent."""
    for start, expected in ((0.5, 1 + d / 20), (-0.5, d / 20 - 1)):
        K = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        for _ in range(500):
            loss = -K * d + 10 * (K.abs() - 1) ** 2
            (slope,) = torch.autograd.grad(loss, K)
            K = (K - 0.02 * slope).detach().requires_grad_()
        assert K.item() == pytest.approx(expected, abs=1e-6)


def test_the_share_of_a_round_gaussian_within_three_deviations():
    chi2 = pytest.importorskip("scipy.stats").chi2
    assert 1 - math.exp(-(3**2) / 2) == pytest.approx(chi2(2).cdf(9), abs=1e-9)
