"""Forced alignment: paths against other ways to find them, times, and what is refused."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.models import Aligner, dtw_path, monotone_path


def cost_of(cost, cells) -> float:
    return sum(cost[i, j].item() for i, j in cells)


@pytest.mark.parametrize("seed", range(5))
def test_the_path_costs_the_least_of_all_paths(seed):
    cost = torch.rand(8, 4, generator=make_generator(seed)).double()
    ways = [
        [sum(f >= cut for cut in cuts) for f in range(8)]
        for cuts in itertools.combinations(range(1, 8), 3)
    ]
    least = min(cost_of(cost, enumerate(way)) for way in ways)
    path = monotone_path(cost).tolist()
    assert path in ways and cost_of(cost, enumerate(path)) == pytest.approx(least)


@pytest.mark.parametrize("seed", range(3))
def test_warping_is_the_shortest_path_of_a_graph(seed):
    """Against Dijkstra's algorithm of scipy, on cells as places and steps as roads."""
    sparse = pytest.importorskip("scipy.sparse")
    from scipy.sparse.csgraph import dijkstra

    cost = 0.1 + torch.rand(9, 12, generator=make_generator(seed)).double()
    roads = sparse.lil_matrix((108, 108))
    for i, j in itertools.product(range(9), range(12)):
        for a, b in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if a < 9 and b < 12:
                roads[12 * i + j, 12 * a + b] = cost[a, b].item()
    length = dijkstra(roads.tocsr(), indices=0)[107] + cost[0, 0].item()
    path = dtw_path(cost).tolist()
    steps = [(c - a, d - b) for (a, b), (c, d) in itertools.pairwise(path)]
    assert path[0] == [0, 0] and path[-1] == [8, 11] and set(steps) <= {(0, 1), (1, 0), (1, 1)}
    assert cost_of(cost, path) == pytest.approx(length)


class Recording(NamedTuple):
    signs: tuple[str, ...]
    wave: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor


def levels(wave):
    return wave[::10, None]


def recording(sizes=(40, 60, 40), heights=(0.0, 1.0, 0.5)):
    wave = torch.cat([torch.full((n,), h) for n, h in zip(sizes, heights, strict=True)])
    ends = torch.tensor(sizes).cumsum(0)
    return Recording(("_", "a", "b"), wave, torch.cat([torch.zeros(1).long(), ends[:-1]]), ends)


def test_borders_are_found_between_frames_and_costs_tell_what_does_not_fit():
    aligner = Aligner([recording()], levels, hop=10, states=1)
    other = recording((80, 30, 70))
    found = aligner.align(other.wave, other.signs)
    assert found.starts.tolist() == [0, 75, 105] and found.ends.tolist() == [75, 105, 180]
    swapped = aligner.align(other.wave, ["_", "b", "a"])
    assert swapped.costs.max() > found.costs.max() + 1


@pytest.mark.parametrize(
    ("wave", "signs", "sentence"),
    [
        (torch.zeros(2, 90), ["_"], "wave.mean"),
        (torch.zeros(0), ["_"], "empty"),
        (torch.zeros(90), ["_", "a"], "silent, all its samples are 0"),
        (torch.ones(90), [], "nothing to align"),
        (torch.ones(90), ["_", "z"], "No recording has the phoneme 'z'"),
        (torch.ones(30), ["_", "a", "b", "_", "a"], "too long for the sound"),
        (torch.ones(40_000_000), ["_", "a"] * 6, "Cut the sound at its pauses"),
        (torch.full((90,), torch.nan), ["_"], "NaN"),
    ],
)
def test_what_cannot_be_aligned_is_a_sentence(wave, signs, sentence):
    aligner = Aligner([recording()], levels, hop=10, states=1)
    with pytest.raises(AigcError, match=sentence):
        aligner.align(wave, signs)


def test_digital_silence_without_a_floor_is_a_sentence():
    cost = torch.full((9, 3), torch.inf)
    for path in (monotone_path, dtw_path):
        with pytest.raises(AigcError, match="digital silence"):
            path(cost)
    with pytest.raises(AigcError, match="2 axes"):
        monotone_path(torch.zeros(3))
    with pytest.raises(AigcError, match="there is none"):
        Aligner([], levels, hop=10)
