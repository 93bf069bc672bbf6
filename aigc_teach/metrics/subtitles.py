"""Subtitles judged: how near their times are to the truth, and which rules of reading they break.

The rules and their limits are those that a large film service publishes for its suppliers
("Timed Text Style Guide: General Requirements", "English Template" and "Simplified Chinese (PRC)",
Netflix Partner Help Center): 5/6 of a second at least, 7 at most, two frames between cues, two
lines; 42 characters a line in English and 17 a second; 16 a line in Chinese and 9 a second. They
are conventions. Others take others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch

from ..core import DataError, RangeError, ShapeError, check_number, check_text
from ..core.film import check_cues

TOLERANCE = 5e-4  # seconds: files round to milliseconds


class Rules(NamedTuple):
    """What a cue may be. The numbers given here are for English.

    Attributes
    ----------
    speed : float
        Characters a second, at most; blanks between words count, ends of lines do not.
    width : int
        Characters a line, at most.
    lines : int
        At most.
    shortest, longest : float
        Seconds that a cue is shown.
    gap : float
        Seconds between two cues, at least, unless they touch: two frames of 24 a second.
    """

    speed: float = 17.0
    width: int = 42
    lines: int = 2
    shortest: float = 5 / 6
    longest: float = 7.0
    gap: float = 2 / 24


ENGLISH = Rules()
CHINESE = Rules(speed=9.0, width=16)


class Broken(NamedTuple):
    """One rule that one cue breaks.

    Attributes
    ----------
    cue : int
        Its place, from 0.
    rule : str
        "speed", "width", "lines", "shortest", "longest", "gap", "overlap" or "order".
    value, limit : float
        What it is, and what is allowed.
    """

    cue: int
    rule: str
    value: float
    limit: float

    def __str__(self) -> str:
        return f"cue {self.cue + 1}: {self.rule} {self.value:.3g}, allowed {self.limit:.3g}"


def reading_speed(start: float, end: float, text: str) -> float:
    r"""Characters a second of one cue; ends of lines count as nothing.

    >>> reading_speed(1.0, 3.0, "rain in\nthe west")
    7.5
    """
    if not end > start:
        raise RangeError(f"A cue from {start:g} to {end:g} s has no reading speed.")
    return len(check_text("text", text).replace("\n", "")) / (end - start)


def broken_rules(cues: Iterable[Sequence], rules: Rules = ENGLISH) -> list[Broken]:
    """Every rule that some cues break, in the order of the cues.

    Parameters
    ----------
    cues : iterable of (start, end, text)
        Seconds, seconds, and lines divided by newlines.
    rules : Rules

    Returns
    -------
    list of Broken

    Raises
    ------
    DtypeError, RangeError
        For what is no cue, and for one that does not end after it begins.

    Examples
    --------
    >>> found = broken_rules([(0, 2, "rain moving north"), (2.05, 2.5, "sun moving south")])
    >>> [str(one) for one in found]
    ['cue 2: speed 35.6, allowed 17', 'cue 2: shortest 0.45, allowed 0.833', ...]
    >>> found[-1].rule
    'gap'
    """
    found, before = [], None
    for place, cue in enumerate(check_cues(cues, "of 'these'", written=False)):
        start, end, text = cue
        lines, seconds = text.split("\n"), end - start
        widest = max(map(len, lines))
        measured = [  # and what rounding of the times may add
            ("speed", reading_speed(start, end, text), rules.speed, 2 * TOLERANCE / seconds),
            ("width", widest, rules.width, 0.0),
            ("lines", len(lines), rules.lines, 0.0),
            ("longest", seconds, rules.longest, TOLERANCE),
        ]
        found += [
            Broken(place, name, value, most)
            for name, value, most, slack in measured
            if value > most + slack * (most if name == "speed" else 1)
        ]
        if seconds < rules.shortest - TOLERANCE:
            found.append(Broken(place, "shortest", seconds, rules.shortest))
        if before is not None:
            apart = start - before[1]
            if start < before[0]:
                found.append(Broken(place, "order", start, before[0]))
            elif apart < -TOLERANCE:
                found.append(Broken(place, "overlap", -apart, 0.0))
            elif apart < rules.gap - TOLERANCE:
                found.append(Broken(place, "gap", apart, rules.gap))
        before = cue
    return found


def rule_counts(cues: Iterable[Sequence], rules: Rules = ENGLISH) -> dict[str, int]:
    """How many cues break each rule; rules that none breaks are left out.

    >>> rule_counts([(0, 0.5, "sun"), (0.4, 2.0, "rain")])
    {'shortest': 1, 'overlap': 1}
    """
    return dict(Counter(one.rule for one in broken_rules(cues, rules)))


class TimeErrors(NamedTuple):
    """How far times lie from the true ones, in milliseconds.

    Attributes
    ----------
    median, p90 : float
        Half, and nine of ten, are at most so far off.
    within : float
        The share that is at most 50 milliseconds off.
    bias : float
        The median with its sign: above 0 where the times come late.
    """

    median: float
    p90: float
    within: float
    bias: float


def time_errors(found: Sequence, true: Sequence, *, near: float = 50.0) -> TimeErrors:
    """Both ends of each word against the truth.

    Parameters
    ----------
    found, true : sequence of (start, end)
        One pair a word, in seconds, in the same order.
    near : float
        Milliseconds that count as near.

    Returns
    -------
    TimeErrors

    Raises
    ------
    ShapeError, DataError
        Where the numbers of words differ, or there are none.

    Examples
    --------
    >>> found = time_errors([(0.0, 0.51), (0.6, 1.0)], [(0.0, 0.5), (0.5, 1.0)])
    >>> [round(value, 3) for value in found]
    [5.0, 73.0, 0.75, 5.0]
    """
    check_number("near", near)
    if len(found) != len(true):
        raise ShapeError(
            f"There are times of {len(found)} words, and true ones of {len(true)}: compare word by "
            "word."
        )
    if not len(true):
        raise DataError("There are no words, so there is no error of their times.")
    a, b = (
        torch.tensor([list(word) for word in both], dtype=torch.float64) for both in (found, true)
    )
    if a.shape[1:] != (2,) or b.shape[1:] != (2,):
        raise ShapeError("Each word must have a start and an end.")
    signed = 1000 * (a - b).flatten()
    error = signed.abs()
    return TimeErrors(
        error.quantile(0.5).item(),
        error.quantile(0.9).item(),
        (error <= near + 1e-6).double().mean().item(),
        signed.quantile(0.5).item(),
    )
