"""The formulas on the page about evaluation, against SciPy, plain loops and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats
import torch
from sklearn.neighbors import NearestNeighbors

from aigc_teach.core import make_generator
from aigc_teach.metrics import frechet_distance, gaussian_of, kernel_distance, neighbour_scores


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=make_generator(seed), dtype=torch.float64)


def frechet(x, y):
    return frechet_distance(*gaussian_of(x), *gaussian_of(y))


# --- the Frechet distance -------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 16])
def test_frechet_against_scipy_and_by_the_eigenvalues_of_the_plain_product(size):
    x, y = normal(200, size), 0.5 + normal(150, size, seed=1) @ normal(size, size, seed=2)
    (mean1, cov1), (mean2, cov2) = ((v.numpy() for v in gaussian_of(z)) for z in (x, y))
    root = np.real(scipy.linalg.sqrtm(cov1 @ cov2))
    truth = ((mean1 - mean2) ** 2).sum() + np.trace(cov1 + cov2 - 2 * root)
    assert frechet(x, y) == pytest.approx(truth, rel=1e-7)
    roots = np.sqrt(np.linalg.eigvals(cov1 @ cov2).real.clip(0))  # as the page writes it
    page = ((mean1 - mean2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * roots.sum()
    assert page == pytest.approx(truth, rel=1e-7)


def test_no_coupling_does_better():
    """The trace of K is largest for the K of the formula: random R of norm 1 stay below."""
    a, b = normal(4, 4), normal(4, 4, seed=1)
    cov1, cov2 = a @ a.T, b @ b.T
    root1, root2 = (torch.from_numpy(np.real(scipy.linalg.sqrtm(c.numpy()))) for c in (cov1, cov2))
    most = torch.linalg.svdvals(root2 @ root1).sum().item()
    zero = torch.zeros(4, dtype=torch.float64)
    distance = frechet_distance(zero, cov1, zero, cov2)
    assert distance == pytest.approx((cov1.trace() + cov2.trace()).item() - 2 * most, rel=1e-6)
    for seed in range(200):
        r = normal(4, 4, seed=seed)
        r = r / torch.linalg.matrix_norm(r, 2)
        k = root1 @ r @ root2
        assert k.trace().item() <= most + 1e-9
        joint = torch.cat([torch.cat([cov1, k], 1), torch.cat([k.T, cov2], 1)])
        assert torch.linalg.eigvalsh(joint).min() > -1e-9  # it is a covariance


def test_it_is_the_least_mean_square_over_all_pairings_of_two_gaussian_samples():
    x, y = (
        normal(1500, 2),
        normal(1500, 2, seed=1) @ torch.tensor([[1.5, 0.4], [0.0, 0.6]]).double(),
    )
    y = y + torch.tensor([1.0, -0.5])
    cost = torch.cdist(x, y).square().numpy()
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    assert frechet(x, y) == pytest.approx(cost[rows, columns].mean(), rel=0.08)


def test_one_dimension():
    x, y = 2 * normal(300, 1) + 1, 0.5 * normal(400, 1, seed=1)
    expected = (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2
    assert frechet(x, y) == pytest.approx(expected.item(), rel=1e-9)


# --- its bias -------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [50, 200])
def test_the_part_of_the_means_is_biased_by_the_trace_over_n(n):
    factor = normal(5, 5, seed=9)
    trace = (factor @ factor.T).trace().item()
    gaps = [((normal(n, 5, seed=i) @ factor.T).mean(0)).square().sum().item() for i in range(2000)]
    assert np.mean(gaps) == pytest.approx(trace / n, rel=0.08)


def test_the_whole_is_biased_as_one_over_n_and_two_points_give_the_limit():
    """In one dimension, against an exact standard normal: (1 + 1/2) / n, and 0 in the limit."""
    zero, one = torch.zeros(1), torch.ones(1, 1)
    means = {}
    for n in (50, 100, 400):
        values = [
            frechet_distance(*gaussian_of(normal(n, 1, seed=7000 * n + i)), zero, one)
            for i in range(2000)
        ]
        means[n] = np.mean(values)
        assert n * means[n] == pytest.approx(1.5, rel=0.1)
    limit = (400 * means[400] - 50 * means[50]) / (400 - 50)
    assert abs(limit) < 0.1 * means[400]


def test_the_extrapolation_recovers_an_exact_law():
    def d(n):
        return 4400 / n + 1.8

    for n1, n2 in [(50, 1600), (1600, 50), (200, 400)]:
        assert (n1 * d(n1) - n2 * d(n2)) / (n1 - n2) == pytest.approx(1.8)


# --- the kernel distance --------------------------------------------------------------------


def test_kernel_distance_against_a_double_loop():
    x, y = normal(7, 3), 0.3 + normal(9, 3, seed=1)

    def k(a, b):
        return (sum(p * q for p, q in zip(a.tolist(), b.tolist(), strict=True)) / 3 + 1) ** 3

    within_x = sum(k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j) / 42
    within_y = sum(k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j) / 72
    across = sum(k(a, b) for a in x for b in y) / 63
    assert kernel_distance(x, y) == pytest.approx(within_x + within_y - 2 * across, rel=1e-10)


def test_equal_first_three_moments_are_invisible_to_it_and_two_of_them_to_frechet():
    """A coin of -1 and 1, and a three-sided one with the same first three moments."""
    coin = torch.tensor([-1.0, 1.0]).double().repeat(900)[:, None]
    r = math.sqrt(1.5)
    three = torch.tensor([-r, 0.0, r], dtype=torch.float64).repeat(600)[:, None]
    for power in (1, 2, 3):
        assert coin.pow(power).mean() == pytest.approx(three.pow(power).mean().item(), abs=1e-9)
    assert coin.pow(4).mean() != pytest.approx(three.pow(4).mean().item(), abs=0.1)
    assert frechet(coin, three) == pytest.approx(0, abs=1e-9)
    kernel = lambda a, b: ((a @ b.T + 1) ** 3).mean()  # noqa: E731
    biased = kernel(coin, coin) + kernel(three, three) - 2 * kernel(coin, three)
    assert biased == pytest.approx(0, abs=1e-9)
    assert abs(kernel_distance(coin, three)) < 0.02  # what leaving out the pairs i = i changes


def test_the_skewed_cloud_has_the_kernel_distance_of_its_third_moment():
    """Mean 0, variance 1, third moment 2 (an exponential): only the cube differs, by 2^2."""
    assert scipy.stats.expon.stats(moments="s") == 2
    places = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    skewed = torch.from_numpy(scipy.stats.expon.ppf(places.numpy()))[:, None]
    bell = torch.from_numpy(scipy.stats.norm.ppf(places.numpy()))[:, None]
    standard = [(z - z.mean()) / z.std() for z in (skewed, bell)]
    third = (standard[0] ** 3).mean().item()
    assert kernel_distance(*standard) == pytest.approx(third**2, rel=0.05)
    assert third == pytest.approx(2, rel=0.03)


# --- neighbours -----------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 5])
def test_coverage_and_its_relatives_against_scikit_learn(k):
    fake, real = 0.4 + 0.8 * normal(60, 4), normal(80, 4, seed=1)
    gap = np.linalg.norm(fake.numpy()[:, None] - real.numpy()[None], axis=2)
    finders = [NearestNeighbors(n_neighbors=k).fit(z.numpy()) for z in (real, fake)]
    reach_real, reach_fake = (finder.kneighbors()[0][:, -1] for finder in finders)
    scores = neighbour_scores(fake, real, k=k)
    assert scores.coverage == pytest.approx((gap <= reach_real).any(0).mean())
    assert scores.precision == pytest.approx((gap <= reach_real).any(1).mean())
    assert scores.density == pytest.approx((gap <= reach_real).sum() / (k * 60))
    assert scores.recall == pytest.approx((gap <= reach_fake[:, None]).any(0).mean())


def test_expected_coverage_of_two_equal_sets():
    """Naeem et al. 2020: 1 - (m-1)...(m-k) / ((n+m-1)...(n+m-k)) for n samples, m real points."""
    n, m, k = 40, 60, 3
    found = [
        neighbour_scores(normal(n, 2, seed=2 * i), normal(m, 2, seed=2 * i + 1), k=k).coverage
        for i in range(300)
    ]
    left = math.prod((m - i) / (n + m - i) for i in range(1, k + 1))
    assert np.mean(found) == pytest.approx(1 - left, abs=0.01)


@pytest.mark.parametrize(("equal", "swallowed"), [(1, True), (3, True), (6, False)])
def test_a_few_equal_outliers_raise_recall_until_they_have_k_equals(equal, swallowed):
    """With k = 5 six equal points find five others at distance 0, and their balls have no size."""
    real, narrow = normal(300, 4), 0.2 * normal(60, 4, seed=1)
    alone = neighbour_scores(narrow, real)
    mixed = torch.cat([narrow[equal:], torch.full((equal, 4), 9.0).double()])
    scores = neighbour_scores(mixed, real)
    assert (scores.recall > alone.recall + 0.3) == swallowed
    assert scores.recall > alone.recall - 0.1
    assert scores.coverage <= alone.coverage


# --- likelihood -----------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.99, 0.999])
def test_a_mixture_with_noise_costs_at_most_minus_log_of_what_is_left(share):
    model, noise = scipy.stats.norm(0.0, 1.0), scipy.stats.uniform(-20, 40)
    x = np.linspace(-12, 12, 500)
    log_model, log_noise = model.logpdf(x), noise.logpdf(x)
    log_mixture = np.logaddexp(np.log(1 - share) + log_model, np.log(share) + log_noise)
    lost = log_model - log_mixture
    assert (lost <= -math.log(1 - share) + 1e-12).all()
    whole, _ = scipy.integrate.quad(
        lambda v: (1 - share) * model.pdf(v) + share * noise.pdf(v), -20, 20, points=[0], limit=200
    )
    assert whole == pytest.approx(1, abs=1e-6)  # it is a density
    assert -math.log(1 - 0.99) == pytest.approx(math.log(100))


def test_a_memorisers_density_is_a_mixture_of_gaussians():
    known, x, h = normal(12, 3), normal(5, 3, seed=1), 0.4
    squared = torch.cdist(x, known) ** 2
    log_scale = math.log(12) + 3 / 2 * math.log(2 * math.pi * h**2)
    ours = torch.logsumexp(-squared / (2 * h**2), 1) - log_scale
    each = [
        scipy.stats.multivariate_normal(c.numpy(), h**2 * np.eye(3)).pdf(x.numpy()) for c in known
    ]
    assert ours.numpy() == pytest.approx(np.log(np.mean(each, axis=0)), rel=1e-9)
