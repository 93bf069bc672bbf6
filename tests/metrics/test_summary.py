"""ROUGE by hand, its invariances, and the names of a text."""

from __future__ import annotations

import itertools
import random

import pytest

from aigc_teach import metrics
from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError
from aigc_teach.metrics import summary
from aigc_teach.models.retrieval import stems


def by_trying(a, b):
    """The longest common subsequence, by trying every subsequence of `a`."""

    def within(part, whole):
        left = iter(whole)
        return all(any(one == other for other in left) for one in part)

    return max(
        size
        for size in range(len(a) + 1)
        if any(within(part, b) for part in itertools.combinations(a, size))
    )


def test_the_longest_common_subsequence_is_the_one_found_by_trying():
    chance = random.Random(0)
    for _ in range(200):
        a, b = ([chance.choice("abc") for _ in range(chance.randint(0, 8))] for _ in range(2))
        assert summary.common_length(a, b) == by_trying(a, b) == summary.common_length(b, a)


def test_counts_are_clipped():
    clipped = metrics.rouge_n("the the the the", "the cat on the mat")
    assert clipped == pytest.approx((0.5, 0.4, 4 / 9))
    assert metrics.rouge_n("a b a b", "a b", 2) == (1 / 3, 1.0, 0.5)


def test_swapping_the_texts_swaps_precision_and_recall():
    for kind in (metrics.rouge_n, metrics.rouge_l):
        one, two = kind("a b c d", "b a d"), kind("b a d", "a b c d")
        assert (one.precision, one.recall, one.f1) == (two.recall, two.precision, two.f1)


def test_order_matters_to_rouge_l_alone():
    assert metrics.rouge_n("mat the on", "on the mat").f1 == 1
    assert metrics.rouge_l("mat the on", "on the mat").f1 == pytest.approx(1 / 3)


def test_the_mean_is_not_the_score_of_one_joined_text():
    found, wanted = ["a b", "c d"], ["c d", "a b"]
    assert metrics.rouge(found, wanted, "rouge1") == 0
    assert metrics.rouge_n(" ".join(found), " ".join(wanted)).f1 == 1


def test_stems_count_as_one_word():
    assert metrics.rouge(["returns"], ["return"]) == 0
    assert metrics.rouge(["returns"], ["return"], split=stems) == 1


@pytest.mark.parametrize("text", ["", " ", "...", "\u4e86\u4e0d\u8d77"])
def test_texts_without_words_score_nothing(text):
    assert metrics.rouge_l(text, "a b") == metrics.rouge_n(text, text) == (0, 0, 0)
    assert summary.names(text) == [] and metrics.invented_names(text, "") == []


def test_long_texts_are_no_trouble():
    assert metrics.rouge_l("a " * 500, "a " * 10_000).precision == 1


@pytest.mark.parametrize(
    ("said", "body", "lacking"),
    [
        ("Return the Tensor", "It is a tensor", []),
        ("Return a torch.Tensor", "from torch a Tensor", []),
        ("Return a Tensor", "see torch.Tensor", []),
        ("Draw 3D points, e.g. of 1.5e3", "3d points of 1.5e3", []),
        ("Return 3 arrays of dtype int8", "arrays, dtype int16", ["3", "int8"]),
        ("NaN if x_min is None", "the x min", ["NaN", "None"]),
        ("Return True if the graph is empty", "False if it is not", ["True"]),
        ("Do not raise", "raise", []),  # no name: a "not" goes unseen
    ],
)
def test_names_are_looked_up_by_their_parts(said, body, lacking):
    assert metrics.invented_names(said, body) == lacking


def test_shares_of_names():
    assert metrics.invented_share(["Return it"], ["x"]) == 0
    assert metrics.invented_share(["A Bc Bd", "A Bc"], ["bc", "bd"]) == pytest.approx(2 / 3)


def test_what_cannot_be_scored_is_a_sentence():
    with pytest.raises(DtypeError, match="two lists of texts"):
        metrics.rouge("a", "a")
    with pytest.raises(DataError, match="as many references"):
        metrics.rouge([], [])
    with pytest.raises(DataError, match="as many references"):
        metrics.rouge(["a"], [])
    with pytest.raises(ChoiceError, match="'rouge1', 'rouge2', 'rougeL'"):
        metrics.rouge(["a"], ["a"], "rouge4")
    with pytest.raises(RangeError, match="n=0"):
        metrics.rouge_n("a", "a", 0)
    with pytest.raises(DtypeError, match="must be text"):
        metrics.rouge_l(None, "a")
    with pytest.raises(DataError, match="as many bodies"):
        metrics.invented_share(["a"], [])
