"""A cache of the open file: what was written a moment ago is likely to be written again.

Kuhn & De Mori 1990 mixed a language model with the frequencies of the last words; Tu, Su &
Devanbu 2014 did it for source code, where the cache holds longer contexts of the open file. Here
the file's counts are laid over the model's probabilities, context by context:

    p_0(c) = model,    p_(k+1)(c) = (count(h_k c) + g_k p_k(c)) / (count(h_k) + g_k),

h_k being the last k tokens and g_k > 0 the strength: so many sightings weigh as much as what lies
below. A context that the file has not shown yet changes nothing. This is `NGram`'s formula with
a model at the bottom.

`mixture_weights` finds how much of each of several models to take.

Legend: V vocabulary, T tokens, M models.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..core import DataError, RangeError, ShapeError, check_count, check_number

STRENGTHS = (200.0, 20.0, 2.0, 1.0)  # of no token before, one, two, three
ROUNDS = 200


class FileCache:
    """Counts of the open file, and a model's probabilities changed by them.

    Parameters
    ----------
    vocabulary : int
        V; tokens are 0 to V - 1.
    strengths : sequence of float
        g_0, g_1, ...; how many there are is the longest context. One alone is the cache of Kuhn
        and De Mori.
    size : int
        How many of the last tokens count.

    Examples
    --------
    >>> cache = FileCache(3, strengths=(2.0,))
    >>> cache.mix(np.full(3, 1 / 3)).round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> for token in (1, 1):
    ...     cache.add(token)
    >>> cache.mix(np.full(3, 1 / 3)).round(3).tolist()
    [0.167, 0.667, 0.167]
    """

    def __init__(
        self, vocabulary: int, *, strengths: Sequence[float] = STRENGTHS, size: int = 20_000
    ):
        self.vocabulary = check_count("vocabulary", vocabulary)
        if not strengths:
            raise DataError("strengths is empty; give one at least.")
        self.strengths = tuple(check_number("a strength", g, above=True) for g in strengths)
        self.size = check_count("size", size)
        self.clear()

    def clear(self) -> None:
        """Forget everything: another file is opened."""
        self._tokens: deque[int] = deque()
        self._followers: list[dict[tuple, Counter]] = [{} for _ in self.strengths]

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, token: int) -> None:
        """One more token of the file."""
        if isinstance(token, bool) or not 0 <= token < self.vocabulary:
            raise RangeError(f"{token!r} is no token; they are 0 to {self.vocabulary - 1}.")
        self._count(len(self._tokens), token, 1)
        self._tokens.append(token)
        if len(self._tokens) > self.size:
            self._forget()

    def extend(self, tokens: Iterable[int]) -> None:
        """Several tokens of the file."""
        for token in tokens:
            self.add(token)

    def mix(self, p: np.ndarray) -> np.ndarray:
        """A model's probabilities of the next token, changed by the file: ``[V] -> [V]``.

        Both add up to 1.
        """
        p = np.array(p, dtype=np.float64)
        if p.shape != (self.vocabulary,):
            raise ShapeError(f"p must be [{self.vocabulary}]; yours is {[*p.shape]}.")
        for k, (strength, table) in enumerate(zip(self.strengths, self._followers, strict=True)):
            seen = table.get(self._context(len(self._tokens), k))
            if seen:
                total = seen.total() + strength
                p *= strength / total
                p[list(seen)] += np.fromiter(seen.values(), float) / total
        return p

    def _context(self, at: int, k: int) -> tuple | None:
        """The k tokens before place `at`, or None where there are fewer."""
        if k > at:
            return None
        return tuple(self._tokens[j] for j in range(at - k, at))

    def _count(self, at: int, token: int, by: int) -> None:
        for k, table in enumerate(self._followers):
            context = self._context(at, k)
            if context is not None:
                table.setdefault(context, Counter())[token] += by

    def _forget(self) -> None:
        """Drop the oldest token from all the contexts that it began or was."""
        for k, table in enumerate(self._followers):
            context = self._context(k, k)
            followers = table[context]
            followers[self._tokens[k]] -= 1
            if not followers[self._tokens[k]]:
                del followers[self._tokens[k]]
            if not followers:
                del table[context]
        self._tokens.popleft()


def mixture_weights(p: Tensor) -> Tensor:
    """The weights of the mixture of models under which a text is likeliest, by EM.

    Fitted on text that none of the models learnt from, as in deleted interpolation.

    Parameters
    ----------
    p : Tensor
        What each of M models gave each right token: ``[T, M]``, above 0.

    Returns
    -------
    Tensor
        ``[M]``, adding up to 1.

    Examples
    --------
    >>> p = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    >>> [round(weight, 2) for weight in mixture_weights(p).tolist()]
    [0.71, 0.29]
    """
    if not isinstance(p, Tensor) or p.ndim != 2 or not p.numel():
        raise ShapeError("p must be a tensor [T, M]: what each model gave each right token.")
    if not bool((p > 0).all()) or not bool((p <= 1).all()):  # NaN is not, either
        raise RangeError("Each p must be above 0 and at most 1.")
    p = p.double()
    weights = torch.full((p.shape[1],), 1 / p.shape[1], dtype=torch.float64, device=p.device)
    for _ in range(ROUNDS):
        shares = weights * p
        weights = (shares / shares.sum(1, keepdim=True)).mean(0)
    return weights
