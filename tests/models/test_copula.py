"""The copula against scipy's normal distribution and rank correlation, and on hard tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_teach.core import (
    ChoiceError,
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    make_generator,
)
from aigc_teach.models import GaussianCopula, Marginals
from aigc_teach.models.copula import nearest_correlation, pairwise

NAN = math.nan


def gaussian(n, seed=0):
    """Rows of a known Gaussian in float64, and its covariance."""
    root = torch.tensor([[2.0, 0, 0], [1.0, 0.5, 0], [-0.3, 0.2, 1.0]]).double()
    z = torch.randn(n, 3, generator=make_generator(seed)).double()
    return z @ root.T + torch.tensor([1.0, -2.0, 30.0]).double(), root @ root.T


def test_on_gaussian_data_it_is_the_fitted_multivariate_normal():
    stats = pytest.importorskip("scipy.stats")
    x, _ = gaussian(200)
    model = GaussianCopula("normal").fit(x, (0, 0, 0))
    theirs = stats.multivariate_normal(x.mean(0).numpy(), np.cov(x.T.numpy(), bias=True))
    new, _ = gaussian(50, seed=1)
    assert np.allclose(model.log_prob(new).numpy(), theirs.logpdf(new.numpy()), atol=1e-9)
    drawn = model.sample(100_000, generator=make_generator(2))
    assert torch.allclose(drawn.mean(0), x.mean(0), atol=0.03)
    assert torch.allclose(torch.cov(drawn.T), torch.cov(x.T), atol=0.06)


def test_normal_scores_are_scipys():
    stats = pytest.importorskip("scipy.stats")
    x = torch.rand(40, 1, generator=make_generator(0)).double().exp()
    x[7] = x[3]  # a tie shares its mean rank
    scores = Marginals().fit(x, (0,)).scores(x)
    ranks = stats.rankdata(x[:, 0].numpy())
    assert np.allclose(scores[:, 0].numpy(), stats.norm.ppf((ranks - 0.5) / 40))


def test_spearmans_correlation_is_that_of_a_gaussian_copula():
    """6/pi arcsin(r/2), whatever the marginals are: here exp and the cube."""
    stats = pytest.importorskip("scipy.stats")
    x, covariance = gaussian(4000)
    r = (covariance[0, 1] / (covariance[0, 0] * covariance[1, 1]).sqrt()).item()
    bent = torch.stack([x[:, 0].exp(), (x[:, 1] + 2) ** 3], dim=1)
    model = GaussianCopula().fit(bent, (0, 0))
    assert model.correlation[0, 1].item() == pytest.approx(r, abs=0.01)
    drawn = model.sample(20_000, generator=make_generator(3)).numpy()
    spearman = stats.spearmanr(drawn[:, 0], drawn[:, 1])[0]
    assert spearman == pytest.approx(6 / math.pi * math.asin(r / 2), abs=0.015)
    assert stats.ks_2samp(drawn[:, 0], bent[:, 0].numpy()).statistic < 0.02


def test_what_it_draws_lies_between_the_extremes_and_copies_are_rare():
    x, _ = gaussian(100)
    drawn = GaussianCopula().fit(x, (0, 0, 0)).sample(2000, generator=make_generator(0))
    assert (drawn.amin(0) >= x.amin(0)).all() and (drawn.amax(0) <= x.amax(0)).all()
    assert not any((drawn == row).all(1).any() for row in x)


def mixed(n=5000, seed=0):
    """A number, a category that rises with it, and a number missing where it is large."""
    g = make_generator(seed)
    z, e = torch.randn(n, 2, generator=g).T
    code = (z > -0.5).float() + (z > 1).float()
    other = 3 * z + e
    other[(z > 0.8) & (torch.rand(n, generator=g) < 0.5)] = NAN
    return torch.stack([z.exp(), code, other], dim=1)


def test_mixed_columns_keep_their_shares_their_gaps_and_their_ties():
    x = mixed()
    drawn = (
        GaussianCopula()
        .fit(x, (0, 3, 0), generator=make_generator(1))
        .sample(20_000, generator=make_generator(2))
    )
    shares = [torch.bincount(t[:, 1].long(), minlength=3) / len(t) for t in (x, drawn)]
    assert torch.allclose(*shares, atol=0.02)
    gaps = [t[:, 2].isnan().float().mean().item() for t in (x, drawn)]
    assert gaps[0] == pytest.approx(gaps[1], abs=0.01)
    means = [[t[t[:, 1] == k, 0].mean() for k in range(3)] for t in (x, drawn)]
    assert means[1][0] < means[1][1] < means[1][2]  # weaker than in the data, the same way
    missing = [t[t[:, 2].isnan(), 0].mean().item() for t in (x, drawn)]
    seen = [t[~t[:, 2].isnan(), 0].mean().item() for t in (x, drawn)]
    assert missing[1] > seen[1] and missing[0] > seen[0]


def test_independent_columns_keep_the_marginals_alone():
    x, _ = gaussian(3000)
    drawn = (
        GaussianCopula(independent=True)
        .fit(x, (0, 0, 0))
        .sample(20_000, generator=make_generator(0))
    )
    assert torch.corrcoef(drawn.T)[0, 1].abs() < 0.03 < torch.corrcoef(x.T)[0, 1]
    assert drawn[:, 0].mean().item() == pytest.approx(x[:, 0].mean().item(), abs=0.05)


def test_a_column_of_one_value_is_drawn_as_that_value():
    x, _ = gaussian(50)
    x[:, 1] = 7.0
    x = torch.cat([x, torch.ones(50, 1).double()], 1)
    for kind in ("empirical", "normal"):
        model = GaussianCopula(kind).fit(x, (0, 0, 0, 2), generator=make_generator(0))
        drawn = model.sample(200, generator=make_generator(0))
        assert (drawn[:, 1] == 7).all() and (drawn[:, 3] == 1).all() and drawn.isfinite().all()
        assert model.correlation[1, 0] == pytest.approx(0, abs=1e-5)


def test_ranks_of_pairs_with_gaps_and_a_matrix_that_is_none():
    x = torch.tensor([[1.0, 2.0, NAN], [2.0, 4.0, 1.0], [3.0, NAN, 2.0], [4.0, 8.0, NAN]])
    r = pairwise(x)
    assert r[0, 1] == pytest.approx(1) and r[1, 2] == 0  # one shared row is too few
    bad = torch.tensor([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    assert torch.linalg.eigvalsh(bad).min() < 0
    mended = nearest_correlation(bad)
    assert torch.linalg.eigvalsh(mended).min() > 0
    assert torch.allclose(mended.diagonal(), torch.ones(3))
    good = torch.tensor([[1.0, 0.5], [0.5, 1.0]])
    assert torch.allclose(nearest_correlation(good), good, atol=1e-6)


def test_seeds_decide_and_the_data_are_left_alone():
    x = mixed(100)
    before = x.clone()
    model = GaussianCopula().fit(x, (0, 3, 0), generator=make_generator(0))
    a, b, c = (model.sample(9, generator=make_generator(s)) for s in (1, 1, 2))
    assert torch.equal(a.nan_to_num(-9), b.nan_to_num(-9)) and not torch.equal(a, c)
    assert torch.equal(x.nan_to_num(-9), before.nan_to_num(-9))


@pytest.mark.parametrize(
    "rows, categories, error, words",
    [
        (torch.zeros(1, 2), (0, 0), ShapeError, "too few rows: 1"),
        (torch.zeros(0, 2), (0, 0), ShapeError, "too few rows: 0"),
        (torch.zeros(3, 2), (0,), ShapeError, r"\[N, 1\]; you gave \[3, 2\]"),
        (torch.zeros(3), (0,), ShapeError, r"you gave \[3\]"),
        (torch.zeros(3, 1).long(), (0,), DtypeError, "floating-point"),
        ([[0.0]], (0,), DtypeError, "a list"),
        (torch.tensor([[0.0], [3.0]]), (3,), RangeError, "unknown category in column 0: 3"),
        (torch.tensor([[0.0], [0.5]]), (3,), RangeError, "unknown category in column 0: 0.5"),
        (torch.tensor([[0.0], [-1.0]]), (3,), RangeError, "unknown category in column 0: -1"),
        (torch.tensor([[NAN], [NAN]]), (0,), DataError, "Column 0 holds no value at all"),
        (torch.tensor([[NAN], [NAN]]), (2,), DataError, "Column 0 holds no value at all"),
        (torch.tensor([[1.0], [math.inf]]), (0,), RangeError, "infinite"),
        (torch.zeros(3, 1), (1,), RangeError, "a category needs 2 values"),
        (torch.zeros(3, 1), (-2,), RangeError, "too small"),
        (torch.zeros(3, 1), "0", DtypeError, "categories must be a tuple"),
        (torch.zeros(3, 1), (), DtypeError, "categories must be a tuple"),
        (torch.zeros(3, 1), (2.0,), DtypeError, "whole number"),
    ],
)
def test_what_is_no_table_is_a_sentence(rows, categories, error, words):
    with pytest.raises(error, match=words):
        GaussianCopula().fit(rows, categories)


def test_densities_that_do_not_exist_and_models_that_are_not_fitted():
    with pytest.raises(DataError, match="call fit"):
        GaussianCopula().sample(3)
    with pytest.raises(DataError, match="call fit"):
        Marginals().scores(torch.zeros(2, 1))
    with pytest.raises(ChoiceError, match="'empirical', 'normal'"):
        GaussianCopula("kernel")
    x, _ = gaussian(20)
    for model in (
        GaussianCopula().fit(x, (0, 0, 0)),
        GaussianCopula("normal").fit(x * torch.tensor([1.0, 1.0, 0.0]).double(), (0, 0, 0)),
    ):
        with pytest.raises(DataError, match="log_prob needs"):
            model.log_prob(x)
    with pytest.raises(RangeError, match="n=0"):
        GaussianCopula().fit(x, (0, 0, 0)).sample(0)
