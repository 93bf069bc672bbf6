"""Pairs with one right answer: repeatable, of the kinds asked for; bad input in words."""

from __future__ import annotations

from datetime import date

import pytest

from aigc_teach import data
from aigc_teach.core import AigcError
from aigc_teach.data import pairs


@pytest.mark.parametrize("make", [data.date_pairs, data.numeral_pairs, data.quantity_pairs])
def test_a_seed_repeats_the_pairs_and_another_does_not(make):
    assert make(50, seed=3) == make(50, seed=3) != make(50, seed=4)
    assert make(20, seed=3) == make(20, seed=3)


def test_dates_are_of_the_years_and_styles_asked_for():
    found = data.date_pairs(300, years=[1066, 2031], styles=["full"], to="zh")
    assert {text[-4:] for text, _ in found} == {"1066", "2031"}
    assert all("星期" in target and "day, " in source for source, target in found)
    assert len(set(found)) > 200


def test_every_length_of_a_number_comes_about_equally_often_and_none_begins_with_zero():
    found = [source for source, _ in data.numeral_pairs(4000, digits=[1, 3, 8])]
    counts = [sum(len(source) == size for source in found) for size in (1, 3, 8)]
    assert sum(counts) == 4000 and min(counts) > 1200
    assert not any(source.startswith("0") for source in found)


def test_the_plural_begins_at_two_in_french_and_beside_one_in_english():
    assert data.written_quantity(1.5, "day", "fr") == "1,5\u00a0jour"
    assert data.written_quantity(0, "day", "en") == "0 days"
    found = data.quantity_pairs(3000)
    small = [pair for pair in found if pair[0].split()[0] in {"0", "1", "2", "3", "4"}]
    assert len(small) > 800


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: data.date_pairs(0), "n="),
        (lambda: data.date_pairs(3, to="de"), "'fr', 'zh'"),
        (lambda: data.date_pairs(3, years=[]), "nothing to draw"),
        (lambda: data.date_pairs(3, years=[900]), "1000"),
        (lambda: data.date_pairs(3, styles=["short"]), "'medium', 'long', 'full'"),
        (lambda: data.numeral_pairs(3, digits=[9]), "digits"),
        (lambda: data.numeral_pairs(3, digits=[]), "nothing to draw"),
        (lambda: data.chinese_numeral(-1), "10.8"),
        (lambda: data.chinese_numeral(10**8), "10.8"),
        (lambda: data.chinese_numeral(1.5), "whole number"),
        (lambda: data.written_quantity(1e6, "day", "en"), "million"),
        (lambda: data.written_quantity(float("nan"), "day", "en"), "million"),
        (lambda: data.written_quantity(1, "furlong", "en"), "unit"),
        (lambda: data.written_quantity(1, "day", "zh"), "'en', 'fr'"),
        (lambda: data.written_date(date(2031, 1, 1), "en", "short"), "style"),
        (lambda: data.quantity_pairs(3, largest=10**6), "largest"),
    ],
)
def test_bad_input_is_one_sentence(ask, words):
    with pytest.raises(AigcError, match=words):
        ask()


def test_the_largest_number_has_a_name():
    assert data.chinese_numeral(pairs.LARGEST - 1) == "九千九百九十九万九千九百九十九"
