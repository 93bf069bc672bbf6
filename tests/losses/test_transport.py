"""Exact pairs against all orders there are, and against sorting on the line."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.losses.transport import assignment, paired, squared_distances


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_order_costs_less(n, seed):
    cost = torch.randn(n, n, generator=make_generator(seed), dtype=torch.float64)
    columns = assignment(cost)
    assert sorted(columns.tolist()) == list(range(n))
    least = min(sum(cost[i, p[i]].item() for i in range(n)) for p in permutations(range(n)))
    assert cost[torch.arange(n), columns].sum().item() == pytest.approx(least)


def test_on_a_line_it_sorts():
    g = make_generator(1)
    x0, eps = torch.randn(2, 200, 1, generator=g)
    order = x0[:, 0].argsort().argsort()
    assert torch.equal(paired(x0, eps)[:, 0], eps[:, 0].sort().values[order])


def test_equal_costs_and_whole_numbers():
    assert sorted(assignment(torch.zeros(5, 5)).tolist()) == [0, 1, 2, 3, 4]
    assert assignment(torch.tensor([[2, 1], [1, 5]])).tolist() == [1, 0]


def test_what_is_near_stays_and_nothing_is_lost():
    g = make_generator(2)
    x0 = torch.randn(50, 1, 8, 8, generator=g)
    shuffled = x0[torch.randperm(50, generator=g)] + 0.01
    assert torch.allclose(paired(x0, shuffled), x0 + 0.01)


def test_distances_of_points_far_from_zero_are_exact():
    x = torch.tensor([[1e4, 1e4], [1e4 + 0.5, 1e4]])
    assert squared_distances(x, x).tolist() == [[0.0, 0.25], [0.25, 0.0]]


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: assignment([[1.0]]), DtypeError, "you gave a list"),
        (lambda: assignment(torch.zeros(2, 3)), ShapeError, r"square.*\[2, 3\]"),
        (lambda: assignment(torch.zeros(0, 0)), DataError, "no rows"),
        (lambda: assignment(torch.tensor([[torch.nan]])), RangeError, "NaN"),
        (lambda: paired(torch.zeros(2, 2), torch.zeros(3, 2)), ShapeError, "as much noise"),
        (lambda: squared_distances(torch.zeros(2), torch.zeros(2)), ShapeError, "alike"),
    ],
)
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
