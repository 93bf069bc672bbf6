"""Forced alignment: when was each phoneme of a known text said? By dynamic programming.

Each phoneme has a template, the mean level of each band, and how far the levels lie around it; a
text is a row of templates. `monotone_path` finds the cheapest way to go through the row while the
frames pass: at each frame it stays, or moves on by one. That is Viterbi's algorithm on a chain
(A. J. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
algorithm", IEEE Transactions on Information Theory 13(2), 1967); F. Brugnara, D. Falavigna and
M. Omologo, "A HMM-based system for automatic segmentation and labeling of speech", ICSLP 1992,
align so. `dtw_path` warps one sound onto another instead (H. Sakoe and S. Chiba, "Dynamic
programming algorithm optimization for spoken word recognition", IEEE Transactions on Acoustics,
Speech and Signal Processing 26(1), 1978).

Legend: F frames, S states of a row, P phonemes, B bands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, RangeError, ShapeError, check_count
from ..core.resample import check_sound

MOST_CELLS = 40_000_000  # frames times states, about 40 MB for the way back
LEAST_VARIANCE = 0.05  # of a band's level: a template of few frames knows no less


def monotone_path(cost: Tensor) -> Tensor:
    """The cheapest way from the first state at the first frame to the last at the last.

    At every frame the path stays in its state or moves to the next one.

    Parameters
    ----------
    cost : Tensor
        Floating point ``[F, S]``: what frame f costs in state s; at least as many frames as
        states.

    Returns
    -------
    Tensor
        int64 ``[F]``: the state of every frame, from 0 to S - 1, never falling. Where two ways
        cost the same it stays as long as it can.

    Raises
    ------
    ShapeError, RangeError
        For other shapes, fewer frames than states, more than 40 million cells, and costs that
        are not finite.

    Examples
    --------
    >>> monotone_path(torch.tensor([[0.0, 9.0], [1.0, 8.0], [7.0, 0.0]])).tolist()
    [0, 0, 1]
    """
    _check_costs(cost)
    frames, states = cost.shape
    if frames < states:
        raise ShapeError(
            f"{frames} frames cannot pass through {states} states: each needs a frame at least. "
            "The text is too long for the sound."
        )
    cost = cost.double()
    best = torch.full((states,), torch.inf, dtype=torch.float64, device=cost.device)
    best[0] = cost[0, 0]
    moved = torch.zeros(frames, states, dtype=torch.bool, device=cost.device)
    for f in range(1, frames):
        before = torch.cat([best.new_full((1,), torch.inf), best[:-1]])  # [S]
        moved[f] = before < best
        best = torch.where(moved[f], before, best) + cost[f]
    path, state = torch.empty(frames, dtype=torch.long), states - 1
    back = moved.cpu().numpy()
    for f in range(frames - 1, -1, -1):
        path[f] = state
        state -= int(back[f, state])
    return path.to(cost.device)


def dtw_path(cost: Tensor) -> Tensor:
    """The cheapest way through a table from its first corner to its last: dynamic time warping.

    A step goes on by one row, by one column, or by both; each cell on the way costs what stands
    in it. Cells with one sum of indices are computed together.

    Parameters
    ----------
    cost : Tensor
        Floating point ``[A, B]``: what it costs that frame a of one sound meets frame b of the
        other.

    Returns
    -------
    Tensor
        int64 ``[L, 2]``: the cells of the path, from (0, 0) to (A - 1, B - 1).

    Raises
    ------
    ShapeError, RangeError
        As `monotone_path`.

    Examples
    --------
    >>> dtw_path(torch.tensor([[0.0, 5.0, 9.0], [5.0, 0.0, 0.0]])).tolist()
    [[0, 0], [1, 1], [1, 2]]
    """
    _check_costs(cost)
    rows, columns = cost.shape
    table = cost.double().cpu()
    total = torch.full((rows + 1, columns + 1), torch.inf, dtype=torch.float64)
    total[0, 0] = 0.0
    for both in range(2, rows + columns + 1):
        i = torch.arange(max(1, both - columns), min(rows, both - 1) + 1)
        j = both - i
        least = torch.minimum(torch.minimum(total[i - 1, j], total[i, j - 1]), total[i - 1, j - 1])
        total[i, j] = table[i - 1, j - 1] + least
    sums, i, j = total.numpy(), rows, columns
    path = [(i - 1, j - 1)]
    while i > 1 or j > 1:
        # the diagonal first: of two ways that cost the same it is the shorter one
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda cell: sums[cell])
        path.append((i - 1, j - 1))
    return torch.tensor(path[::-1])


def _check_costs(cost: Tensor) -> None:
    if cost.ndim != 2 or not cost.numel() or not cost.is_floating_point():
        raise ShapeError(
            "The costs must be floating point with 2 axes, none empty; they are "
            f"{cost.dtype} of shape {list(cost.shape)}."
        )
    _check_room(*cost.shape)
    if not bool(torch.isfinite(cost).all()):
        raise RangeError(
            "Some costs are not finite. The usual reason is the logarithm of digital silence: "
            "give levels a floor, such as log_mel(..., floor=1e-3)."
        )


def _check_room(rows: int, columns: int) -> None:
    if rows * columns > MOST_CELLS:
        raise RangeError(
            f"{rows:,} times {columns:,} cells are more than {MOST_CELLS:,}. Cut the sound at its "
            "pauses, and align part by part."
        )


class Alignment(NamedTuple):
    """When each phoneme sounds.

    Attributes
    ----------
    starts, ends : Tensor
        int64 ``[P]``, in samples; they follow each other without a gap.
    costs : Tensor
        float64 ``[P]``: how badly each phoneme fits what is heard there: the mean over its frames
        of minus the logarithm of the template's density, for each band.
    """

    starts: Tensor
    ends: Tensor
    costs: Tensor


class Aligner:
    """Templates of phonemes, learnt from recordings whose times are known.

    Each phoneme is `states` templates one after the other: Gaussians without correlations.

    Parameters
    ----------
    recordings : iterable
        Each with ``signs`` (P names), ``wave`` ``[T]``, and ``starts`` and ``ends`` ``[P]`` in
        samples, as `data.speech` gives them.
    levels : callable
        From a wave ``[T]`` to its levels ``[F, B]``; frame f lies at sample ``f hop``.
    hop : int
        Samples from frame to frame.
    states : int
        Templates a phoneme, 1 to 5.
    spread : bool
        Whether a template knows how far the levels lie around it; else all count alike.

    Attributes
    ----------
    means, variances : dict of str to Tensor
        Of every sign, float64 ``[states, B]``.

    Raises
    ------
    DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> class Recording(NamedTuple):
    ...     signs: tuple; wave: Tensor; starts: Tensor; ends: Tensor
    >>> wave = torch.cat([torch.zeros(40), torch.ones(40), torch.zeros(40)])
    >>> times = torch.tensor([0, 40, 80, 120])
    >>> def levels(wave):
    ...     return wave[::10, None]
    >>> aligner = Aligner(
    ...     [Recording(("_", "a", "_"), wave, times[:-1], times[1:])], levels, hop=10, states=1
    ... )
    >>> found = aligner.align(torch.cat([torch.zeros(60), wave]), ["_", "a", "_"])
    >>> found.starts.tolist(), found.ends.tolist()
    ([0, 95, 135], [95, 135, 180])
    """

    def __init__(
        self,
        recordings: Iterable,
        levels: Callable[[Tensor], Tensor],
        *,
        hop: int,
        states: int = 2,
        spread: bool = True,
    ) -> None:
        self.hop = check_count("hop", hop)
        self.states = check_count("states", states, at_most=5)
        self.levels, self.spread = levels, bool(spread)
        heard: dict[str, list[list[Tensor]]] = defaultdict(lambda: [[] for _ in range(states)])
        for one in recordings:
            frames = self._frames(one.wave)
            at = torch.arange(len(frames)) * hop
            place = torch.searchsorted(one.ends.contiguous(), at, right=True)
            place = place.clamp(max=len(one.ends) - 1)
            share = (at - one.starts[place]) / (one.ends[place] - one.starts[place])
            part = (share * states).long().clamp(0, states - 1)
            for f, (p, k) in enumerate(zip(place.tolist(), part.tolist(), strict=True)):
                heard[one.signs[p]][k].append(frames[f])
        if not heard:
            raise DataError("An aligner learns from recordings; there is none.")
        every = {sign: _filled(parts) for sign, parts in heard.items()}
        self.means = {s: torch.stack([p.mean(0) for p in parts]) for s, parts in every.items()}
        self.variances = {
            sign: torch.stack([p.var(0, correction=0) for p in parts]) + LEAST_VARIANCE
            if spread
            else torch.ones_like(self.means[sign])
            for sign, parts in every.items()
        }

    def _frames(self, wave: Tensor) -> Tensor:
        check_sound(wave)
        frames = self.levels(wave)
        if frames.ndim != 2:
            raise ShapeError(f"levels must give [F, B]; it gave shape {list(frames.shape)}.")
        return frames.double()

    def costs(self, frames: Tensor, signs: Sequence[str]) -> Tensor:
        """What each frame costs in each state of the row: ``[F, P states]``.

        Parameters
        ----------
        frames : Tensor
            Levels ``[F, B]``.
        signs : sequence of str
            P phonemes.

        Raises
        ------
        DataError
            For no phonemes, and for one that was in no recording.
        RangeError
            For a sound and a text that are too long together.
        """
        signs = list(signs)
        if not signs:
            raise DataError("There is nothing to align: the text has no phonemes.")
        for sign in signs:
            if sign not in self.means:
                known = ", ".join(sorted(self.means))
                raise DataError(f"No recording has the phoneme {sign!r}. Known are: {known}.")
        _check_room(len(frames), len(signs) * self.states)  # before the costs take memory
        x = frames.double()
        columns: dict[str, Tensor] = {}
        for sign in set(signs):  # a template that occurs often is compared once
            mean, variance = self.means[sign], self.variances[sign]
            far = (x[:, None] - mean).square() / variance + variance.log()  # [F, states, B]
            columns[sign] = far.mean(-1) / 2
        return torch.cat([columns[sign] for sign in signs], 1)

    def align(self, wave: Tensor, signs: Sequence[str]) -> Alignment:
        """When each phoneme of a text sounds in a wave.

        Whether the text was said at all it cannot know: it gives every phoneme a place. What does
        not fit stands out by its cost.

        Parameters
        ----------
        wave : Tensor
            Floating point ``[T]``.
        signs : sequence of str
            P phonemes, with the silences between sentences.

        Returns
        -------
        Alignment

        Raises
        ------
        DataError, ShapeError, RangeError
            For a sound that is none or silent, a text that is empty, unknown or too long for it.
        """
        if not check_sound(wave).any():
            raise DataError("The sound is silent, all its samples are 0: no word can be found.")
        frames = self._frames(wave)
        cost = self.costs(frames, signs)
        state = monotone_path(cost)  # [F]
        phoneme = state // self.states
        counts = torch.bincount(phoneme)  # [P], each at least 1
        paid = torch.zeros(len(counts), dtype=torch.float64)
        paid.index_add_(0, phoneme, cost[torch.arange(len(frames)), state])
        last = counts.cumsum(0)
        # the border lies between two frames: half a hop behind the last frame of a phoneme
        ends = ((2 * last - 1) * self.hop // 2).clamp(max=len(wave))
        ends[-1] = len(wave)
        starts = torch.cat([ends.new_zeros(1), ends[:-1]])
        return Alignment(starts, ends, paid / counts)


def _filled(parts: list[list[Tensor]]) -> list[Tensor]:
    """The frames of each state; a state that was never heard has those of all of them."""
    every = [frame for part in parts for frame in part]
    return [torch.stack(part or every) for part in parts]
