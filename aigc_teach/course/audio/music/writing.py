"""Tunes as batches, and how models write them: free, or so that every bar adds up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ....core import DataError, RangeError, check_count, check_number
from ....data.tune_tokens import MARKS, TuneTokens
from ....data.tunes import UNITS
from ....nn import sampling

LONGEST = 420  # tokens of a tune; the longest of the books has 407
FIRST = 256  # the character that stands for token 0, for models of characters


def as_text(ids: Sequence[int]) -> str:
    """Tokens as one character each, for `models.KneserNey`.

    >>> as_ids(as_text([3, 0, 7]))
    [3, 0, 7]
    """
    return "".join(chr(FIRST + int(number)) for number in ids)


def as_ids(text: str) -> list[int]:
    """The tokens of such a text."""
    return [ord(character) - FIRST for character in text]


class BarRule:
    """What may follow, so that every bar lasts six eighths and every note has its length.

    A note may begin where time is left; a length may not go beyond the bar; a bar line comes
    where none is left, and there only. The tune may end behind the end of a part.

    Parameters
    ----------
    cut : TuneTokens
    n : int
        Tunes that are written at once.

    Examples
    --------
    >>> cut = TuneTokens()
    >>> rule = BarRule(cut, 1)
    >>> [cut.names[k] for k in rule.allowed()[0].nonzero()[:2, 0]]
    ['rest', 'C3']
    """

    def __init__(self, cut: TuneTokens, n: int):
        size = len(cut.names)
        self.cut, self.left = cut, torch.full((n,), UNITS)
        self.waiting = torch.zeros(n, dtype=torch.bool)  # for a length
        self.may_end = torch.zeros(n, dtype=torch.bool)  # behind the end of a part
        self.ended = torch.zeros(n, dtype=torch.bool)
        number = torch.arange(size)
        self.length = torch.zeros(size, dtype=torch.long)
        self.length[cut.lengths[0] : cut.lengths[-1] + 1] = torch.arange(1, UNITS + 1)
        self.sounds = number >= cut.rest
        self.marks = (number >= MARKS.index("|")) & (number < len(MARKS))
        self.parts = (number > MARKS.index("|")) & (number < len(MARKS))
        self.end = number == cut.end

    def allowed(self) -> Tensor:
        """Which tokens may come next: bool ``[N, V]``."""
        left, waiting = self.left[:, None], self.waiting[:, None]
        fits = (self.length > 0) & (self.length <= left)
        open_ = torch.where(left > 0, self.sounds, self.marks)
        ended = (self.may_end[:, None] & self.end) | (self.ended[:, None] & (self.end))
        return torch.where(self.ended[:, None], self.end, torch.where(waiting, fits, open_) | ended)

    def read(self, token: Tensor) -> None:
        """Take one token of each tune, int64 ``[N]``."""
        self.left = self.left - self.length[token] * self.waiting
        self.waiting = self.sounds[token]
        closed = self.marks[token]
        self.left = torch.where(closed, UNITS, self.left)
        self.may_end = self.parts[token]
        self.ended = self.ended | self.end[token]


class Written(NamedTuple):
    """Tunes that a model wrote.

    Attributes
    ----------
    ids : list of list of int
        Tokens of each, its end too where it came.
    ended : list of bool
        Whether the tune ended by itself.
    removed : Tensor
        ``[N]``: nats that the rule overruled in each, minus the log of what it left.
    """

    ids: list[list[int]]
    ended: list[bool]
    removed: Tensor


@torch.no_grad()
def write(
    model: torch.nn.Module,
    cut: TuneTokens,
    n: int = 1,
    *,
    prompt: Sequence[int] = (),
    masked: bool = False,
    temperature: float = 1.0,
    longest: int = LONGEST,
    generator: torch.Generator | None = None,
) -> Written:
    """Let a model write `n` tunes.

    Parameters
    ----------
    model : models.CharRNN or models.GPT
    cut : TuneTokens
        That of the model's training.
    n : int
    prompt : sequence of int
        Tokens that all tunes begin with.
    masked : bool
        Whether `BarRule` forbids what would break a bar.
    temperature : float
    longest : int
        Tokens, the prompt counted; a tune that has not ended by then is cut off.
    generator : torch.Generator, optional
    """
    check_count("n", n)
    check_number("temperature", temperature)
    if len(prompt) >= check_count("longest", longest):
        raise RangeError(f"The prompt has {len(prompt)} tokens; it must be shorter than {longest}.")
    text = torch.tensor(list(prompt), dtype=torch.int64).expand(n, -1)  # [N, P]
    rule, removed = BarRule(cut, n), torch.zeros(n)
    for token in text.T:
        rule.read(token)
    unread, state = text, None
    for _ in range(longest - len(prompt)):
        logits, state = model.read(unread, state)  # [N, V]
        if masked:
            allowed = rule.allowed()
            left = logits.log_softmax(1).masked_fill(~allowed, -math.inf).logsumexp(1)
            removed -= left.where(~rule.ended, torch.zeros(()))
            logits = logits.masked_fill(~allowed, -math.inf)
        token = sampling.draw(sampling.temperature(logits, temperature), generator=generator)
        token = token.where(~rule.ended, torch.tensor(cut.end))
        rule.read(token)
        text, unread = torch.cat([text, token[:, None]], 1), token[:, None]
        if rule.ended.all():
            break
    return cut_at_end(text.tolist(), cut, removed)


def write_counted(
    counts: object,
    cut: TuneTokens,
    n: int = 1,
    *,
    longest: int = LONGEST,
    generator: torch.Generator | None = None,
) -> Written:
    """The same for a `models.KneserNey` that counted `as_text`; always free."""
    rows = [as_ids(counts.sample(longest, generator=generator)) for _ in range(n)]
    return cut_at_end(rows, cut, torch.zeros(n))


def cut_at_end(rows: list[list[int]], cut: TuneTokens, removed: Tensor) -> Written:
    """Rows of tokens up to the first end of each."""
    ended = [cut.end in row for row in rows]
    ids = [
        row[: row.index(cut.end) + 1] if own else row for row, own in zip(rows, ended, strict=True)
    ]
    return Written(ids, ended, removed)


def transposed(batch: Tensor, up: Tensor, cut: TuneTokens) -> Tensor:
    """Tunes as absolute tokens, row k moved up by ``up[k]`` semitones: int64 ``[N, T]``.

    Raises
    ------
    DataError
        For tokens that are steps: those are the same in every key.
    """
    if cut.kind != "absolute":
        raise DataError("Steps are the same in every key; there is nothing to move.")
    moved = batch + up[:, None] * (batch >= cut.first)
    if (moved >= len(cut.names)).any() or ((batch >= cut.first) & (moved < cut.first)).any():
        raise RangeError("A note leaves the range of pitches that have a token.")
    return moved
