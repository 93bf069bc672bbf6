"""467 jigs: melodies in 6/8, all in G major, from two tune books of 1883 and 1903.

From Ryan's Mammoth Collection (Boston 1883) and O'Neill's Music of Ireland (Chicago 1903), as
notes of pitch and length. Each has two to four parts of eight bars. So that all are alike, they
were moved to G major; the upbeats were left out, and the last note of a part is held for the
time that its upbeat had; where a part has two endings, it has the second here.

Settings of one tune, by title or by melody, are on one side of the split: 393 families, whole
ones held out. Origin and licence are in ``tunes.json`` and ``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..core import DataError, check_choice
from ..core.outside import refusing
from .abc import write_abc
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "tunes.npz"
RECORD = FOLDER / "tunes.json"
SPLITS = ("train", "held_out", "all")
UNITS = 12  # a bar of 6/8 in sixteenths
TONIC = 67  # G above middle C, as a MIDI number

Bars = tuple[tuple[tuple[int | None, int], ...], ...]  # [bar][note]: pitch, length in sixteenths


class Part(NamedTuple):
    """One part of a tune.

    Attributes
    ----------
    bars : tuple of tuple of (int or None, int)
        Each bar's notes: MIDI number (None is a rest) and length in sixteenths; 12 a bar.
    repeated : bool
        Whether it is played twice.
    """

    bars: Bars
    repeated: bool


class Tune(NamedTuple):
    """One melody.

    Attributes
    ----------
    title, book : str
        The book is "O'Neill" or "Ryan".
    parts : tuple of Part
    """

    title: str
    book: str
    parts: tuple[Part, ...]

    def notes(self, *, repeats: bool = False) -> list[tuple[int | None, int]]:
        """All notes in a row; with `repeats` as it is played."""
        return [
            note
            for part in self.parts
            for _ in range(2 if repeats and part.repeated else 1)
            for bar in part.bars
            for note in bar
        ]

    def abc(self) -> str:
        """The tune in ABC notation.

        >>> print(tunes("held_out")[0].abc().splitlines()[4])
        K:G
        """
        return write_abc(self.parts, title=self.title)


def tunes(split: str = "train") -> list[Tune]:
    """The jigs that come with the package.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        397 to learn from, 70 to judge with, or all.

    Returns
    -------
    list of Tune

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> tune = tunes("held_out")[0]
    >>> len(tune.parts[0].bars), sum(length for _, length in tune.parts[0].bars[0])
    (8, 12)
    """
    check_choice("split", split, SPLITS)
    shapes = {"notes": (None, 2), "parts": (None, 3), "titles": (None,), "train": (1,)}
    stored = read_vendored(FILE, RECORD, shapes)
    with refusing(f"{FILE.name} holds no tunes", remedy=AGAIN):
        names = [line.split("\t") for line in stored["titles"].tobytes().decode().split("\n")]
        notes = iter([(pitch or None, length) for pitch, length in stored["notes"].tolist()])
        parts: list[list[Part]] = [[] for _ in names]
        for tune, bars, repeated in stored["parts"].tolist():
            whole = tuple(_bar(notes) for _ in range(bars))
            parts[tune].append(Part(whole, bool(repeated)))
        found = [
            Tune(title, book, tuple(own)) for (book, title), own in zip(names, parts, strict=True)
        ]
    cut = int(stored["train"][0])
    return {"train": found[:cut], "held_out": found[cut:], "all": found}[split]


def verify() -> list[str]:
    """Compare the stored tunes with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def _bar(notes) -> tuple:
    """The next notes that make a bar."""
    bar, left = [], UNITS
    while left > 0:
        bar.append(next(notes))
        left -= bar[-1][1]
    if left:
        raise DataError("a bar does not add up")
    return tuple(bar)
