"""Precision, recall, density and coverage against the package of those who defined two of them.

prdc counts a point *on* the rim of a ball as outside, ours as inside (Kynkaanniemi et al. 2019,
eq. 1: at most the distance). On features that are drawn at random no point lies on a rim.
"""

from __future__ import annotations

import contextlib
import io

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core import make_generator
from aigc_teach.metrics import judge_images, neighbour_scores

ORDER = ("precision", "recall", "density", "coverage")


def by_prdc(prdc, fake: torch.Tensor, real: torch.Tensor, k: int) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the sizes
        scores = prdc.compute_prdc(real.double().numpy(), fake.double().numpy(), nearest_k=k)
    return [scores[name] for name in ORDER]


def cloud(n, size, seed, shift=0.0, scale=1.0):
    return shift + scale * torch.randn(n, size, generator=make_generator(seed))


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("shift, scale", [(0.0, 1.0), (0.7, 1.0), (0.0, 0.3), (1.0, 2.0)])
def test_clouds(truth, agree, shift, scale, k):
    fake, real = cloud(150, 8, 1, shift, scale), cloud(200, 8, 0)
    agree(list(neighbour_scores(fake, real, k=k)), by_prdc(truth, fake, real, k))


def test_features_of_the_judge(truth, agree):
    judge, digits = zoo.load("judge"), data.digits("held_out")
    x = digits.x
    noisy = (x + 0.3 * torch.randn(x.shape, generator=make_generator(0))).clamp(-1, 1)
    real, fake = (judge_images(judge, images)[0] for images in (x, noisy[:300]))
    agree(list(neighbour_scores(fake, real)), by_prdc(truth, fake, real, 5))
