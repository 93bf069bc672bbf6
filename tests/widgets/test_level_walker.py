"""LevelWalker: what it says of the tiles ahead, what it carries with it, what it refuses."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import zlib

import pytest

from aigc_teach import data
from aigc_teach.core import AigcError, DataError, DtypeError, ShapeError, make_generator
from aigc_teach.core.box_rules import open_boxes
from aigc_teach.core.levels import BOXES, read_level, write_level
from aigc_teach.widgets import LevelWalker
from aigc_teach.widgets.base import STATIC, page_script

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
ROOM = read_level("#####/#@$.#/#####", BOXES)
THREE = STATIC / "three"
WAYS = ((0, -1), (1, 0), (0, 1), (-1, 0))  # north first, then as a clock goes
RUN = """
console.log(JSON.stringify(games.map((rows) => {
  const game = boxesOpen(rows), headings = [0, 1, 2, 3];
  return {
    first: walkFirst(game),
    ahead: headings.map((heading) => walkAhead(game, game.first, heading)),
    words: headings.map((heading) => walkWords(game, game.first, heading)),
  };
})));
"""


def in_node(folder, levels):
    games = json.dumps([write_level(level, BOXES).split("\n") for level in levels])
    script = f"{page_script('level_rules', 'walk_rules')}\nconst games = {games};\n{RUN}"
    (folder / "run.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_what_lies_ahead_is_what_the_rules_say(tmp_path):
    levels = data.box_levels(100, generator=make_generator(2)).levels
    for level, page in zip(levels, in_node(tmp_path, levels), strict=True):
        game = open_boxes(level)
        (x, y), boxes = game.first
        free = []
        for (dx, dy), ahead, words in zip(WAYS, page["ahead"], page["words"], strict=True):
            way = [(x + k * dx, y + k * dy) for k in range(1, 9)]
            stop = next(k for k, cell in enumerate(way) if cell not in game.cells or cell in boxes)
            free.append(stop)
            assert (ahead["free"], ahead["what"]) == (stop, "$" if way[stop] in boxes else "#")
            if not stop and ahead["what"] == "$":
                moves = game.step(game.first, (dx, dy)) != game.first
                assert words.endswith("to push") == moves, words
        assert page["first"] == free.index(max(free))


@needs_node
def test_the_words_name_what_is_ahead(tmp_path):
    (page,) = in_node(tmp_path, [read_level("######/#----#/#*@$##/#.--$#/######", BOXES)])
    assert page["words"] == [
        "1 free tile, then a wall",
        "a crate, which does not move",
        "1 free tile, then a wall",
        "a crate that is home, which does not move",
    ]


def test_the_library_is_as_it_was_published_and_travels_whole():
    text = (THREE / "VENDORED.md").read_text("utf-8")
    sums = dict(re.findall(r"^- `(\w{64})` (\S+)$", text, re.M))
    files = {path.name: path for path in THREE.iterdir() if path.name != "VENDORED.md"}
    assert {hashlib.sha256(path.read_bytes()).hexdigest(): n for n, path in files.items()} == sums
    assert "MIT License" in files["LICENSE.txt"].read_text("utf-8")
    packed = LevelWalker({"room": ROOM}).three
    assert zlib.decompress(packed) == files["three.module.min.js"].read_bytes()
    assert len(packed) < 200_000  # a page of the book has 2.5 MB for all that it shows


def test_the_page_gets_rows_words_and_tiles():
    widget = LevelWalker({"a": ROOM, "b": ROOM}, told={"b": "1 push"})
    assert widget.levels == [["#####", "#@$.#", "#####"]] * 2
    assert widget.told == ["", "1 push"] and set(widget.art) == set(BOXES)
    assert "2 levels, among them a" in widget.alt


@pytest.mark.parametrize(
    ("levels", "options", "error", "words"),
    [
        ([ROOM], {}, DtypeError, "takes a dict"),
        ({}, {}, ShapeError, "1 to 12"),
        ({"a": read_level("@$-", BOXES)}, {}, DataError, "1 box and 0 goals"),
        ({"a": ROOM}, {"told": {"b": "x"}}, DataError, "no level called 'b'"),
        ({"a": ROOM.float()}, {}, AigcError, "int64"),
    ],
)
def test_what_cannot_be_walked_through_is_a_sentence(levels, options, error, words):
    with pytest.raises(error, match=words):
        LevelWalker(levels, **options)
