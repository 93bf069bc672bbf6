"""Autoencoders against principal component analysis, and the lesson's formulas against others.

Independent sources: NumPy's singular values, SciPy's quadrature and Mann-Whitney statistic,
torch.distributions, least squares on samples, finite differences.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from aigc_teach import train
from aigc_teach.core import DataError, RangeError, ShapeError, choose_machine, make_generator
from aigc_teach.data import Batches
from aigc_teach.models import Autoencoder
from aigc_teach.models.autoencoder import principal_autoencoder


@pytest.fixture(scope="module")
def points():
    """600 points in 6 dimensions, centred, with spreads 3, 2, 1, .3, .2, .1."""
    g = make_generator(0)
    basis, _ = torch.linalg.qr(torch.randn(6, 6, generator=g))
    x = torch.randn(600, 6, generator=g) * torch.tensor([3.0, 2.0, 1.0, 0.3, 0.2, 0.1])
    x = x @ basis.T
    return x - x.mean(0)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_linear_autoencoder_finds_the_principal_subspace(points, size):
    torch.manual_seed(0)
    model = Autoencoder((6,), latent_size=size, hidden=())
    config = train.TrainConfig(steps=1500, lr=0.02, schedule="cosine")
    train.fit(model, Batches(points, batch_size=200), config, machine=choose_machine("cpu"))
    _, spreads, directions = torch.linalg.svd(points, full_matrices=False)
    least = (spreads[size:] ** 2).sum().item() / len(points)  # what PCA cannot rebuild either
    assert model.loss(points).total.item() == pytest.approx(least, rel=0.01)
    span, _ = torch.linalg.qr(model.decoder[0].weight.detach())  # [6, size]
    angles = torch.linalg.svdvals(directions[:size] @ span)  # cosines: 1 where both agree
    assert angles.min() > 0.999


def test_the_noise_is_seen_by_the_encoder_and_not_asked_for(points):
    model = Autoencoder((6,), latent_size=6, hidden=(), noise=0.5)
    with torch.no_grad():  # the identity: it rebuilds the noise as well
        model.encoder[1].weight.copy_(torch.eye(6))
        model.decoder[0].weight.copy_(torch.eye(6))
        for layer in (model.encoder[1], model.decoder[0]):
            layer.bias.zero_()
    loss = model.loss(points, generator=make_generator(0))
    assert loss.total.item() == pytest.approx(6 * 0.25, rel=0.05)  # the noise's own variance
    assert loss.parts["pixel"].item() == pytest.approx(0.5, rel=0.03)


def test_bad_sizes_are_told():
    with pytest.raises(RangeError, match="noise=-1"):
        Autoencoder(noise=-1)
    model = Autoencoder(latent_size=3)
    with pytest.raises(ShapeError, match="1, 28, 28"):
        model.encode(torch.zeros(2, 1, 27, 28))
    with pytest.raises(ShapeError, match="N, 3"):
        model.decode(torch.zeros(2, 4))


@pytest.mark.parametrize("size", [1, 3, 6])
def test_the_principal_autoencoder_leaves_the_other_singular_values(points, size):
    x = points + 5.0  # a mean that it must find
    model = principal_autoencoder(x, size)
    singular = np.linalg.svd((x - x.mean(0)).double().numpy(), compute_uv=False)
    left = (singular[size:] ** 2).sum() / len(x)
    assert model.loss(x).total.item() == pytest.approx(left, rel=1e-3, abs=1e-8)
    codes = model.encode(x)
    expected = np.diag(singular[:size] ** 2 / len(x))
    np.testing.assert_allclose(
        torch.cov(codes.T, correction=0).reshape(size, size).detach(), expected, atol=1e-3
    )  # uncorrelated, largest first
    assert codes.mean(0).abs().max() < 1e-4


def test_an_invertible_matrix_between_changes_codes_and_not_pictures(points):
    model = principal_autoencoder(points, 2)
    before = model.rebuild(points)
    m = torch.tensor([[2.0, 1.0], [-0.5, 1.5]])
    with torch.no_grad():
        model.encoder[1].weight.copy_(m @ model.encoder[1].weight)
        model.encoder[1].bias.copy_(m @ model.encoder[1].bias)
        model.decoder[0].weight.copy_(model.decoder[0].weight @ torch.linalg.inv(m))
    assert torch.allclose(model.rebuild(points), before, atol=1e-4)


def test_no_projection_beats_the_principal_one(points):
    best = principal_autoencoder(points, 2).loss(points).total.item()
    g = make_generator(1)
    for _ in range(50):
        q, _ = torch.linalg.qr(torch.randn(6, 2, generator=g))
        assert (points - points @ q @ q.T).square().sum(1).mean().item() >= best


def test_pairs_of_relu_units_copy_a_linear_autoencoder(points):
    flat = principal_autoencoder(points, 2)
    deep = Autoencoder((6,), latent_size=2, hidden=(4,))
    with torch.no_grad():
        for ours, theirs in ((deep.encoder[1:], flat.encoder[1]), (deep.decoder, flat.decoder[0])):
            first, last = ours[0], ours[2]
            if ours is deep.decoder:  # a = relu(a) - relu(-a), then the linear map
                first.weight.copy_(torch.cat([torch.eye(2), -torch.eye(2)]))
                first.bias.zero_()
                last.weight.copy_(torch.cat([theirs.weight, -theirs.weight], dim=1))
                last.bias.copy_(theirs.bias)
            else:  # the linear map, then a = relu(a) - relu(-a)
                first.weight.copy_(torch.cat([theirs.weight, -theirs.weight]))
                first.bias.copy_(torch.cat([theirs.bias, -theirs.bias]))
                last.weight.copy_(torch.cat([torch.eye(2), -torch.eye(2)], dim=1))
                last.bias.zero_()
    assert torch.allclose(deep.rebuild(points), flat.rebuild(points), atol=1e-5)


def test_bad_data_of_the_principal_autoencoder_are_told():
    with pytest.raises(DataError, match="at most 3 directions"):
        principal_autoencoder(torch.zeros(3, 1, 28, 28), 4)
    with pytest.raises(ShapeError, match="items"):
        principal_autoencoder(torch.zeros(5), 1)
    with pytest.raises(RangeError, match="latent_size=0"):
        principal_autoencoder(torch.zeros(3, 4), 0)
    same = torch.full((5, 1, 28, 28), 0.3)  # constant pictures: the mean is a perfect answer
    assert principal_autoencoder(same, 2).loss(same).total.item() == pytest.approx(0, abs=1e-6)
    assert principal_autoencoder(same[:1], 1).rebuild(same[:1]).shape == (1, 1, 28, 28)


SHARE, MU, S, SIGMA = np.array([0.6, 0.4]), np.array([-1.0, 1.5]), np.array([0.2, 0.4]), 0.5


def density(x):
    return float((SHARE * stats.norm.pdf(x, MU, S)).sum())


def noisy_density(y):
    return float((SHARE * stats.norm.pdf(y, MU, np.hypot(S, SIGMA))).sum())


def best_denoiser(y):
    weight = SHARE * stats.norm.pdf(y, MU, np.hypot(S, SIGMA))
    return float((weight * (MU + S**2 / (S**2 + SIGMA**2) * (y - MU))).sum() / weight.sum())


@pytest.mark.parametrize("y", [-2.0, -0.4, 0.0, 0.6, 2.5])
def test_the_best_denoiser_of_a_mixture_is_the_posterior_mean_and_a_step_uphill(y):
    def joint(x):
        return density(x) * stats.norm.pdf(y, x, SIGMA)

    inside = {"points": [-1.0, 1.5], "limit": 200}
    mass = integrate.quad(joint, -4, 5, **inside)[0]
    mean = integrate.quad(lambda x: x * joint(x), -4, 5, **inside)[0] / mass
    assert mass == pytest.approx(noisy_density(y), rel=1e-6)
    assert best_denoiser(y) == pytest.approx(mean, abs=1e-6)
    h = 1e-5  # Tweedie: y + sigma^2 times the slope of log p, here by finite differences
    slope = (np.log(noisy_density(y + h)) - np.log(noisy_density(y - h))) / (2 * h)
    assert best_denoiser(y) == pytest.approx(y + SIGMA**2 * slope, abs=1e-6)


def test_any_other_denoiser_costs_its_squared_distance_more():
    g = np.random.default_rng(0)
    k = g.choice(2, size=400_000, p=SHARE)
    x = g.normal(MU[k], S[k])
    y = x + SIGMA * g.normal(size=len(x))
    weight = SHARE * stats.norm.pdf(y[:, None], MU, np.hypot(S, SIGMA))
    means = MU + S**2 / (S**2 + SIGMA**2) * (y[:, None] - MU)
    m = (weight * means).sum(1) / weight.sum(1)
    other = np.tanh(y) + 0.3
    both = ((other - m) ** 2).mean() + ((m - x) ** 2).mean()
    assert ((other - x) ** 2).mean() == pytest.approx(both, rel=5e-3)


def test_the_linear_restorer_is_least_squares_and_for_noise_the_wiener_filter(points):
    g = make_generator(2)
    x = points.repeat(400, 1).double()
    y = x + 0.5 * torch.randn(x.shape, generator=g, dtype=torch.float64)
    cov_y = (y - y.mean(0)).T @ (y - y.mean(0)) / len(y)
    cov_yx = (y - y.mean(0)).T @ (x - x.mean(0)) / len(y)
    b = torch.linalg.solve(cov_y, cov_yx)
    ones = torch.ones(len(y), 1, dtype=torch.float64)
    fitted = torch.linalg.lstsq(torch.cat([y, ones], dim=1), x).solution
    assert torch.allclose(b, fitted[:-1], atol=1e-8)
    c = points.double().T @ points.double() / len(points)  # in float32 not even symmetric
    wiener = c @ torch.linalg.inv(c + 0.25 * torch.eye(6, dtype=torch.float64))
    assert torch.allclose(b.T, wiener, atol=0.01)
    values, vectors = torch.linalg.eigh(c)
    scaled = (vectors * (values / (values + 0.25))) @ vectors.T  # each component on its own
    assert torch.allclose(wiener, scaled, atol=1e-10)


def test_the_wiener_filter_cut_to_its_first_components_is_the_best_of_its_rank(points):
    c = points.double().T @ points.double() / len(points)  # in float32 not even symmetric
    values, vectors = torch.linalg.eigh(c)
    gain = values / (values + 0.25)
    cut = (vectors[:, -2:] * gain[-2:]) @ vectors[:, -2:].T

    def error(b):  # E|b y - x|^2 for y = x + 0.5 noise, in closed form
        left = b - torch.eye(6, dtype=torch.float64)
        return torch.trace(left @ c @ left.T + 0.25 * b @ b.T).item()

    whole = (vectors * gain) @ vectors.T
    root = torch.linalg.cholesky(c + 0.25 * torch.eye(6, dtype=torch.float64))
    u, spread, v = torch.linalg.svd(whole @ root)  # Eckart & Young, with the metric of y
    best = (u[:, :2] * spread[:2]) @ v[:2] @ torch.linalg.inv(root)
    assert error(cut) == pytest.approx(error(best), rel=1e-9)
    assert error(cut) == pytest.approx(error(whole) + (values * gain)[:-2].sum().item(), rel=1e-9)


def test_the_roc_area_is_the_mann_whitney_statistic():
    g = np.random.default_rng(1)
    normal, strange = g.integers(0, 12, 90).astype(float), g.integers(3, 15, 70).astype(float)
    gap = strange[:, None] - normal  # with ties
    area = ((gap > 0) + 0.5 * (gap == 0)).mean()
    u = stats.mannwhitneyu(strange, normal).statistic
    assert area == pytest.approx(u / (90 * 70), abs=1e-12)
    steps = np.arange(16, -2, -1)[:, None] - 0.5
    false, caught = (normal >= steps).mean(1), (strange >= steps).mean(1)
    under = np.sum((caught[1:] + caught[:-1]) / 2 * np.diff(false))  # np.trapezoid, from numpy 2 on
    assert area == pytest.approx(under, abs=1e-12)


def test_a_denoiser_that_remembers_follows_bayes_rule():
    pictures, y = (
        torch.randn(5, 3, generator=make_generator(3)).double(),
        torch.zeros(1, 3).double(),
    )
    weight = (-torch.cdist(y, pictures).square() / (2 * 0.8**2)).softmax(1)
    log = torch.distributions.Normal(pictures, 0.8).log_prob(y).sum(1)
    assert torch.allclose(weight[0], log.exp() / log.exp().sum())
