"""Restoration without learning against scikit-image's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.data import degrade
from aigc_teach.metrics import psnr
from aigc_teach.models import classical
from load import seconds, within

restoration = pytest.importorskip("skimage.restoration")


def photo(size=48, channels=3, sigma=25 / 255):
    """A piece of a photograph in [0, 1] float64, and the same with noise."""
    x = data.photograph_patches(size, 1, "held_out", 5, channels=channels, low=0).double()
    return x, degrade.noise(x, sigma, generator=make_generator(0))


def last(x):
    return x[0].permute(1, 2, 0).numpy()


def gap(ours, theirs):
    return np.abs(last(ours) - theirs.reshape(last(ours).shape)).max()


@pytest.mark.parametrize("size", [1, 3, 5])
def test_median(size):
    from scipy.ndimage import median_filter

    _, x = photo()
    theirs = median_filter(last(x), (size, size, 1), mode="nearest")
    assert gap(classical.median(x, size), theirs) == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_by_value(channels):
    """With all places counting alike. scikit-image looks weights up in a table (2e-4), and divides
    differences of colour by the number of channels."""
    x = photo(channels=channels)[1].clamp(0, 1)
    theirs = restoration.denoise_bilateral(
        last(x) if channels == 3 else last(x)[..., 0], win_size=7, sigma_color=0.2 / channels,
        sigma_spatial=1e4, mode="edge", bins=100_000, channel_axis=2 if channels == 3 else None,
    )  # fmt: skip
    assert gap(classical.bilateral(x, 0.2, 1e4, radius=3), theirs) < 2e-4


def test_bilateral_by_place_and_value_is_its_definition():
    """Pixel by pixel; scikit-image's table of places is shifted (arange(-7 // 2, ...))."""
    _, x = photo(10)
    wide = np.pad(last(x), ((3, 3), (3, 3), (0, 0)), mode="edge")
    wanted = np.zeros((10, 10, 3))
    for i, j in np.ndindex(10, 10):
        window = wide[i : i + 7, j : j + 7]
        far = np.hypot(*np.mgrid[-3:4, -3:4]) / 1.0
        unlike = np.linalg.norm(window - wide[i + 3, j + 3], axis=2) / 0.3
        weights = np.exp(-0.5 * (far**2 + unlike**2))
        wanted[i, j] = (weights[..., None] * window).sum((0, 1)) / weights.sum()
    assert gap(classical.bilateral(x, 0.3, 1.0), wanted) < 1e-12


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_total_variation(channels, weight):
    """The same steps: equal up to rounding. Theirs returns the picture before the last step."""
    _, x = photo(channels=channels)
    theirs = restoration.denoise_tv_chambolle(
        last(x), weight=weight, eps=0, max_num_iter=51, channel_axis=2
    )
    ours = classical.total_variation(x, weight, steps=50)
    assert gap(ours, theirs) < 1e-12
    assert ours.mean().item() == pytest.approx(x.mean().item(), abs=1e-12)


def test_total_variation_lowers_what_it_says_it_lowers():
    _, x = photo(channels=1)

    def energy(u):
        down, across = u.diff(dim=2)[..., :-1], u.diff(dim=3)[:, :, :-1]
        return (0.5 * (u - x).square().sum() + 0.1 * (down**2 + across**2).sqrt().sum()).item()

    values = [energy(x)] + [
        energy(classical.total_variation(x, 0.1, steps=n)) for n in (5, 50, 500)
    ]
    assert values == sorted(values, reverse=True)


def test_non_local_means_is_its_definition():
    _, x = photo(14)
    wide = np.pad(last(x), ((6, 6), (6, 6), (0, 0)), mode="reflect")
    wanted = np.zeros((14, 14, 3))

    def patch(i, j):
        return wide[i - 2 : i + 3, j - 2 : j + 3]

    for i, j in np.ndindex(14, 14):
        total = 0.0
        for k, m in np.ndindex(9, 9):
            row, column = i + 6 + k - 4, j + 6 + m - 4
            squared = ((patch(row, column) - patch(i + 6, j + 6)) ** 2).mean()
            unlike = max(squared - 2 * 0.08**2, 0) / 0.1**2
            weight = np.exp(-unlike) if unlike <= 5 else 0.0
            wanted[i, j] += weight * wide[row, column]
            total += weight
        wanted[i, j] /= total
    assert gap(classical.non_local_means(x, 0.1, sigma=0.08, patch=5, reach=4), wanted) < 1e-12


