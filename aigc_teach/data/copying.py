"""Words as numbers for a model that can copy: of a strange word, its place in the source is enough.

A vocabulary of the most common words has the numbers 0 to K - 1. Each *other* word of a source
gets the next free number, K, K + 1, ... in that row alone (See et al. 2017, section 2.2). So a
name that was never seen can be read, pointed at and written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError, check_count, check_text
from .rows import END, PAD, STRANGE, UNKNOWN

WORD = re.compile(r"\w+(?:[.\-']\w+)*|[^\w\s]")  # torch.Tensor, one-sided and don't are words


class CopyPairs(NamedTuple):
    """Sources and targets as rows of numbers.

    Attributes
    ----------
    sources, targets : Tensor
        int64 ``[N, S]`` and ``[N, T]``: words, an end (1), then padding (0).
    strange : list of list of str
        Of each source, the words that have the numbers K, K + 1, ... in its row.
    """

    sources: Tensor
    targets: Tensor
    strange: list[list[str]]


class CopyWords:
    """The most common words of some texts, and a way to number all others.

    Parameters
    ----------
    texts : iterable of str
    known : int
        K: how many numbers the vocabulary has at most, padding (0), end (1) and unknown (2)
        counted. Of words equally common the first in Unicode's order is taken.

    Attributes
    ----------
    words : list of str
        The word of each number; empty for padding and end, U+FFFD for the unknown.
    known : int
        K.

    Raises
    ------
    RangeError, DataError, DtypeError

    Examples
    --------
    >>> words = CopyWords(["the net is a net", "the cat"], known=5)
    >>> words.words[3:]
    ['net', 'the']
    >>> pairs = words.encode(["the dog saw the cat", "a net"], ["the cat", "a bird"])
    >>> pairs.sources
    tensor([[4, 5, 6, 4, 7, 1],
            [5, 3, 1, 0, 0, 0]])
    >>> pairs.targets, pairs.strange[0]  # "bird" stands nowhere
    (tensor([[4, 7, 1],
            [5, 2, 1]]), ['dog', 'saw', 'cat'])
    >>> words.decode(pairs.targets, pairs.strange)
    ['the cat', 'a \ufffd']
    """

    def __init__(self, texts: Iterable[str], known: int):
        check_count("known", known, at_least=UNKNOWN + 2)
        counts = Counter(word for text in texts for word in self.cut(text))
        if not counts:
            raise DataError("There are no texts to take a vocabulary from.")
        common = sorted(counts, key=lambda word: (-counts[word], word))[: known - UNKNOWN - 1]
        self.words = ["", "", STRANGE, *common]
        self.ids = {word: number for number, word in enumerate(self.words) if number > UNKNOWN}
        self.known = len(self.words)

    @staticmethod
    def cut(text: str) -> list[str]:
        """The words and marks of a text; points and hyphens inside a word belong to it.

        >>> CopyWords.cut("Calls torch.nn.Linear, two-sided.")
        ['Calls', 'torch.nn.Linear', ',', 'two-sided', '.']
        """
        return WORD.findall(check_text("a text", text))

    def encode(
        self,
        sources: Sequence[str],
        targets: Sequence[str] | None = None,
        *,
        longest: tuple[int, int] | None = None,
    ) -> CopyPairs:
        """Sources, and what belongs to them, as numbers.

        Parameters
        ----------
        sources : sequence of str
        targets : sequence of str, optional
            As many; empty texts if left out.
        longest : (int, int), optional
            Of a source and of a target, only so many words are kept, the end counted.

        Returns
        -------
        CopyPairs

        Raises
        ------
        DtypeError, ShapeError, DataError
        """
        if isinstance(sources, str) or isinstance(targets, str):
            raise DtypeError("encode takes lists of texts; you gave one text.")
        if not len(sources):
            raise DataError("encode takes lists of texts, at least one; you gave none.")
        targets = [""] * len(sources) if targets is None else targets
        if len(targets) != len(sources):
            raise ShapeError(f"There are {len(sources)} sources and {len(targets)} targets.")
        room = [None, None] if longest is None else [check_count("longest", n) - 1 for n in longest]
        rows, wanted, strange = [], [], []
        for source, target in zip(sources, targets, strict=True):
            read = self.cut(source)[: room[0]]
            others = list(dict.fromkeys(word for word in read if word not in self.ids))
            own = self.ids | {word: self.known + k for k, word in enumerate(others)}
            rows.append([*(own[word] for word in read), END])
            write = self.cut(target)[: room[1]]
            wanted.append([*(own.get(word, UNKNOWN) for word in write), END])
            strange.append(others)
        return CopyPairs(_filled(rows), _filled(wanted), strange)

    def decode(self, rows: Tensor, strange: Sequence[Sequence[str]]) -> list[str]:
        """The texts of int64 ``[N, T]``, each up to its first end, words with blanks between.

        Raises
        ------
        ShapeError, RangeError
        """
        if not isinstance(rows, Tensor) or rows.ndim != 2 or len(rows) != len(strange):
            raise ShapeError("decode takes rows of numbers [N, T] and N lists of strange words.")
        texts = []
        for row, others in zip(rows.tolist(), strange, strict=True):
            row = row[: row.index(END)] if END in row else row
            names = [*self.words, *others]
            if row and not 0 <= min(row) <= max(row) < len(names):
                raise RangeError(f"This row's numbers must lie in 0..{len(names) - 1}.")
            texts.append(" ".join(names[number] for number in row if number != PAD))
        return texts


def _filled(rows: list[list[int]]) -> Tensor:
    table = torch.full((len(rows), max(map(len, rows))), PAD)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    return table
