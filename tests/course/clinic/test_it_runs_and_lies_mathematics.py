"""Every formula of the lesson on lying losses, against an independent source."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from aigc_teach.course.clinic.common.gan_plan import critic_cross_entropy
from aigc_teach.course.clinic.it_runs_and_lies import pieces


def test_two_sigmoids_leave_only_these_values():
    t = torch.linspace(-40, 40, 4001, dtype=torch.float64)
    probability = torch.special.expit(torch.special.expit(t))
    assert probability.min() >= 0.5 and probability.max() <= math.e / (1 + math.e) + 1e-12
    heard = F.binary_cross_entropy(probability, torch.ones_like(t), reduction="none")
    assert math.isclose(heard.min().item(), math.log(1 + math.exp(-1)), rel_tol=1e-6)
    assert math.isclose(heard.max().item(), math.log(2), rel_tol=1e-6)
    assert math.isclose(heard.min().item(), 0.3133, abs_tol=1e-4)


def test_the_floor_of_the_twice_squashed_critic():
    a = torch.linspace(0, 1, 101, dtype=torch.float64)
    real, fake = torch.meshgrid(a, a, indexing="ij")
    loss = torch.stack(
        [
            critic_cross_entropy(r[None], f[None])
            for r, f in zip(real.flatten(), fake.flatten(), strict=True)
        ]
    )
    floor = math.log(1 + math.exp(-1)) + math.log(2)
    assert math.isclose(loss.min().item(), floor, rel_tol=1e-9) and f"{floor:.3f}" == "1.006"
    where = loss.argmin()
    assert real.flatten()[where] == 1 and fake.flatten()[where] == 0


def test_labels_alike_are_best_served_by_zero_and_cost_two_log_two():
    a = torch.linspace(0, 1, 101, dtype=torch.float64)
    losses = [pieces.two_cross_entropies(x[None], x[None]).item() for x in a]
    assert int(np.argmin(losses)) == 0 and math.isclose(losses[0], 2 * math.log(2))


def test_slope_of_a_common_answer():
    for a in np.linspace(-2, 2, 9):
        h = 1e-6
        up, down = (
            critic_cross_entropy(*[torch.tensor([a + d], dtype=torch.float64)] * 2) for d in (h, -h)
        )
        assert math.isclose((up - down).item() / (2 * h), math.tanh(a / 2), abs_tol=1e-6)
        assert math.isclose(2 / (1 + math.exp(-a)) - 1, math.tanh(a / 2), abs_tol=1e-12)


def test_tanh_is_a_stretched_sigmoid():
    a = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(np.tanh(a), 2 / (1 + np.exp(-2 * a)) - 1, atol=1e-14)


def test_the_table_of_squares_in_closed_form():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=7), rng.normal(size=5)
    answers, labels = np.concatenate([real, fake]), np.array([1.0] * 7 + [0.0] * 5)
    by_loop = np.mean([(a - y) ** 2 for a in answers for y in labels])
    closed = answers.var() + (answers.mean() - labels.mean()) ** 2 + labels.var()
    as_run = pieces.least_squares_loss(torch.tensor(real)[:, None], torch.tensor(fake)[:, None])
    assert math.isclose(by_loop, closed) and math.isclose(as_run.item(), by_loop, rel_tol=1e-6)
    half = torch.full((8, 1), 0.5)
    assert pieces.least_squares_loss(half, half).item() == 0.25
    assert pieces.least_squares_generator_loss(half).item() == 0.125


def test_labels_of_one_kind_make_the_table_harmless():
    a = torch.randn(9, 1, generator=torch.Generator().manual_seed(0))
    table, row = (a - torch.ones(9)).square().mean(), (a[:, 0] - 1).square().mean()
    assert torch.allclose(table, row)


def test_the_mended_squares_are_torch_s():
    real, fake = torch.rand(6, 1), torch.rand(6, 1)
    by_torch = 0.5 * F.mse_loss(real, torch.ones(6, 1)) + 0.5 * F.mse_loss(fake, torch.zeros(6, 1))
    assert torch.allclose(pieces.least_squares_loss_by_row(real, fake), by_torch)


def test_the_printed_price():
    mu, logvar = torch.tensor([[0.7]]), torch.tensor([[2 * math.log(0.6)]])
    assert math.isclose(pieces.printed_kl(mu, logvar).item(), -1.4467, abs_tol=1e-4)
    quad = pytest.importorskip("scipy.integrate").quad
    norm = pytest.importorskip("scipy.stats").norm

    def nats(z):
        return norm.pdf(z, 0.7, 0.6) * (norm.logpdf(z, 0.7, 0.6) - norm.logpdf(z))

    assert math.isclose(quad(nats, -8, 8)[0], 0.4358, abs_tol=1e-4)


def test_turning_its_sign_puts_the_best_variance_at_two():
    minimize = pytest.importorskip("scipy.optimize").minimize_scalar

    def negated(variance):
        logvar = torch.tensor([[math.log(variance)]], dtype=torch.float64)
        return -pieces.printed_kl(torch.zeros(1, 1, dtype=torch.float64), logvar).item()

    assert math.isclose(minimize(negated, bounds=(0.1, 9), method="bounded").x, 2, rel_tol=1e-4)


def test_layers_without_a_bend_are_one_matrix():
    torch.manual_seed(0)
    net = pieces.linear_generator().eval()
    for norm in (net[1], net[3]):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    straight = net[:5].double()
    with torch.no_grad():
        b = straight(torch.zeros(1, 32, dtype=torch.float64))
        A = straight(torch.eye(32, dtype=torch.float64)) - b
        z = torch.randn(10, 32, dtype=torch.float64)
        torch.testing.assert_close(straight(z), z @ A + b)
