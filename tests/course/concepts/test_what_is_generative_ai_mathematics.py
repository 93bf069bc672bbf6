"""The formulas of the lesson on generative models, against independent computations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture as SklearnMixture

from aigc_teach.core import make_generator
from aigc_teach.course.concepts.what_is_generative_ai import _complete, _perplexity, _posterior
from aigc_teach.models.density import (
    Gaussian,
    GaussianMixture,
    PixelwiseGaussian,
    gaussian_log_density,
)
from aigc_teach.models.ngram import NGram


def rows(n=200, d=3, seed=0):
    g = make_generator(seed)
    mixing = torch.randn(d, d, generator=g, dtype=torch.float64)
    return torch.randn(n, d, generator=g, dtype=torch.float64) @ mixing + 1.0


def two_heaps(n=400):
    x = rows(n, 2)
    x[: n // 2] += 8
    return x


def test_share_of_a_normal_below_zero():
    """The first round: of 100,000 draws of N(0.131, 0.0422^2) about a hundred are below 0."""
    assert 60 < 100_000 * stats.norm(0.1312, 0.0422).cdf(0) < 160


def test_gaussian_log_density_is_scipys():
    x = rows()
    model = Gaussian(0.3).fit(x)
    covariance = np.cov(x.numpy().T, bias=True) + 0.09 * np.eye(3)
    expected = stats.multivariate_normal(x.mean(0).numpy(), covariance).logpdf(x.numpy())
    assert np.allclose(model.log_prob(x).numpy(), expected)


def test_gaussian_density_integrates_to_one():
    model = Gaussian(0.2).fit(rows(50, 1))

    def density(v):
        return model.log_prob(torch.tensor([[v]], dtype=torch.float64)).exp().item()

    area, _ = integrate.quad(density, -30, 30, points=[1.0], limit=200)
    assert area == pytest.approx(1.0, abs=1e-6)


def test_cholesky_gives_the_determinant_and_draws_with_the_covariance():
    x = rows(d=4)
    covariance = torch.cov(x.T) + 0.01 * torch.eye(4, dtype=torch.float64)
    root = torch.linalg.cholesky(covariance)
    assert torch.allclose(2 * root.diagonal().log().sum(), torch.logdet(covariance))
    drawn = Gaussian(0.1).fit(x).sample(200_000, generator=make_generator(1)).double()
    wanted = torch.cov(x.T, correction=0) + 0.01 * torch.eye(4, dtype=torch.float64)
    assert (torch.cov(drawn.T) - wanted).abs().max() < 0.02 * wanted.abs().max()
    assert (drawn.mean(0) - x.mean(0)).abs().max() < 0.05


def test_pixelwise_is_a_product_of_normals():
    x = rows()
    model = PixelwiseGaussian(0.3).fit(x)
    spread = np.sqrt(x.numpy().var(0) + 0.09)
    expected = stats.norm(x.numpy().mean(0), spread).logpdf(x.numpy()).sum(1)
    assert np.allclose(model.log_prob(x).numpy(), expected)


def test_mixture_log_density_is_torchs():
    x = two_heaps()
    model = GaussianMixture(2, 0.3, steps=3).fit(x, generator=make_generator(0))
    covariances = model.covariances + 0.09 * torch.eye(2, dtype=torch.float64)
    parts = torch.distributions.MultivariateNormal(model.means, covariances)
    mixed = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(model.weights), parts
    )
    assert torch.allclose(model.log_prob(x), mixed.log_prob(x))


def test_em_reaches_sklearns_likelihood():
    x = two_heaps()
    ours = GaussianMixture(2, 1e-3, steps=200).fit(x, generator=make_generator(0))
    theirs = SklearnMixture(2, reg_covar=1e-6, tol=1e-10, max_iter=500, random_state=0).fit(x)
    assert ours.log_prob(x).mean().item() == pytest.approx(theirs.score(x.numpy()), abs=1e-6)


def test_em_never_loses_likelihood_without_shrinkage():
    x = torch.cat([rows(150, 2, seed) + seed for seed in range(3)])
    told = [
        GaussianMixture(4, 1e-4, steps=k).fit(x, generator=make_generator(2)).log_prob(x).mean()
        for k in range(8)
    ]
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(told))


def test_mixture_draws_its_components_by_weight():
    x = two_heaps()[100:]  # a third in one heap
    model = GaussianMixture(2).fit(x, generator=make_generator(0))
    drawn = model.sample(20_000, generator=make_generator(1))
    share = (drawn.mean(1) > 5).float().mean().item()
    assert share == pytest.approx(1 / 3, abs=0.02)


def test_entropy_of_the_noise():
    """1/2 log2(2 pi e s^2) bits: the zero of the lesson's measure."""
    assert 0.5 * math.log2(2 * math.pi * math.e * 0.01) == pytest.approx(
        stats.norm(0, 0.1).entropy() / math.log(2)
    )


def test_surprise_of_one_value_of_the_noise_and_its_mean():
    """1/2 log2(2 pi s^2) + e^2 log2(e) / (2 s^2), on average -1.27 bits for s = 0.1."""

    def bits(value):
        return 0.5 * math.log2(2 * math.pi * 0.01) + value**2 / 0.02 * math.log2(math.e)

    for value in (0.0, 0.05, -0.3):
        assert bits(value) == pytest.approx(-stats.norm(0, 0.1).logpdf(value) / math.log(2))
    assert stats.norm(0, 0.1).expect(bits) == pytest.approx(-1.27, abs=0.01)


