"""Moments that were found against moments that are true: matched within a tolerance, and counted.

For cuts in a film and beats in music alike. One found moment answers for one true one at most:
what is found twice is once a false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..core import RangeError, ShapeError, check_number

Moment = float | tuple[float, float]


class EventScores(NamedTuple):
    """How well moments were found.

    Attributes
    ----------
    precision : float
        The share of what was found that is true; 1 where nothing was found.
    recall : float
        The share of what is true that was found; 1 where nothing is true.
    f : float
        ``2 P R / (P + R)``; 0 where both are 0.
    pairs : tuple of (int, int)
        Places in `found` and in `truth` that answer to each other.
    """

    precision: float
    recall: float
    f: float
    pairs: tuple[tuple[int, int], ...]


def match_events(
    found: Sequence[float], truth: Sequence[Moment], *, tolerance: float
) -> EventScores:
    """Match as many found moments with true ones as can be.

    Parameters
    ----------
    found : sequence of float
        In any unit of time, any order.
    truth : sequence of float or of (float, float)
        Moments, or spans with their first and last moment (a dissolve). No span may lie within
        another.
    tolerance : float
        How far outside a found moment may lie, in the same unit; at least 0. Beats are usually
        given 0.07 seconds (Dixon, "Evaluation of the audio beat tracking system BeatRoot", 2007).

    Returns
    -------
    EventScores

    Raises
    ------
    DtypeError, RangeError, ShapeError
        With a sentence.

    Examples
    --------
    >>> scores = match_events([10, 11, 40], [10, (30, 38), 60], tolerance=2)
    >>> round(scores.precision, 2), round(scores.recall, 2), scores.pairs
    (0.67, 0.67, ((0, 0), (2, 1)))
    """
    check_number("tolerance", tolerance)
    spans = [_span(moment) for moment in truth]
    order = sorted(range(len(spans)), key=lambda k: (spans[k][1], spans[k][0]))
    if any(spans[a][0] > spans[b][0] for a, b in zip(order, order[1:], strict=False)):
        raise ShapeError("A true span lies within another; give spans of which none does.")
    for moment in found:
        check_number("a found moment", moment, at_least=-float("inf"))
    pairs, free = [], list(order)
    for k in sorted(range(len(found)), key=lambda k: found[k]):
        reached = [
            j
            for j in free
            if spans[j][0] - tolerance - 1e-9 <= found[k] <= spans[j][1] + tolerance + 1e-9
        ]
        if reached:  # the one that ends first: the others can wait longer
            pairs.append((k, reached[0]))
            free.remove(reached[0])
    precision = len(pairs) / len(found) if len(found) else 1.0
    recall = len(pairs) / len(spans) if spans else 1.0
    f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return EventScores(precision, recall, f, tuple(sorted(pairs)))


def _span(moment: Moment) -> tuple[float, float]:
    if isinstance(moment, Sequence):
        if len(moment) != 2:
            raise ShapeError(f"A true span is (first, last); yours is {moment!r}.")
        first, last = (check_number("a true moment", m, at_least=-float("inf")) for m in moment)
    else:
        first = last = check_number("a true moment", moment, at_least=-float("inf"))
    if first > last:
        raise RangeError(f"A true span ends before it begins: {moment!r}.")
    return first, last
