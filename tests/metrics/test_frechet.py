"""The Frechet distance against SciPy's matrix square root and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import frechet_distance, gaussian_of, symmetric_root


def random_gaussian(size: int, seed: int, rank: int | None = None):
    generator = make_generator(seed)
    root = torch.randn(size, rank or size, generator=generator, dtype=torch.float64)
    return torch.randn(size, generator=generator, dtype=torch.float64), root @ root.T


def by_scipy(mean1, cov1, mean2, cov2) -> float:
    product = scipy.linalg.sqrtm(cov1.numpy() @ cov2.numpy())
    gap = (mean1 - mean2).square().sum().item()
    return gap + np.trace(cov1.numpy() + cov2.numpy() - 2 * np.real(product))


@pytest.mark.parametrize("size", [1, 2, 8, 64])
def test_agrees_with_scipys_matrix_square_root(size):
    for seed in range(5):
        one, two = random_gaussian(size, seed), random_gaussian(size, 100 + seed)
        assert frechet_distance(*one, *two) == pytest.approx(by_scipy(*one, *two), rel=1e-8)


def test_closed_form_in_one_dimension():
    mean1, mean2 = torch.tensor([1.0]), torch.tensor([4.0])
    cov1, cov2 = torch.tensor([[4.0]]), torch.tensor([[25.0]])
    # (m1 - m2)^2 + (s1 - s2)^2 = 9 + 9
    assert frechet_distance(mean1, cov1, mean2, cov2) == pytest.approx(18.0, abs=1e-12)


def test_closed_form_for_covariances_that_commute():
    generator = make_generator(0)
    basis, _ = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64))
    s1, s2 = (torch.rand(6, generator=generator, dtype=torch.float64) for _ in range(2))
    cov1, cov2 = basis @ s1.diag().square() @ basis.T, basis @ s2.diag().square() @ basis.T
    zero = torch.zeros(6, dtype=torch.float64)
    expected = (s1 - s2).square().sum().item()
    assert frechet_distance(zero, cov1, zero, cov2) == pytest.approx(expected, rel=1e-9)


def test_equal_gaussians_are_at_distance_zero_and_the_order_does_not_matter():
    one, two = random_gaussian(16, 1), random_gaussian(16, 2)
    assert frechet_distance(*one, *one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(*one, *two) == pytest.approx(frechet_distance(*two, *one), rel=1e-9)


def test_singular_covariances_stay_real():
    one, two = random_gaussian(32, 1, rank=3), random_gaussian(32, 2, rank=3)
    root = symmetric_root(one[1])
    assert torch.allclose(root @ root, one[1], atol=1e-9)
    # trace of (C1 C2)^(1/2) is the nuclear norm of R1^T R2, for any roots R
    generator = make_generator(1)
    root1 = torch.randn(32, 3, generator=generator, dtype=torch.float64)
    root2 = torch.randn(32, 3, generator=generator, dtype=torch.float64)
    zero, cov1, cov2 = torch.zeros(32).double(), root1 @ root1.T, root2 @ root2.T
    nuclear = torch.linalg.svdvals(root1.T @ root2).sum()
    expected = (cov1.trace() + cov2.trace() - 2 * nuclear).item()
    assert frechet_distance(zero, cov1, zero, cov2) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(*one, *two) > 0


def test_gaussian_of_agrees_with_numpy_in_double_precision():
    features = torch.rand(200, 7, generator=make_generator(0)) + 1000  # float32 would lose digits
    mean, cov = gaussian_of(features)
    assert mean.dtype == cov.dtype == torch.float64
    assert np.allclose(mean, features.double().numpy().mean(0), rtol=0, atol=1e-12)
    assert np.allclose(cov, np.cov(features.double().numpy().T), rtol=0, atol=1e-12)


def test_distance_of_samples_goes_to_the_known_distance_of_their_gaussians():
    generator = make_generator(0)
    x = torch.randn(40_000, 3, generator=generator)
    y = 1 + 2 * torch.randn(40_000, 3, generator=generator)
    measured = frechet_distance(*gaussian_of(x), *gaussian_of(y))
    assert measured == pytest.approx(3 * 1 + 3 * (2 - 1) ** 2, rel=0.03)


@pytest.mark.parametrize(
    ("features", "error", "words"),
    [
        (torch.zeros(3), ShapeError, r"must be \[N, D\]"),
        (torch.zeros(0, 3), ShapeError, "not empty"),
        (torch.zeros(1, 3), DataError, "at least 2 items"),
        (torch.zeros(4, 3, dtype=torch.int64), DtypeError, "floating-point"),
        (np.zeros((4, 3)), DtypeError, "ndarray"),
        (torch.full((4, 3), torch.nan), RangeError, "NaN or infinite"),
    ],
)
def test_bad_features_are_refused_with_a_sentence(features, error, words):
    with pytest.raises(error, match=words):
        gaussian_of(features)


def test_bad_gaussians_are_refused_with_a_sentence():
    mean, cov = torch.zeros(3), torch.eye(3)
    with pytest.raises(ShapeError, match=r"cov2 must be \[3, 3\]; yours is \[2, 2\]"):
        frechet_distance(mean, cov, mean, torch.eye(2))
    with pytest.raises(ShapeError, match="yours have 3 and 2"):
        frechet_distance(mean, cov, torch.zeros(2), cov)
    with pytest.raises(RangeError, match="not symmetric"):
        frechet_distance(mean, cov + torch.ones(3, 3).triu(1), mean, cov)
    with pytest.raises(RangeError, match="mean1 holds values that are NaN"):
        frechet_distance(mean / 0, cov, mean, cov)
