"""A cache of the open file: what was written a moment ago is likely to be written again.

Kuhn & De Mori 1990 mixed a language model with the frequencies of the last words; Tu, Su &
Devanbu 2014 did it for source code, where the cache holds longer contexts of the open file:

    p(c) = (1 - w_m) p_model(c) + w_m p_file(c),

m being how many of the last tokens stood together before in this file, and w_m a weight for each
m. The file's own distribution lends to contexts from those one shorter, as `NGram` does:

    p_0(c) = count(c) / count,    p_(k+1)(c) = (count(h_k c) + g p_k(c)) / (count(h_k) + g).

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

WEIGHTS = (0.01, 0.12, 0.35, 0.43, 0.55, 0.7)  # where no token, one, two, ... stood there before
ROUNDS = 100


class FileCache:
    """Counts of the open file, and a model's probabilities mixed with them.

    Parameters
    ----------
    vocabulary : int
        V; tokens are 0 to V - 1.
    weights : sequence of float
        w_0, w_1, ...: each 0 to 1. How many there are says how long the longest context is. One
        alone is the cache of Kuhn and De Mori. `fit` finds them.
    lent : float
        g.
    size : int
        How many of the last tokens count.

    Examples
    --------
    >>> cache = FileCache(3, weights=(0.5,))
    >>> cache.mix(np.full(3, 1 / 3)).round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> for token in (1, 1):
    ...     cache.add(token)
    >>> cache.mix(np.full(3, 1 / 3)).round(3).tolist()
    [0.167, 0.667, 0.167]
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        weights: Sequence[float] = WEIGHTS,
        lent: float = 0.5,
        size: int = 20_000,
    ):
        self.vocabulary = check_count("vocabulary", vocabulary)
        if not len(weights):
            raise DataError("weights is empty; give one at least.")
        self.weights = tuple(check_number("a weight", w) for w in weights)
        if max(self.weights) > 1:
            raise RangeError(f"A weight is at most 1; one of yours is {max(self.weights)}.")
        self.lent = check_number("lent", lent, above=True)
        self.size = check_count("size", size)
        self.clear()

    def clear(self) -> None:
        """Forget everything: another file is opened."""
        self._tokens: deque[int] = deque()
        self._followers: list[dict[tuple, Counter]] = [{} for _ in self.weights]

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, token: int) -> None:
        """One more token of the file."""
        if isinstance(token, bool) or not 0 <= token < self.vocabulary:
            raise RangeError(f"{token!r} is no token; they are 0 to {self.vocabulary - 1}.")
        for k, table in enumerate(self._followers):
            context = self._context(len(self._tokens), k)
            if context is not None:
                table.setdefault(context, Counter())[token] += 1
        self._tokens.append(token)
        if len(self._tokens) > self.size:
            self._forget()

    def extend(self, tokens: Iterable[int]) -> None:
        """Several tokens of the file."""
        for token in tokens:
            self.add(token)

    def distribution(self) -> tuple[np.ndarray, int]:
        """The file's own p of the next token ``[V]``, and m; zeros and -1 for an empty file."""
        p, matched = np.zeros(self.vocabulary), -1
        for k, table in enumerate(self._followers):
            seen = table.get(self._context(len(self._tokens), k))
            if not seen:
                break  # nor was any longer context
            total = seen.total() + (self.lent if k else 0.0)
            p *= self.lent / total
            p[list(seen)] += np.fromiter(seen.values(), float) / total
            matched = k
        return p, matched

    def mix(self, p: np.ndarray) -> np.ndarray:
        """A model's probabilities of the next token, mixed with the file's: ``[V] -> [V]``."""
        p = np.asarray(p, dtype=np.float64)
        if p.shape != (self.vocabulary,):
            raise ShapeError(f"p must be [{self.vocabulary}]; yours is {[*p.shape]}.")
        own, matched = self.distribution()
        if matched < 0:
            return p.copy()
        weight = self.weights[matched]
        return (1 - weight) * p + weight * own

    def fit(self, rows: Sequence[np.ndarray], files: Sequence[Sequence[int]]) -> FileCache:
        """Find the weights under which some files are likeliest; returns itself, empty.

        Parameters
        ----------
        rows : sequence of array
            A model's probabilities in each file, ``[T, V]``; see `next_rows`. Of files that the
            model did not learn from.
        files : sequence of sequence of int
            Their tokens.
        """
        pairs: list[list] = [[] for _ in self.weights]
        for of_model, tokens in zip(rows, files, strict=True):
            self.clear()
            for p, token in zip(of_model, tokens, strict=True):
                own, matched = self.distribution()
                if matched >= 0:
                    pairs[matched].append((p[token], own[token]))
                self.add(token)
        self.clear()
        found = []
        for old, pair in zip(self.weights, pairs, strict=True):
            p = torch.tensor(pair, dtype=torch.float64).view(-1, 2).clamp_min(1e-12)
            found.append(float(mixture_weights(p)[1]) if len(p) else old)
        self.weights = tuple(found)
        return self

    def _context(self, at: int, k: int) -> tuple | None:
        """The k tokens before place `at`, or None where there are fewer."""
        if k > at:
            return None
        return tuple(self._tokens[j] for j in range(at - k, at))

    def _forget(self) -> None:
        """Drop the oldest token from all the contexts that it began or was."""
        for k, table in enumerate(self._followers):
            context = self._context(k, k)
            if k >= len(self._tokens):
                continue
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
