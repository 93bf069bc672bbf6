"""Levels as text, the rules of both games on cases worked out by hand, and sentences."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError
from aigc_teach.core.box_rules import open_boxes, reachable
from aigc_teach.core.levels import (
    BOXES,
    check_boxes,
    check_platform,
    check_tiles,
    read_level,
    write_level,
)
from aigc_teach.core.platform_rules import LOST, WON, open_game

NOTHING, LEFT, RIGHT, JUMP, JUMP_RIGHT = (0, 0), (-1, 0), (1, 0), (0, 1), (1, 1)
TALL = """
........
........
........
........
........
S......F
########
"""


def play(level, *actions):
    game = open_game(read_level(level))
    state = game.first
    for action in actions:
        state = game.step(state, action)
    return state


def test_text_and_numbers_are_one():
    text = "\n".join("S.^o=F" for _ in range(2))
    assert write_level(read_level(text)) == text
    assert write_level(read_level("#-$.*@+", BOXES), BOXES) == "#-$.*@+"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", DataError, "empty"),
        ("S.F\n##", ShapeError, "Row 2 has 2 tiles, but row 1 has 3"),
        ("S.F\n#?#", DataError, r"Row 2 holds '\?', which is no tile. The tiles are: \. #"),
        ("." * 65, ShapeError, "1 to 64 each"),
        (7, DtypeError, "must be text"),
    ],
)
def test_what_is_no_level_is_a_sentence(text, error, words):
    with pytest.raises(error, match=words):
        read_level(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("..F/###", "no start"),
        ("S.S/F##", "2 starts"),
        ("S../###", "no flag"),
        ("SFF/###", "2 flags"),
    ],
)
def test_a_platform_level_has_one_start_and_one_flag(text, words):
    with pytest.raises(DataError, match=words):
        check_platform(read_level(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-$.", "no player"),
        ("@+$", "2 players"),
        ("@$$.", "2 boxes and 1 goal"),
        ("@--", "no box"),
    ],
)
def test_a_box_level_has_a_player_and_a_goal_for_each_box(text, words):
    with pytest.raises(DataError, match=words):
        check_boxes(read_level(text, BOXES))


@pytest.mark.parametrize(
    ("level", "error"),
    [
        ([[0]], DtypeError),
        (torch.zeros(2, 2), DtypeError),
        (torch.zeros(2).long(), ShapeError),
        (torch.zeros(0, 2).long(), ShapeError),
        (torch.full((2, 2), -1), RangeError),
    ],
)
def test_tiles_are_whole_numbers_of_a_map(level, error):
    with pytest.raises(error):
        check_tiles(level)


def test_a_jump_rises_three_tiles_and_falls_again():
    assert play(TALL, JUMP) == (0, 4, 2)
    assert play(TALL, JUMP, JUMP, JUMP) == (0, 2, 0)
    assert play(TALL, JUMP, JUMP, JUMP, JUMP) == (0, 3, 0)
    assert play(TALL, *[JUMP_RIGHT] * 6) == (6, 5, 0)  # six to the side: a gap of five


def test_who_lets_go_stops_rising_and_does_not_rise_again():
    assert play(TALL, JUMP, NOTHING) == (0, 5, 0)
    assert play(TALL, JUMP, JUMP, RIGHT, JUMP) == (1, 5, 0)


def test_a_ceiling_ends_the_rise():
    low = "....\n==..\nS..F\n####"
    assert play(low, JUMP) == (0, 2, 0)
    assert play("S..F\n####", JUMP) == (0, 0, 0)  # the top of the level is one


def test_walls_and_sides_are_solid():
    assert play("....\nS#.F\n####", RIGHT) == (0, 1, 0)
    assert play("....\nS#.F\n####", LEFT) == (0, 1, 0)


def test_spikes_and_the_depth_lose_and_the_flag_wins():
    assert play("S^F\n###", RIGHT) == LOST
    assert play("S.F\n#.#", RIGHT, NOTHING) == (1, 1, 0)
    assert play("S.F\n#.#", RIGHT, NOTHING, NOTHING) == LOST
    assert play("SF\n##", RIGHT) == WON
    assert play("F.\n..\nS.\n##", JUMP, JUMP) == WON  # from below, before any step to the side


def test_another_rise_is_another_game():
    game = open_game(read_level(TALL), rise=4)
    state = game.first
    for _ in range(4):
        state = game.step(state, JUMP)
    assert state == (0, 1, 0)


def test_boxes_are_pushed_one_at_a_time_and_never_pulled():
    game = open_boxes(read_level("#######/#@$-$.#/#-.---#/#######", BOXES))
    state = game.step(game.first, (1, 0))
    assert state == ((2, 1), frozenset({(3, 1), (4, 1)}))
    assert game.step(state, (1, 0)) == state  # two boxes in a row
    assert game.step(state, (-1, 0)) == ((1, 1), state[1])  # the box stays
    assert game.step(state, (0, -1)) == state  # a wall
    assert not game.solved(state)


def test_pushes_lead_where_steps_lead():
    game = open_boxes(read_level("#####/#@--#/#-$-#/#-.-#/#####", BOXES))
    boxes = {frozenset(after[1]) for after in game.pushes(game.first)}
    assert boxes == {frozenset({c}) for c in [(1, 2), (3, 2), (2, 1), (2, 3)]}
    assert (2, 2) not in reachable(game.cells, game.first[1], (1, 1))
