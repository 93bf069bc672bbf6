"""Tunes as tokens: a note, its length, a bar line; one sequence a tune.

``G4 2 B4 2 d5 2 | ...``: letters of ABC text would spend most of a model on headers and on
spelling. Pitch is written in one of two ways: as itself ("absolute"), or as the step from the
note before ("steps"), in which a tune reads the same in every key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..core import DataError, RangeError, check_choice, check_count, check_text
from .abc import read_abc
from .tunes import TONIC, UNITS, Part, Tune

KINDS = ("absolute", "steps")
MARKS = ("pad", "end", "|", ":|", "||")
NAMES = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
SHOWN = tuple(name[-1] + "#" * (len(name) - 1) for name in NAMES)
LOW, HIGH = 48, 98  # pitches that have a token
WIDEST = 24  # steps up or down
IN_G = {"F": 1}


class TuneTokens:
    """The vocabulary of tunes.

    Parameters
    ----------
    kind : {"absolute", "steps"}
        How pitch is written. The first step of a tune counts from its tonic.

    Attributes
    ----------
    names : list of str
        What each token is; its place is its number. First the marks (padding, end of the tune,
        bar line, end of a part that is repeated, end of one that is not), then the lengths 1 to
        12 in sixteenths, then the rest, then pitches or steps.
    pad, end : int
        0 and 1.

    Examples
    --------
    >>> cut = TuneTokens()
    >>> ids = cut.encode([Part((((67, 4), (71, 8)),), True)])
    >>> [cut.names[k] for k in ids]
    ['G4', '4', 'B4', '8', ':|', 'end']
    >>> cut.decode(ids)[0].bars
    (((67, 4), (71, 8)),)
    """

    pad, end = 0, 1
    lengths = range(len(MARKS), len(MARKS) + UNITS)
    rest = len(MARKS) + UNITS

    def __init__(self, kind: str = "absolute"):
        check_choice("kind", kind, KINDS)
        self.kind = kind
        sounding = (
            [
                f"{NAMES[p % 12][-1]}{'#' * (NAMES[p % 12][0] == '^')}{p // 12 - 1}"
                for p in range(LOW, HIGH + 1)
            ]
            if kind == "absolute"
            else [f"{k:+d}" for k in range(-WIDEST, WIDEST + 1)]
        )
        self.names = [*MARKS, *map(str, range(1, UNITS + 1)), "rest", *sounding]
        self.first = self.rest + 1  # the first pitch or step

    def encode(self, parts: Sequence[Part], *, up: int = 0) -> list[int]:
        """The tokens of the parts of a tune, its end too; `up` semitones higher.

        Raises
        ------
        RangeError
            For a pitch, a step or a length that has no token.
        DataError
            For a tune without parts, or a part without bars.
        """
        if not parts or not all(bars and all(bars) for bars, _ in parts):
            raise DataError("A tune needs at least one part, each with bars, each with notes.")
        ids, before = [], TONIC + up
        for bars, repeated in parts:
            for bar in bars:
                for pitch, length in bar:
                    ids += [self._sound(pitch, up, before), self._length(length)]
                    before = before if pitch is None else pitch + up
                ids.append(MARKS.index("|"))
            ids[-1] = MARKS.index(":|" if repeated else "||")
        return [*ids, self.end]

    def decode(self, ids: Iterable[int], *, tonic: int = TONIC) -> list[Part]:
        """The parts that tokens say, up to the first end.

        Raises
        ------
        DataError
            Where they are no tune: the place and what is wrong there, as a sentence. Bars may
            have any length; see `metrics.bars_right`.
        """
        parts, bars, bar, sounding, before = [], [], [], None, tonic
        waiting = False
        for place, number in enumerate(map(int, ids)):
            if number == self.end:
                break
            name = self._known(number)
            if waiting != (number in self.lengths):
                wanted = "a length" if waiting else "a note, a rest or a bar line"
                raise DataError(f"Token {place} is {name!r}; {wanted} must stand there.")
            if number in self.lengths:
                bar.append((sounding, number - self.lengths[0] + 1))
                waiting = False
            elif number >= self.rest:
                sounding, waiting = self._heard(number, before), True
                before = before if sounding is None else sounding
            else:
                if name == "pad" or not bar:
                    what = "padding" if name == "pad" else "a bar line behind no note"
                    raise DataError(f"Token {place} is {what}.")
                bars.append(tuple(bar))
                bar = []
                if name != "|":
                    parts.append(Part(tuple(bars), name == ":|"))
                    bars = []
        if waiting or bar or bars:
            raise DataError("The tune breaks off: its last part has no end.")
        if not parts:
            raise DataError("The tune is empty.")
        return parts

    def to_abc(self, ids: Iterable[int], *, title: str = "A tune", tonic: int = TONIC) -> str:
        """Any tokens as ABC text, in G, also where they are no tune: a reader will say so.

        >>> print(TuneTokens().to_abc([TuneTokens.rest, 16, 6]).splitlines()[-1])
        z12 2
        """
        text, altered, before, waiting = [], {}, tonic, False
        for number in map(int, ids):
            if number in (self.end, self.pad):
                break
            if number in self.lengths:
                length = str(number - self.lengths[0] + 1)
                text.append(length if waiting else f" {length}")  # alone no reader takes it
                waiting = False
            elif number >= self.rest:
                pitch = self._heard(number, before)
                before = before if pitch is None else pitch
                text.append(_spelled(pitch, altered))
                waiting = True
            else:
                text.append(self._known(number))
                altered, waiting = {}, False
        title = " ".join(check_text("title", title).split())
        return f"X:1\nT:{title}\nM:6/8\nL:1/16\nK:G\n" + "".join(text)

    def from_abc(self, text: str) -> list[Part]:
        """Your own tune or bars of it, in 6/8, from ABC text, moved to G.

        Raises
        ------
        DataError
            For another metre, or a note off the grid of sixteenths, with the bar named.
        """
        tune = read_abc(text)
        if tune.beats != (6, 8):
            raise DataError("These tokens are for 6/8; your tune has M:{}/{}.".format(*tune.beats))
        up = (TONIC - tune.tonic + 5) % 12 - 5
        parts, bars = [], []
        for number, bar in enumerate(tune.bars, start=1):
            lengths = [note.length * 16 for note in bar.notes]
            if any(length.denominator != 1 for length in lengths):
                raise DataError(f"Bar {number}: a note is no whole number of sixteenths long.")
            pairs = zip(bar.notes, lengths, strict=True)
            bars.append(
                tuple((None if n.pitch is None else n.pitch + up, int(k)) for n, k in pairs)
            )
            if bar.ends:
                parts.append(Part(tuple(bars), bar.closes))
                bars = []
        return [*parts, Part(tuple(bars), False)] if bars else parts

    def batch(self, tunes: Sequence[Tune], *, up: int = 0) -> Tensor:
        """Tunes as int64 ``[N, T]``, padded to the longest."""
        rows = [torch.tensor(self.encode(tune.parts, up=up)) for tune in tunes]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.pad)

    def _sound(self, pitch: int | None, up: int, before: int) -> int:
        if pitch is None:
            return self.rest
        number = pitch + up if self.kind == "absolute" else pitch + up - before
        low, high = (LOW, HIGH) if self.kind == "absolute" else (-WIDEST, WIDEST)
        if not low <= number <= high:
            what = "The pitch" if self.kind == "absolute" else "The step"
            raise RangeError(f"{what} {number} has no token; it must lie from {low} to {high}.")
        return self.first + number - low

    def _length(self, length: int) -> int:
        return self.lengths[check_count("length", length, at_most=UNITS) - 1]

    def _heard(self, number: int, before: int) -> int | None:
        if number == self.rest:
            return None
        place = number - self.first
        pitch = LOW + place if self.kind == "absolute" else before + place - WIDEST
        return min(max(pitch, 0), 127)

    def _known(self, number: int) -> str:
        if not 0 <= number < len(self.names):
            raise RangeError(f"Token {number} must lie from 0 to {len(self.names) - 1}.")
        return self.names[number]


def _spelled(pitch: int | None, altered: dict[str, int]) -> str:
    """One note of ABC in the key of G, with sharps."""
    if pitch is None:
        return "z"
    name = NAMES[pitch % 12]
    letter, sign = name[-1], int(name[0] == "^")
    mark = ""
    if altered.get(letter, IN_G.get(letter, 0)) != sign:
        mark = "^" if sign else "="
        altered[letter] = sign
    octave = pitch // 12 - 5
    return mark + (letter.lower() + "'" * (octave - 1) if octave >= 1 else letter + "," * -octave)
