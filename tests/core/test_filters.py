"""Windows and resampling against SciPy and Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_teach.core import ChoiceError, RangeError, ShapeError, make_generator
from aigc_teach.core.filters import (
    filter_both_ways,
    gaussian_window,
    middle,
    radius_of,
    resampling_weights,
    resize,
)


def rand(*shape, seed=0):
    return torch.rand(shape, generator=make_generator(seed))


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7])
@pytest.mark.parametrize("size", [(20, 31), (3, 2)])
def test_a_gaussian_filter_is_scipys(sigma, size):
    ndimage = pytest.importorskip("scipy.ndimage")
    x = rand(2, 3, *size).double()
    ours = filter_both_ways(x, gaussian_window(sigma, radius_of(sigma), x))
    for b in range(2):
        for c in range(3):
            theirs = ndimage.gaussian_filter(
                x[b, c].numpy(), sigma, mode="nearest", radius=radius_of(sigma)
            )
            assert np.abs(ours[b, c].numpy() - theirs).max() < 1e-12


@pytest.mark.parametrize(
    ("size", "new"),
    [((32, 48), (16, 24)), ((32, 48), (8, 12)), ((17, 23), (34, 46)), ((9, 7), (36, 28)),
     ((33, 10), (13, 27)), ((1, 5), (3, 2)), ((40, 40), (1, 1))],
)  # fmt: skip
@pytest.mark.parametrize("kernel", ["bilinear", "bicubic", "lanczos"])
def test_resize_is_pillows_on_floats(kernel, size, new):
    """Pillow keeps float32 between the two passes: 1e-6 for values in [0, 1]."""
    x = rand(1, 2, *size)
    ours = resize(x.double(), *new, kernel=kernel)
    for c in range(2):
        image = Image.fromarray(x[0, c].numpy())
        theirs = image.resize(new[::-1], getattr(Image.Resampling, kernel.upper()))
        assert np.abs(ours[0, c].numpy() - np.asarray(theirs)).max() < 1e-6


def test_nearest_is_pillows():
    x = rand(1, 1, 12, 20)
    for new in [(6, 10), (3, 5), (24, 40), (7, 13)]:
        image = Image.fromarray(x[0, 0].numpy()).resize(new[::-1], Image.Resampling.NEAREST)
        assert np.array_equal(resize(x, *new, kernel="nearest")[0, 0].numpy(), np.asarray(image))


def test_without_antialiasing_an_old_pixel_can_count_for_nothing():
    with_it, without = (resampling_weights(64, 16, "bicubic", a) for a in (True, False))
    assert (with_it.abs().sum(0) > 0).all() and (without.abs().sum(0) == 0).sum() == 0
    assert (resampling_weights(64, 8, "bicubic", False).abs().sum(0) == 0).any()
    for weights in (with_it, without):
        assert torch.allclose(weights.sum(1), torch.ones(16, dtype=torch.float64))
    x = rand(1, 1, 8, 8)
    both = [resize(x, 16, 16, antialias=a) for a in (True, False)]
    assert both[0].equal(both[1])  # where a picture grows there is nothing to average


def test_gradients_pass():
    x = rand(1, 1, 6, 6).requires_grad_()
    resize(x, 3, 3).sum().backward()
    assert x.grad.sum().item() == pytest.approx(9, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: resize(rand(1, 1, 4, 4), 2, 2, kernel="cubic"), ChoiceError),
        (lambda: resize(rand(1, 1, 4, 4), 0, 2), RangeError),
        (lambda: resize(rand(1, 4, 4), 2, 2), ShapeError),
        (lambda: gaussian_window(0, 1, rand(1)), RangeError),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize("size", [(7, 7), (12, 7), (7, 30)])
def test_the_middle_is_as_far_from_all_edges_as_it_can_be(size):
    x = rand(2, 3, *size)
    square = middle(x)
    assert square.shape == (2, 3, 7, 7)
    for axis, whole in ((-2, size[0]), (-1, size[1])):
        assert middle(x, 5).shape[axis] == 5
        mirrored = middle(x.flip(axis), 5).flip(axis)
        assert mirrored.equal(middle(x, 5)) or (whole - 5) % 2
    assert middle(x[0, 0]).equal(square[0, 0])


def test_a_middle_that_is_not_there_is_a_sentence():
    with pytest.raises(ShapeError, match="6 x 9 pixels has no middle of 7 x 7.*side=6 or less"):
        middle(torch.zeros(1, 6, 9), 7)
    with pytest.raises(RangeError, match="side=0"):
        middle(torch.zeros(1, 6, 9), 0)
