"""Noise, blur, fewer pixels, masks: repeatable, of any range, and refused in a sentence."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, ChoiceError, DtypeError, RangeError, ShapeError
from aigc_teach.core import make_generator as seeded
from aigc_teach.data import degrade


def rand(*shape, seed=0):
    return torch.rand(shape, generator=seeded(seed))


def test_noise_has_its_spread_is_not_cut_off_and_repeats():
    x = rand(2, 3, 64, 64)
    y = degrade.noise(x, 0.2, generator=seeded(1))
    assert (y - x).std().item() == pytest.approx(0.2, rel=0.02)
    assert (y - x).mean().abs() < 0.01 and y.max() > 1.2 and y.min() < -0.2
    assert y.equal(degrade.noise(x, 0.2, generator=seeded(1)))
    assert not y.equal(degrade.noise(x, 0.2, generator=seeded(2)))
    assert degrade.noise(x, 0).equal(x)
    assert degrade.noise(x.double(), 0.1).dtype == torch.float64


def test_blur_keeps_the_mean_of_a_flat_picture_and_spreads_a_dot():
    assert torch.allclose(degrade.blur(torch.full((1, 3, 9, 5), 0.3), 2.0), torch.tensor(0.3))
    x = rand(1, 1, 12, 12)
    assert degrade.blur(x, 0).equal(x)
    dot = torch.zeros(1, 1, 41, 41)
    dot[..., 20, 20] = 1
    spread = degrade.blur(dot, 3.0)[0, 0]
    places = torch.arange(41.0) - 20
    assert (spread.sum(0) * places**2).sum().sqrt().item() == pytest.approx(3, rel=0.01)


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("kernel", ["bicubic", "lanczos"])
def test_shrinking_a_flat_or_slanting_picture_is_exact(factor, kernel):
    slope = torch.arange(64.0).expand(1, 1, 64, 64) / 64
    small = degrade.shrink(slope, factor, kernel=kernel)
    assert small.shape == (1, 1, 64 // factor, 64 // factor)
    # the bicubic kernel reproduces straight lines; stretched or of Lanczos nearly so
    inside = slice(4, 64 // factor - 4)
    rise = small[0, 0, 0].diff()[inside] * 64 / factor
    assert rise.numpy() == pytest.approx(1, abs=0.03)
    back = degrade.enlarge(small, factor, kernel=kernel)
    assert back.shape == slope.shape and (back - slope)[..., 12:-12].abs().max() < 0.01


def test_without_antialiasing_patterns_appear():
    stripes = torch.sin(torch.arange(128.0) * 2.9).expand(1, 1, 128, 128)
    calm, wild = (degrade.shrink(stripes, 4, antialias=a).std() for a in (True, False))
    assert wild > 10 * calm


@pytest.mark.parametrize("make", [degrade.block_mask, degrade.scratch_mask])
def test_masks_are_boolean_repeatable_and_differ_from_each_other(make):
    masks = make(40, 56, 3, generator=seeded(0))
    assert masks.shape == (3, 1, 40, 56) and masks.dtype == torch.bool
    assert masks.equal(make(40, 56, 3, generator=seeded(0)))
    assert not masks[0].equal(masks[1])
    assert 0 < masks.float().mean() < 0.7
    assert not make(40, 56, count=0).any()


def test_blocks_are_whole_squares_and_reach_every_edge():
    masks = degrade.block_mask(9, 12, 400, count=1, side=3, generator=seeded(0))
    assert (masks.sum((1, 2, 3)) == 9).all()
    assert (masks.any(0).all()) and degrade.block_mask(5, 7, side=5, count=9).any()
    assert degrade.block_mask(6, 6, side=6).all()


def test_a_scratch_is_as_thick_as_said_and_one_piece():
    mask = degrade.scratch_mask(80, 80, count=1, thickness=1, generator=seeded(3))[0, 0]
    thick = degrade.scratch_mask(80, 80, count=1, thickness=5, generator=seeded(3))[0, 0]
    assert thick[mask].all() and thick.sum() > 2.5 * mask.sum()
    grown = torch.zeros_like(mask)
    grown[tuple(mask.nonzero()[0])] = True
    for _ in range(200):  # what touches the first pixel, step by step
        wide = torch.nn.functional.max_pool2d(grown[None, None].float(), 3, 1, 1)[0, 0] > 0
        grown = wide & mask
    assert grown.equal(mask)


def test_hiding():
    x = rand(2, 3, 8, 8)
    nothing = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    assert degrade.hide(x, nothing).equal(x)
    assert (degrade.hide(x, ~nothing, fill=0.5) == 0.5).all()
    mask = torch.cat([nothing, ~nothing])
    hidden = degrade.hide(x, mask, fill=-1)
    assert hidden[0].equal(x[0]) and (hidden[1] == -1).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: degrade.noise(x, -1), RangeError, "sigma"),
        (lambda x: degrade.noise(x[0], 1), ShapeError, "4 axes"),
        (lambda x: degrade.noise(x.byte(), 1), DtypeError, "floating point"),
        (lambda x: degrade.blur(x, 101), RangeError, "at most 100"),
        (lambda x: degrade.shrink(x, 3), ShapeError, r"x\[:, :, :6, :9\]"),
        (lambda x: degrade.shrink(x, 2, kernel="area"), ChoiceError, "lanczos"),
        (lambda x: degrade.enlarge(x, 0), RangeError, "at least 1"),
        (lambda x: degrade.block_mask(8, 10, side=9), RangeError, "at most 8"),
        (lambda x: degrade.scratch_mask(8, 10, thickness=2), RangeError, "odd"),
        (lambda x: degrade.scratch_mask(0, 10), RangeError, "height"),
        (lambda x: degrade.hide(x, x > 2, fill=0), ShapeError, "must be .1, 1, 8, 10."),
        (lambda x: degrade.hide(x, x[:, :1]), DtypeError, "mask > 0.5"),
        (lambda x: degrade.hide(x, None), DtypeError, "NoneType"),
        (lambda x: degrade.hide(x, x[:, :1] > 2, fill="grey"), DtypeError, "fill"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call(rand(1, 3, 8, 10))
    assert issubclass(error, AigcError)
