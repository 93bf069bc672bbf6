"""Strategies of drawing: closed forms, and the frequencies of 100,000 draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.nn.sampling import draw, nucleus, temperature, top_k

P = torch.tensor([0.4, 0.3, 0.15, 0.1, 0.05])
LOGITS = P.log() + 3  # a constant changes nothing


def kept(logits: torch.Tensor) -> list[float]:
    return [round(p, 4) for p in logits.softmax(-1).tolist()]


def test_closed_forms():
    assert kept(temperature(LOGITS, 1)) == pytest.approx(P.tolist(), abs=1e-4)
    half = P.square() / P.square().sum()
    assert kept(temperature(LOGITS, 0.5)) == pytest.approx(half.tolist(), abs=1e-4)
    assert kept(top_k(LOGITS, 2)) == pytest.approx([4 / 7, 3 / 7, 0, 0, 0], abs=1e-4)
    assert kept(nucleus(LOGITS, 0.7 - 1e-4)) == pytest.approx([4 / 7, 3 / 7, 0, 0, 0], abs=1e-4)
    assert kept(nucleus(LOGITS, 0.71)) == pytest.approx([8 / 17, 6 / 17, 3 / 17, 0, 0], abs=1e-4)
    assert kept(nucleus(LOGITS, 1e-9)) == [1, 0, 0, 0, 0]
    assert torch.equal(nucleus(LOGITS, 1), LOGITS)


def test_the_edges():
    assert kept(temperature(LOGITS, 0)) == [1, 0, 0, 0, 0]
    assert kept(temperature(torch.zeros(3), 0)) == [1, 0, 0]  # of equals the first
    assert torch.equal(top_k(LOGITS, 5), LOGITS) and torch.equal(top_k(LOGITS, 10**9), LOGITS)
    assert kept(top_k(torch.zeros(4), 2)) == [0.5, 0.5, 0, 0]
    assert kept(temperature(LOGITS, 1e-3)) == [1, 0, 0, 0, 0]
    assert kept(temperature(LOGITS, 1e9)) == pytest.approx([0.2] * 5)
    chain = nucleus(top_k(temperature(LOGITS, 0.7), 3), 0.9)
    assert draw(chain, generator=make_generator(0)) < 3


def test_rows_are_treated_apart_and_nothing_is_changed():
    rows = torch.stack([LOGITS, LOGITS.flip(0)])
    before = rows.clone()
    for one in (lambda x: temperature(x, 0), lambda x: top_k(x, 2), lambda x: nucleus(x, 0.5)):
        result = one(rows)
        assert torch.equal(result[0], result[1].flip(0))
        assert kept(result[0]) == kept(one(LOGITS)) and torch.equal(rows, before)


@pytest.mark.parametrize(
    "chain",
    [
        lambda x: x,
        lambda x: temperature(x, 0.6),
        lambda x: top_k(x, 3),
        lambda x: nucleus(x, 0.8),
        lambda x: nucleus(temperature(x, 1.5), 0.9),
    ],
)
def test_frequencies_of_100_000_draws(chain):
    logits = chain(LOGITS)
    p = logits.softmax(-1).double().numpy()
    drawn = draw(logits.expand(100_000, -1), generator=make_generator(7)).numpy()
    counts, possible = np.bincount(drawn, minlength=5), p > 0
    assert not counts[~possible].any()
    assert stats.chisquare(counts[possible], 100_000 * p[possible] / p.sum()).pvalue > 1e-3


def test_a_wrong_temperature_would_be_seen():
    drawn = draw(temperature(LOGITS, 0.97).expand(100_000, -1), generator=make_generator(7))
    counts = np.bincount(drawn.numpy(), minlength=5)
    expected = 100_000 * P.double().numpy() / P.double().sum().item()
    assert stats.chisquare(counts, expected).pvalue < 1e-3


def test_draws_repeat_with_a_generator_and_leave_the_global_one_alone():
    before = torch.get_rng_state()
    a, b = (draw(LOGITS.expand(50, -1), generator=make_generator(1)) for _ in range(2))
    assert torch.equal(a, b) and torch.equal(before, torch.get_rng_state())
    assert draw(LOGITS.to("meta").expand(3, -1), generator=make_generator(1)).shape == (3,)


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: temperature(LOGITS, -1), RangeError, "at least 0"),
        (lambda: temperature(LOGITS, math.nan), RangeError, "finite"),
        (lambda: temperature(LOGITS, "hot"), DtypeError, "must be a number"),
        (lambda: top_k(LOGITS, 0), RangeError, "at least 1"),
        (lambda: top_k(LOGITS, 2.5), DtypeError, "whole number"),
        (lambda: nucleus(LOGITS, 0), RangeError, "above 0"),
        (lambda: nucleus(LOGITS, 1.1), RangeError, "at most 1"),
        (lambda: draw(torch.zeros(2, 0)), ShapeError, "no token"),
        (lambda: draw(torch.zeros(2).long()), ShapeError, "floating-point"),
        (lambda: draw([1.0, 2.0]), ShapeError, "floating-point"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(do, error, words):
    with pytest.raises(error, match=words):
        do()
