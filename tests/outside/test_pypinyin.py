"""Real verse by the sounds of Mandarin, as pypinyin has them: what the lesson on poems says."""

from __future__ import annotations

import random
import re

import pytest

from aigc_teach import data

ONE_RHYME = {"in": "en", "uen": "en", "vn": "en", "ing": "eng", "ie": "e^", "ve": "e^"}


@pytest.fixture(scope="module")
def ends():
    """The last characters of lines 2 and 4 of each quatrain held out."""
    lines = [re.findall(r"\w+", poem) for poem in data.quatrains("held_out")]
    return [(poem[1][-1], poem[3][-1]) for poem in lines]


def finals(truth, character: str) -> str:
    """The final of the first reading, without its tone."""
    return truth.pinyin(character, style=truth.Style.FINALS, strict=True)[0][0]


def modern(final: str) -> str:
    """What rhymes today: no glide before the main vowel, in with en, ing with eng."""
    return ONE_RHYME.get(final) or re.sub("^[iuv](?=[aeo])", "", final)


def share(pairs, same) -> float:
    pairs = list(pairs)
    return sum(same(a) == same(b) for a, b in pairs) / len(pairs)


def test_finals_and_modern_rhymes(agree, truth, ends):
    agree(0.44, share(ends, lambda sign: finals(truth, sign)))
    agree(0.81, share(ends, lambda sign: modern(finals(truth, sign))))


def test_by_their_own_book(agree, ends):
    book = data.rhyme_groups()
    rhyming = [bool(book.get(a, set()) & book.get(b, set())) for a, b in ends]
    agree(0.93, sum(rhyming) / len(rhyming))


def test_two_last_characters_at_random(agree, truth, ends):
    last = [b for _, b in ends]
    random.Random(0).shuffle(last)
    pairs = [(a, b) for (a, _), b in zip(ends, last, strict=True)]
    agree(0.05, share(pairs, lambda sign: finals(truth, sign)))
    agree(0.10, share(pairs, lambda sign: modern(finals(truth, sign))))
