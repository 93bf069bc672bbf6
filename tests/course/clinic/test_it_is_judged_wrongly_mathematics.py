"""Every formula of the lesson on wrong judgements, against an independent source."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from aigc_teach.course.clinic.it_is_judged_wrongly import exercises as judged
from aigc_teach.losses import gan as gan_losses


def test_the_error_of_a_batch_falls_with_the_root_of_its_size():
    rng = np.random.default_rng(0)
    losses = rng.gamma(12.0, 11.0, size=100_000)  # skewed, spread about 38
    for size in (16, 64, 256):
        means = rng.choice(losses, size=(20_000, size)).mean(1)
        assert means.std() == pytest.approx(losses.std() / math.sqrt(size), rel=0.03)
        assert stats.sem(losses[:size]) == pytest.approx(
            losses[:size].std(ddof=1) / math.sqrt(size)
        )


def test_how_often_the_worse_of_two_looks_better():
    rng = np.random.default_rng(1)
    a, b, size = 135 + 38 * rng.standard_normal(50_000), 137 + 38 * rng.standard_normal(50_000), 64
    one, other = (rng.choice(x, size=(20_000, size)).mean(1) for x in (a, b))
    z = (b.mean() - a.mean()) / math.sqrt((a.var() + b.var()) / size)
    assert (other < one).mean() == pytest.approx(stats.norm.cdf(-z), abs=0.012)
    assert 0.5 * math.erfc(z / math.sqrt(2)) == pytest.approx(stats.norm.cdf(-z))


def test_the_variance_of_a_paired_difference():
    rng = np.random.default_rng(2)
    common = 38 * rng.standard_normal(500)
    a, b = common + 5 * rng.standard_normal(500), common + 2 + 5 * rng.standard_normal(500)
    rho = np.corrcoef(a, b)[0, 1]
    s, t = a.std(ddof=1), b.std(ddof=1)
    assert (b - a).var(ddof=1) == pytest.approx(s**2 + t**2 - 2 * rho * s * t)
    mean, error = judged._paired(torch.tensor(a), torch.tensor(b))
    test = stats.ttest_rel(b, a)
    assert (mean / error).item() == pytest.approx(test.statistic)


def test_a_constant_critic_on_one_label_and_on_both():
    def one(c):
        return math.log1p(math.exp(-c))

    values = [one(c) for c in (0, 5, 10, 30)]
    assert values[0] == pytest.approx(math.log(2)) and values[-1] < 1e-12
    assert all(later < earlier for earlier, later in itertools.pairwise(values))

    def both(c):
        answers = torch.full((4, 1), float(c), dtype=torch.float64)
        return gan_losses.critic_loss(answers, answers).item()

    lowest = optimize.minimize_scalar(both, bounds=(-8, 8), method="bounded")
    assert lowest.x == pytest.approx(0, abs=1e-3)
    assert lowest.fun == pytest.approx(2 * math.log(2))


def test_certainty_along_a_ray():
    v, w = np.array([0.3, 1.0, 0.9]), np.array([2.0, -1.0, 0.5])

    def formula(alpha, k=1):
        others = [j for j in range(3) if j != k]
        return 1 / (1 + sum(math.exp(-alpha * (v[k] - v[j]) - (w[k] - w[j])) for j in others))

    for alpha in (0.5, 4, 40):
        logits = torch.tensor(alpha * v + w)
        assert formula(alpha) == pytest.approx(logits.softmax(0)[1].item())
    assert formula(500) > 1 - 1e-12


def test_the_quantile_of_the_best_of_many():
    for n in (1, 5, 20, 1000):
        assert stats.beta(n, 1).mean() == pytest.approx(n / (n + 1))  # the largest of n uniforms
    assert stats.beta(1000, 1).mean() == pytest.approx(0.999, abs=1e-5)


def test_at_least_one_good_one():
    for g, n in ((0.1, 6), (0.03, 330)):
        assert 1 - (1 - g) ** n == pytest.approx(stats.binom(n, g).sf(0))
        assert stats.nbinom(10, g).mean() + 10 == pytest.approx(10 / g)  # draws for ten good ones


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_the_expected_best_over_all_sets(n):
    scores = torch.tensor([0.1, 0.3, 0.35, 0.9, 0.02, 0.7])
    tops = [max(some) for some in itertools.combinations(scores.tolist(), n)]
    assert judged._best(scores, n) == pytest.approx(sum(tops) / len(tops))


def test_statistics_forget_with_a_tenth_of_the_weight():
    norm = torch.nn.BatchNorm1d(1).train()
    norm.running_mean.fill_(1.0)
    for _ in range(20):
        norm(torch.tensor([[-1.0], [1.0]]))  # mean 0
    assert norm.running_mean.item() == pytest.approx(0.9**20, rel=1e-5)
    assert pytest.approx(0.12, abs=0.005) == 0.9**20


def test_what_never_happened_in_n_trials():
    for n in (15, 45, 300):
        bound = 1 - 0.05 ** (1 / n)
        assert bound == pytest.approx(stats.beta(1, n).ppf(0.95))  # Clopper and Pearson
        assert stats.binom(n, bound).pmf(0) == pytest.approx(0.05)
    assert pytest.approx(0.064, abs=0.001) == 1 - 0.05 ** (1 / 45)
    assert pytest.approx(1 - 0.05 ** (1 / 300), rel=0.01) == 3 / 300
