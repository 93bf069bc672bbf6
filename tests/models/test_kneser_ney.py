"""Kneser-Ney: by hand, sums to one, draws as it says, and better than constant smoothing."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, make_generator
from aigc_teach.models import KneserNey, NGram


def test_pairs_by_hand():
    """Alphabet a b; "abab" after the mark: pairs (.a) (ab) twice, (ba)."""
    model = KneserNey(2, 0.5).fit("abab")
    p_a = (2 - 0.5 + 0.5 * 2 / 3) / 3  # a follows two different characters, b one: 3 pairs
    assert model.probability("a") == pytest.approx(1 - 0.5 + 0.5 * p_a)
    assert model.probability("a", after="b") == pytest.approx(1 - 0.5 + 0.5 * p_a)
    p_b = (1 - 0.5 + 0.5 * 2 / 3) / 3
    assert model.probability("b", after="a") == pytest.approx((2 - 0.5 + 0.5 * p_b) / 2)
    assert model.probability("b", after="z") == pytest.approx(p_b)  # an unseen context
    assert model.probability("z", after="z") == pytest.approx(0.5 * 2 / 3 / 3)


def test_a_character_of_one_context_is_rare_where_that_context_is_not():
    text = "san francisco " * 50 + "the one and the other are not the same at all "
    model = KneserNey(2).fit(text)
    shares = Counter(text)
    plain = NGram(2).fit(text)
    assert shares["f"] > shares["m"]
    kneser = model.probability("f", after="h") / model.probability("m", after="h")
    assert kneser < plain.probability("f", after="h") / plain.probability("m", after="h")


@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_sum_to_one(order):
    model = KneserNey(order).fit(["abracadabra", "alakazam", "b"])
    for after in ("", "ab", "zz", "abra", "☃"):
        total = sum(model.probability(c, after=after) for c in model.alphabet)
        assert total + model.probability("☃", after=after) == pytest.approx(1)


def test_all_at_once_is_one_after_another():
    model, text = KneserNey(3).fit("the theatre there " * 3), "then ☃ the"
    one_by_one = [math.log(model.probability(c, after=text[:t])) for t, c in enumerate(text)]
    assert np.allclose(model.log_probs(text), one_by_one)
    assert model.log_prob(text) == pytest.approx(sum(one_by_one))
    assert model.log_probs("").shape == (0,) and model.log_prob("") == 0


def test_draws_have_the_probabilities_it_states():
    model = KneserNey(3).fit("abracadabra abba baba " * 2)
    g, counts = make_generator(0), Counter()
    for _ in range(4000):
        counts[model.sample(1, start="ab", generator=g)[-1]] += 1
    p = np.array([model.probability(c, after="ab") for c in model.alphabet])
    observed = np.array([counts[c] for c in model.alphabet])
    assert stats.chisquare(observed, 4000 * p / p.sum()).pvalue > 1e-3


def test_it_beats_constant_smoothing_on_prose():
    text = data.prose()[:120_000]
    train, test = text[:100_000], text[100_000:]
    ours, one, plain = KneserNey(5), KneserNey(5, 0.7), NGram(5)
    three, single, constant = (model.fit(train).bits(test) for model in (ours, one, plain))
    assert three < single < constant - 0.05
    for d in ours.discounts[1:]:
        assert 0 < d[0] < 1 and d[0] < d[1] < d[2] < 3


def test_three_discounts_by_their_formula():
    text = "aabbbccccddddd"  # single characters counted once or more before others
    model = KneserNey(1).fit(text * 1 + "efghiijjkkll")  # n_1 .. n_4: 4, 5, 1, 1
    counts = Counter(Counter(text + "efghiijjkkll").values())
    n = [counts[k] for k in range(6)]
    y = n[1] / (n[1] + 2 * n[2])
    wanted = [k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3)]
    assert model.discounts[0] == pytest.approx(
        [min(max(d, 0.01), k + 0.99) for k, d in enumerate(wanted)]
    )


def test_several_texts_begin_afresh_and_samples_repeat():
    model = KneserNey(3).fit(["xa", "xb"])
    assert model.alphabet == ["a", "b", "x"] and model.probability("x") > 0.7
    first, again = (model.sample(9, start="xa", generator=make_generator(1)) for _ in range(2))
    assert first == again and first.startswith("xa") and len(first) == 11
    assert set(KneserNey(1).fit("ab").sample(20)) <= {"a", "b"}


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: KneserNey(0), RangeError, "at least 1"),
        (lambda: KneserNey(10**9), RangeError, "too large"),
        (lambda: KneserNey(2, 1.0), RangeError, "between 0 and 1"),
        (lambda: KneserNey(2, math.nan), RangeError, "between 0 and 1"),
        (lambda: KneserNey(2).fit(""), DataError, "no text"),
        (lambda: KneserNey(2).fit(b"abc"), DtypeError, "must be text"),
        (lambda: KneserNey(2).bits("abc"), DataError, "fit"),
        (lambda: KneserNey(2).sample(3), DataError, "fit"),
        (lambda: KneserNey(2).fit("ab").probability("ab"), DataError, "single character"),
        (lambda: KneserNey(2).fit("ab").sample(3, start=None), DtypeError, "start must be"),
    ],
)
def test_bad_input_is_told_in_a_sentence(do, error, words):
    with pytest.raises(error, match=words):
        do()
