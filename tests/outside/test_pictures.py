"""Quality and restoration of pictures against scikit-image, on spoilt photographs."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.data import degrade
from aigc_teach.metrics import psnr, ssim
from aigc_teach.models import classical

SPOILT = {
    "noise": lambda x: degrade.noise(x, 25 / 255, generator=make_generator(1)),
    "blur": lambda x: degrade.blur(x, 1.5),
    "brighter": lambda x: x + 0.1,
}


def photo(channels: int = 3) -> torch.Tensor:
    return data.photograph_patches(48, 1, "held_out", 5, channels=channels, low=0).double()


def last(x: torch.Tensor):
    return x[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_quality_of_a_spoilt_photograph(agree, truth, spoil, channels):
    from skimage import metrics

    x = photo(channels)
    y = spoil(x)
    theirs = metrics.peak_signal_noise_ratio(last(x), last(y), data_range=1)
    agree(psnr(y, x, data_range=1).item(), theirs, "PSNR")
    theirs = metrics.structural_similarity(
        last(x), last(y), data_range=1, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    agree(ssim(y, x, data_range=1).item(), theirs, "SSIM")


@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_total_variation(agree, truth, weight):
    from skimage import restoration

    y = SPOILT["noise"](photo())
    theirs = restoration.denoise_tv_chambolle(
        last(y), weight=weight, eps=0, max_num_iter=31, channel_axis=2
    )  # theirs returns the picture before the last step
    agree(last(classical.total_variation(y, weight, steps=30)), theirs)


@pytest.mark.parametrize("kind", ["blocks", "scratches"])
def test_holes_are_filled(agree, truth, kind):
    from skimage import restoration

    g = make_generator(2)
    masks = {
        "blocks": degrade.block_mask(48, 48, count=2, side=9, generator=g),
        "scratches": degrade.scratch_mask(48, 48, count=2, generator=g),
    }
    x, mask = photo(), masks[kind]
    theirs = restoration.inpaint_biharmonic(
        last(degrade.hide(x, mask)), mask[0, 0].numpy(), channel_axis=2
    )
    agree(last(classical.fill_holes(x, mask, tolerance=1e-8)), theirs)
