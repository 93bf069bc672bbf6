"""The first GAN's formulas against autograd, finite differences, scipy and a second loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import integrate, stats

from aigc_teach import data, train
from aigc_teach.core import choose_machine, make_generator
from aigc_teach.losses import gan
from aigc_teach.models import GAN
from aigc_teach.nn import mlp

P, Q = stats.norm(0, 1), stats.norm(1.2, 0.7)


# --- two losses from one batch ------------------------------------------------------------------


def test_losses_from_logits_are_minus_the_logarithms_of_probabilities():
    random = make_generator(0)
    real, fake = (torch.randn(50, generator=random, dtype=torch.float64) for _ in range(2))
    truth = -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()
    assert torch.allclose(F.softplus(-real).mean() + F.softplus(fake).mean(), truth)
    assert torch.allclose(gan.critic_loss(real, fake), truth)
    assert torch.allclose(gan.generator_loss(fake), -fake.sigmoid().log().mean())


def test_a_batch_estimates_the_loss_without_bias():
    """The mean of many batch losses is the integral; a critic with the logit 1 - x."""
    truth, _ = integrate.quad(
        lambda x: P.pdf(x) * np.logaddexp(0, x - 1) + Q.pdf(x) * np.logaddexp(0, 1 - x), -10, 12
    )
    random = make_generator(1)
    x = torch.randn(4000, 16, generator=random)
    y = 1.2 + 0.7 * torch.randn(4000, 16, generator=random)
    losses = (F.softplus(x - 1) + F.softplus(1 - y)).mean(1)
    assert abs(losses.mean().item() - truth) < 4 * losses.std().item() / math.sqrt(4000)


def players(dtype=torch.float64):
    torch.manual_seed(0)
    return mlp([2, 16, 2]).to(dtype), mlp([2, 16, 1], "tanh").to(dtype)


def test_the_push_is_one_minus_d_times_the_slope():
    generator, critic = players()
    y = generator(torch.randn(9, 2, dtype=torch.float64)).detach()
    at = y.clone().requires_grad_()
    (slope,) = torch.autograd.grad(critic(at).sum(), at)
    push = (1 - critic(y).sigmoid()) * slope
    (gradient,) = torch.autograd.grad(gan.generator_loss(critic(at)), at)
    assert torch.allclose(push, -9 * gradient)
    h = 1e-6  # and by finite differences, with no autograd at all
    for axis in range(2):
        step = torch.zeros_like(y)
        step[:, axis] = h
        ahead, back = (F.softplus(-critic(y + s * step)).squeeze(1) for s in (1, -1))
        assert torch.allclose(push[:, axis], -(ahead - back) / (2 * h), atol=1e-7)


def test_the_generators_turn_leaves_gradients_that_would_fool_the_critic():
    generator, critic = players()
    z = torch.randn(64, 2, dtype=torch.float64)
    before = gan.generator_loss(critic(generator(z)))
    before.backward()
    assert all(weight.grad.any() for weight in critic.parameters())
    with torch.no_grad():
        for weight in critic.parameters():
            weight -= 0.05 * weight.grad
    assert gan.generator_loss(critic(generator(z))) < before  # it believes the fakes more


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_the_written_out_loop_is_the_packages(seed):
    points = data.toy2d("ring", 1000, generator=make_generator(100))
    torch.manual_seed(seed)
    generator, critic = mlp([2, 64, 64, 2]), mlp([2, 64, 64, 1], "leaky_relu")
    adam = {"lr": 2e-3, "betas": (0.5, 0.99), "fused": True}
    critic_adam = torch.optim.Adam(critic.parameters(), **adam)
    generator_adam = torch.optim.Adam(generator.parameters(), **adam)
    batches, random = data.Batches(points, batch_size=128, seed=seed), make_generator(seed)
    losses = []
    for _ in range(50):
        x = next(batches)
        fake = generator(torch.randn(128, 2, generator=random)).detach()
        critic_loss = F.softplus(-critic(x)).mean() + F.softplus(critic(fake)).mean()
        critic_adam.zero_grad()
        critic_loss.backward()
        critic_adam.step()
        generator_loss = F.softplus(-critic(generator(torch.randn(128, 2, generator=random))))
        generator_adam.zero_grad()
        generator_loss.mean().backward()
        generator_adam.step()
        losses.append([critic_loss.item(), generator_loss.mean().item()])
    torch.manual_seed(seed)
    model = GAN(data_shape=(2,), latent_size=2, hidden=(64, 64))
    plain = {"schedule": "constant", "precision": "float32", "seed": seed}
    config = train.TrainConfig(steps=50, lr=2e-3, betas=(0.5, 0.99), **plain)
    batches = data.Batches(points, batch_size=128, seed=seed)
    run = train.fit(model, batches, config, machine=choose_machine("cpu"))
    mine = torch.tensor(losses)
    for i, name in enumerate(("critic.total", "generator.total")):
        theirs = torch.tensor(run.history[name], dtype=torch.float32)
        assert torch.allclose(theirs, mine[:, i], rtol=1e-4)
    for ours, theirs in zip(generator.parameters(), model.generator.parameters(), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-4)


# --- the stranger -------------------------------------------------------------------------------


def total_variation():
    return 0.5 * integrate.quad(lambda x: abs(P.pdf(x) - Q.pdf(x)), -10, 12, limit=400)[0]


@pytest.mark.parametrize("border", [-1.0, 0.0, 0.55, 0.7, 2.0])
def test_no_accuracy_exceeds_one_half_plus_half_the_total_variation(border):
    """A critic that says "real" below a border: right in P(x < b)/2 + Q(x > b)/2."""
    accuracy = 0.5 * P.cdf(border) + 0.5 * Q.sf(border)
    assert 2 * accuracy - 1 <= total_variation() + 1e-9
    random = make_generator(2)
    x = torch.randn(200_000, generator=random)
    y = 1.2 + 0.7 * torch.randn(200_000, generator=random)
    counted = 0.5 * ((x < border).float().mean() + (y >= border).float().mean()).item()
    assert counted == pytest.approx(accuracy, abs=5e-3)


def test_the_best_critic_reaches_the_bound():
    best = 0.5 * integrate.quad(lambda x: max(P.pdf(x), Q.pdf(x)), -10, 12, limit=400)[0]
    assert 2 * best - 1 == pytest.approx(total_variation(), abs=1e-7)


@pytest.mark.parametrize("n", [100, 4000])
def test_the_spread_of_an_accuracy_by_chance(n):
    assert stats.binom(n, 0.5).std() / n == pytest.approx(1 / (2 * math.sqrt(n)))
    assert 1 / (2 * math.sqrt(4000)) == pytest.approx(0.008, abs=2e-4)


@pytest.mark.parametrize("off", [0.05, 0.239, 0.4])
def test_points_near_no_blob_alone_make_a_critic_right_in_half_of_1_plus_their_share(off):
    """q = (1 - off) p elsewhere, `off` where p is 0: the best critic says "real" where p is not."""
    p, q = np.array([1.0, 0.0]), np.array([1 - off, off])
    assert 0.5 + 0.25 * np.abs(p - q).sum() == pytest.approx(0.5 * (1 + off))


# --- a memory too long --------------------------------------------------------------------------


def turn(state, beta, eta):
    x, y, x_mean, y_mean = state
    x_mean = beta * x_mean + (1 - beta) * y
    x = x - eta * x_mean
    y_mean = beta * y_mean + (1 - beta) * x
    return np.array([x, y + eta * y_mean, x_mean, y_mean])


@pytest.mark.parametrize("beta", [-0.5, 0.0, 0.5, 0.9])
@pytest.mark.parametrize("eta", [0.05, 0.2])
def test_growth_by_eigenvalues_is_the_growth_of_a_path(beta, eta):
    matrix = np.stack([turn(e, beta, eta) for e in np.eye(4)], axis=1)
    growth = np.abs(np.linalg.eigvals(matrix)).max()
    state, sizes = np.array([1.0, 0.0, 0.0, 0.0]), []
    for _ in range(4000):
        state = turn(state, beta, eta)
        sizes.append(math.log(np.linalg.norm(state)))
        assert len(sizes) > 1 or np.allclose(state, matrix[:, 0])
    rate = (np.mean(sizes[-400:]) - np.mean(sizes[1600:2000])) / 2000  # whole swings averaged
    assert rate == pytest.approx(math.log(growth), abs=1e-4)
    sign = {-0.5: growth < 1, 0.0: abs(growth - 1) < 1e-9, 0.5: growth > 1, 0.9: growth > 1}
    assert sign[beta]


@pytest.mark.parametrize("eta", [0.01, 0.05, 0.1, 0.2])
def test_at_small_steps_a_longer_memory_spirals_out_faster(eta):
    def growth(beta):
        matrix = np.stack([turn(e, beta, eta) for e in np.eye(4)], axis=1)
        return np.abs(np.linalg.eigvals(matrix)).max()

    assert growth(-0.5) < 1 < growth(0.5) < growth(0.9)


def test_the_running_mean_is_adams():
    """One step of torch's Adam: m = beta m + (1 - beta) g, then bias correction."""
    weight = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([weight], lr=0.1, betas=(0.5, 0.9), eps=0.0)
    mean, square, value = 0.0, 0.0, 1.0
    for k, gradient in enumerate([0.3, -0.2, 0.5], start=1):
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        adam.step()
        mean, square = 0.5 * mean + 0.5 * gradient, 0.9 * square + 0.1 * gradient**2
        value -= 0.1 * (mean / (1 - 0.5**k)) / math.sqrt(square / (1 - 0.9**k))
        assert weight.item() == pytest.approx(value, abs=1e-12)
    assert sum(0.1 * 0.9**k * k for k in range(2000)) + 1 == pytest.approx(10)  # its mean age
