"""Tiles: the windows sum to one, any size works, and seams are seen where there are some."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.core.filters import filter_both_ways, gaussian_window, resize
from aigc_teach.nn import apply_in_tiles, seams
from aigc_teach.nn.tiles import tile_starts, tile_windows

SIZES = [(50, 71), (32, 32), (33, 100), (5, 7), (1, 1), (31, 200), (128, 64)]


def rand(*shape):
    return torch.rand(shape, generator=make_generator(0))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("overlap", [0, 1, 8, 15, 16])
def test_the_identity_reproduces(size, overlap):
    x = rand(2, 3, *size)
    y = apply_in_tiles(lambda tile: tile, x, tile=32, overlap=overlap)
    assert y.shape == x.shape and (y - x).abs().max() < 1e-6


@pytest.mark.parametrize("size", SIZES)
def test_every_tile_is_divisible_and_none_is_larger(size):
    seen = []

    def function(tile):
        seen.append(tuple(tile.shape[2:]))
        return tile

    x = rand(1, 1, *size)
    y = apply_in_tiles(function, x, tile=32, overlap=8, multiple=8)
    assert (y - x).abs().max() < 1e-6
    assert all(h % 8 == 0 and w % 8 == 0 and max(h, w) <= 32 for h, w in seen)


@pytest.mark.parametrize("size", SIZES)
def test_a_function_that_enlarges(size):
    x = rand(1, 3, *size)

    def nearest(tile):
        return tile.repeat_interleave(2, 2).repeat_interleave(2, 3)[:, :1]

    y = apply_in_tiles(nearest, x, tile=16, overlap=4, scale=2)
    assert y.shape[1] == 1 and (y - nearest(x)).abs().max() < 1e-6


@pytest.mark.parametrize("overlap", [0, 3, 8])
def test_windows_are_a_partition_of_unity(overlap):
    for size in (16, 17, 40, 333):
        windows, starts = tile_windows(size, 17, overlap), tile_starts(size, 17, overlap)
        assert starts[0] == 0 and starts[-1] + min(17, size) == size
        assert all(b - a <= 17 - overlap for a, b in zip(starts, starts[1:], strict=False))
        total = torch.zeros(size, dtype=torch.float64)
        for start, window in zip(starts, windows, strict=True):
            total[start : start + len(window)] += window
        assert (total - 1).abs().max() < 1e-12 and (windows > 0).all()


def test_a_blur_in_tiles_is_the_blur_of_the_whole_where_the_overlap_is_wide_enough():
    """A tile's edge is wrong over the kernel's radius (3); there its window is small."""
    x, weights = rand(1, 1, 150, 170), gaussian_window(1.0, 3, torch.zeros(1))

    def blur(tile):
        return filter_both_ways(tile, weights)

    whole = blur(x)
    errors = [
        (apply_in_tiles(blur, x, tile=64, overlap=o) - whole).abs().max().item() for o in (0, 8, 32)
    ]
    assert errors[0] > 5 * errors[1] > 5 * 5 * errors[2]


def test_seams_are_seen_and_smooth_windows_hide_them():
    """Each tile is shifted by its own brightness: hard borders without an overlap."""
    x = rand(1, 1, 200, 200)

    def uneven(tile):
        return tile + 5 * tile.mean()

    sizes = {o: apply_in_tiles(uneven, x, tile=50, overlap=o) - x for o in (0, 20)}
    assert seams(sizes[0], tile=50, overlap=0) > 1e4  # elsewhere there is rounding alone
    assert seams(sizes[20], tile=50, overlap=20) < 2
    assert seams(x, tile=50, overlap=0) == pytest.approx(1, abs=0.1)
    assert seams(torch.zeros(1, 1, 9, 9), tile=4, overlap=0) == 1
    steps = torch.arange(3.0).repeat_interleave(4).expand(1, 1, 12, 12)
    assert seams(steps, tile=4, overlap=0) == math.inf
    large = resize(x, 400, 400, kernel="nearest")
    assert seams(large, tile=50, overlap=0, scale=2) > 1  # pixels doubled: borders are never inside


def test_no_gradients_and_one_tile_at_a_time():
    shapes = []
    weight = torch.ones(1, requires_grad=True)

    def function(tile):
        shapes.append(tile.shape)
        return tile * weight

    y = apply_in_tiles(function, rand(1, 1, 1000, 40), tile=32, overlap=8)
    assert not y.requires_grad and set(shapes) == {(1, 1, 32, 32)} and len(shapes) == 2 * 42


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"overlap": 17}, RangeError, "half of tile=32"),
        ({"multiple": 5}, RangeError, "multiple of multiple=5"),
        ({"function": 3}, DtypeError, "callable"),
        ({"function": lambda t: t[:, :, 1:]}, ShapeError, r"must make \[1, C, 32, 32\]"),
        ({"function": lambda t: t.mean()}, ShapeError, "must give pictures"),
        ({"function": lambda t: None}, ShapeError, "NoneType"),
        ({"scale": 2}, ShapeError, r"\[1, C, 64, 64\]"),
        ({"x": torch.zeros(3, 3)}, ShapeError, "4 axes"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    given = {"function": lambda t: t, "x": rand(1, 1, 40, 40), "tile": 32, "overlap": 8}
    with pytest.raises(error, match=words):
        given |= options
        apply_in_tiles(given.pop("function"), given.pop("x"), **given)


def test_a_single_tile_has_no_seams_to_measure():
    with pytest.raises(ShapeError, match="no border of tiles of 64"):
        seams(rand(1, 1, 40, 40), tile=64, overlap=8)
