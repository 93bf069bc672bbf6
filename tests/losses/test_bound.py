"""Estimates of the bound and of its gradient, against quadrature and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from aigc_teach.core import ShapeError, make_generator
from aigc_teach.losses import bound
from aigc_teach.models import LinearGaussian

MODEL = LinearGaussian(torch.tensor([[2.0]], dtype=torch.float64), sigma=1.0)
X = torch.tensor([[2.5]], dtype=torch.float64)
MU = torch.tensor([[0.6]], dtype=torch.float64)
LOGVAR = torch.tensor([[0.36]], dtype=torch.float64).log()

# Gauss-Hermite nodes for E over eps ~ N(0, 1): exact for polynomials up to degree 159
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = torch.from_numpy(WEIGHTS / WEIGHTS.sum())
NODES = torch.from_numpy(NODES).view(-1, 1, 1)  # [80, 1, 1]


def log_joint(z: torch.Tensor) -> torch.Tensor:
    return MODEL.log_joint(X, z)


def log_weight(eps: torch.Tensor) -> torch.Tensor:
    z = bound.draw(MU, LOGVAR, eps)
    return log_joint(z) - bound.gaussian_log_prob(z, MU, LOGVAR)  # [K, 1]


def noise(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 1, 1, generator=make_generator(seed), dtype=torch.float64)


def expectation(values: torch.Tensor) -> float:
    return (WEIGHTS * values.flatten()).sum().item()


def exact_gradient() -> tuple[float, float]:
    """The closed-form bound's gradient, by autograd through the closed form."""
    mu, logvar = MU.clone().requires_grad_(), LOGVAR.clone().requires_grad_()
    value = MODEL.elbo(X, mu, logvar.exp()).sum()
    return tuple(g.item() for g in torch.autograd.grad(value, (mu, logvar)))


def test_the_numbers_that_the_page_states():
    terms = MODEL.terms(X, MU, LOGVAR.exp())
    assert terms.evidence.item() == pytest.approx(
        stats.norm(0, math.sqrt(5)).logpdf(2.5), rel=1e-12
    )
    assert [round(t.item(), 3) for t in terms] == [
        -2.855,
        -2.484,
        0.371,
        -3.763,
        0.908,
        -2.349,
        0.506,
    ]


def test_jensen_by_quadrature():
    """E[log w] is the bound and log E[w] the evidence."""
    log_w = log_weight(NODES)
    assert expectation(log_w) == pytest.approx(MODEL.elbo(X, MU, LOGVAR.exp()).item(), abs=1e-12)
    weight = integrate.quad(  # under q, over z: other nodes than above
        lambda z: stats.norm.pdf(z) * stats.norm.pdf(2.5, 2 * z, 1), -10, 10, epsabs=1e-14
    )[0]
    assert math.log(weight) == pytest.approx(MODEL.log_prob(X).item(), abs=1e-11)
    assert math.log(expectation(log_w.exp())) == pytest.approx(math.log(weight), abs=1e-6)


def test_with_the_posterior_every_weight_is_the_evidence():
    mean, covariance = MODEL.posterior(X)
    z = bound.draw(mean, covariance.log(), noise(100))
    log_w = log_joint(z) - bound.gaussian_log_prob(z, mean, covariance.log())
    assert torch.allclose(log_w, MODEL.log_prob(X).expand(100, 1), rtol=1e-12)
    _, error = bound.elbo_estimate(log_w)
    assert error.item() < 1e-12


def humps(z):
    return 0.5 * stats.norm.pdf(z, 0.4, 0.3) + 0.5 * stats.norm.pdf(z, 1.7, 0.4)


@pytest.mark.parametrize(
    "q, low, high", [(humps, -3, 5), (stats.uniform(0, 2).pdf, 0, 2)], ids=["humps", "uniform"]
)
def test_the_identity_holds_for_a_q_that_is_no_gaussian(q, low, high):
    """bound + KL(q || posterior) = log p(x), by quadrature."""

    def average_under_q(log_p):
        return integrate.quad(lambda z: q(z) * (log_p(z) - np.log(q(z))), low, high, limit=200)[0]

    value = average_under_q(lambda z: stats.norm.logpdf(z) + stats.norm.logpdf(2.5, 2 * z, 1))
    gap = -average_under_q(stats.norm(1, math.sqrt(0.2)).logpdf)
    assert gap > 0
    assert value + gap == pytest.approx(MODEL.log_prob(X).item(), abs=1e-8)


