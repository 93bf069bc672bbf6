"""Measures of text: closed forms, small cases by hand, and real verse against shuffled."""

from __future__ import annotations

import math
import random

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError
from aigc_teach.metrics import bits_per_character, distinct_n, longest_copied_run, verse_form


@pytest.mark.parametrize("v", [2, 26, 3380])
def test_a_uniform_model_pays_log2_v(v):
    log_probs = torch.full((500,), 1 / v).log()
    assert bits_per_character(log_probs, 500) == pytest.approx(math.log2(v), rel=1e-6)
    assert bits_per_character(log_probs, 1500) == pytest.approx(math.log2(v) / 3, rel=1e-6)


def test_bits_of_nothing_and_of_no_probabilities():
    for wrong in (torch.zeros(0), torch.tensor([0.5]), torch.tensor([math.nan])):
        with pytest.raises(RangeError, match="log_probs"):
            bits_per_character(wrong, 3)
    with pytest.raises(DtypeError):
        bits_per_character([0.5], 3)
    with pytest.raises(RangeError, match="characters=0"):
        bits_per_character(-torch.ones(3), 0)


def test_distinct_n_by_hand():
    assert distinct_n(["aaaa"], 1) == 1 / 4 and distinct_n(["abcd"], 2) == 1
    assert distinct_n(["ab", "ab", "a"], 2) == 1 / 2  # none reaches into the next text
    assert distinct_n([[1, 2, 1, 2]], 2) == 2 / 3
    assert distinct_n(["a\U00020000b"], 1) == 1
    with pytest.raises(DataError, match="No text is 5 long"):
        distinct_n(["abc"], 5)
    with pytest.raises(DtypeError, match=r"write \[text\]"):
        distinct_n("abc", 2)
    with pytest.raises(DataError, match="no text"):
        distinct_n([], 2)


def test_the_longest_copied_run_is_that_of_the_definition():
    draw = random.Random(0)
    for _ in range(200):
        text, source = ("".join(draw.choices("ab ", k=draw.randint(0, 15))) for _ in range(2))
        pieces = {text[a:b] for a in range(len(text)) for b in range(a, len(text) + 1)} | {""}
        longest = max(len(piece) for piece in pieces if piece in source)
        found = longest_copied_run(text, source)
        assert len(found) == longest and found in text and found in source
    assert longest_copied_run("xyz", "abc") == ""


def test_the_form_by_hand():
    rhymes = {"a": {0}, "b": {40}, "c": {0, 50}}
    good = "bababab，babbaba。bababab，babbaba。"
    regular = "bbaabba"  # places 2, 4, 6: b a b
    assert verse_form([good], rhymes).lengths == 1
    assert verse_form([f"{regular},{regular}\n{regular} {regular}"], rhymes) == (1, 1, 1, 1)
    assert verse_form(["bcbbbcb " * 4], rhymes).tones == 1  # c may be either
    assert verse_form(["bab？bab " * 2], rhymes, length=3).lengths == 1
    assert verse_form(["bxb bxb bxb bxb"], rhymes, length=3) == (1, 1, 0, 1)  # no tone known
    assert verse_form(["bab bab bab bax"], rhymes, length=3).rhyme == 0
    nothing = verse_form(["bab", "bab" * 4], rhymes)
    assert nothing.lengths == nothing.poems == 0 and math.isnan(nothing.rhyme)
    with pytest.raises(DataError, match="no text"):
        verse_form([], rhymes)


def test_real_verse_against_shuffled_lines_and_shuffled_characters():
    poems, rhymes = data.quatrains("held_out"), data.rhyme_groups()
    draw = random.Random(0)
    lines = [
        line for poem in poems for line in poem.replace("\n", "").replace("。", "，").split("，")
    ]
    lines = draw.sample([line for line in lines if line], 4 * 500)
    mixed = ["，".join(lines[k : k + 4]) for k in range(0, len(lines), 4)]
    loose = ["".join(draw.sample(poem, len(poem))) for poem in lines]
    loose = ["，".join(loose[k : k + 4]) for k in range(0, len(loose), 4)]
    real, by_line, by_character = (verse_form(x, rhymes) for x in (poems, mixed, loose))
    assert real.lengths == by_line.lengths == 1
    assert real.rhyme > 0.85 > 0.2 > by_line.rhyme
    assert real.tones > 0.75 and by_line.tones > 0.75 > 0.5 > by_character.tones
    simple = verse_form(
        data.quatrains("held_out", script="simplified"), data.rhyme_groups("simplified")
    )
    assert simple.rhyme >= real.rhyme - 0.02
    print(real, by_line, by_character, simple)
