"""The cache of the open file: its counts by hand, its weights, what it forgets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach.core import DataError, RangeError, ShapeError
from aigc_teach.models import FileCache, mixture_weights


def by_hand(tokens, size, longest, lent):
    p, matched = np.zeros(size), -1
    for k in range(longest + 1):
        context = tokens[len(tokens) - k :]
        seen = [t for at, t in enumerate(tokens) if at >= k and tokens[at - k : at] == context]
        if not seen:
            break
        count = np.bincount(seen, minlength=size)
        p = (count + lent * p * (k > 0)) / (len(seen) + lent * (k > 0))
        matched = k
    return p, matched


@pytest.mark.parametrize("size", [1000, 7])
def test_counts_agree_with_a_slow_count_also_after_forgetting(size):
    g = np.random.default_rng(0)
    tokens = g.integers(0, 4, 60).tolist()
    cache = FileCache(4, weights=(0.1, 0.2, 0.3), size=size)
    for at, token in enumerate(tokens):
        cache.add(token)
        kept = tokens[max(0, at + 1 - size) : at + 1]
        want, matched = by_hand(kept, 4, 2, 0.5)
        got, m = cache.distribution()
        assert m == matched and np.allclose(got, want), at
        assert np.isclose(cache.mix(np.full(4, 0.25)).sum(), 1)
    assert len(cache) == min(size, 60)


def test_an_empty_cache_changes_nothing_and_clear_empties():
    cache, p = FileCache(3), np.array([0.2, 0.3, 0.5])
    assert np.array_equal(cache.mix(p), p)
    cache.extend([1, 1, 1])
    assert cache.mix(p)[1] > 0.3
    cache.clear()
    assert np.array_equal(cache.mix(p), p) and len(cache) == 0
    assert np.array_equal(p, [0.2, 0.3, 0.5])  # what is given stays as it is


def test_fitted_weights_trust_what_repeats():
    repeats = [0, 1, 2, 3] * 40
    uniform = np.full((len(repeats), 4), 0.25)
    cache = FileCache(4, weights=(0.5, 0.5, 0.5)).fit([uniform], [repeats])
    assert cache.weights[2] > 0.95 and len(cache) == 0
    noise = np.random.default_rng(1).integers(0, 4, 400).tolist()
    cache = FileCache(4, weights=(0.5, 0.5, 0.5)).fit([np.full((400, 4), 0.25)], [noise])
    assert cache.weights[2] < 0.5


def test_mixture_weights_reach_the_best_mixture():
    g = torch.Generator().manual_seed(0)
    p = torch.rand(500, 2, generator=g, dtype=torch.float64) * 0.9 + 0.05
    w = mixture_weights(p)
    best = max(((p @ torch.tensor([1 - x, x], dtype=torch.float64)).log().sum().item(), x)
               for x in torch.linspace(0, 1, 201).tolist())  # fmt: skip
    assert abs(w[1].item() - best[1]) < 0.02 and w.sum().item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: FileCache(3, weights=()), DataError, "empty"),
        (lambda: FileCache(3, weights=(1.5,)), RangeError, "at most 1"),
        (lambda: FileCache(3, lent=0), RangeError, "lent"),
        (lambda: FileCache(3).add(3), RangeError, "0 to 2"),
        (lambda: FileCache(3).add(True), RangeError, "no token"),
        (lambda: FileCache(3).mix(np.ones(4)), ShapeError, r"\[3\]"),
        (lambda: mixture_weights(torch.zeros(0, 2)), ShapeError, r"\[T, M\]"),
        (lambda: mixture_weights(torch.zeros(2, 2)), RangeError, "above 0"),
        (lambda: mixture_weights(torch.full((2, 2), torch.nan)), RangeError, "above 0"),
    ],
)
def test_bad_input_is_a_sentence(act, error, words):
    with pytest.raises(error, match=words):
        act()
