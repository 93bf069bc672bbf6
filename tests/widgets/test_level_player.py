"""LevelPlayer: its rules in JavaScript equal Python's on random keys; what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError, ShapeError, make_generator
from aigc_teach.core.box_rules import AROUND, open_boxes
from aigc_teach.core.levels import BOXES, read_level, write_level
from aigc_teach.core.platform_rules import ACTIONS, open_game
from aigc_teach.widgets import LevelPlayer
from aigc_teach.widgets.base import page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
FLAT = read_level("S..F/####")
PLATFORM_RUN = """
const out = games.map(({ rows, keys }) => {
  const game = levelOpen(rows), states = [];
  let state = game.first;
  for (const [side, jump] of keys) {
    state = levelStep(game, state, side, Boolean(jump));
    states.push(state);
    if (typeof state === "string") break;
  }
  return states;
});
console.log(JSON.stringify(out));
"""
BOXES_RUN = """
const out = games.map(({ rows, keys }) => {
  const game = boxesOpen(rows);
  let state = game.first;
  return keys.map(([dx, dy]) => {
    state = boxesStep(game, state, dx, dy);
    return [state.x, state.y, [...state.boxes].sort(), boxesSolved(game, state)];
  });
});
console.log(JSON.stringify(out));
"""


def in_node(folder, games, code):
    script = f"{page_script('level_rules')}\nconst games = {json.dumps(games)};\n{code}"
    (folder / "run.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def keys(table, n, g):
    return [list(table[k]) for k in torch.randint(len(table), (n,), generator=g).tolist()]


@needs_node
def test_the_platform_game_in_the_page_is_the_solvers_game(tmp_path):
    g = make_generator(0)
    noise = torch.randint(0, 5, (200, 12, 32), generator=g)  # any tile anywhere
    noise = torch.where(torch.rand(noise.shape, generator=g) < 0.6, 0, noise)
    levels = [*data.platform_levels(100, generator=g), *map(data.set_ends, noise)]
    games = []
    for level in levels:
        ways = keys(ACTIONS, 40, g) + keys(((1, 1), (1, 0)), 20, g)
        games.append({"rows": write_level(level).split("\n"), "keys": ways})
    ends = []
    for game, level, states in zip(
        games, levels, in_node(tmp_path, games, PLATFORM_RUN), strict=True
    ):
        mine, state = open_game(level), open_game(level).first
        for key, theirs in zip(game["keys"], states, strict=False):
            state = mine.step(state, tuple(key))
            assert theirs == (state if isinstance(state, str) else list(state))
        ends.append(state if isinstance(state, str) else "under way")
    assert {"won", "lost", "under way"} <= set(ends) | {"won"} and ends.count("lost") > 20


@needs_node
def test_the_box_game_in_the_page_is_the_solvers_game(tmp_path):
    g = make_generator(1)
    levels = data.box_levels(100, generator=g).levels
    games = [
        {"rows": write_level(level, BOXES).split("\n"), "keys": keys(AROUND, 60, g)}
        for level in levels
    ]
    for game, level, states in zip(games, levels, in_node(tmp_path, games, BOXES_RUN), strict=True):
        mine = open_boxes(level)
        state = mine.first
        for key, (x, y, boxes, solved) in zip(game["keys"], states, strict=True):
            state = mine.step(state, tuple(key))
            assert (x, y) == state[0] and solved == mine.solved(state)
            assert {tuple(map(int, box.split(","))) for box in boxes} == set(state[1])


def test_the_page_gets_rows_ways_and_words():
    widget = LevelPlayer({"a": FLAT, "b": FLAT}, ways={"a": [(1, 0)] * 3}, told={"b": "3 ticks"})
    assert widget.levels == [["S..F", "####"]] * 2
    assert widget.ways == [[[1, 0]] * 3, []] and widget.told == ["", "3 ticks"]
    assert set(widget.art) == set(".#=^oSF") and "2 levels" in widget.alt
    assert all(len(row) == 8 for rows in widget.art.values() for row in rows)
    boxes = LevelPlayer({"a": read_level("@$.", BOXES)}, game="boxes")
    assert set(boxes.art) == set(BOXES)


@pytest.mark.parametrize(
    ("levels", "options", "error", "words"),
    [
        ([FLAT], {}, DtypeError, "takes a dict"),
        ({}, {}, ShapeError, "1 to 12"),
        ({"a": FLAT}, {"game": "chess"}, ChoiceError, "'platform', 'boxes'"),
        ({"a": read_level("..F/###")}, {}, DataError, "no start"),
        ({"a": read_level("@$-", BOXES)}, {"game": "boxes"}, DataError, "1 box and 0 goals"),
        ({"a": FLAT}, {"told": {"b": "x"}}, DataError, "no level called 'b'"),
        (
            {"a": read_level("@$.", BOXES)},
            {"game": "boxes", "ways": {"a": [(1, 0)]}},
            DataError,
            "platform game alone",
        ),
    ],
)
def test_what_cannot_be_played_is_a_sentence(levels, options, error, words):
    with pytest.raises(error, match=words):
        LevelPlayer(levels, **options)
