"""Measures of generated text: how well it is predicted, how varied, how new, how regular.

All take texts (or log-probabilities), never models. Texts are sequences of characters; where a
list of tokens is meant, give lists of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from ..core import DataError, DtypeError, RangeError, check_count, check_text, check_texts

LINE_ENDS = re.compile(r"[，。！？；：、,.!?;:\s]+")  # what stands between two lines of verse


def bits_per_character(log_probs: Tensor, characters: int) -> float:
    """What a text costs: minus the sum of log2 p, over the number of its characters.

    A model of tokens is so compared with one of characters: both pay for the same text.

    Parameters
    ----------
    log_probs : Tensor
        Log p of each token given those before it, in nats: ``[T]``.
    characters : int
        How many characters the T tokens are.

    Returns
    -------
    float
        Bits a character. log2 V for a uniform model of V characters.

    Raises
    ------
    RangeError, DtypeError

    >>> import torch
    >>> round(bits_per_character(torch.full((10,), 0.125).log(), 10), 3)
    3.0
    """
    check_count("characters", characters)
    if not isinstance(log_probs, Tensor) or not log_probs.dtype.is_floating_point:
        raise DtypeError("log_probs must be a floating-point tensor of nats.")
    if not log_probs.numel() or not bool((log_probs <= 0).all()):  # NaN is not, either
        raise RangeError("log_probs must be at least one logarithm of a probability, none above 0.")
    return float(-log_probs.double().sum()) / math.log(2) / characters


def distinct_n(texts: Sequence[Sequence], n: int) -> float:
    """The share of different n-grams among all n-grams of the texts (Li et al. 2016).

    It falls as there is more text: compare equal amounts only.

    Parameters
    ----------
    texts : sequence of str, or of sequences of tokens
        N-grams do not reach from one text into the next.
    n : int

    Returns
    -------
    float
        In (0, 1]; 1 where none comes twice.

    Raises
    ------
    DataError
        Where no text is n long.

    >>> distinct_n(["abab", "ab"], 2)  # ab ba ab, ab
    0.5
    """
    check_count("n", n)
    grams = [
        tuple(text[at : at + n]) for text in _several(texts) for at in range(len(text) - n + 1)
    ]
    if not grams:
        raise DataError(f"No text is {n} long, so there is no {n}-gram to count.")
    return len(set(grams)) / len(grams)


def longest_copied_run(text: str, source: str) -> str:
    """The longest piece of a text that stands in the source word for word; the first of equals.

    Parameters
    ----------
    text, source : str
        What was generated, and what was learnt from.

    Returns
    -------
    str
        Empty where they have no character in common.

    >>> longest_copied_run("the white cat", "a white whale")
    ' white '
    """
    check_text("text", text)
    check_text("source", source)
    best = ""
    for begin in range(len(text)):
        while begin + len(best) < len(text) and text[begin : begin + len(best) + 1] in source:
            best = text[begin : begin + len(best) + 1]
    return best


class VerseForm(NamedTuple):
    """How many poems have the form of a regulated quatrain: shares from 0 to 1.

    Attributes
    ----------
    lengths : float
        Of all poems: the right number of lines, each of the right length.
    rhyme : float
        Of those: the second and the last line rhyme.
    tones : float
        Of the *lines* of those: the tones of places 2, 4 (and 6) alternate.
    poems : int
        How many poems have the right lengths, and so were looked at further.
    """

    lengths: float
    rhyme: float
    tones: float
    poems: int


def verse_form(
    texts: Sequence[str],
    rhymes: Mapping[str, Collection[int]],
    *,
    level: Collection[int] = range(30),
    lines: int = 4,
    length: int = 7,
) -> VerseForm:
    """Count the form of Chinese verse: line lengths, rhyme and tones.

    In regulated verse the second and fourth lines rhyme, and within a line the even places
    alternate between level and oblique tone (Wang Li 1958). The yardstick is what the same
    count gives for real verse, not 1: poets took liberties, and the tables have gaps. Of the 2,000
    quatrains that the package holds out 93 % rhyme, and 93 % of their lines alternate; of lines
    put together at random 5 % rhyme.

    Parameters
    ----------
    texts : sequence of str
        Poems; lines end with punctuation or white space.
    rhymes : mapping of str to collection of int
        The rhymes of each character (``data.rhyme_groups()``). A character that is not in it
        rhymes with none.
    level : collection of int
        Which of them have the level tone.
    lines, length : int

    Returns
    -------
    VerseForm
        NaN for shares of nothing. A character with both tones fits anywhere, one of unknown
        tone nowhere.

    Raises
    ------
    DataError
        Where there is no text.

    Examples
    --------
    >>> rhymes = {"a": {0}, "b": {40}, "c": {1}}
    >>> verse_form(["bab，bac。bac，bac。", "ab"], rhymes, length=3)
    VerseForm(lengths=0.5, rhyme=1.0, tones=1.0, poems=1)
    """
    check_count("lines", lines, at_least=2)
    check_count("length", length)
    poems = check_texts("texts", _several(texts))
    cut = [[line for line in LINE_ENDS.split(text) if line] for text in poems]
    whole = [poem for poem in cut if [*map(len, poem)] == [length] * lines]
    rhyming = [_rhyme(poem[1][-1], poem[-1][-1], rhymes) for poem in whole]
    regular = [_alternate(line, rhymes, level) for poem in whole for line in poem]
    return VerseForm(len(whole) / len(cut), _share(rhyming), _share(regular), len(whole))


def _rhyme(one: str, other: str, rhymes: Mapping[str, Collection[int]]) -> bool:
    return bool(set(rhymes.get(one, ())) & set(rhymes.get(other, ())))


def _alternate(line: str, rhymes: Mapping[str, Collection[int]], level: Collection[int]) -> bool:
    """Whether the even places of a line can be read as level, oblique, level or the reverse."""
    tones = [{group in level for group in rhymes.get(character, ())} for character in line[1::2]]
    tones = tones[:3] if len(line) > 6 else tones[:2]
    return any(
        all((first == (place % 2 == 0)) in tone for place, tone in enumerate(tones))
        for first in (True, False)
    )


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else math.nan


def _several(texts: Sequence[Sequence]) -> Sequence[Sequence]:
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise DtypeError("Give a list of texts; for one alone write [text].")
    if not texts:
        raise DataError("There is no text to measure.")
    return texts
