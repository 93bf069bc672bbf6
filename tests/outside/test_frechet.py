"""The Frechet distance against torchmetrics, on the same features.

FID is by convention the *square* of the distance between the two Gaussians (Dowson & Landau
1982), and so is ours. torchmetrics takes the eigenvalues of the plain product of the
covariances, which is not symmetric; ours are those of a symmetric matrix. Its covariances are
sums of products less a product of sums; ours are centred first.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core import make_generator
from aigc_teach.metrics import frechet_distance, gaussian_of, judge_images


def by_torchmetrics(one: torch.Tensor, two: torch.Tensor) -> float:
    from torchmetrics.image.fid import FrechetInceptionDistance

    features = torch.nn.Identity()
    features.num_features = one.shape[1]
    metric = FrechetInceptionDistance(features).set_dtype(torch.float64)
    metric.update(one.double(), real=True)
    metric.update(two.double(), real=False)
    return metric.compute().item()


def ours(one: torch.Tensor, two: torch.Tensor) -> float:
    return frechet_distance(*gaussian_of(one), *gaussian_of(two))


def cloud(n, size, seed, shift=0.0):
    generator = make_generator(seed)
    mix = torch.randn(size, size, generator=generator)
    return torch.randn(n, size, generator=generator) @ mix + shift


@pytest.mark.parametrize("size", [1, 2, 16, 64])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_clouds(agree, size, shift):
    one, two = cloud(400, size, 0), cloud(300, size, 1, shift)
    agree(ours(one, two), by_torchmetrics(one, two))


def test_fewer_items_than_features(agree):
    one, two = cloud(20, 64, 2), cloud(30, 64, 3)
    agree(ours(one, two), by_torchmetrics(one, two))


def test_features_of_the_judge(agree):
    """Digits and digits with noise, as the lessons measure them."""
    judge, x = zoo.load("judge"), data.digits("held_out").x
    noisy = (x + 0.3 * torch.randn(x.shape, generator=make_generator(0))).clamp(-1, 1)
    one, two = (judge_images(judge, images)[0] for images in (x, noisy))
    agree(ours(one, two), by_torchmetrics(one, two))


def test_it_is_the_square(agree):
    """Both sets alike but for a shift of 3 along one axis: at distance 3, and both report 9."""
    one = cloud(200, 4, 0)
    two = one + torch.tensor([3.0, 0.0, 0.0, 0.0])
    agree(by_torchmetrics(one, two), 9.0)
    agree(ours(one, two), 9.0)
