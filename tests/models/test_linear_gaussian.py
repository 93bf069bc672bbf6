"""The linear-Gaussian oracle itself, against SciPy and torch.distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import MultivariateNormal, kl_divergence

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.models import LinearGaussian

W = torch.tensor([[1.0, 0.5], [0.3, -1.2], [0.5, 0.8]], dtype=torch.float64)
B = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)


def model(sigma: float = 0.7) -> LinearGaussian:
    return LinearGaussian(W, B, sigma=sigma)


def some_x(n: int = 5) -> torch.Tensor:
    return torch.randn(n, 3, generator=make_generator(0), dtype=torch.float64)


@pytest.mark.parametrize("sigma", [0.2, 0.7, 3.0])
def test_evidence_and_posterior_against_scipy(sigma):
    covariance = W.numpy() @ W.T.numpy() + sigma**2 * np.eye(3)
    expected = stats.multivariate_normal(B.numpy(), covariance).logpdf(some_x().numpy())
    assert np.allclose(model(sigma).log_prob(some_x()), expected, rtol=1e-12)
    # the conditional of the joint Gaussian of (z, x), by the textbook's block formula
    gain = W.T.numpy() @ np.linalg.inv(covariance)
    mean, cov = model(sigma).posterior(some_x())
    assert np.allclose(mean, (some_x() - B).numpy() @ gain.T, rtol=1e-10)
    assert np.allclose(cov, np.eye(2) - gain @ W.numpy(), rtol=1e-10)


def test_evidence_is_the_integral_of_the_joint():
    one = LinearGaussian(torch.tensor([[2.0]], dtype=torch.float64), sigma=1.0)
    x = torch.tensor([[2.5]], dtype=torch.float64)

    def joint(z):
        return one.log_joint(x, torch.tensor([[[z]]], dtype=torch.float64)).exp().item()

    area, _ = integrate.quad(joint, -12, 12, epsabs=1e-13, points=[1.0])
    assert math.log(area) == pytest.approx(one.log_prob(x).item(), abs=1e-11)


def test_bayes_rule_gives_the_same_evidence_for_every_z():
    x, z = some_x(), torch.randn(7, 5, 2, generator=make_generator(1), dtype=torch.float64)
    mean, covariance = model().posterior(x)
    log_posterior = MultivariateNormal(mean, covariance).log_prob(z)  # [7, 5]
    evidence = model().log_joint(x, z) - log_posterior
    assert torch.allclose(evidence, model().log_prob(x).expand(7, 5), rtol=1e-12)


def test_every_term_against_torch_distributions():
    x, q_mean = some_x(), torch.randn(5, 2, generator=make_generator(2), dtype=torch.float64)
    q_var = torch.rand(5, 2, generator=make_generator(3), dtype=torch.float64) + 0.1
    terms = model().terms(x, q_mean, q_var)
    q = MultivariateNormal(q_mean, torch.diag_embed(q_var))
    prior = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    posterior = MultivariateNormal(*model().posterior(x))
    assert torch.allclose(terms.gap, kl_divergence(q, posterior), rtol=1e-10)
    assert torch.allclose(terms.kl, kl_divergence(q, prior), rtol=1e-10)
    assert torch.allclose(terms.entropy, q.entropy(), rtol=1e-12)
    for other in (terms.evidence - terms.gap, terms.energy + terms.entropy):
        assert torch.allclose(terms.bound, other, rtol=1e-11)
    assert torch.equal(model().elbo(x, q_mean, q_var), terms.bound)
    assert (terms.gap > 0).all()


def test_reconstruction_and_energy_by_quadrature():
    one = LinearGaussian(torch.tensor([[1.3]], dtype=torch.float64), sigma=0.6)
    q = stats.norm(0.4, 0.5)
    likelihood = integrate.quad(lambda z: q.pdf(z) * stats.norm(1.3 * z, 0.6).logpdf(0.9), -8, 8)[0]
    prior = integrate.quad(lambda z: q.pdf(z) * stats.norm.logpdf(z), -8, 8)[0]
    terms = one.terms(*(torch.tensor([[v]], dtype=torch.float64) for v in (0.9, 0.4, 0.25)))
    assert terms.reconstruction.item() == pytest.approx(likelihood, abs=1e-9)
    assert terms.energy.item() == pytest.approx(likelihood + prior, abs=1e-9)


def test_samples_have_the_models_mean_and_covariance():
    x = model().sample(200_000, generator=make_generator(0))
    expected = W @ W.T + 0.49 * torch.eye(3)
    assert torch.allclose(x.mean(0), B, atol=0.02)
    assert torch.allclose(torch.cov(x.T), expected, atol=0.03)
    assert torch.equal(x[:3], model().sample(200_000, generator=make_generator(0))[:3])


def test_the_extremes_stay_finite():
    for sigma in (1e-3, 1e3):
        for value in (1e-6, 1e3):
            terms = model(sigma).terms(some_x(), torch.zeros(5, 2), torch.full((5, 2), value))
            assert all(torch.isfinite(term).all() for term in terms)


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: LinearGaussian(torch.ones(3)), ShapeError, "must be [D, L]"),
        (lambda: LinearGaussian(torch.ones(3, 2), torch.ones(2)), ShapeError, "must be [3]"),
        (lambda: LinearGaussian(torch.ones(3, 2), sigma=0.0), RangeError, "greater than 0"),
        (lambda: LinearGaussian(torch.ones(3, 2), sigma=math.nan), RangeError, "greater than 0"),
        (lambda: model().log_prob(torch.ones(4, 2)), ShapeError, "x must be [N, 3]"),
        (lambda: model().elbo(some_x(), *2 * [torch.ones(5, 3)]), ShapeError, "[5, 2]"),
        (
            lambda: model().elbo(some_x(), torch.zeros(5, 2), torch.zeros(5, 2)),
            RangeError,
            "0 or negative",
        ),
        (lambda: model().sample(0), RangeError, "at least 1"),
    ],
)
def test_bad_input_is_told_in_a_sentence(make, error, words):
    with pytest.raises(error) as told:
        make()
    assert words in str(told.value)
