"""Positions: the formula, the lengths that a turn keeps, and distance alone."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import RangeError, ShapeError
from aigc_teach.nn.positions import rotate, sinusoidal


def test_the_formula_of_vaswani():
    table = sinusoidal(torch.arange(50), 16)
    for p in (0, 1, 7, 49):
        for i in range(8):
            angle = p / 10000 ** (2 * i / 16)
            assert table[p, 2 * i] == pytest.approx(math.sin(angle), abs=1e-5)
            assert table[p, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-5)
    assert torch.allclose(table.square().sum(1), torch.full((50,), 8.0), atol=1e-5)


def test_a_turn_keeps_lengths_and_the_product_knows_only_the_distance():
    torch.manual_seed(0)
    q, k = torch.randn(2, 1, 8).double()

    def product(at, other):
        turned = rotate(q, torch.tensor([at])), rotate(k, torch.tensor([other]))
        return float((turned[0] * turned[1]).sum())

    assert product(3, 1) == pytest.approx(product(103, 101), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-3)
    x, places = torch.randn(2, 3, 5, 8), torch.arange(5)
    assert torch.allclose(rotate(x, places).norm(dim=-1), x.norm(dim=-1), atol=1e-5)
    assert torch.equal(rotate(x, torch.zeros(5)), x)


def test_it_is_the_product_with_the_matrix_of_the_paper():
    """Su et al. 2021, equation 15: blocks of rotations; the features in another order."""
    size, place = 6, 4
    matrix = torch.zeros(size, size)
    for i in range(size // 2):
        angle = place * 10000 ** (-2 * i / size)
        pair = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor(pair)
    x = torch.randn(size)
    neighbours = torch.stack(x.chunk(2), dim=1).flatten()  # x_0 x_3 x_1 x_4 x_2 x_5
    turned = (matrix @ neighbours).view(-1, 2).T.flatten()
    assert torch.allclose(rotate(x[None], torch.tensor([place]))[0], turned, atol=1e-5)


def test_what_does_not_fit_is_told():
    with pytest.raises(RangeError, match="size=3 is odd"):
        sinusoidal(torch.arange(2), 3)
    with pytest.raises(RangeError, match="size=5 is odd"):
        rotate(torch.zeros(2, 5), torch.arange(2))
    with pytest.raises(ShapeError, match=r"places \[T\]"):
        rotate(torch.zeros(2, 4), torch.arange(3))
