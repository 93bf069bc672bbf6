"""Attacks on synthetic tables: right on what is known, and honest about chance."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import DataError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import attacks, tables
from aigc_teach.models import GaussianCopula

NAN = math.nan


def test_auc_counts_pairs():
    a, b = torch.tensor([1.0, 3.0, 3.0]), torch.tensor([2.0, 3.0])
    pairs = [(x > y) + 0.5 * (x == y) for x in a.tolist() for y in b.tolist()]
    assert tables.auc(a, b) == pytest.approx(sum(pairs) / 6)
    assert tables.auc(a, b) == pytest.approx(1 - tables.auc(b, a))


def test_of_an_attack_that_knows_nothing_the_formula_says_how_far_it_spreads():
    g = make_generator(0)
    aucs = [
        tables.auc(torch.randn(60, generator=g), torch.randn(90, generator=g)) for _ in range(2000)
    ]
    spread = torch.tensor(aucs).std().item()
    assert spread == pytest.approx(attacks.null_spread(60, 90), rel=0.06)
    assert sum(aucs) / 2000 == pytest.approx(0.5, abs=0.005)


def test_the_bootstrap_interval_holds_the_truth_about_as_often_as_it_says():
    """Members shifted by 1: AUC = Phi(1 / sqrt 2) = 0.7602."""
    g, truth, held = make_generator(1), 0.76025, 0
    for _ in range(150):
        found = attacks.membership(
            torch.randn(60, generator=g) + 1, torch.randn(60, generator=g), generator=g
        )
        held += found.low <= truth <= found.high
    assert 0.86 < held / 150 <= 1


def test_the_rate_at_few_mistakes_allows_no_more_of_them():
    members, others = torch.arange(10.0) + 95.5, torch.arange(100.0)
    assert attacks.tpr_at(members, others, 0.01) == pytest.approx(0.7)  # above 98
    assert attacks.tpr_at(members, others, 0.001) == pytest.approx(0.6)  # above 99, all others
    assert attacks.tpr_at(torch.zeros(3), torch.zeros(3)) == 0


def test_distances_of_mixed_rows():
    a = torch.tensor([[0.0, 1.0], [NAN, 0.0]])
    b = torch.tensor([[3.0, 0.0], [NAN, 0.0], [0.0, NAN]])
    found = attacks.row_distances(a, b, (0, 2))
    want = torch.tensor([[10**0.5, 2**0.5, 1.0], [1.0, 0.0, 2**0.5]]).double()
    assert torch.allclose(found, want)


def test_many_rows_are_cut_into_parts(monkeypatch):
    x = torch.randn(30, 3, generator=make_generator(0))
    whole = attacks.row_distances(x, x, (0, 0, 0))
    monkeypatch.setattr(attacks, "AT_A_TIME", 70)
    assert torch.equal(attacks.row_distances(x, x, (0, 0, 0)), whole)
    assert (whole.diagonal() == 0).all()


def test_copies_are_nearer_to_training_and_fresh_rows_are_not():
    g = make_generator(0)
    train, others, fresh = (torch.randn(200, 4, generator=g) for _ in range(3))
    kinds = (0,) * 4
    copies = train + 0.05 * torch.randn(200, 4, generator=g)
    assert attacks.nearer_to_training(copies, train, others, kinds) > 0.97
    assert 0.4 < attacks.nearer_to_training(fresh, train, others, kinds) < 0.6
    assert attacks.nearer_to_training(fresh, train, train, kinds) == 0.5
    with pytest.raises(ShapeError, match="200 training records against 100 others"):
        attacks.nearer_to_training(fresh, train, others[:100], kinds)


def test_a_secret_is_guessed_from_what_is_known():
    g = make_generator(2)
    x = torch.randn(300, 1, generator=g)
    rows = torch.cat([x, (x > 0).float(), (torch.rand(300, 1, generator=g) < 0.5).float()], 1)
    kinds = (0, 2, 2)
    assert attacks.attribute_inference(rows[:150], rows[150:], kinds, 1) > 0.95
    assert 0.3 < attacks.attribute_inference(rows[:150], rows[150:], kinds, 2) < 0.7
    assert attacks.attribute_inference(rows, rows, kinds, 2) == 1  # each record finds itself


def test_values_that_come_twice_are_found_in_the_records_that_have_them():
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.0], [NAN, 1.0], [NAN, 1.0], [2.0, 1.0], [1.0, 1.0]])
    twice, none = attacks.repeated_values(rows, (0, 2))
    assert twice.tolist() == [1.0] and none.tolist() == []
    assert attacks.repeated_values(rows, (0, 2), least=4)[0].tolist() == []
    assert attacks.repeated_values(rows, (0, 2), least=1)[0].tolist() == [1.0, 2.0]
    targets = torch.tensor([[1.0, 0.0], [2.0, 0.0], [NAN, 1.0]])
    assert attacks.count_found(targets, [twice, none], (0, 2)).tolist() == [1, 0, 0]


def test_a_copula_gives_its_records_values_back():
    """Ends and ties of its marginals come out again and again; the marginals are the records."""
    g = make_generator(0)
    rows = (torch.randn(120, 4, generator=g) * 20).round() / 20
    members, others, kinds = rows[:60], rows[60:], (0,) * 4
    fitted = GaussianCopula().fit(members, kinds)
    fake = fitted.sample(2000, generator=g)
    again = attacks.repeated_values(fake, kinds)
    assert all(torch.isin(m.aminmax().min, v) for m, v in zip(members.T, again, strict=True))
    seen = [attacks.count_found(x, fitted.marginals.seen, kinds) for x in (members, others)]
    assert (seen[0] == 4).all() and tables.auc(*seen) > 0.9
    told = [attacks.count_found(x, again, kinds) for x in (members, others)]
    assert tables.auc(*told) > 0.6


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: attacks.membership(torch.ones(0), torch.ones(2)), ShapeError, "at least 1"),
        (lambda: attacks.membership(torch.tensor([NAN]), torch.ones(2)), DataError, "missing"),
        (lambda: attacks.membership(torch.ones(2), torch.ones(2), at=0.0), RangeError, "at=0.0"),
        (
            lambda: attacks.membership(torch.ones(2), torch.ones(2), confidence=1.0),
            RangeError,
            "confidence",
        ),
        (lambda: attacks.null_spread(0, 5), RangeError, "too small"),
        (
            lambda: attacks.attribute_inference(torch.ones(2, 2), torch.ones(2, 2), (0, 2), 0),
            RangeError,
            "holds a category",
        ),
        (
            lambda: attacks.attribute_inference(torch.ones(2, 2), torch.ones(2, 2), (0, 2), 1, k=3),
            DataError,
            "3 neighbours",
        ),
        (
            lambda: attacks.attribute_inference(torch.ones(2, 1), torch.ones(2, 1), (2,), 0),
            ShapeError,
            "secret column only",
        ),
        (lambda: attacks.repeated_values(torch.ones(2, 1), (0,), least=0), RangeError, "least"),
        (
            lambda: attacks.count_found(torch.ones(2, 2), [torch.ones(1)], (0, 0)),
            ShapeError,
            "1 lists of values for 2 columns",
        ),
        (
            lambda: attacks.nearest(torch.ones(2, 2), torch.ones(2, 1), (0, 2)),
            ShapeError,
            "The second table",
        ),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
