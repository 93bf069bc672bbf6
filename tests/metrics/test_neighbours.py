"""Kernel distance, precision, recall, density, coverage: against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import kernel_distance, neighbour_scores


def cloud(n, size=8, seed=0, shift=0.0, scale=1.0):
    return shift + scale * torch.randn(n, size, generator=make_generator(seed))


def kernel_by_sklearn(x, y):
    xx, yy, xy = (polynomial_kernel(a, b, degree=3, coef0=1) for a, b in ((x, x), (y, y), (x, y)))
    pairs = [(m.sum() - np.trace(m)) / (len(m) * (len(m) - 1)) for m in (xx, yy)]
    return sum(pairs) - 2 * xy.mean()


def scores_by_sklearn(fake, real, k):
    def reach(x):
        return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, -1]

    gap = np.linalg.norm(fake[:, None] - real[None], axis=2)  # [N, M]
    in_real, in_fake = gap <= reach(real)[None], gap <= reach(fake)[:, None]
    return (
        in_real.any(1).mean(),
        in_fake.any(0).mean(),
        in_real.sum() / (k * len(fake)),
        in_real.any(0).mean(),
    )


@pytest.mark.parametrize("shift, scale", [(0.0, 1.0), (0.7, 1.0), (0.0, 0.3), (3.0, 2.0)])
def test_agree_with_scikit_learn(shift, scale):
    fake, real = cloud(90, seed=1, shift=shift, scale=scale).double(), cloud(120).double()
    expected = kernel_by_sklearn(fake.numpy(), real.numpy())
    assert kernel_distance(fake, real) == pytest.approx(expected, rel=1e-9)
    for k in (1, 3, 5):
        theirs = scores_by_sklearn(fake.numpy(), real.numpy(), k)
        assert neighbour_scores(fake, real, k=k) == pytest.approx(theirs, rel=1e-9)


def test_the_kernel_distance_is_unbiased_at_every_sample_size():
    for n in (5, 50):
        values = [
            kernel_distance(cloud(n, seed=2 * i), cloud(n, seed=2 * i + 1)) for i in range(400)
        ]
        error = np.std(values) / len(values) ** 0.5
        assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0  # the price: single values fall below 0


def test_lost_variety_and_lost_quality_are_told_apart():
    real = cloud(400)
    narrow, wide = cloud(400, seed=1, scale=0.3), cloud(400, seed=2, scale=3.0)
    collapsed, noisy = neighbour_scores(narrow, real), neighbour_scores(wide, real)
    assert collapsed.precision > 0.95 and collapsed.recall < 0.1 and collapsed.coverage < 0.8
    assert noisy.precision < 0.2 and noisy.density < 0.2
    same = neighbour_scores(cloud(400, seed=3), real)
    assert min(same[:2]) > 0.6 and 0.8 < same.density < 1.2 and same.coverage > 0.9


def test_one_outlier_inflates_recall_and_not_coverage():
    real, fake = cloud(200), cloud(20, seed=1, scale=0.1)
    before = neighbour_scores(fake, real, k=3)
    far = neighbour_scores(torch.cat([fake, torch.full((1, 8), 30.0)]), real, k=3)
    assert before.recall < 0.1 and far.recall > 0.4  # half of space lies inside one far ball
    assert far.coverage == pytest.approx(before.coverage, abs=0.01)


@pytest.mark.parametrize("measure", [kernel_distance, neighbour_scores])
@pytest.mark.parametrize(
    "fake, real, error",
    [
        (torch.zeros(9, 2), torch.zeros(9, 3), ShapeError),
        (torch.zeros(9), torch.zeros(9, 3), ShapeError),
        (torch.zeros(1, 3), torch.zeros(9, 3), DataError),
        (torch.zeros(9, 3).long(), torch.zeros(9, 3), DtypeError),
        (torch.full((9, 3), torch.nan), torch.zeros(9, 3), RangeError),
    ],
)
def test_bad_input_is_refused_in_words(measure, fake, real, error):
    with pytest.raises(error) as caught:
        measure(fake, real)
    assert str(caught.value).endswith(".")


def test_k_must_leave_a_neighbour():
    with pytest.raises(DataError, match="k=9"):
        neighbour_scores(cloud(9), cloud(20), k=9)
