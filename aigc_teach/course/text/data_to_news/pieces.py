"""Words, digits and slots as tokens, and batches of (record, text) made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ....core import DataError, check_text
from ....models.ngram import check_texts
from .reports import OPENINGS

PIECE = re.compile(r"\s?\{\w+\}|\s?[^\W\d]+|\s?\d|\s?[^\w\s{}]+|\s|.")
END, PAD = "\n", "\0"


class Pieces:
    """A tokenizer whose ids are words, single digits, marks and slots, with the space before.

    So a number is written digit by digit, and one that was never seen can be written.

    Parameters
    ----------
    texts : iterable of str
        Their pieces become the vocabulary. Id 0 is the padding, id 1 the end of a report.

    Examples
    --------
    >>> pieces = Pieces(["rose to 12.8 °C"])
    >>> [pieces.names[k] for k in pieces.encode("rose to 12.8")]
    ['rose', ' to', ' 1', '2', '.', '8']
    """

    def __init__(self, texts: Iterable[str]):
        found = {piece for text in check_texts(texts) for piece in PIECE.findall(text)}
        digits = [space + digit for space in ("", " ") for digit in "0123456789"]
        self.names = [PAD, END, *dict.fromkeys([*digits, *sorted(found)])]
        self.ids = {name: number for number, name in enumerate(self.names)}
        self.size, self.pad, self.end = len(self.names), 0, 1

    def encode(self, text: str) -> list[int]:
        """The ids of a text; a piece that was never seen is refused with a sentence."""
        found = PIECE.findall(check_text("text", text))
        strange = [piece for piece in found if piece not in self.ids]
        if strange:
            raise DataError(f"{strange[0]!r} is no piece of this vocabulary of {self.size}.")
        return [self.ids[piece] for piece in found]

    def decode(self, ids: Iterable[int]) -> str:
        """The text up to its end, without padding."""
        names = []
        for number in ids:
            if number == self.end:
                break
            if number != self.pad:
                names.append(self.names[number])
        return "".join(names)


def vocabulary(texts: Sequence[str]) -> Pieces:
    """Pieces of the given texts and of every word for the weather.

    >>> vocabulary(["dry"]).encode(" fog")[0] > 1
    True
    """
    return Pieces([*check_texts(texts), *(f" {word}" for word in OPENINGS)])


def batch_of(rows: Sequence[tuple[list[int], list[int]]], pieces: Pieces) -> tuple[Tensor, Tensor]:
    """Prompts and texts, each ended and padded: tokens ``[N, T]`` and which of them are text.

    >>> pieces = Pieces(["a b"])
    >>> tokens, is_text = batch_of([([2, 3], [4]), ([2], [4])], pieces)
    >>> tokens.tolist(), is_text.long().tolist()
    ([[2, 3, 4, 1], [2, 4, 1, 0]], [[0, 0, 1, 1], [0, 1, 1, 0]])
    """
    longest = max(len(prompt) + len(text) + 1 for prompt, text in rows)
    tokens = torch.full((len(rows), longest), pieces.pad)
    is_text = torch.zeros(len(rows), longest, dtype=torch.bool)
    for row, (prompt, text) in enumerate(rows):
        end = len(prompt) + len(text) + 1
        tokens[row, :end] = torch.tensor([*prompt, *text, pieces.end])
        is_text[row, len(prompt) : end] = True
    return tokens, is_text
