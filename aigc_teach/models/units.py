"""Speech joined up from recorded pieces: for every phoneme one that was cut out of a recording.

The oldest way to make a voice that sounds like a voice (A. J. Hunt and A. W. Black, "Unit
selection in a concatenative speech synthesis system using a large speech database", ICASSP 1996,
choose among many pieces by two costs). Here the choice is plainer: a piece whose neighbours were
the wanted ones is best, one with one such neighbour second, any other last; and it counts half as
much as a neighbour if a piece goes on where the last one ended. The best row of pieces is found by
dynamic programming.

Legend: P phonemes of a sentence, T samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, RangeError, ShapeError, check_count
from ..core.resample import check_sound

CONTIGUOUS = 0.5  # what it is worth that a recording goes on, beside 1 for a wanted neighbour


class Joined(NamedTuple):
    """A sentence joined up from pieces.

    Attributes
    ----------
    wave : Tensor
        float32 ``[T]``.
    ends : Tensor
        int64 ``[P]``: the sample at which each phoneme ends.
    taken : list of (int, int)
        For each phoneme the recording and the place in it that its piece was cut from.
    fits : list of int
        For each phoneme how many of its two neighbours were the wanted ones, 0 to 2.
    """

    wave: Tensor
    ends: Tensor
    taken: list[tuple[int, int]]
    fits: list[int]

    @property
    def contiguous(self) -> float:
        """The share of joins at which the recording simply goes on.

        >>> Joined(torch.zeros(3), torch.ones(3), [(0, 1), (0, 2), (5, 3)], [2, 1, 0]).contiguous
        0.5
        """
        joins = list(zip(self.taken, self.taken[1:], strict=False))
        on = [a[0] == b[0] and a[1] + 1 == b[1] for a, b in joins]
        return sum(on) / len(on) if on else 1.0


class Units:
    """A stock of pieces, and the sentences that can be joined up from it.

    Parameters
    ----------
    recordings : iterable
        Each with ``signs`` (P names), ``wave`` ``[T]``, and ``starts`` and ``ends`` ``[P]`` in
        samples, as `data.speech` gives them.

    Raises
    ------
    DataError, ShapeError, RangeError
        For no recordings, or for times that are not inside their wave.

    Examples
    --------
    >>> class Recording(NamedTuple):
    ...     signs: tuple; wave: Tensor; starts: Tensor; ends: Tensor
    >>> times = torch.tensor([0, 40, 80, 120])
    >>> one = Recording(("_", "a", "_"), torch.rand(120), times[:-1], times[1:])
    >>> units = Units([one])
    >>> again = units.join(["_", "a", "_"], fade=0)
    >>> torch.equal(again.wave, one.wave), again.fits, again.contiguous
    (True, [2, 2, 2], 1.0)
    """

    def __init__(self, recordings: Iterable) -> None:
        self.recordings = list(recordings)
        if not self.recordings:
            raise DataError("A stock of units needs at least one recording; there is none.")
        self.stock: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for k, one in enumerate(self.recordings):
            check_sound(one.wave, f"The wave of recording {k}")
            if not len(one.signs) == len(one.starts) == len(one.ends):
                raise ShapeError(f"Recording {k} must have one start and one end for each sign.")
            if bool((one.ends <= one.starts).any()) or int(one.ends[-1]) > len(one.wave):
                raise RangeError(f"Recording {k}: every phoneme must lie inside the wave.")
            for place, sign in enumerate(one.signs):
                self.stock[sign].append((k, place))

    def join(
        self,
        signs: Sequence[str],
        *,
        context: bool = True,
        fade: int = 60,
        generator: torch.Generator | None = None,
    ) -> Joined:
        """One sentence, piece by piece.

        Parameters
        ----------
        signs : sequence of str
            Its phonemes.
        context : bool
            Take the best row of pieces; else any piece of each sign, by lot.
        fade : int
            Samples over which one piece fades into the next, where they do not follow each
            other in one recording; each is cut a little longer for it. At least 0.
        generator : torch.Generator, optional
            For the lot.

        Raises
        ------
        DataError
            Where the stock has no piece of a sign.
        """
        signs = list(signs)
        check_count("fade", fade, at_least=0)
        if not signs:
            raise DataError("There is nothing to join: signs is empty.")
        for sign in signs:
            if sign not in self.stock:
                raise DataError(f"No recording has the phoneme {sign!r}; it cannot be joined up.")
        if context:
            taken = self._best(signs)
        else:
            lots = [torch.randint(len(self.stock[s]), (), generator=generator) for s in signs]
            taken = [self.stock[s][int(lot)] for s, lot in zip(signs, lots, strict=True)]
        fits = [self._fit(unit, *_beside(signs, place)) for place, unit in enumerate(taken)]
        wave, ends = self._joined(taken, fade)
        return Joined(wave, ends, taken, fits)

    def _best(self, signs: list[str]) -> list[tuple[int, int]]:
        """The pieces with the most wanted neighbours and contiguous joins, all together.

        Dynamic programming: what is best up to a piece is its own fit, and the better of going on
        in its recording and of the best piece before, whichever that was.
        """
        total: dict[tuple[int, int], float] = {}
        came: list[dict[tuple[int, int], tuple[int, int] | None]] = []
        for place, sign in enumerate(signs):
            first = max(total, key=total.__getitem__) if total else None
            now, back = {}, {}
            for unit in self.stock[sign]:
                ahead = (unit[0], unit[1] - 1)
                on = ahead in total and total[ahead] + CONTIGUOUS >= total[first]
                back[unit] = ahead if on else first
                before = total[ahead] + CONTIGUOUS if on else total.get(first, 0.0)
                now[unit] = before + self._fit(unit, *_beside(signs, place))
            total = now
            came.append(back)
        unit = max(total, key=total.__getitem__)
        taken = []
        for back in reversed(came):
            taken.append(unit)
            unit = back[unit]
        return taken[::-1]

    def _fit(self, unit: tuple[int, int], before: str | None, after: str | None) -> int:
        """How many of its neighbours were the wanted ones."""
        left, right = _beside(self.recordings[unit[0]].signs, unit[1])
        return int(left == before) + int(right == after)

    def _joined(self, taken: list[tuple[int, int]], fade: int) -> tuple[Tensor, Tensor]:
        """The pieces one after the other, and where each ends."""
        wave, ends = torch.zeros(0), []
        for number, (k, place) in enumerate(taken):
            one = self.recordings[k]
            start, end = int(one.starts[place]), int(one.ends[place])
            follows = number and taken[number - 1] == (k, place - 1)
            over = 0 if follows or not number else min(fade, start, len(wave))
            wave = cross_fade(wave, one.wave[start - over : end].float(), over)
            ends.append(len(wave))
        return wave, torch.tensor(ends)


def _beside(signs: Sequence[str], place: int) -> tuple[str | None, str | None]:
    """The phonemes before and behind a place; None beyond the ends."""
    before = signs[place - 1] if place else None
    return before, signs[place + 1] if place + 1 < len(signs) else None


def cross_fade(a: Tensor, b: Tensor, over: int) -> Tensor:
    """`a`, then `b`; over the last `over` samples of `a` the one fades into the other.

    Parameters
    ----------
    a, b : Tensor
        Floating point ``[N]`` and ``[M]``.
    over : int
        From 0 to the shorter of both lengths.

    Returns
    -------
    Tensor
        ``[N + M - over]``. The weights of both add up to 1 at every sample.

    Raises
    ------
    RangeError, ShapeError
        With a sentence.

    Examples
    --------
    >>> cross_fade(torch.ones(4), torch.zeros(4), 3).tolist()
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """
    check_count("over", over, at_least=0)
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"Both must be [T]; they are {list(a.shape)} and {list(b.shape)}.")
    if over > min(len(a), len(b)):
        raise RangeError(
            f"over={over} is longer than one of the pieces ({len(a)} and {len(b)} samples)."
        )
    if not over:
        return torch.cat([a, b])
    rising = torch.arange(1, over + 1, dtype=a.dtype) / (over + 1)
    middle = a[len(a) - over :] * (1 - rising) + b[:over] * rising
    return torch.cat([a[: len(a) - over], middle, b[over:]])
