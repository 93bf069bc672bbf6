"""Banners as numbers and back; what all drawn sets share is tested in ``test_drawn``."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, make_generator


def test_numbers_say_it_all():
    shown = data.banners(50, generator=make_generator(1)).attributes
    rows = data.banner_numbers(shown)
    assert rows.shape == (50, 19) and rows.min() >= 0 and rows.max() <= 1
    groups = rows[:, 4:].split([4, 4, 4, 3], dim=1)
    assert all((part.sum(1) == 1).all() for part in groups)
    assert torch.equal(groups[3].argmax(1), shown.badge)
    assert torch.allclose(rows[:, 3] * 2 - 1, shown.side, atol=1e-6)


def test_a_burst_is_red_and_in_its_corner():
    plain, burst = (data.banners(20, badge=name, size=64).x for name in ("none", "burst"))
    where = (plain - burst).abs().amax((0, 1)) > 0.1
    rows, columns = where.nonzero().unbind(1)
    assert rows.max() < 24 and columns.min() > 40
    assert (burst[:, 0, 5, 48] > burst[:, 1, 5, 48]).all()


def test_sizes_are_named():
    with pytest.raises(ChoiceError, match="32, 64"):
        data.banner_picture(data.banners(1).attributes, side_length=48)
