"""MelodyPad: four bars to write notes into; they sound, are counted, and a model goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import traitlets

from ..core.errors import AigcError, DataError, RangeError, ShapeError, check_count
from .base import PageWidget, page_script

EIGHTHS = 6  # in a bar
MOST_ANSWER = 400  # notes that a continuation may have
CSS = """
.aigc-pad .aigc-pad-roll { cursor: pointer; touch-action: manipulation; }
.aigc-pad .aigc-readout { margin-top: 0.9rem; }
.aigc.aigc-pad .aigc-readout td { text-align: left; }
.aigc-pad-kernel { margin: 0.6rem 0 0; font-weight: 550; }
.aigc-pad-kernel:empty { display: none; }
"""
Bars = Sequence[Sequence[tuple[int | None, int]]]


class MelodyPad(PageWidget):
    """A piano roll of a few bars in 6/8 that lives in the page.

    Click to place a note or take it away, and press Play (nothing sounds before). The page counts
    the eighths of each bar and names the key by the method of Krumhansl and Schmuckler, also in
    the static book. Where a kernel runs, a button lets `go_on` write the next bars; where none
    does, the page says so.

    Parameters
    ----------
    bars : sequence of sequence of (pitch, length)
        What is written at first: 1 to 8 bars, pitches from `low` to `high`, lengths in
        sixteenths, even. A rest (None) is left open.
    go_on : callable, optional
        Bars as above -> a list of (pitch or None, length) that follow them.
    answer : sequence of (pitch, length)
        A continuation that is shown at first, until the notes are changed.
    low, high : int
        The lowest and the highest pitch, as MIDI numbers.
    eighth : float
        Seconds of an eighth note, .05 to 1.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for bars that cannot be shown.

    Examples
    --------
    >>> pad = MelodyPad([[(67, 6), (71, 6)]])
    >>> pad.own, pad.bars
    ([[0, 67, 3], [3, 71, 3]], [[(67, 6), (71, 6)]])
    """

    _esm = page_script("core", "controls", "melody_pad")
    _css = PageWidget._css + CSS

    own = traitlets.List().tag(sync=True)  # [begin, pitch, length], in eighths
    first = traitlets.List().tag(sync=True)  # the same, as it was at first
    answer = traitlets.List().tag(sync=True)  # [pitch or -1, sixteenths]
    count = traitlets.Int(4).tag(sync=True)  # bars
    low = traitlets.Int(62).tag(sync=True)
    high = traitlets.Int(83).tag(sync=True)
    eighth = traitlets.Float(0.18).tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    told = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        bars: Bars,
        *,
        go_on: Callable[[list], Sequence] | None = None,
        answer: Sequence[tuple[int | None, int]] = (),
        low: int = 62,
        high: int = 83,
        eighth: float = 0.18,
        title: str = "Your own four bars",
        alt: str | None = None,
    ):
        check_count("low", low, at_least=0, at_most=126)
        check_count("high", high, at_least=low + 1, at_most=127)
        if not 0.05 <= eighth <= 1:
            raise RangeError(f"eighth={eighth} must lie from 0.05 to 1 second.")
        if not 1 <= len(bars) <= 8:
            raise ShapeError(f"A pad has 1 to 8 bars; there are {len(bars)}.")
        own = [note for k, bar in enumerate(bars) for note in _placed(k, bar, low, high)]
        self.go_on = go_on
        super().__init__(
            own=own,
            first=own,
            answer=_packed(answer),
            count=len(bars),
            low=low,
            high=high,
            eighth=float(eighth),
            title=title,
            alt=alt or f"A piano roll of {len(bars)} bars in 6/8 with {len(own)} notes.",
        )

    @property
    def bars(self) -> list[list[tuple[int | None, int]]]:
        """What is written: each bar's notes, lengths in sixteenths; gaps are rests.

        A note belongs to the bar in which it begins, so a bar may be longer than 12.
        """
        bars: list[list] = [[] for _ in range(self.count)]
        ends = [k * EIGHTHS for k in range(self.count)]
        for begin, pitch, length in sorted(self.own):
            bar = begin // EIGHTHS
            if begin > ends[bar]:
                bars[bar].append((None, 2 * (begin - ends[bar])))
            bars[bar].append((pitch, 2 * length))
            ends[bar] = max(ends[bar], begin) + length
        for k, bar in enumerate(bars):
            left = (k + 1) * EIGHTHS - ends[k]
            if left > 0:
                bar.append((None, 2 * left))
        return bars

    @traitlets.validate("own")
    def _notes(self, proposal) -> list:
        for note in proposal["value"]:
            whole = isinstance(note, list) and len(note) == 3
            if not whole or not all(isinstance(k, int) for k in note) or note[2] < 1:
                raise traitlets.TraitError("A note of the pad is [begin, pitch, length].")
            if not 0 <= note[0] < 8 * EIGHTHS or not 0 <= note[1] <= 127 or note[2] > 2 * EIGHTHS:
                raise traitlets.TraitError("A note of the pad lies outside its bars.")
        return proposal["value"]

    @traitlets.observe("asked")
    def _go_on(self, change) -> None:
        """Ask the model; whatever it does, the page gets an answer."""
        if not change["new"]:
            return
        try:
            if self.go_on is None:
                raise DataError("No model was given to this pad: MelodyPad(bars, go_on=...).")
            self.answer = _packed(self.go_on(self.bars))
            self.told = f"The model wrote {len(self.answer)} notes."
        except AigcError as error:
            self.told = str(error)
        self.answered = change["new"]


def _placed(bar: int, notes: Sequence, low: int, high: int) -> list[list[int]]:
    """The notes of one bar as [begin, pitch, length] in eighths."""
    placed, at = [], 0
    for pitch, length in notes:
        if length < 2 or length % 2:
            raise DataError(
                f"Bar {bar + 1}: the pad shows eighths; {length} sixteenths do not fit."
            )
        if pitch is not None:
            if not low <= pitch <= high:
                raise RangeError(f"Bar {bar + 1}: the pitch {pitch} is not from {low} to {high}.")
            placed.append([bar * EIGHTHS + at, pitch, length // 2])
        at += length // 2
    if at > EIGHTHS:
        raise DataError(f"Bar {bar + 1} has {at} eighths; at first a bar has at most {EIGHTHS}.")
    return placed


def _packed(notes: Sequence[tuple[int | None, int]]) -> list[list[int]]:
    if len(notes) > MOST_ANSWER:
        raise DataError(f"The model wrote {len(notes)} notes; the pad shows at most {MOST_ANSWER}.")
    return [[-1 if pitch is None else int(pitch), int(length)] for pitch, length in notes]
