"""Measures of tables against scipy and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.metrics import attacks, tables
from aigc_teach.models import GaussianCopula


@pytest.fixture(scope="module")
def rows():
    return data.records().rows.double()


@pytest.fixture
def stats(truth):
    return pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("column", range(10))
def test_kolmogorov_smirnov(agree, stats, rows, column):
    a, b = rows[:200, column], rows[200:, column]
    agree(tables.ks_distance(a, b), float(stats.ks_2samp(a.numpy(), b.numpy()).statistic))


def test_correlations(agree, stats, rows):
    for j in range(1, 10):
        a, b = rows[:, 0], rows[:, j]
        agree(tables.correlation(a, b), float(stats.pearsonr(a.numpy(), b.numpy())[0]))


def test_a_copula_on_gaussian_data_is_the_multivariate_normal(agree, stats):
    root = torch.tensor([[1.0, 0.0], [0.8, 0.6]]).double()
    x = torch.randn(300, 2, generator=make_generator(0)).double() @ root.T
    ours = GaussianCopula("normal").fit(x, (0, 0)).log_prob(x[:20])
    theirs = stats.multivariate_normal(x.mean(0).numpy(), np.cov(x.T.numpy(), bias=True))
    agree(ours.numpy(), theirs.logpdf(x[:20].numpy()))


def test_the_spread_of_an_attack_that_knows_nothing(agree, stats):
    """Of Mann and Whitney's U, as scipy's z-value has it."""
    a, b = np.arange(7.0), np.arange(7.0, 12)
    found = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=False)
    z = (0 - 0.5) / attacks.null_spread(7, 5)  # all of a below all of b: AUC 0
    agree(math.erfc(-z / math.sqrt(2)), float(found.pvalue))


def test_auc_and_the_rate_at_few_mistakes(agree, truth):
    sklearn = pytest.importorskip("sklearn.metrics")
    g = make_generator(1)
    members = (torch.randn(150, generator=g) + 1).double().mul(4).round()  # with ties
    others = torch.randn(400, generator=g).double().mul(4).round()
    y = np.r_[np.ones(150), np.zeros(400)]
    scores = torch.cat([members, others]).numpy()
    agree(tables.auc(members, others), float(sklearn.roc_auc_score(y, scores)))
    false, true, _ = sklearn.roc_curve(y, scores, drop_intermediate=False)
    for rate in (0.01, 0.05, 0.3):
        agree(attacks.tpr_at(members, others, rate), float(true[false <= rate + 1e-12].max()))


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_logistic_regression(agree, truth, rows, penalty):
    linear = pytest.importorskip("sklearn.linear_model")
    x, y = rows[:300, :10], rows[:300, 10]
    ours = tables.logistic_regression(x, y, penalty=penalty)
    z = ((x - x.mean(0)) / x.std(0, correction=0)).numpy()
    theirs = linear.LogisticRegression(C=1 / penalty, tol=1e-12, solver="newton-cholesky")
    theirs.fit(z, y.numpy())
    agree(ours.weights.numpy(), theirs.coef_[0])
    agree(ours.intercept, float(theirs.intercept_[0]))


def test_nearest_records(agree, truth, rows):
    neighbours = pytest.importorskip("sklearn.neighbors")
    z = (rows - rows.mean(0)) / rows.std(0)
    z[:, 10] = rows[:, 10]  # two categories differ by 1, as two numbers 0 and 1 do
    kinds = data.records().categories
    ours, which = attacks.nearest(z[:100], z[100:], kinds)
    theirs = neighbours.NearestNeighbors(n_neighbors=1).fit(z[100:].numpy())
    distance, place = theirs.kneighbors(z[:100].numpy())
    agree(ours.numpy(), distance[:, 0])
    agree(which.numpy(), place[:, 0])
    model = neighbours.KNeighborsClassifier(3).fit(z[100:, :10].numpy(), z[100:, 10].numpy())
    right = float((model.predict(z[:100, :10].numpy()) == z[:100, 10].numpy()).mean())
    agree(attacks.attribute_inference(z[100:], z[:100], kinds, -1, k=3), right)
