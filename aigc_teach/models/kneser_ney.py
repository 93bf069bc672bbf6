"""The best counting model: interpolated Kneser-Ney smoothing.

Each count is lowered by a discount d, and what was taken is shared by the order below:

    p_n(c | h) = (count(h c) - d(count(h c)) + D(h) p_(n-1)(c | h')) / count(h),

D(h) being the sum of all discounts after h, h' the context without its first character.
The orders below the highest count *contexts* instead of occurrences: how many different
characters stand before h c. "Francisco" is frequent, but only after "San"; where San is not,
it should be rare. Below order 1 lies the uniform p over the alphabet and one more place, for
characters never seen. A context never seen leaves all to the shorter one (back-off).

Kneser & Ney 1995. Chen & Goodman 1999 found it best interpolated, and with three discounts an
order, for counts of 1, of 2, and of 3 and more ("modified"):

    d_k = k - (k + 1) Y n_(k+1) / n_k,    Y = n_1 / (n_1 + 2 n_2),

n_k being the number of n-grams counted k times. All counts are made with sorted arrays: a
million characters to order 8 take seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch

from ..core import DataError, RangeError, check_count, check_text
from .ngram import LARGEST_ORDER, texts_to_count

NONE = -1  # the number of an n-gram that was never seen


class KneserNey:
    """A character model of a given order, smoothed as by Kneser and Ney.

    Parameters
    ----------
    order : int
        1 counts characters alone, 2 pairs, ...; at most 50.
    discount : float, optional
        One d for all orders and counts, above 0 and below 1, as in the first paper; three for
        each order, estimated, if left out.

    Attributes
    ----------
    alphabet : list of str
        The characters seen, sorted.
    discounts : list of tuple of float
        d_1, d_2, d_3 of each order, from 1 on.

    Examples
    --------
    >>> model = KneserNey(3).fit("abababab" * 9)
    >>> model.probability("b", after="a") > 0.9, len(model.sample(4))
    (True, 4)
    """

    def __init__(self, order: int, discount: float | None = None):
        self.order = check_count("order", order, at_most=LARGEST_ORDER)
        if discount is not None and not 0 < discount < 1:
            raise RangeError(f"discount={discount} must lie between 0 and 1.")
        self.discount = discount
        self.alphabet: list[str] = []

    def fit(self, texts: str | Iterable[str]) -> KneserNey:
        """Count one text, or several; returns itself.

        Raises
        ------
        DtypeError, DataError
            If what is given is not text, or empty.
        """
        texts = texts_to_count(texts)
        self.alphabet = sorted(set().union(*texts))
        self._ids = {character: number + 1 for number, character in enumerate(self.alphabet)}
        tokens, counted = self._numbers(texts)
        self._keys: list[np.ndarray] = []
        grams = self._grams(tokens, learn=True)  # [order + 1, T]
        self._tables(grams, np.flatnonzero(counted))
        return self

    def _numbers(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """All texts in a row, each after order - 1 marks (0); where their characters stand.

        Characters never seen get the number V + 1.
        """
        unknown, marks = len(self.alphabet) + 1, [0] * (self.order - 1)
        numbers, counted = [], []
        for text in texts:
            numbers += marks + [self._ids.get(character, unknown) for character in text]
            counted += [False] * len(marks) + [True] * len(text)
        return np.array(numbers, dtype=np.int64), np.array(counted)

    def _grams(self, tokens: np.ndarray, *, learn: bool = False) -> list[np.ndarray]:
        """The number of the n-gram that ends at each place, for n = 0 to order; or `NONE`.

        An n-gram is the (n-1)-gram that ends one place earlier and a character: its key. The
        numbers follow the order of the keys, so all followers of a context stand side by side.
        """
        base, grams = len(self.alphabet) + 2, [np.zeros(len(tokens), dtype=np.int64)]
        for n in range(1, self.order + 1):
            before = np.concatenate([[0 if n == 1 else NONE], grams[-1][:-1]])
            keys = np.where(before == NONE, NONE, before * base + tokens)
            if learn:
                self._keys.append(np.unique(keys[keys != NONE]))
            known = self._keys[n - 1]
            at = np.searchsorted(known, keys).clip(max=len(known) - 1)
            grams.append(np.where(known[at] == keys, at, NONE))
        return grams

    def _tables(self, grams: list[np.ndarray], places: np.ndarray) -> None:
        """Counts of each n-gram; totals and different followers of each context."""
        base = len(self.alphabet) + 2
        self.discounts, self._counts, self._totals = [], [], []  # counts: already lowered
        self._lent: list[np.ndarray] = []
        for n in range(1, self.order + 1):
            size = len(self._keys[n - 1])
            if n == self.order:  # occurrences
                counts = np.bincount(grams[n][places], minlength=size)
            else:  # different characters before it: different (n + 1)-grams that end in it
                _, first = np.unique(grams[n + 1][places], return_index=True)
                counts = np.bincount(grams[n][places[first]], minlength=size)
            context = self._keys[n - 1] // base  # the number of each n-gram's context
            contexts = 1 if n == 1 else len(self._keys[n - 2])
            self.discounts.append(self._estimate(np.bincount(counts, minlength=5)))
            taken = np.array([0.0, *self.discounts[-1]])[counts.clip(max=3)]
            self._counts.append(counts - taken)
            self._totals.append(np.bincount(context, weights=counts, minlength=contexts))
            self._lent.append(np.bincount(context, weights=taken, minlength=contexts))

    def _estimate(self, n: np.ndarray) -> tuple[float, float, float]:
        """The three discounts, from how many n-grams were counted 0, 1, 2, ... times."""
        if self.discount is not None:
            return (self.discount,) * 3
        if not n[1:5].all():  # too little text to tell
            return (0.5,) * 3
        y = n[1] / (n[1] + 2 * n[2])
        found = (k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))
        return tuple(float(np.clip(d, 0.01, k - 0.01)) for k, d in enumerate(found, start=1))

    def log_probs(self, text: str) -> np.ndarray:
        """Log p of each character of a text given those before it, in nats: float64 ``[T]``."""
        self._require_fitted()
        if not check_text("text", text):
            return np.zeros(0)
        tokens, counted = self._numbers([text])
        grams, places = self._grams(tokens), np.flatnonzero(counted)
        p = np.full(len(places), 1 / (len(self.alphabet) + 1))
        for n in range(1, self.order + 1):
            h = grams[n - 1][places - 1] if n > 1 else np.zeros(len(places), dtype=np.int64)
            p = self._mix(n, h, grams[n][places], p)
        return np.log(p)

    def _mix(self, n: int, h: np.ndarray, gram: np.ndarray, p: np.ndarray) -> np.ndarray:
        """The p of order n from that of order n - 1; as it was where the context h is unseen."""
        total = np.where(h != NONE, self._totals[n - 1][h], 0)
        count = np.where(gram != NONE, self._counts[n - 1][gram], 0)
        mixed = (count + self._lent[n - 1][h] * p) / np.maximum(total, 1)
        return np.where(total > 0, mixed, p)

    def probability(self, character: str, *, after: str = "") -> float:
        """p(character | the last order - 1 characters of `after`), smoothed; above 0.

        `after` stands at the beginning of a text.
        """
        if len(check_text("character", character)) != 1:
            raise DataError(f"character={character!r:.80} must be one single character.")
        return float(np.exp(self.log_probs(check_text("after", after) + character)[-1]))

    def distribution(self, after: str = "") -> np.ndarray:
        """P of each character of `alphabet` after a text, then of all others: float64 ``[V + 1]``.

        >>> p = KneserNey(2).fit("abab").distribution("a")
        >>> int(p.argmax()), round(float(p.sum()), 6)
        (1, 1.0)
        """
        self._require_fitted()
        tokens, _ = self._numbers([check_text("after", after)[-self.order :]])
        before = [int(token) for token in tokens[len(tokens) - self.order + 1 :]]
        base = len(self.alphabet) + 2
        p = np.full(base, 1 / (base - 1))  # place 0 is the mark's, and cut off below
        for n in range(1, self.order + 1):
            h = self._number_of(before[self.order - n :])
            if h == NONE or not self._totals[n - 1][h]:
                break  # nor was any longer context seen
            total = self._totals[n - 1][h]
            first, last = np.searchsorted(self._keys[n - 1], [h * base, (h + 1) * base])
            p *= self._lent[n - 1][h] / total
            p[self._keys[n - 1][first:last] % base] += self._counts[n - 1][first:last] / total
        return p[1:]

    def log_prob(self, text: str) -> float:
        """Log p(text) in nats, the sum over its characters; 0 for an empty text."""
        return float(self.log_probs(text).sum())

    def bits(self, texts: str | Iterable[str]) -> float:
        """Bits a character: mean of -log2 p over all characters of one or several texts."""
        texts = texts_to_count(texts)
        nats = -sum(self.log_prob(text) for text in texts)
        return nats / math.log(2) / sum(map(len, texts))

    def perplexity(self, texts: str | Iterable[str]) -> float:
        """2 to the power of the bits a character: among how many it is as if one had to guess."""
        return 2 ** self.bits(texts)

    def sample(self, n: int, *, start: str = "", generator: torch.Generator | None = None) -> str:
        """Draw `n` characters, one after another, that follow `start`; `start` comes first.

        Each is drawn by walking down the orders: from the lowered counts of the context, or,
        with the share that was taken from them, from the context that is one shorter. This is
        a draw from the smoothed p (without the place for unseen characters).
        """
        check_count("n", n)
        self._require_fitted()
        tokens, _ = self._numbers([check_text("start", start)])
        text, numbers = start, list(tokens[len(tokens) - self.order + 1 :])
        for _ in range(n):
            number = self._draw(numbers, generator)
            numbers = [*numbers, number][len(numbers) + 2 - self.order :] if self.order > 1 else []
            text += self.alphabet[number - 1]
        return text

    def _draw(self, before: list[int], generator: torch.Generator | None) -> int:
        base = len(self.alphabet) + 2
        for n in range(self.order, 0, -1):
            h = self._number_of(before[len(before) - n + 1 :])
            if h == NONE or not self._totals[n - 1][h]:
                continue
            first, last = np.searchsorted(self._keys[n - 1], [h * base, (h + 1) * base])
            lowered = self._counts[n - 1][first:last]
            u = torch.rand((), dtype=torch.float64, generator=generator).item()
            at = np.searchsorted(lowered.cumsum(), u * self._totals[n - 1][h], side="right")
            if at < len(lowered):
                return int(self._keys[n - 1][first + at] % base)
        return 1 + int(torch.randint(len(self.alphabet), (), generator=generator))

    def _number_of(self, tokens: list[int]) -> int:
        """The number of an n-gram given by its characters' numbers, or `NONE`."""
        base, number = len(self.alphabet) + 2, 0
        for n, token in enumerate(tokens):
            key = number * base + token
            number = int(np.searchsorted(self._keys[n], key))
            if number == len(self._keys[n]) or self._keys[n][number] != key:
                return NONE
        return number

    def _require_fitted(self) -> None:
        if not self.alphabet:
            raise DataError("Nothing is counted yet: call fit(text) first.")
