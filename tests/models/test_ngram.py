"""The n-gram model: counts, smoothing, draws, and its sentences for bad input."""

from __future__ import annotations

import math

import pytest

from aigc_teach.core import make_generator
from aigc_teach.core.errors import DataError, DtypeError, RangeError
from aigc_teach.models.ngram import START, NGram


def test_bigrams_by_hand():
    model = NGram(2, k=1.0).fit("abab")  # alphabet a b; a is first, then b a b follow
    p_a = (2 + 1 / 3) / (4 + 1)  # order 1: two of four, and a third of the one lent count
    assert model.probability("a") == pytest.approx((1 + p_a) / (1 + 1))  # after START: once a
    assert model.probability("b", after="a") == pytest.approx((2 + p_a) / (2 + 1))
    assert model.probability("a", after="zzb") == pytest.approx((1 + p_a) / (1 + 1))


def test_an_unseen_context_leaves_all_to_the_shorter_one():
    model = NGram(3).fit("abcabc")
    assert model.probability("c", after="ab") > model.probability("c", after="xb") > 0.5
    assert model.probability("q", after="ab") > 0


def test_several_texts_begin_afresh_and_the_mark_is_never_drawn():
    model = NGram(3).fit(["xa", "xb"])
    assert model.alphabet == ["a", "b", "x"]
    assert model.probability("x") > 0.8
    text = model.sample(300, generator=make_generator(0))
    assert len(text) == 300 and START not in text and set(text) <= set("abx")


def test_sample_goes_on_from_its_start_and_repeats_with_the_seed():
    model = NGram(2).fit("abcdabcdabcd")
    first, again = (model.sample(6, start="ab", generator=make_generator(1)) for _ in range(2))
    assert first == again and first.startswith("ab") and len(first) == 8


def test_chinese_characters_are_characters():
    model = NGram(2).fit(["白日依山盡，", "黃河入海流。"])
    assert model.probability("日", after="白") > 0.4
    assert model.bits(["白日"]) < model.bits(["日白"])


def test_perplexity_is_two_to_the_bits():
    model = NGram(2).fit("the theatre there")
    assert model.perplexity("the") == pytest.approx(2 ** model.bits("the"))
    assert model.log_prob("") == 0.0


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(RangeError, match="at least 1"):
        NGram(0)
    for k in (0, -2, float("inf"), None):
        with pytest.raises(RangeError, match="above 0"):
            NGram(2, k=k)
    with pytest.raises(DataError, match="fit"):
        NGram(2).sample(3)
    with pytest.raises(DataError, match="no text"):
        NGram(2).fit(["", ""])
    with pytest.raises(DtypeError, match="str"):
        NGram(2).fit([b"bytes"])
    with pytest.raises(DtypeError, match="str"):
        NGram(2).fit("abc").log_prob(3)


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: NGram(10**9), RangeError, "order=1000000000 is too large"),
        (lambda: NGram(10**5000), RangeError, "over 30 digits is too large"),
        (lambda: NGram(2, k=10**5000), RangeError, "above 0"),
        (lambda: NGram(2, k=1e-300), RangeError, "above 0"),
        (lambda: NGram(2, k=float("nan")), RangeError, "above 0"),
        (lambda: NGram(2, k="1"), RangeError, "above 0"),
        (lambda: NGram(2).fit(None), DtypeError, "NoneType"),
        (lambda: NGram(2).fit(b"abc"), DtypeError, "must be text"),
        (lambda: NGram(2).fit("ab").probability(5), DtypeError, "character must be text"),
        (lambda: NGram(2).fit("ab").probability("ab"), DataError, "one single character"),
        (lambda: NGram(2).fit("ab").probability("a", after=5), DtypeError, "after must be"),
        (lambda: NGram(2).fit("ab").sample(3, start=None), DtypeError, "start must be"),
    ],
)
def test_what_is_no_text_or_no_number_is_a_sentence(do, error, words):
    with pytest.raises(error, match=words):
        do()


def test_a_probability_is_never_zero_however_small_k_and_high_the_order():
    model = NGram(50, k=1e-12).fit("abab" * 30)
    assert model.probability("z", after="abab" * 20) > 0
    assert math.isfinite(model.perplexity("abab" * 20 + "z"))
