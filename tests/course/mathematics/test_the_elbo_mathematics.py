"""The formulas of the lesson on the bound: printed losses, exercises, against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats

from aigc_teach.course.mathematics.the_elbo import _coin, _effective, _stays, _wide

EVIDENCE = stats.norm.logpdf(2.5, 0, math.sqrt(5))  # w = 2, s = 1, x = 2.5


def best(claim):
    """The largest value of `claim(m, v)` and where it is, by SciPy's own optimiser."""
    found = optimize.minimize(
        lambda q: -claim(q[0], math.exp(q[1])), (0.6, -1.0), method="Nelder-Mead"
    )
    return -found.fun, found.x[0], math.exp(found.x[1])


def reconstruction(m, v):
    return stats.norm.logpdf(2.5, 2 * m, 1) - 2 * v  # minus w^2 v / (2 s^2)


def price(m, v, c=1.0):
    return 0.5 * ((v + m**2) / c - 1 - math.log(v / c))


def test_the_bounds_own_maximum_is_the_posterior():
    value, m, v = best(lambda m, v: reconstruction(m, v) - price(m, v))
    assert (value, m, v) == pytest.approx((EVIDENCE, 1.0, 0.2), abs=1e-3)


def test_the_printed_kl_is_negative_where_a_kl_is_not():
    q, p = stats.norm(0.7, 0.6), stats.norm(0, 1)
    true = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -6, 7)[0]
    assert true == pytest.approx(0.4358, abs=1e-4)
    assert math.log(0.36 + 1e-8) - (0.49 + 0.36) / 2 == pytest.approx(-1.4467, abs=1e-4)


