from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import RangeError, ShapeError
from aigc_teach.metrics import checkerboard, mode_shares


def test_real_points_lie_within_three_standard_deviations_as_often_as_a_gaussian_says():
    generator = torch.Generator().manual_seed(0)
    points = data.toy2d("ring", 20_000, generator=generator)
    shares = mode_shares(points, data.toy2d_centres("ring"), radius=3 * data.MODE_STD)
    assert shares.sum().item() == pytest.approx(1 - math.exp(-4.5), abs=0.004)  # 5 errors of a mean
    assert (shares - 1 / 8).abs().max() < 0.013


def test_one_mode_and_a_smear_are_told_apart():
    centres = data.toy2d_centres("grid")
    collapsed = mode_shares(centres[:1].expand(100, 2), centres, radius=0.15)
    assert collapsed.sum() == 1
    assert (collapsed > 0).sum() == 1
    side = torch.linspace(centres.min(), centres.max(), 101)
    smeared = mode_shares(torch.cartesian_prod(side, side), centres, radius=0.15)
    assert smeared.sum() < 0.5
    assert (smeared > 0).all()


def test_a_point_on_the_border_and_beyond_does_not_count():
    assert mode_shares(torch.tensor([[1.0]]), torch.tensor([[0.0]]), radius=1.0).tolist() == [0]


@pytest.mark.parametrize(
    ("points", "centres", "radius", "error"),
    [
        (torch.zeros(3), torch.zeros(2, 2), 1.0, ShapeError),
        (torch.zeros(3, 2), torch.zeros(2, 3), 1.0, ShapeError),
        (torch.zeros(0, 2), torch.zeros(2, 2), 1.0, ShapeError),
        (torch.zeros(3, 2), torch.zeros(2, 2), 0.0, RangeError),
        (torch.zeros(3, 2), torch.zeros(2, 2), math.nan, RangeError),
    ],
    ids=["row", "columns", "empty", "zero", "nan"],
)
def test_bad_points_are_refused(points, centres, radius, error):
    with pytest.raises(error):
        mode_shares(points, centres, radius)


def test_a_checkerboard_is_found_on_top_of_real_digits_and_real_digits_have_none():
    digits = data.digits("held_out").x[:100]
    board = torch.tensor([[0.5, -0.5], [-0.5, 0.5]]).repeat(14, 14)
    assert checkerboard(digits) < 0.05
    assert checkerboard(digits + board) > 5 * checkerboard(digits)
    assert checkerboard(digits + board) == pytest.approx(checkerboard(3 * (digits + board)), 1e-4)


@pytest.mark.parametrize("size", [0, 7, 30])
def test_an_impossible_middle_is_refused(size):
    with pytest.raises(ShapeError):
        checkerboard(torch.zeros(2, 1, 28, 28), size=size)
