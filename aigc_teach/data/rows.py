"""Texts of different lengths as rows of one tensor: an end, then padding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError

PAD, END, UNKNOWN = 0, 1, 2
PLACEHOLDER = r"%\d+|%[sd]|\{\w*\}"  # of gettext, of Python and of str.format
STRANGE = "\ufffd"


class RowTokenizer:
    """Texts as rows of ids: the pieces of a text, `END` (1), then `PAD` (0).

    2 stands for a piece that was not in the texts given. A placeholder (``%1``, ``%s``,
    ``{name}``) is one piece, whatever the others are.

    Parameters
    ----------
    texts : iterable of str
        Their pieces become the vocabulary, in Unicode's order.
    words : bool
        Pieces are words and single marks, without the blanks between them, and not characters.

    Attributes
    ----------
    pieces : list of str
        The piece of each id; empty for padding and end, U+FFFD for the unknown.
    size : int

    Raises
    ------
    DtypeError, DataError

    Examples
    --------
    >>> rows = RowTokenizer(["ab", "b %1"])
    >>> rows.encode(["ba", "%1"])
    tensor([[6, 5, 1],
            [4, 1, 0]])
    >>> rows.decode(rows.encode(["ab", "ax"]))
    ['ab', 'a�']
    """

    def __init__(self, texts: Iterable[str], *, words: bool = False):
        self.words = words
        pieces = {piece for text in texts for piece in self.cut(text)}
        if not pieces:
            raise DataError("There are no texts to take a vocabulary from.")
        self.pieces = ["", "", STRANGE, *sorted(pieces - {STRANGE})]
        self.ids = {piece: number for number, piece in enumerate(self.pieces) if number >= UNKNOWN}
        self.size = len(self.pieces)

    def cut(self, text: str) -> list[str]:
        """The pieces of a text: placeholders whole, else characters or words.

        >>> RowTokenizer(["a"]).cut("No %1"), RowTokenizer(["a"], words=True).cut("No %1!")
        (['N', 'o', ' ', '%1'], ['No', '%1', '!'])
        """
        if not isinstance(text, str):
            raise DtypeError(f"A text must be a str; you gave a {type(text).__name__}.")
        other = r"\w+|\S" if self.words else "."
        return re.findall(f"{PLACEHOLDER}|{other}", text, flags=re.DOTALL)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """int64 ``[N, L]``; L is the longest of these texts and its end.

        Raises DtypeError for a single text in place of a list of them.
        """
        if isinstance(texts, str) or not len(texts):
            given = "one text" if isinstance(texts, str) else "no text"
            raise DtypeError(f"encode takes a list of texts, at least one; you gave {given}.")
        rows = [[self.ids.get(piece, UNKNOWN) for piece in self.cut(text)] for text in texts]
        table = torch.full((len(rows), max(map(len, rows)) + 1), PAD)
        for row, ids in zip(table, rows, strict=True):
            row[: len(ids) + 1] = torch.tensor([*ids, END])
        return table

    def decode(self, rows: Tensor) -> list[str]:
        """The texts of int64 ``[N, L]``, each up to its first end; words with blanks between."""
        if not isinstance(rows, Tensor) or rows.ndim != 2:
            given = [*rows.shape] if isinstance(rows, Tensor) else type(rows).__name__
            raise ShapeError(f"decode takes rows of ids [N, L]; you gave {given}.")
        texts = []
        for row in rows.tolist():
            row = row[: row.index(END)] if END in row else row
            if row and not 0 <= min(row) <= max(row) < self.size:
                raise RangeError(f"Ids must lie in 0..{self.size - 1}; one row holds others.")
            texts.append((" " if self.words else "").join(self.pieces[number] for number in row))
        return texts

    def unknown(self, text: str) -> list[str]:
        """The pieces of a text that have no id, each once.

        >>> RowTokenizer(["ab"]).unknown("abc")
        ['c']
        """
        return [piece for piece in dict.fromkeys(self.cut(text)) if piece not in self.ids]


def placeholders(text: str) -> list[str]:
    """The placeholders of a text, in Unicode's order.

    >>> placeholders("%2 of %1, {name}")
    ['%1', '%2', '{name}']
    """
    return sorted(re.findall(PLACEHOLDER, text))