def test_a_memory_is_a_mixture_with_one_bell_a_picture():
    x, new = rows(20), rows(5, seed=1)
    sigma, d = 0.5, x.shape[1]
    one = d * math.log(sigma * math.sqrt(2 * math.pi))
    squared = torch.cdist(new, x) ** 2
    ours = torch.logsumexp(-squared / (2 * sigma**2), 1) - math.log(len(x)) - one
    kernel = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.ones(len(x))),
        torch.distributions.Independent(torch.distributions.Normal(x, sigma), 1),
    )
    assert torch.allclose(ours, kernel.log_prob(new))


def test_a_part_of_snow_costs_at_most_its_logarithm():
    """-log(0.01 p + 0.99 s) <= -log p + log 100, with near equality where s is far smaller."""
    p, s = torch.tensor([-100.0, -3.0]).double(), torch.tensor([-900.0, -1.0]).double()
    mixed = torch.logaddexp(p + math.log(0.01), s + math.log(0.99))
    assert (p - mixed <= math.log(100) + 1e-12).all()
    assert p[0] - mixed[0] == pytest.approx(math.log(100))
    assert math.log2(100) / 784 == pytest.approx(0.00847, abs=1e-5)


def test_the_linear_form_of_bayes_rule_is_lda():
    """x^T S^-1 mu - mu^T S^-1 mu / 2, with a shared covariance and equal class sizes."""
    x = torch.cat([rows(60, 3, seed=0) + 3 * k for k in range(3)])
    labels = torch.arange(3).repeat_interleave(60)
    means = torch.stack([x[labels == k].mean(0) for k in range(3)])
    rest = x - means[labels]
    weights = torch.linalg.solve(rest.T @ rest / len(x), means.T)
    scores = x @ weights - 0.5 * (means.T * weights).sum(0)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=[1 / 3] * 3).fit(x, labels)
    assert np.allclose(scores.softmax(1).numpy(), theirs.predict_proba(x), atol=1e-6)


def test_posterior_is_bayes_rule():
    logs, prior = torch.randn(5, 3, dtype=torch.float64), torch.tensor([0.2, 0.5, 0.3]).double()
    joint = logs.exp() * prior
    assert torch.allclose(_posterior(logs, prior), joint / joint.sum(1, keepdim=True))


def test_conditional_mean_is_the_regression_on_what_is_seen():
    x = rows(100_000, 4)
    seen = torch.tensor([True, False, True, False])
    values = torch.tensor([1.5, 0.2], dtype=torch.float64)
    ours = _complete(x.mean(0), torch.cov(x.T), seen, values)
    design = torch.cat([torch.ones(len(x), 1, dtype=torch.float64), x[:, seen]], dim=1)
    fitted = torch.linalg.lstsq(design, x[:, ~seen]).solution
    assert torch.allclose(ours[~seen], torch.cat([torch.ones(1).double(), values]) @ fitted)


def test_ngram_probabilities_add_up_to_one_over_all_texts():
    model = NGram(2, k=0.7).fit("abcab")
    singles = sum(model.probability(c, after="a") for c in "abc?")  # "?": never seen
    assert singles == pytest.approx(1.0)
    pairs = sum(math.exp(model.log_prob(a + b)) for a in "abc?" for b in "abc?")
    assert pairs == pytest.approx(1.0)


def test_ngram_draws_follow_its_probabilities():
    model, g = NGram(2, k=0.5).fit("aab" * 5), make_generator(0)
    drawn = [model.sample(1, start="a", generator=g)[1] for _ in range(6000)]
    expected = model.probability("b", after="a") / (1 - model.probability("?", after="a"))
    assert drawn.count("b") / 6000 == pytest.approx(expected, abs=0.02)


def test_perplexity_of_the_exercise_is_scipys_geometric_mean():
    p = torch.tensor([0.5, 0.125, 0.9, 0.02])
    assert _perplexity(p).item() == pytest.approx(1 / stats.gmean(p.numpy()), rel=1e-5)


def test_variance_of_a_refit_falls_by_one_minus_one_over_n():
    """E[variance of n draws, divided by n] = (1 - 1/n) sigma^2: why the loop collapses."""
    draws = torch.randn(40_000, 10, generator=make_generator(0), dtype=torch.float64)
    assert draws.var(1, correction=0).mean().item() == pytest.approx(0.9, abs=0.01)


def test_one_gaussian_log_density_from_its_pieces():
    root = torch.tensor([[2.0, 0.0], [1.0, 0.5]], dtype=torch.float64)
    x, mean = torch.tensor([[0.3, -1.0]]).double(), torch.tensor([1.0, 0.0]).double()
    gap = (x - mean)[0]
    covariance = root @ root.T
    by_formula = -0.5 * (
        gap @ torch.linalg.inv(covariance) @ gap
        + torch.logdet(covariance)
        + 2 * math.log(2 * math.pi)
    )
    assert gaussian_log_density(x, mean, root).item() == pytest.approx(by_formula.item())
