"""A highlight reel: the liveliest part of each shot, as long as the music says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .shots_found import frame_difference


class Reel(NamedTuple):
    """A film cut to music.

    Attributes
    ----------
    frames : Tensor
        ``[T, 3, H, W]``.
    cuts : list of float
        Seconds at which one excerpt follows another.
    taken : list of (int, int)
        First frame and end of each excerpt in the film that it was taken from.
    """

    frames: Tensor
    cuts: list[float]
    taken: list[tuple[int, int]]


def spans_between(moments: Sequence[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Shots (first, end) that changes (first, last) leave of a film of `count` frames.

    >>> spans_between([(10, 10), (20, 25)], 40)
    [(0, 10), (10, 20), (26, 40)]
    """
    shots, start = [], 0
    for first, last in moments:
        shots.append((start, first))
        start = last + 1 if last > first else last
    return [*shots, (start, count)]


def reel(
    frames: Tensor, shots: Sequence[tuple[int, int]], moments: Sequence[float], fps: float
) -> Reel:
    """From each shot the stretch with the most change, until the next moment.

    A shot that is too short for its stretch is left out; where all are, the film's beginning
    stands for them.
    """
    change = frame_difference(frames)
    at = [round(m * fps) for m in moments]
    parts, taken, cuts = [], [], []
    for first, end in shots:
        if len(parts) + 1 >= len(at):
            break
        need = at[len(parts) + 1] - at[len(parts)]
        if end - first < need + 1:
            continue
        inside = change[first + 1 : end]  # the change into the first frame is the cut itself
        best = first + 1 + int(inside.unfold(0, need, 1).sum(1).argmax())
        taken.append((best, best + need))
        parts.append(frames[best : best + need])
        cuts.append(at[len(parts)] / fps)
    if not parts:
        need = min(at[1] - at[0], len(frames))
        parts, taken, cuts = [frames[:need]], [(0, need)], [0.0]
    return Reel(torch.cat(parts), cuts[:-1], taken)


def nearest(moments: Sequence[float], beats: Sequence[float]) -> list[float]:
    """How far each moment is from the nearest beat, in the same unit."""
    row = torch.tensor(beats)
    return [(row - m).abs().min().item() for m in moments]


def hidden(taken: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> int:
    """True changes (first, last) that lie inside an excerpt: cuts where the music has none."""
    return sum(a < last + 1 and first < b and first > a for a, b in taken for first, last in spans)
