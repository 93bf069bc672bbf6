"""Diffusion's formulas against independent ones."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import ChoiceError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.losses import diffusion
from aigc_teach.losses.diffusion import (
    TARGETS,
    bound_terms,
    clipped,
    cosine_schedule,
    estimate,
    linear_schedule,
    noised,
    posterior,
    schedule,
    signal_to_noise,
    target,
)

G = make_generator(0)
X0, EPS = torch.randn(2, 6, 3, generator=G, dtype=torch.float64)


@pytest.mark.parametrize("kind", diffusion.SCHEDULES)
@pytest.mark.parametrize("steps", [2, 10, 1000])
def test_schedules_fall_from_1(kind, steps):
    abar = schedule(kind, steps)
    assert abar.shape == (steps + 1,) and abar[0] == 1
    assert (abar.diff() < 0).all() and abar[-1] > 0
    assert (signal_to_noise(abar[1:]).diff() < 0).all()


def test_schedules_are_the_papers():
    """Ho et al. 2020, section 4: about 4e-5 of the signal's variance is left at T."""
    assert linear_schedule()[-1].item() == pytest.approx(4.04e-5, rel=0.01)
    betas = 1 - cosine_schedule()[1:] / cosine_schedule()[:-1]
    assert betas.max().item() == pytest.approx(0.999)
    curve = [math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in (0, 400)]
    assert cosine_schedule()[400].item() == pytest.approx(curve[1] / curve[0], rel=1e-9)
    assert schedule("linear", 100)[-1].item() == pytest.approx(4e-5, rel=0.8)


def test_noise_in_one_stride_is_noise_step_by_step():
    """Equation 4 against T draws of equation 2, in the moments of many draws."""
    abar, x, g = schedule("linear", 50), torch.full((100_000,), 0.7), make_generator(1)
    for t in range(1, 31):
        alpha = (abar[t] / abar[t - 1]).float()
        x = alpha.sqrt() * x + (1 - alpha).sqrt() * torch.randn(len(x), generator=g)
    assert x.mean().item() == pytest.approx(0.7 * abar[30].sqrt().item(), abs=0.01)
    assert x.var().item() == pytest.approx(1 - abar[30].item(), abs=0.02)


@pytest.mark.parametrize("kind", TARGETS)
def test_every_target_leads_back(kind):
    abar = schedule()[torch.tensor([1, 50, 300, 500, 700, 900])]
    x_t = noised(X0, EPS, abar)
    guess = estimate(kind, target(kind, X0, EPS, abar), x_t, abar)
    assert torch.allclose(guess.x0, X0, atol=1e-9) and torch.allclose(guess.eps, EPS, atol=1e-9)


def test_v_is_the_slope_along_the_angle():
    """Salimans & Ho 2022: with abar = cos^2(phi), v = d x_phi / d phi."""
    phi = torch.tensor(0.7, dtype=torch.float64)
    _, slope = torch.func.jvp(
        lambda p: noised(X0, EPS, p.cos() ** 2), (phi,), (torch.ones_like(phi),)
    )
    assert torch.allclose(slope, target("v", X0, EPS, phi.cos() ** 2))


def test_posterior_is_bayes_rule():
    """q(x_s | x_t, x_0) from the two Gaussians it is made of, by their precisions."""
    abar, s, t = schedule(), 300, 420
    x_t, alpha = noised(X0, EPS, abar[t]), abar[t] / abar[s]
    prior, likelihood = 1 / (1 - abar[s]), alpha / (1 - alpha)  # precisions
    mean, variance = posterior(X0, x_t, abar[t], abar[s])
    wanted = (prior * abar[s].sqrt() * X0 + likelihood * x_t / alpha.sqrt()) / (prior + likelihood)
    assert variance.item() == pytest.approx((1 / (prior + likelihood)).item())
    assert torch.allclose(mean, wanted)


def test_posterior_is_the_papers():
    """Ho et al. 2020, equation 7, with t - 1 for s; one time an item works as well."""
    abar, t = schedule("linear"), 10
    alpha, beta = abar[t] / abar[t - 1], 1 - abar[t] / abar[t - 1]
    x_t = noised(X0, EPS, abar[t])
    wanted = abar[t - 1].sqrt() * beta / (1 - abar[t]) * X0
    wanted = wanted + alpha.sqrt() * (1 - abar[t - 1]) / (1 - abar[t]) * x_t
    mean, variance = posterior(X0, x_t, abar[t], abar[t - 1])
    assert torch.allclose(mean, wanted)
    assert variance.item() == pytest.approx(((1 - abar[t - 1]) / (1 - abar[t]) * beta).item())
    times = torch.full((6,), t)
    each, _ = posterior(X0, x_t, abar[times], abar[times - 1])
    assert torch.allclose(each, mean)


def test_terms_of_the_bound_are_kl():
    """Against torch's own KL of the two Gaussians; and in eps as the paper's equation 12."""
    abar, t = schedule("linear"), 40
    x_t, wrong = noised(X0, EPS, abar[t]), EPS + 0.3
    guess = estimate("eps", wrong, x_t, abar[t]).x0
    (m, var), (n, _) = (posterior(x, x_t, abar[t], abar[t - 1]) for x in (X0, guess))
    normal = torch.distributions.Normal
    kl = torch.distributions.kl_divergence(normal(m, var.sqrt()), normal(n, var.sqrt())).sum(1)
    terms = bound_terms(X0, guess, abar[t], abar[t - 1])
    assert torch.allclose(terms, kl)
    alpha, beta = abar[t] / abar[t - 1], 1 - abar[t] / abar[t - 1]
    weight = beta**2 / (2 * var * alpha * (1 - abar[t]))
    assert torch.allclose(terms, weight * (EPS - wrong).square().sum(1))


def test_a_clip_keeps_the_sum():
    abar = schedule()[400]
    x_t = noised(3 * X0, EPS, abar)
    guess = clipped(estimate("v", EPS, x_t, abar), x_t, abar, -1, 1)
    assert guess.x0.abs().max() <= 1
    assert torch.allclose(noised(*guess, abar), x_t)


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: schedule("sigmoid"), ChoiceError, "'linear', 'cosine'"),
        (lambda: schedule("linear", 0), RangeError, "at least 2"),
        (lambda: schedule("cosine", 1.5), DtypeError, "whole number"),
        (lambda: linear_schedule(last=1.0), RangeError, "between 0 and 1"),
        (lambda: cosine_schedule(offset=-1), RangeError, "offset"),
        (lambda: target("noise", X0, EPS, torch.tensor(0.5)), ChoiceError, "'eps', 'x0', 'v'"),
        (lambda: estimate("noise", X0, EPS, torch.tensor(0.5)), ChoiceError, "'eps', 'x0', 'v'"),
        (lambda: noised(X0, EPS, torch.ones(5)), ShapeError, r"\[6\]; you gave \[5\]"),
    ],
)
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
