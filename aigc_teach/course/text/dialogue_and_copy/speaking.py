"""A word model over notes, and sentences that were cut out of a passage.

>>> pieces("The loss falls, then rises.")
['the', 'loss', 'falls', ',', 'then', 'rises', '.']
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

from aigc_teach.core import DataError, check_count, check_text, check_texts
from aigc_teach.models import KneserNey

FIRST = 0x4E00  # each word gets a character of its own from here on: KneserNey counts characters
MOST = 20_000  # words


def pieces(text: str) -> list[str]:
    """Words and signs of a text, in small letters."""
    return re.findall(r"\d+(?:\.\d+)+|\w+|[^\w\s]", check_text("text", text).lower())


def first_sentence(text: str) -> str:
    """A text up to its first full stop, question or exclamation mark.

    >>> first_sentence("Yes, e.g. here. No.")
    'Yes, e.g. here.'
    """
    return re.split(r"(?<=[.?!])\s+(?=[A-Z])", check_text("text", text).strip(), maxsplit=1)[0]


class Speaker:
    """Which word follows which: Kneser-Ney smoothing over words.

    Parameters
    ----------
    texts : sequence of str
    order : int
        1 looks at no earlier word, 3 at two.

    Examples
    --------
    >>> speaker = Speaker(["the cat sat .", "the dog sat ."], order=2)
    >>> speaker.probability("sat", after=["cat"]) > speaker.probability("dog", after=["cat"])
    True
    """

    def __init__(self, texts: Sequence[str], order: int = 3):
        rows = [pieces(text) for text in check_texts("texts", texts)]
        self.words = sorted({word for row in rows for word in row})
        if not 0 < len(self.words) <= MOST:
            raise DataError(
                f"Speaker wants 1 to {MOST:,} different words; got {len(self.words):,}."
            )
        self._signs = {word: chr(FIRST + number) for number, word in enumerate(self.words)}
        self._model = KneserNey(order).fit(["".join(map(self._signs.get, row)) for row in rows])

    def _written(self, said: Sequence[str]) -> str:
        return "".join(self._signs.get(word, chr(FIRST - 1)) for word in check_texts("said", said))

    def probability(self, word: str, *, after: Sequence[str]) -> float:
        """p(word | the words before it); above 0 for every word."""
        sign = self._signs.get(check_text("word", word), chr(FIRST - 1))
        return self._model.probability(sign, after=self._written(after))

    def draw(
        self, after: Sequence[str], *, generator: torch.Generator | None = None, longest: int = 40
    ) -> list[str]:
        """Words drawn one after another, up to a full stop or `longest`."""
        text = self._written(after)
        for _ in range(check_count("longest", longest)):
            text = self._model.sample(1, start=text, generator=generator)
            if text[-1] == self._signs.get("."):
                break
        return [self.words[ord(sign) - FIRST] for sign in text[len(after) :]]
