"""Quilting: only pixels of the style, the cheapest cut, and the content's brightness."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.models.quilting import cheapest_cut, quilt


def test_the_cut_is_the_cheapest_of_all_paths():
    cost = torch.rand(5, 4, generator=make_generator(0)).double()
    paths = [
        path
        for path in itertools.product(range(4), repeat=5)
        if all(abs(a - b) <= 1 for a, b in itertools.pairwise(path))
    ]
    least = min(sum(cost[k, c].item() for k, c in enumerate(path)) for path in paths)
    ours = cheapest_cut(cost)
    assert sum(cost[k, c].item() for k, c in enumerate(ours.tolist())) == pytest.approx(least)


def test_every_pixel_comes_from_the_style():
    g = make_generator(1)
    style = 2 * torch.rand(1, 3, 14, 15, generator=g) - 1
    sewn = quilt(2 * torch.rand(1, 3, 20, 17, generator=g) - 1, style, block=6, overlap=2)
    assert sewn.shape == (1, 3, 20, 17)
    known = {tuple(c.tolist()) for c in style[0].flatten(1).T}
    assert all(tuple(c.tolist()) in known for c in sewn[0].flatten(1).T)


def test_with_likeness_alone_a_picture_in_its_own_pieces_is_itself():
    x = 2 * torch.rand(1, 3, 16, 16, generator=make_generator(2)) - 1
    assert quilt(x, x, block=8, overlap=4, likeness=1.0).equal(x)


def test_more_likeness_keeps_more_of_the_brightness():
    g = make_generator(3)
    content, style = (2 * torch.rand(1, 3, 24, 24, generator=g) - 1 for _ in range(2))
    grey = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    off = [
        ((quilt(content, style, block=6, overlap=2, likeness=w) - content) * grey)
        .sum(1)
        .square()
        .mean()
        for w in (0.0, 0.5, 1.0)
    ]
    assert off[0] > off[1] > off[2]


@pytest.mark.parametrize(
    "changes", [{"block": 99}, {"overlap": 16}, {"likeness": 1.5}, {"overlap": 0}]
)
def test_sizes_that_do_not_fit_are_refused(changes):
    x = torch.zeros(1, 3, 32, 32)
    with pytest.raises(RangeError):
        quilt(x, x, **changes)


def test_grey_pictures_are_refused():
    with pytest.raises(ShapeError, match=r"\[1, 3, H, W\]"):
        quilt(torch.zeros(1, 1, 32, 32), torch.zeros(1, 3, 32, 32))
