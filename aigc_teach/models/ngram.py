"""Text by counting: each character is drawn given the few before it.

An n-gram model of order n looks at the n - 1 characters before (letters of English, characters
of Chinese alike) and draws the next one in proportion to how often it followed them. What was
never seen gets its share from the model one order below:

    p_n(c | h) = (count(h c) + k p_(n-1)(c | h')) / (count(h) + k),

h' being h without its first character, and p_0 uniform over the alphabet and one more place,
which stands for any character that was never seen. A context that is never seen leaves all to
the shorter one: this is add-k smoothing whose added counts follow the order below.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable

import torch

from ..core.errors import DataError, DtypeError, RangeError, check_count, check_text, shown

LARGEST_ORDER = 50  # the tables of all orders grow with its square
SMALLEST_K, LARGEST_K = 1e-12, 1e12
START = "\x02"  # stands before the first character of a text; never drawn


class NGram:
    """A character model of a given order, fitted by counting.

    Parameters
    ----------
    order : int
        1 counts characters alone, 2 pairs (bigrams), 3 triples (trigrams), ...; at most 50.
    k : float
        Strength of the smoothing, 1e-12 to 1e12: so many counts are lent by the order below.

    Attributes
    ----------
    alphabet : list of str
        The characters seen, sorted.

    Examples
    --------
    >>> model = NGram(2).fit("abababab")
    >>> model.probability("b", after="a") > 0.8, len(model.sample(4))
    (True, 4)
    """

    def __init__(self, order: int, k: float = 1.0):
        self.order = check_count("order", order, at_most=LARGEST_ORDER)
        self.k = _check_k(k)
        self.alphabet: list[str] = []

    def fit(self, texts: str | Iterable[str]) -> NGram:
        """Count one text, or several; returns itself.

        Raises
        ------
        DtypeError, DataError
            If what is given is not text, or empty.
        """
        texts = texts_to_count(texts)
        pads = [START * (self.order - 1) + text for text in texts]
        self.alphabet = sorted(set().union(*texts))
        self._followers = [self._count(pads, length) for length in range(self.order)]
        self._totals = [{h: sum(c.values()) for h, c in t.items()} for t in self._followers]
        return self

    def _count(self, pads: list[str], length: int) -> dict[str, Counter]:
        """What follows each context of `length` characters, and how often."""
        first, grams = self.order - 1, Counter()
        for pad in pads:
            grams.update(pad[at - length : at + 1] for at in range(first, len(pad)))
        table: dict[str, Counter] = {}
        for gram, count in grams.items():
            table.setdefault(gram[:-1], Counter())[gram[-1]] = count
        return table

    def probability(self, character: str, *, after: str = "") -> float:
        """p(character | the last order - 1 characters of `after`), smoothed; above 0.

        `after` stands at the beginning of a text: what is missing is filled with `START`.
        """
        self._require_fitted()
        if len(check_text("character", character)) != 1:
            raise DataError(f"character={character!r:.80} must be one single character.")
        return self._probability(character, self._context(check_text("after", after)))

    def _probability(self, character: str, context: str) -> float:
        p = 1 / (len(self.alphabet) + 1)
        for length in range(self.order):
            h = context[len(context) - length :]
            total = self._totals[length].get(h, 0)
            if total:  # an unseen context changes nothing, nor do longer ones
                count = self._followers[length][h][character]
                p = (count + self.k * p) / (total + self.k)
        return max(p, sys.float_info.min)  # a small k to a high power is 0 to a float

    def log_prob(self, text: str) -> float:
        """Log p(text) in nats, the sum over its characters; 0 for an empty text."""
        self._require_fitted()
        check_text("text", text)
        first = self.order - 1
        pad = START * first + text
        steps = range(first, len(pad))
        return sum(math.log(self._probability(pad[t], pad[t - first : t])) for t in steps)

    def bits(self, texts: str | Iterable[str]) -> float:
        """Bits a character: mean of -log2 p over all characters of one or several texts."""
        texts = texts_to_count(texts)
        nats = -sum(self.log_prob(text) for text in texts)
        return nats / math.log(2) / sum(map(len, texts))

    def perplexity(self, texts: str | Iterable[str]) -> float:
        """2 to the power of the bits a character: among how many it is as if one had to guess.

        >>> round(NGram(1, k=1e-9).fit("abcd").perplexity("dcba"), 3)
        4.0
        """
        return 2 ** self.bits(texts)

    def sample(self, n: int, *, start: str = "", generator: torch.Generator | None = None) -> str:
        """Draw `n` characters, one after another, that follow `start`; `start` comes first.

        Each is drawn by walking down the orders: with probability count(h) / (count(h) + k)
        from what followed the context h, else from the context that is one shorter. This is
        a draw from the smoothed p (without the place for unseen characters).
        """
        check_count("n", n)
        self._require_fitted()
        text = check_text("start", start)
        for _ in range(n):
            text += self._draw(self._context(text), generator)
        return text

    def _draw(self, context: str, generator: torch.Generator | None) -> str:
        for length in reversed(range(self.order)):
            h = context[len(context) - length :]
            total = self._totals[length].get(h, 0)
            u = torch.rand((), dtype=torch.float64, generator=generator).item() * (total + self.k)
            for character, count in self._followers[length].get(h, {}).items():
                u -= count
                if u < 0:
                    return character
        at = torch.randint(len(self.alphabet), (), generator=generator)
        return self.alphabet[int(at)]

    def _context(self, text: str) -> str:
        first = self.order - 1
        return (START * first + text)[len(text) :]

    def _require_fitted(self) -> None:
        if not self.alphabet:
            raise DataError("Nothing is counted yet: call fit(text) first.")


def _check_k(k: object) -> float:
    is_number = isinstance(k, int | float) and not isinstance(k, bool)
    if not is_number or not SMALLEST_K <= k <= LARGEST_K:  # NaN is not, either
        given = shown(k) if isinstance(k, int) else repr(k)
        raise RangeError(
            f"k={given:.30} must be a number above 0, from {SMALLEST_K:g} to {LARGEST_K:g}: "
            "without it log 0 would arise."
        )
    return float(k)


def texts_to_count(texts: str | Iterable[str]) -> list[str]:
    """One text or several as a list without empty ones, or a sentence.

    >>> texts_to_count("abc")
    ['abc']
    """
    if not isinstance(texts, Iterable):
        raise DtypeError(f"A text must be text (str); you gave a {type(texts).__name__}.")
    texts = [texts] if isinstance(texts, str) else list(texts)
    texts = [text for text in texts if check_text("A text", text)]
    if not texts:
        raise DataError("There is no text: at least 1 character is needed.")
    return texts
