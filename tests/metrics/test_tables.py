"""Measures of tables: closed forms, gaps, and what they refuse. See tests/outside, too."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError, DataError, RangeError, ShapeError, make_generator
from aigc_teach.data import records, visits
from aigc_teach.metrics import tables

NAN = math.nan


def test_a_copy_is_perfect_and_a_stranger_is_not():
    table = records()
    a, b = table.rows[:280], table.rows[280:560]
    copy = tables.table_scores(a, a, table.categories)
    assert copy.quality == 1 and copy.columns.sum() == 0 and copy.pairs.sum() == 0
    other = tables.table_scores(a, b, table.categories)
    assert 0.85 < other.quality < 1
    assert torch.equal(other.pairs, other.pairs.T) and (other.pairs.diagonal() == 0).all()
    assert (other.pairs >= 0).all() and (other.pairs <= 1).all()


def test_columns_right_and_pairs_wrong_are_seen():
    table = visits(4000, generator=make_generator(0))
    shuffled = torch.stack(
        [c[torch.randperm(4000, generator=make_generator(k))] for k, c in enumerate(table.rows.T)],
        1,
    )
    found = tables.table_scores(shuffled, table.rows, table.categories)
    assert found.columns.max() < 1e-6
    assert found.pairs[0, 2] > 0.3 and found.pairs[2, 3] > 0.3  # ward and age; age and bill


def test_a_gap_is_a_difference_of_its_own():
    real = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    holes = torch.tensor([[1.0], [NAN], [NAN], [4.0]])
    assert tables.table_scores(holes, real, (0,)).columns.item() == pytest.approx(0.5)
    none = torch.full((4, 1), NAN)
    assert tables.table_scores(none, real, (0,)).columns.item() == 1
    assert tables.table_scores(none, none, (0,)).quality == 1
    words = torch.tensor([[0.0], [NAN], [1.0], [NAN]])
    assert tables.table_scores(words, words.nan_to_num(0.0), (2,)).columns.item() == 0.5


def test_two_constants_and_two_distributions_without_overlap():
    assert tables.ks_distance(torch.zeros(3), torch.zeros(5)) == 0
    assert tables.ks_distance(torch.zeros(3), torch.ones(5)) == 1
    assert tables.total_variation(torch.tensor([0, 0]), torch.tensor([1, 1]), 2) == 1
    assert tables.correlation(torch.ones(4), torch.arange(4.0)) == 0


def test_train_on_one_table_and_test_on_another():
    table = visits(3000, generator=make_generator(0))
    rows = table.rows
    use = tables.train_test(rows[:2000], rows[2000:], table.categories, target=1)
    always = (rows[2000:, 1] == 1).float().mean().item()
    assert use.accuracy > always - 0.02 and use.auc > 0.7
    one = rows[:2000].clone()
    one[:, 1] = 1.0
    assert tables.train_test(one, rows[2000:], table.categories, target=1) == (
        pytest.approx(always),
        0.5,
    )


def test_classes_that_a_line_parts_do_not_blow_up():
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    model = tables.logistic_regression(x, torch.tensor([0, 0, 1, 1]), penalty=1e-3)
    assert model.weights.isfinite().all() and 1 < model.weights[0] < 30


def test_a_constant_column_gets_no_weight():
    x = torch.stack([torch.arange(10.0), torch.full((10,), 5.0)], 1)
    model = tables.logistic_regression(x, (torch.arange(10) > 4).long())
    assert model.weights[1] == 0 and model.weights[0] > 0


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: tables.ks_distance(torch.tensor([]), torch.ones(2)), ShapeError, "at least 1"),
        (lambda: tables.ks_distance(torch.tensor([NAN]), torch.ones(2)), DataError, "missing"),
        (lambda: tables.ks_distance([1.0], torch.ones(2)), AigcError, "a list"),
        (
            lambda: tables.total_variation(torch.tensor([2]), torch.tensor([0]), 2),
            RangeError,
            "from 0 to 1",
        ),
        (
            lambda: tables.logistic_regression(torch.ones(3, 1), torch.ones(3)),
            DataError,
            "one class",
        ),
        (
            lambda: tables.logistic_regression(torch.ones(3, 1), torch.tensor([0, 1, 2])),
            RangeError,
            "0 and 1 only",
        ),
        (
            lambda: tables.logistic_regression(torch.ones(3, 1), torch.ones(2)),
            ShapeError,
            "3 rows and 2 answers",
        ),
        (
            lambda: tables.train_test(torch.zeros(3, 2), torch.zeros(3, 2), (0, 3)),
            RangeError,
            "two categories",
        ),
        (
            lambda: tables.train_test(torch.zeros(3, 1), torch.ones(3, 1), (2,), 0),
            None,
            "",
        ),
        (
            lambda: tables.table_scores(torch.zeros(1, 1), torch.zeros(3, 1), (0,)),
            ShapeError,
            "The synthetic table has too few rows: 1",
        ),
        (
            lambda: tables.table_scores(torch.zeros(3, 1), torch.full((3, 1), 9.0), (2,)),
            RangeError,
            "The real table has an unknown category",
        ),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    if error is None:
        assert call().auc == 0.5  # one class only: nothing to learn, and said so by a number
        return
    with pytest.raises(error, match=words):
        call()