def test_gaussian_log_prob_against_scipy():
    z = torch.randn(4, 3, 2, generator=make_generator(1), dtype=torch.float64)
    mu, logvar = torch.tensor([0.3, -1.0]).double(), torch.tensor([0.4, -2.0]).double()
    expected = stats.norm(mu, (0.5 * logvar).exp()).logpdf(z.numpy()).sum(-1)
    assert np.allclose(bound.gaussian_log_prob(z, mu, logvar), expected)


def test_the_estimate_and_its_error_are_those_of_scipy():
    log_w = log_weight(noise(500))
    estimate, error = bound.elbo_estimate(log_w)
    assert estimate.item() == pytest.approx(log_w.mean().item(), rel=1e-12)
    assert error.item() == pytest.approx(stats.sem(log_w.flatten().numpy()), rel=1e-12)


def test_the_stated_error_is_the_spread_of_the_estimates():
    log_w = log_weight(noise(100 * 4000)).view(100, 4000)  # 4,000 estimates of 100 draws
    estimate, error = bound.elbo_estimate(log_w)
    assert estimate.std().item() == pytest.approx(error.mean().item(), rel=0.05)


def test_reparameterised_gradient_is_unbiased():
    grads = bound.reparameterised_gradient(log_joint, MU, LOGVAR, NODES)
    for got, exact in zip(grads, exact_gradient(), strict=True):
        assert expectation(got) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("baseline", [0.0, -2.8, 100.0])
def test_score_function_gradient_is_unbiased_with_any_constant_baseline(baseline):
    grads = bound.score_function_gradient(log_joint, MU, LOGVAR, NODES, baseline=baseline)
    for got, exact in zip(grads, exact_gradient(), strict=True):
        assert expectation(got) == pytest.approx(exact, abs=1e-9)


def test_exact_gradient_by_finite_differences():
    h = 1e-5
    for i, exact in enumerate(exact_gradient()):
        ends = []
        for sign in (1, -1):
            moved = [MU.clone(), LOGVAR.clone()]
            moved[i] += sign * h
            ends.append(MODEL.elbo(X, moved[0], moved[1].exp()).item())
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(exact, rel=1e-7)


def test_leave_one_out_keeps_the_mean_and_lowers_the_variance():
    eps = noise(4 * 100_000).view(4, 100_000, 1)  # groups of four draws
    mu, logvar = MU.expand(100_000, 1), LOGVAR.expand(100_000, 1)
    x = X.expand(100_000, 1)
    joint = lambda z: MODEL.log_joint(x, z)  # noqa: E731
    z = bound.draw(mu, logvar, eps)
    values = joint(z) - bound.gaussian_log_prob(z, mu, logvar)
    others = bound.leave_one_out(values)
    assert torch.allclose(others[0], values[1:].mean(0))
    plain, _ = bound.score_function_gradient(joint, mu, logvar, eps)
    with_it, _ = bound.score_function_gradient(joint, mu, logvar, eps, baseline=others)
    error = with_it.mean(0).std().item() / math.sqrt(100_000)
    assert with_it.mean().item() == pytest.approx(exact_gradient()[0], abs=5 * error)
    assert with_it.mean(0).var() < 0.5 * plain.mean(0).var()
    own = values.mean(0, keepdim=True)  # the mean with the draw itself in it: biased by 3/4
    biased, _ = bound.score_function_gradient(joint, mu, logvar, eps, baseline=own)
    assert biased.mean().item() == pytest.approx(0.75 * exact_gradient()[0], abs=5 * error)


def test_the_variances_that_the_page_compares():
    """The variance of both estimators for mu, by quadrature: 47.8 and 9.0, ratio 5.3."""
    path = bound.reparameterised_gradient(log_joint, MU, LOGVAR, NODES)[0]
    score = bound.score_function_gradient(log_joint, MU, LOGVAR, NODES)[0]
    ratio = [expectation(g**2) - expectation(g) ** 2 for g in (score, path)]
    print(f"score {ratio[0]:.3f}, path {ratio[1]:.3f}, ratio {ratio[0] / ratio[1]:.2f}")
    assert ratio[1] == pytest.approx((4 + 1) ** 2 * 0.36, rel=1e-9)  # slope -5 z, z's variance .36
    assert ratio[0] / ratio[1] == pytest.approx(5.31, abs=0.01)


