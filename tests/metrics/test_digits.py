"""Scores of digits: each figure against a set whose answer is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.core import make_generator as seeded
from aigc_teach.metrics import REAL, DigitScores, compare, nearest_distance, score_digits
from aigc_teach.metrics.digits import good_shares, spread, within_classes


class ReadsTheFirstPixel(nn.Module):
    """A stand-in judge: the top left pixel holds class / 10, the one below its certainty."""

    classes = 11

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(11, 11, bias=False)
        nn.init.eye_(self.head.weight)

    def features(self, x):
        wanted = (10 * x[:, 0, 0, 0]).round().long()
        sure = x[:, 0, 1, 0].clamp(0.01, 0.99)
        others = torch.log((1 - sure) / 10)[:, None].expand(-1, 11).clone()
        others[torch.arange(len(x)), wanted] = torch.log(sure)
        return others


def coded(classes, sure=0.95, seed=0):
    """Random pictures that the stand-in judge takes for the given classes."""
    x = 2 * torch.rand(len(classes), 1, 28, 28, generator=seeded(seed)) - 1
    x[:, 0, 0, 0] = torch.tensor(classes) / 10
    x[:, 0, 1, 0] = sure
    return x


TRAIN = coded(list(range(10)) * 4, seed=1)


def test_shares_good_and_rarest():
    samples = torch.cat([coded([3, 3, 5, 10]), coded([7, 7], sure=0.85)])
    scores = score_digits(samples, ReadsTheFirstPixel(), train_images=TRAIN)
    assert scores.shares[3] == pytest.approx(2 / 6)
    assert scores.shares[5] == pytest.approx(1 / 6)
    assert scores.shares[7] == 0, "p = 0.85 is not above 0.9"
    assert scores.good == pytest.approx(3 / 6)
    assert scores.rarest == 0
    assert scores.n == 6


def test_the_reject_class_is_never_good():
    assert good_shares(torch.eye(11)[[10, 10, 10]]) == (0.0,) * 10


def test_training_images_themselves_are_as_diverse_as_real_and_at_distance_zero():
    scores = score_digits(TRAIN, ReadsTheFirstPixel(), train_images=TRAIN)
    assert scores.diversity == pytest.approx(1)
    assert scores.within == pytest.approx(1)
    assert scores.frechet == pytest.approx(0, abs=1e-8)
    assert scores.nearest < 0.05
    assert scores.good == pytest.approx(1) and scores.rarest == pytest.approx(0.1)


def test_one_picture_repeated_has_no_diversity():
    samples = coded([4]).expand(20, 1, 28, 28)
    scores = score_digits(samples, ReadsTheFirstPixel(), train_images=TRAIN)
    assert scores.diversity == 0 and scores.within == 0
    assert scores.frechet > 1


def test_collapse_within_classes_is_seen_though_the_classes_differ():
    ten = coded(list(range(10)))
    samples = ten.repeat(5, 1, 1, 1)  # ten different pictures, five copies each
    scores = score_digits(samples, ReadsTheFirstPixel(), train_images=TRAIN)
    assert scores.within == 0 and scores.diversity > 0.8


def test_within_is_nan_where_no_class_has_two_samples():
    x, labels = coded([1, 2, 3]), torch.tensor([1, 2, 3])
    assert math.isnan(within_classes(x, labels, TRAIN, torch.arange(40) % 10))


def test_nearest_distance_agrees_with_the_plain_formula_whatever_the_chunk():
    x, others = coded([1, 2, 3, 4, 5]), TRAIN
    plain = (x[:, None] - others[None]).flatten(2).norm(dim=2).amin(dim=1)
    assert torch.allclose(nearest_distance(x, others, chunk=2), plain, atol=1e-3)
    with pytest.raises(RangeError, match="chunk=0"):
        nearest_distance(x, others, chunk=0)


def test_spread_agrees_with_the_plain_formula():
    x = coded([1, 2, 3, 4])
    pairs = [(x[i] - x[j]).norm() for i in range(4) for j in range(i)]
    assert spread(x) == pytest.approx(torch.stack(pairs).mean().item(), rel=1e-5)


def test_samples_are_not_changed():
    samples = coded([1, 2, 3])
    before = samples.clone()
    score_digits(samples, ReadsTheFirstPixel(), train_images=TRAIN)
    assert torch.equal(samples, before)


@pytest.mark.parametrize(
    ("samples", "error", "words"),
    [
        (torch.zeros(4, 28, 28), ShapeError, "4 axes"),
        (torch.full((4, 1, 28, 28), 255.0), RangeError, r"x / 127.5 - 1"),
        (torch.full((4, 1, 28, 28), torch.nan), RangeError, "NaN or infinite"),
        (torch.zeros(4, 1, 28, 28, dtype=torch.uint8), DtypeError, "floating point"),
        (torch.zeros(0, 1, 28, 28), DataError, "empty"),
        (torch.zeros(1, 1, 28, 28), DataError, "`samples` holds 1 image"),
        ([1, 2], DtypeError, "a list"),
    ],
)
def test_bad_samples_are_refused_with_a_sentence(samples, error, words):
    with pytest.raises(error, match=words):
        score_digits(samples, ReadsTheFirstPixel(), train_images=TRAIN)


def test_a_judge_without_a_reject_class_and_a_flat_reference_are_refused():
    with pytest.raises(DtypeError, match="with no classes"):
        score_digits(TRAIN, nn.Linear(2, 2), train_images=TRAIN)
    with pytest.raises(DataError, match="are the same"):
        score_digits(
            TRAIN,
            ReadsTheFirstPixel(),
            train_images=TRAIN,
            reference=torch.zeros(5, 1, 28, 28),
        )


def scores(good: float, within: float = 1.0) -> DigitScores:
    return DigitScores(good, good / 10, (good / 10,) * 10, 2.0, 5.0, 1.0, within, 500)


def test_compare_shows_the_real_digits_first_and_ratios_to_them():
    lines = compare({"mine": scores(0.45)}, real=scores(0.9)).splitlines()
    assert lines[0].startswith("| samples | n | good | rarest | frechet")
    assert lines[2].startswith(f"| {REAL} | 500 | 0.900 | 0.090 | 2.00 |")
    assert "0.450 (0.50x)" in lines[3] and lines[3].startswith("| mine |")
    assert len({line.count("|") for line in lines}) == 1, "every row has as many cells"


def test_compare_puts_the_real_digits_first_wherever_they_stand_in_the_table():
    lines = compare({"mine": scores(0.45), REAL: scores(0.9)}).splitlines()
    assert REAL in lines[2] and "mine" in lines[3] and len(lines) == 4


def test_compare_refuses_figures_without_a_yardstick_and_shows_nan_as_a_dash():
    with pytest.raises(ChoiceError, match="real digits' own figures"):
        compare({"mine": scores(0.45)})
    assert compare({"mine": scores(0.4, math.nan)}, real=scores(0.9)).endswith("| - |")


def test_table_names_every_figure():
    text = scores(0.9).table()
    assert all(word in text for word in ("good", "rarest", "frechet", "nearest", "within", "500"))
