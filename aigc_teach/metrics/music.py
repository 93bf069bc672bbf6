"""What can be counted about a melody: bars, key, range, form, and runs copied from others.

A melody is a list of notes, each a pair (pitch, length): a MIDI number, or None for a rest, and
a length in any unit, the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core import DataError, RangeError, check_count

Note = tuple[int | None, float]
# Krumhansl & Kessler 1982: how well each of the 12 notes fits, the tonic first
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


class Key(NamedTuple):
    """A key that was found.

    Attributes
    ----------
    name : str
        ``"G major"``.
    tonic : int
        0 to 11; 0 is C.
    mode : str
        "major" or "minor".
    fit : float
        The correlation with its profile, -1 to 1.
    """

    name: str
    tonic: int
    mode: str
    fit: float


def bars_right(bars: Sequence[Sequence[Note]], length: float) -> float:
    """The share of bars whose notes last `length` together.

    Parameters
    ----------
    bars : sequence of sequence of (pitch, length)
        At least one.
    length : float
        What the metre asks for, in the unit of the notes.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    DataError
        Where there is no bar.

    >>> bars_right([[(67, 2), (69, 4)], [(67, 5)]], 6)
    0.5
    """
    if not len(bars):
        raise DataError("There is no bar to count.")
    return sum(sum(n for _, n in bar) == length for bar in bars) / len(bars)


def time_of_pitches(notes: Sequence[Note]) -> np.ndarray:
    """How long each of the twelve notes sounds, C first: float64 ``[12]``; octaves are one.

    >>> time_of_pitches([(60, 2), (72, 1), (None, 5), (67, 1)])[[0, 7]].tolist()
    [3.0, 1.0]
    """
    sums = np.zeros(12)
    for pitch, length in _checked(notes):
        if pitch is not None:
            sums[pitch % 12] += length
    return sums


def key_of(notes: Sequence[Note]) -> Key:
    """The key by the method of Krumhansl and Schmuckler.

    How long each of the twelve notes sounds is correlated (Pearson) with the profile of each of
    24 keys; the highest correlation wins (Krumhansl 1990, chapter 4).

    Parameters
    ----------
    notes : sequence of (pitch, length)

    Returns
    -------
    Key

    Raises
    ------
    DataError
        Where nothing sounds, or all twelve notes sound equally long.

    Examples
    --------
    >>> key_of([(67, 2), (71, 2), (74, 2), (66, 1), (67, 4)]).name
    'G major'
    """
    time = time_of_pitches(notes)
    if time.max() == time.min():
        raise DataError("No key can be found: no note sounds, or all twelve sound equally long.")
    best = None
    for mode, profile in (("major", MAJOR), ("minor", MINOR)):
        for tonic in range(12):
            fit = float(np.corrcoef(time, np.roll(profile, tonic))[0, 1])
            if best is None or fit > best.fit:
                best = Key(f"{TONICS[tonic]} {mode}", tonic, mode, fit)
    return best


def range_of(notes: Sequence[Note]) -> int:
    """From the lowest to the highest pitch, in semitones.

    >>> range_of([(60, 1), (None, 1), (72, 1)])
    12
    """
    pitches = [pitch for pitch, _ in _checked(notes) if pitch is not None]
    if not pitches:
        raise DataError("No note sounds, so there is no range.")
    return max(pitches) - min(pitches)


def form_of(bars: Sequence[Sequence[Note]], part: int = 8) -> str:
    """Letters for stretches of `part` bars, as played: the same notes, the same letter.

    Parameters
    ----------
    bars : sequence of sequence of (pitch, length)
        With repeats written out.
    part : int
        Bars of a stretch. A last one that is shorter counts, too.

    Returns
    -------
    str
        ``"AABB"`` for two parts that are each played twice.

    Examples
    --------
    >>> a, b = [(67, 6)], [(74, 6)]
    >>> form_of([a, a, b, a], part=1), form_of([a, b, a, b], part=2)
    ('AABA', 'AA')
    """
    check_count("part", part)
    letters: dict[tuple, str] = {}
    form = ""
    for at in range(0, len(bars), part):
        same = tuple(tuple(map(tuple, bar)) for bar in bars[at : at + part])
        form += letters.setdefault(same, chr(ord("A") + min(len(letters), 25)))
    return form


def bars_that_return(bars: Sequence[Sequence[Note]], apart: int) -> float:
    """The share of bars that are equal to the bar `apart` places earlier.

    Parameters
    ----------
    bars : sequence of sequence of (pitch, length)
        More than `apart`.
    apart : int

    Returns
    -------
    float
        0 to 1.

    >>> bars_that_return([[(67, 6)], [(69, 6)], [(67, 6)]], apart=2)
    1.0
    """
    check_count("apart", apart)
    if len(bars) <= apart:
        raise DataError(f"There are {len(bars)} bars; none has another {apart} before it.")
    pairs = zip(bars[apart:], bars, strict=False)
    same = [list(map(tuple, one)) == list(map(tuple, other)) for one, other in pairs]
    return sum(same) / len(same)


class Copied(NamedTuple):
    """The longest run that a melody shares with another.

    Attributes
    ----------
    notes : int
        How many notes the run has; 0 where there is none.
    at : int
        The first of them in the melody.
    source, place : int
        In which of the others, and at which note there.
    """

    notes: int
    at: int
    source: int
    place: int


def longest_run(notes: Sequence[Note], others: Sequence[Sequence[Note]]) -> Copied:
    """The longest run of steps and lengths that a melody shares with one of `others`.

    Steps between notes are compared, not pitches, so a copy in another key is found. The length
    of each note must agree as well; that of the last may differ.

    Parameters
    ----------
    notes : sequence of (pitch, length)
    others : sequence of sequence of (pitch, length)

    Returns
    -------
    Copied

    Examples
    --------
    >>> tune = [(67, 2), (71, 2), (74, 2), (72, 2), (69, 2)]
    >>> higher = [(80, 1), *[(pitch + 5, length) for pitch, length in tune[1:]]]
    >>> longest_run(higher, [tune])
    Copied(notes=4, at=1, source=0, place=1)
    """
    mine, best = steps_of(notes), Copied(0, 0, 0, 0)
    places: dict[tuple, list[int]] = {}
    for at, step in enumerate(mine):
        places.setdefault(step, []).append(at)
    for source, other in enumerate(others):
        before: dict[int, int] = {}  # ends in the melody: how long the run is that ends there
        for place, step in enumerate(steps_of(other)):
            now = {at: before.get(at - 1, 0) + 1 for at in places.get(step, ())}
            for at, length in now.items():
                if length + 1 > best.notes:
                    best = Copied(length + 1, at - length + 1, source, place - length + 1)
            before = now
    return best


def steps_of(notes: Sequence[Note]) -> list[tuple[int | None, float]]:
    """From each note to the next: (step in semitones, length of the first); None at a rest.

    >>> steps_of([(67, 2), (71, 4), (None, 2)])
    [(4, 2), (None, 4)]
    """
    notes = _checked(notes)
    return [
        (None if a is None or b is None else b - a, length)
        for (a, length), (b, _) in zip(notes, notes[1:], strict=False)
    ]


def _checked(notes: Sequence[Note]) -> Sequence[Note]:
    for pitch, length in notes:
        if pitch is not None and not 0 <= pitch <= 127:
            raise RangeError(f"pitch={pitch} must be a MIDI number from 0 to 127, or None.")
        if not length > 0:
            raise RangeError(f"length={length} must be above 0.")
    return notes