def test_a_constant_in_log_p_moves_only_the_score_function():
    shifted = lambda z: log_joint(z) - 100.0  # noqa: E731
    for a, b in zip(
        bound.reparameterised_gradient(shifted, MU, LOGVAR, NODES),
        bound.reparameterised_gradient(log_joint, MU, LOGVAR, NODES),
        strict=True,
    ):
        assert torch.allclose(a, b)
    score = bound.score_function_gradient(shifted, MU, LOGVAR, NODES)[0]
    assert expectation(score) == pytest.approx(exact_gradient()[0], abs=1e-8)
    assert expectation(score**2) > 1e4 / 0.36 * 0.9  # c^2 times the score's own variance


def test_importance_weighted_bound_of_two_draws_by_quadrature():
    log_w = log_weight(NODES).flatten()
    pairs = torch.stack(torch.broadcast_tensors(log_w[:, None], log_w[None]), 0).flatten(1)
    exact = ((WEIGHTS[:, None] * WEIGHTS).flatten() * bound.importance_weighted_bound(pairs)).sum()
    sampled = bound.importance_weighted_bound(log_weight(noise(2 * 200_000)).view(2, -1))
    error = sampled.std().item() / math.sqrt(200_000)
    assert sampled.mean().item() == pytest.approx(exact.item(), abs=5 * error)
    assert MODEL.elbo(X, MU, LOGVAR.exp()).item() < exact < MODEL.log_prob(X).item()


def test_importance_weighted_bound_never_falls_in_expectation():
    log_w = log_weight(noise(64 * 20_000)).view(64, 20_000)
    means = [bound.importance_weighted_bound(log_w[:k]).mean().item() for k in (1, 2, 4, 16, 64)]
    assert means == sorted(means)
    assert means[-1] == pytest.approx(MODEL.log_prob(X).item(), abs=0.02)
    assert means[0] == pytest.approx(MODEL.elbo(X, MU, LOGVAR.exp()).item(), abs=0.03)


def test_importance_weighted_bound_survives_tiny_weights():
    log_w = torch.tensor([[-2000.0], [-2001.0]], dtype=torch.float64)
    expected = special.logsumexp([-2000.0, -2001.0]) - math.log(2)
    assert bound.importance_weighted_bound(log_w).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9, 0.99])
def test_the_gap_of_the_best_diagonal_q(rho):
    """-1/2 log(1 - rho^2), at the conditional variances, found by no other q nearby."""
    covariance = torch.tensor([[1.0, rho], [rho, 1.0]], dtype=torch.float64) * 0.3
    precision = torch.linalg.inv(covariance)
    # a weight whose posterior has just this covariance: W'W = precision - I, sigma = 1
    weight = torch.linalg.cholesky(precision - torch.eye(2)).T
    model, x = LinearGaussian(weight), torch.zeros(1, 2, dtype=torch.float64)
    mean, found = model.posterior(x)
    assert torch.allclose(found, covariance)
    best = (1 / precision.diagonal())[None]
    assert torch.allclose(best, torch.full((1, 2), 0.3 * (1 - rho**2)).double())
    gap = model.gap(x, mean, best).item()
    assert gap == pytest.approx(-0.5 * math.log(1 - rho**2), abs=1e-10)
    for factor in (0.9, 1.1):
        assert model.gap(x, mean, factor * best).item() > gap
        assert model.gap(x, mean + 0.1 * factor, best).item() > gap


def test_the_best_q_of_a_weighted_kl():
    """With beta, the best q is N(w x / (w^2 + beta s^2), beta s^2 / (w^2 + beta s^2))."""
    for beta in (0.25, 4.0):
        variance = beta / (4 + beta)
        mean = torch.tensor([[2 * 2.5 / (4 + beta)]]).double()

        def objective(m, v, beta=beta):
            terms = MODEL.terms(X, m, v)
            return (terms.reconstruction - beta * terms.kl).item()

        best = objective(mean, torch.tensor([[variance]]).double())
        for factor in (0.95, 1.05):
            assert objective(factor * mean, torch.tensor([[variance]]).double()) < best
            assert objective(mean, torch.tensor([[factor * variance]]).double()) < best


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: bound.elbo_estimate(torch.zeros(1, 3)), "K at least 2"),
        (lambda: bound.importance_weighted_bound(torch.zeros(3)), "[K, N]"),
        (lambda: bound.leave_one_out(torch.zeros(1, 3)), "K at least 2"),
        (lambda: bound.draw(MU, LOGVAR, torch.zeros(4, 1)), "noise [K, N, L]"),
        (lambda: bound.reparameterised_gradient(log_joint, MU, LOGVAR[0], NODES), "[N, L]"),
    ],
)
def test_bad_input_is_told_in_a_sentence(make, words):
    with pytest.raises(ShapeError) as told:
        make()
    assert words in str(told.value)
