"""Levels made by code: each can be won, by the solvers' own judgement; and tokens of columns."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import DataError, RangeError, ShapeError, make_generator
from aigc_teach.core.levels import check_boxes, check_platform, read_level
from aigc_teach.metrics import box_solver, level_solver


@pytest.mark.parametrize("seed", [0, 7])
def test_every_platform_level_can_be_won(seed):
    levels = data.platform_levels(150, generator=make_generator(seed))
    assert levels.shape == (150, 12, 32)
    assert all(level_solver.solve(level).won for level in levels)
    assert len(levels.flatten(1).unique(dim=0)) > 145


def test_every_box_level_can_be_solved_in_as_many_pushes_as_it_was_pulled():
    made = data.box_levels(80, generator=make_generator(3))
    for level, pulls in zip(made.levels, made.pulls.tolist(), strict=True):
        assert box_solver.fewest_pushes(check_boxes(level)).pushes <= pulls
    boxes = (made.levels == 2).sum((1, 2)) + (made.levels == 4).sum((1, 2))
    assert set(boxes.tolist()) == {1, 2, 3}
    two = data.box_levels(5, boxes=(2, 2), generator=make_generator(3)).levels
    assert ((two == 2).sum((1, 2)) == 2).all()


def test_the_same_seed_makes_the_same_levels():
    assert torch.equal(data.platform_levels(3), data.platform_levels(3))
    one, other = (data.box_levels(3, generator=make_generator(s)).levels for s in (1, 2))
    assert not torch.equal(one, other)


def test_hand_made_levels_can_be_won():
    ticks = [level_solver.odds(level).ticks for level in data.hand_made_levels()]
    assert ticks == [29, 30, 29]
    pushes = [box_solver.fewest_pushes(x).pushes for x in data.hand_made_levels("boxes")]
    assert pushes == [2, 4, 6]


def test_start_and_flag_are_set_once_whatever_was_there():
    level = read_level("SSFF..../......../..S...../......../####....")
    before = level.clone()
    made = data.set_ends(level)
    check_platform(made)
    assert torch.equal(level, before)
    assert made[3, 1] == 5 and made[3, 6] == 6 and made[4, 6] == 2
    with pytest.raises(ShapeError, match="at least 2 rows and 4 columns"):
        data.set_ends(read_level("..."))


def test_columns_are_tokens_and_come_back():
    levels = data.platform_levels(20)
    tokens = data.LevelColumns(levels)
    codes = tokens.encode(levels)
    assert codes.max() + 1 == len(tokens) <= 20 * 32
    assert torch.equal(tokens.decode(codes), levels)
    assert torch.equal(tokens.read(tokens.write(codes)), codes)
    with pytest.raises(DataError, match="not in the corpus"):
        tokens.encode(torch.full((1, 12, 32), 3))


def test_sizes_are_refused_in_words():
    with pytest.raises(RangeError, match="n=0"):
        data.platform_levels(0)
    with pytest.raises(RangeError, match=r"boxes\[1\]=5"):
        data.box_levels(1, boxes=(1, 5))
