"""The kernel distance against torchmetrics' KID, which takes both whole sets as one subset."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.metrics import kernel_distance

# It warns that it keeps all features, as it must.
pytestmark = pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")


def by_torchmetrics(one: torch.Tensor, two: torch.Tensor) -> float:
    from torchmetrics.image.kid import KernelInceptionDistance

    features = torch.nn.Identity()
    features.num_features = one.shape[1]
    metric = KernelInceptionDistance(features, subsets=1, subset_size=len(one))
    metric.update(one, real=True)
    metric.update(two, real=False)
    return metric.compute()[0].item()


def cloud(n, size, seed, shift=0.0):
    generator = make_generator(seed)
    return torch.randn(n, size, generator=generator, dtype=torch.float64) + shift


@pytest.mark.parametrize("n, size", [(2, 3), (50, 1), (300, 64)])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_clouds(agree, n, size, shift):
    one, two = cloud(n, size, 0), cloud(n, size, 1, shift)
    agree(kernel_distance(two, one), by_torchmetrics(one, two))
