"""Moments matched with moments: by hand, against an exhaustive search, and refusals."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.metrics import match_events


def most_pairs(found, spans, tolerance):
    """The largest matching by trying all orders of the true moments."""
    best = 0
    for order in itertools.permutations(range(len(spans))):
        free = sorted(found)
        count = 0
        for k in order:
            low, high = spans[k][0] - tolerance, spans[k][1] + tolerance
            hit = next((m for m in free if low <= m <= high), None)
            if hit is not None:
                free.remove(hit)
                count += 1
        best = max(best, count)
    return best


def test_it_matches_as_many_as_can_be():
    g = make_generator(0)
    for _ in range(60):
        found = torch.randint(0, 30, (5,), generator=g).tolist()
        begins = torch.randint(0, 28, (4,), generator=g).sort().values
        length = int(torch.randint(0, 3, (1,), generator=g))
        spans = [(a, a + length) for a in begins.tolist()]
        scores = match_events(found, spans, tolerance=2)
        assert len(scores.pairs) == most_pairs(found, spans, 2)


def test_one_found_twice_is_once_false():
    scores = match_events([5, 6], [5], tolerance=2)
    assert scores.precision == 0.5 and scores.recall == 1 and scores.f == pytest.approx(2 / 3)


def test_nothing_found_and_nothing_true():
    assert match_events([], [1.0], tolerance=0)[:3] == (1.0, 0.0, 0.0)
    assert match_events([1.0], [], tolerance=0)[:3] == (0.0, 1.0, 0.0)
    assert match_events([], [], tolerance=0)[:3] == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("found", "truth", "tolerance", "sentence"),
    [
        ([1], [(0, 9), (2, 4)], 1, "within another"),
        ([1], [(3, 2)], 1, "before it begins"),
        ([1], [(3, 2, 1)], 1, "first, last"),
        (["1"], [1], 1, "must be a number"),
        ([1], [1], -1, "at least 0"),
    ],
)
def test_refusals(found, truth, tolerance, sentence):
    with pytest.raises(AigcError, match=sentence):
        match_events(found, truth, tolerance=tolerance)
