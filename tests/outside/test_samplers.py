"""Whole sampling loops against the sums that the diffusers project publishes in its own tests.

Their "model" is x * t / (t + 1), where t counts from 0; our times count from 1, and 0 is the
data. Their start is a ramp, their noise the global CPU generator with seed 0, and at the end the
absolute values are summed. Their x_0 is clipped, their eps is not computed anew afterwards.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.losses.diffusion import Estimate, estimate, linear_schedule
from aigc_teach.models.samplers import ddim, ddpm

START = (torch.arange(768.0).reshape(3, 8, 8, 4) / 768).permute(3, 0, 1, 2)  # [4, 3, 8, 8]
TENTHS = [*range(901, 0, -100), 0]


def denoiser(kind: str, abar):
    """Their model as our samplers want it."""

    def denoise(x, t: int) -> Estimate:
        guess = estimate(kind, x * (t - 1) / t, x, abar[t])
        return Estimate(guess.x0.clamp(-1, 1), guess.eps)

    return denoise


def total(frames) -> float:
    *_, last = frames
    return last.abs().sum().item()


@pytest.mark.parametrize("kind, theirs", [("eps", 258.9606), ("v", 202.0296)])
def test_ddpm(agree, kind, theirs):
    abar, times = linear_schedule(), range(1000, -1, -1)
    frames = ddpm(denoiser(kind, abar), START, abar, times, generator=make_generator(0))
    agree(total(frames), theirs)


@pytest.mark.parametrize("kind, theirs", [("eps", 172.0067), ("v", 52.5302)])
def test_ddim(agree, kind, theirs):
    abar = linear_schedule()
    agree(total(ddim(denoiser(kind, abar), START, abar, TENTHS)), theirs)


@pytest.mark.parametrize("whole, theirs", [(True, 149.8295), (False, 149.0784)])
def test_ddim_that_ends_in_the_data_or_just_before(agree, whole, theirs):
    """Without their ``set_alpha_to_one`` the last step leads to abar_1 and not to 1."""
    abar = linear_schedule(first=0.01)
    ends = abar if whole else torch.cat([abar[1:2], abar[1:]])
    agree(total(ddim(denoiser("eps", abar), START, ends, TENTHS)), theirs)
