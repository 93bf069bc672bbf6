"""The small U-Net without a time: shapes, reach, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError
from aigc_teach.nn import Hourglass


def test_any_channels_and_sides_of_eight():
    net = Hourglass(6, 5, width=4)
    assert net(torch.zeros(2, 6, 16, 40)).shape == (2, 5, 16, 40)


def test_a_pixel_is_seen_far_away_and_pictures_do_not_mix():
    torch.manual_seed(0)
    net, x = Hourglass(1, 1, width=8), torch.zeros(2, 1, 64, 64)
    y = x.clone()
    y[0, 0, 32, 32] = 5.0
    change = (net(y) - net(x)).abs()[:, 0]
    rows = change[0].sum(1).nonzero()[:, 0]
    assert rows.min() <= 24 and rows.max() >= 40 and not change[1].any()


@pytest.mark.parametrize("shape", [(1, 3, 20, 16), (1, 2, 16, 16), (3, 16, 16)])
def test_wrong_shapes_are_a_sentence(shape):
    with pytest.raises(AigcError, match="multiples of 8"):
        Hourglass(3, 1, width=4)(torch.zeros(shape))


def test_wrong_sizes_are_a_sentence():
    with pytest.raises(AigcError, match="width=0"):
        Hourglass(3, 1, width=0)