def test_non_local_means_restores_as_well_as_scikit_images():
    """Not equal: the patches of its fast mode lack their first row and column."""
    x, noisy = photo(96, channels=1)
    theirs = restoration.denoise_nl_means(
        last(noisy)[..., 0], patch_size=7, patch_distance=11, h=0.08, sigma=25 / 255
    )
    ours = classical.non_local_means(noisy, 0.08, sigma=25 / 255)
    both = torch.cat([ours, torch.from_numpy(theirs)[None, None]])
    first, second = psnr(both, torch.cat([x, x]), data_range=1).tolist()
    assert first == pytest.approx(second, abs=0.5) and first > second - 0.2


@pytest.mark.parametrize(
    "mask",
    [
        degrade.block_mask(48, 48, count=3, side=9, generator=make_generator(1)),
        degrade.scratch_mask(48, 48, generator=make_generator(1)),
        torch.ones(1, 1, 48, 48, dtype=torch.bool).tril(-30),  # reaches a corner
    ],
    ids=["blocks", "scratches", "corner"],
)
def test_filling_holes(mask):
    """The same equations, solved by steps: 1e-6 of the range."""
    x, _ = photo()
    theirs = restoration.inpaint_biharmonic(
        last(degrade.hide(x, mask)), mask[0, 0].numpy(), channel_axis=2
    )
    ours = classical.fill_holes(x.masked_fill(mask, torch.nan), mask)
    assert gap(ours, theirs) < 1e-6
    known = ~mask.expand_as(x)
    assert ours[known].equal(x[known])


def test_filling_nothing_everything_and_a_batch():
    x, _ = photo(24)
    nothing = torch.zeros(1, 1, 24, 24, dtype=torch.bool)
    assert classical.fill_holes(x, nothing).equal(x)
    with pytest.raises(DataError, match="hides a whole picture"):
        classical.fill_holes(x, ~nothing)
    masks = degrade.block_mask(24, 24, 3, side=6, generator=make_generator(0))
    masks[1] = False
    batch = torch.cat([x, x.flip(2), x.flip(3)]).float()
    together = classical.fill_holes(batch, masks)
    for k in range(3):
        alone = classical.fill_holes(batch[k : k + 1], masks[k : k + 1])
        assert torch.allclose(together[k], alone[0], atol=1e-6)


def test_a_large_hole_takes_seconds_not_minutes():
    x = data.photograph_patches(128, 1, "held_out")
    hole = torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    hole[..., 32:96, 32:96] = True
    filled = []
    assert within(seconds(lambda: filled.append(classical.fill_holes(x, hole))), quiet=15)
    assert filled[0].isfinite().all()
    with pytest.raises(DataError, match="most_steps=3"):
        classical.fill_holes(x, hole, most_steps=3)


def test_every_denoiser_helps_and_non_local_means_most():
    x, noisy = photo(128, channels=1)

    def decibels(y):
        return psnr(y, x, data_range=1).item()

    before = decibels(noisy)
    after = {
        "median": decibels(classical.median(noisy)),
        "bilateral": decibels(classical.bilateral(noisy, 0.3, 1.5)),
        "total variation": decibels(classical.total_variation(noisy, 0.1)),
        "non-local means": decibels(classical.non_local_means(noisy, 0.08, sigma=25 / 255)),
    }
    assert all(value > before + 2 for value in after.values()), (before, after)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: classical.median(x, 4), RangeError, "odd"),
        (lambda x: classical.median(x[0]), ShapeError, "4 axes"),
        (lambda x: classical.bilateral(x, 0), RangeError, "sigma_value"),
        (lambda x: classical.bilateral(x, 1, 11), RangeError, "at most 30"),
        (lambda x: classical.total_variation(x, -1), RangeError, "weight"),
        (lambda x: classical.total_variation(x, steps=0), RangeError, "steps"),
        (lambda x: classical.non_local_means(x, 1), ShapeError, "more than 14 x 14"),
        (lambda x: classical.non_local_means(x, 1, patch=4), RangeError, "odd"),
        (lambda x: classical.fill_holes(x, x > 0), ShapeError, "mask of pictures"),
        (lambda x: classical.fill_holes(x, x), DtypeError, "True where a pixel is missing"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call(torch.zeros(1, 3, 12, 12))