def test_the_printed_kl_claims_more_the_narrower_q_is():
    def claim(v, m=5 / 3):
        return reconstruction(m, v) - (math.log(v + 1e-8) - (m**2 + v) / 2)

    values = [claim(10.0**-k) for k in range(12)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(18.5, abs=0.1)


def test_without_noise_the_claim_exceeds_the_evidence():
    value, m, v = best(lambda m, v: reconstruction(m, 0) - price(m, v))
    assert (value, m, v) == pytest.approx((-1.5439, 1.0, 1.0), abs=1e-3)
    assert value > EVIDENCE + 0.8


def test_the_wrong_sign_has_no_maximum():
    far = [-reconstruction(m, v) - price(m, v) for m, v in [(1, 1), (-10, 10), (-1e3, 1e6)]]
    assert far[0] < far[1] < far[2] and far[2] > 1e6


def test_the_kl_to_p_of_x_bounds_another_model():
    value, m, v = best(lambda m, v: reconstruction(m, v) - price(m, v, 5.0))
    assert value == pytest.approx(stats.norm.logpdf(2.5, 0, math.sqrt(21)), abs=1e-6)
    assert (m, v) == pytest.approx((25 / 21, 5 / 21), abs=1e-3)


def test_effective_draws_lie_between_one_and_k():
    log_w = torch.stack([torch.zeros(6), torch.tensor([0.0] + 5 * [-50.0])], 1).double() - 900
    assert _effective(log_w).tolist() == pytest.approx([6.0, 1.0])
    w = np.exp(np.random.default_rng(0).normal(size=(7, 1)))
    expected = w.sum() ** 2 / (w**2).sum()
    assert _effective(torch.from_numpy(np.log(w))).item() == pytest.approx(expected)


def test_the_bound_with_a_wide_prior_by_quadrature():
    q, prior = stats.norm(0.6, 0.7), stats.norm(0, 1.5)
    value = integrate.quad(
        lambda z: q.pdf(z) * (stats.norm.logpdf(1.2, 2 * z, 0.8) + prior.logpdf(z) - q.logpdf(z)),
        -6,
        8,
    )[0]
    given = [torch.tensor(v, dtype=torch.float64) for v in (1.2, 0.6, 0.49, 2.0, 0.8, 1.5)]
    assert _wide(*given).item() == pytest.approx(value, abs=1e-9)


def test_the_coins_gradient_is_the_derivative_of_the_average():
    """Averaged over all outcomes of four coins, against a finite difference in a."""
    values = torch.tensor([-1.2, 2.1], dtype=torch.float64)  # f(0), f(1)
    a, h = -0.8, 1e-5
    ends = [1 / (1 + math.exp(-(a + sign * h))) for sign in (1, -1)]
    slope = (2.1 + 1.2) * (ends[0] - ends[1]) / (2 * h)
    p = torch.tensor(1 / (1 + math.exp(-a)), dtype=torch.float64)
    both = torch.tensor([0.0, 1.0], dtype=torch.float64)
    mean = sum(
        torch.where(z == 1, p, 1 - p).prod() * _coin(z, values[z.long()], p).mean()
        for z in torch.cartesian_prod(both, both, both, both)
    )
    assert mean.item() == pytest.approx(slope, rel=1e-8)


def test_the_gap_that_stays_by_scipys_optimiser():
    """No diagonal variances give a smaller KL to the posterior than the formula says."""
    weight, s = np.array([[1.0, 0.6, -0.4], [0.2, 1.1, 0.9]]), 0.5
    precision = np.eye(3) + weight.T @ weight / s**2

    def gap(log_v):
        trace = (np.diag(precision) * np.exp(log_v)).sum()
        return 0.5 * (trace - 3 - log_v.sum() - np.linalg.slogdet(precision)[1])

    found = optimize.minimize(gap, np.zeros(3), tol=1e-12)
    assert _stays(torch.from_numpy(weight), s).item() == pytest.approx(found.fun, abs=1e-8)
    assert np.exp(found.x) == pytest.approx(1 / np.diag(precision), rel=1e-4)


def test_jensens_loss_for_two_numbers():
    """log of the average minus average of the logs is 1/2 log(25 / (25 - d^2)) around 5."""
    for distance, stated in [(4, 0.51083), (2, 0.08718), (1, 0.02041), (0.1, 0.0002)]:
        lost = math.log(5) - 0.5 * (math.log(5 - distance) + math.log(5 + distance))
        assert lost == pytest.approx(stated, abs=5e-6)
        assert lost == pytest.approx(0.5 * math.log(25 / (25 - distance**2)), rel=1e-9)


def test_the_entropy_of_a_gaussian():
    assert 0.5 * math.log(2 * math.pi * math.e * 0.36) == pytest.approx(
        stats.norm(0, 0.6).entropy()
    )


def test_the_ridge_of_two_causes_and_its_best_diagonal_q():
    """Spreads 1.0 along and 0.23 across, 0.316 for q, 0.725 along an axis."""
    weight, s = np.array([[1.0, 1.0]]), 1 / 3
    precision = np.eye(2) + weight.T @ weight / s**2
    across, along = sorted(1 / np.sqrt(np.linalg.eigvalsh(precision)))
    assert (across, along) == pytest.approx((0.229, 1.0), abs=1e-3)
    assert 1 / math.sqrt(precision[0, 0]) == pytest.approx(0.316, abs=1e-3)
    assert math.sqrt(np.linalg.inv(precision)[0, 0]) == pytest.approx(0.725, abs=1e-3)


@pytest.mark.parametrize("beta, mean, v", [(0.25, 1.18, 0.06), (1.0, 1.0, 0.2), (4.0, 0.62, 0.5)])
def test_the_best_q_for_a_weight_on_the_kl(beta, mean, v):
    _, *found = best(lambda m, v: reconstruction(m, v) - beta * price(m, v))
    assert found == pytest.approx([2 * 2.5 / (4 + beta), beta / (4 + beta)], abs=1e-3)
    assert found == pytest.approx([mean, v], abs=6e-3)


def test_the_square_completed_and_the_area_of_the_likelihood():
    w, s, x = 2.0, 1.3, 2.5
    mean, c = w * x / (w**2 + s**2), s**2 / (w**2 + s**2)
    for z in (-1.7, 0.0, 0.4, 3.1):
        both = z**2 + (x - w * z) ** 2 / s**2
        assert both == pytest.approx((z - mean) ** 2 / c + x**2 / (w**2 + s**2), rel=1e-12)
    area = integrate.quad(lambda z: stats.norm.pdf(2.5, 2 * z, 1), -6, 8)[0]
    assert area == pytest.approx(0.5, abs=1e-9)


def test_a_mean_of_weights_is_the_average_of_the_means_that_leave_one_out():
    r = np.random.default_rng(0).lognormal(size=7)
    without = np.array([np.delete(r, k).mean() for k in range(7)])
    assert r.mean() == pytest.approx(without.mean(), rel=1e-12)
    assert math.log(r.mean()) >= np.log(without).mean()
