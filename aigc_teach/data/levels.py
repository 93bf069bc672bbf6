"""Levels of the course's own two games, made by code: each can be won by construction.

`platform_levels` puts together pieces (flat ground, steps, gaps, gaps with a stone in them,
spikes) whose sizes lie within what a jump can do. `box_levels` begins with all boxes on goals and
*pulls* them away: pushed back in the opposite order, they are home again. No level of anybody
else's game is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import check_count, make_generator
from ..core.box_rules import AROUND, reachable
from ..core.errors import DataError, ShapeError
from ..core.levels import BOXES, check_tiles, read_level

HEIGHT, WIDTH = 12, 32
SIDE = 8  # of a level with boxes
FIRST_SIGN = 0x4E00  # where signs of one column each begin
EDGE = 3  # flat columns at both ends

HAND_MADE = (
    """
................................
................................
................................
................................
.............ooo................
.................o..............
............====...o............
.......o........................
......===...............o.......
.S..................#..###....F.
#####.......###..########..#####
#####.......###..########..#####
""",
    """
................................
................................
................................
.................o..............
.................=....oo........
..............=.......==........
..............=..o.........o....
...........=..=............=....
........=..=..................F.
.S..##..=..=...............#####
#######.........................
#######.........................
""",
    """
................................
................................
................................
................................
................................
............oo..................
...........####.....ooo.........
........#######.....===.........
.S....#########...............F.
###^^##########^^####.^^.###.###
###############^^####....###.###
###############..####....###.###
""",
)
HAND_MADE_BOXES = (
    """
########
#------#
#-@-$-.#
#------#
#------#
#------#
#------#
########
""",
    """
########
#--.---#
#--$---#
#.$@$.-#
#--$---#
#--.---#
#------#
########
""",
    """
########
###--###
#.-$--##
##-#$-##
##-@--##
##.#--##
########
########
""",
)


class BoxLevels(NamedTuple):
    """Levels of the box game.

    Attributes
    ----------
    levels : Tensor
        int64 ``[N, 8, 8]``.
    pulls : Tensor
        int64 ``[N]``: by how many pulls each was made; no solution needs more pushes.
    """

    levels: Tensor
    pulls: Tensor


def hand_made_levels(game: str = "platform") -> list[Tensor]:
    """A few levels made by hand, three for each game.

    >>> [tuple(level.shape) for level in hand_made_levels()]
    [(12, 32), (12, 32), (12, 32)]
    """
    if game == "platform":
        return [read_level(text) for text in HAND_MADE]
    return [read_level(text, BOXES) for text in HAND_MADE_BOXES]


def platform_levels(n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """`n` levels of the platform game, each of which can be won: int64 ``[n, 12, 32]``.

    Each level has a hardness of its own, drawn evenly from 0 to 1, which makes gaps wider, stones
    narrower and spikes more frequent.

    Parameters
    ----------
    n : int
    generator : torch.Generator, optional
        Draws from seed 0 without it.

    Examples
    --------
    >>> levels = platform_levels(3)
    >>> levels.shape, (levels == 5).sum((1, 2)).tolist()
    (torch.Size([3, 12, 32]), [1, 1, 1])
    """
    check_count("n", n)
    pick = _picker(generator or make_generator(0))
    return torch.stack([_platform_level(pick) for _ in range(n)])


def _picker(generator: torch.Generator) -> Callable[[int, int], int]:
    """A function that draws a whole number from `low` to `high`, both included."""

    def pick(low: int, high: int) -> int:
        return int(torch.randint(low, high + 1, (), generator=generator))

    return pick


def _platform_level(pick: Callable[[int, int], int]) -> Tensor:
    level = torch.zeros(HEIGHT, WIDTH, dtype=torch.int64)
    hard, thick = pick(0, 100), pick(1, 4)
    x = _flat(level, 0, EDGE, thick)
    while x < WIDTH - EDGE:
        room = WIDTH - EDGE - x
        if pick(1, 100) <= 40 + hard // 3 and room >= 6:
            kind, widest = pick(0, 3), 2 + (hard + pick(0, 60)) // 53  # 2 to 5
            if kind <= 1:
                x = _gap(level, x, thick, pick(1, widest), pick)
            elif kind == 2 and room >= 11:
                x = _stone(level, x, thick, hard, min(widest, 4), pick)
            else:
                x = _spikes(level, x, thick, pick(1, min(widest, 4)))
        else:
            thick = max(1, min(7, thick + pick(-3, 3)))
        x = _flat(level, x, min(pick(2, 5), max(WIDTH - EDGE - x, 2)), thick, pick)
    _flat(level, x, WIDTH - x, thick)
    return set_ends(level)


def set_ends(level: Tensor) -> Tensor:
    """A copy with one start and one flag, whatever was there.

    They stand in the second column and the last but one, on the highest ground or brick there.
    Where there is none, or no place above it, the lowest row gets a brick.

    >>> set_ends(read_level("F....../..S..../###..##"))
    tensor([[0, 0, 0, 0, 0, 0, 0],
            [0, 5, 0, 0, 0, 6, 0],
            [1, 1, 1, 0, 0, 1, 1]])
    """
    level = torch.where(check_tiles(level) >= 5, 0, level)
    if level.shape[0] < 2 or level.shape[1] < 4:
        raise ShapeError("A start and a flag need at least 2 rows and 4 columns.")
    for column, tile in ((1, 5), (level.shape[1] - 2, 6)):
        solid = ((level[:, column] == 1) | (level[:, column] == 2)).nonzero()
        top = int(solid[0]) if len(solid) else 0
        if top == 0:
            top = level.shape[0] - 1
            level[top, column] = 2
        level[top - 1, column] = tile
    return level


def _flat(level: Tensor, x: int, width: int, thick: int, pick=None) -> int:
    """Ground of a thickness, perhaps with coins or with a brick above; the next free column."""
    end = min(x + width, WIDTH)
    level[HEIGHT - thick :, x:end] = 1
    top = HEIGHT - thick
    if pick and end - x >= 4 and pick(0, 2) == 0 and top >= 6:
        level[top - 5, x + 1 : end - 1] = 2
        if pick(0, 1):
            level[top - 6, x + 1 : end - 1] = 4
    elif pick and pick(0, 3) == 0:
        level[top - 1, x:end] = 4
    return end


def _gap(level: Tensor, x: int, thick: int, width: int, pick) -> int:
    """A gap, perhaps with coins where a jump leads."""
    if pick(0, 2) == 0:
        level[HEIGHT - thick - min(3, 1 + width // 2), x : x + width] = 4
    return x + width


def _stone(level: Tensor, x: int, thick: int, hard: int, widest: int, pick) -> int:
    """A gap with a brick in its middle on which to land."""
    x += pick(2, widest)
    width = max(1, 3 - (hard + pick(0, 50)) // 50)
    row = HEIGHT - max(1, thick + pick(-1, 1))
    level[row, x : x + width] = 2
    if pick(0, 1):
        level[row - 1, x : x + width] = 4
    return x + width + pick(2, widest)


def _spikes(level: Tensor, x: int, thick: int, width: int) -> int:
    """Spikes let into the ground."""
    level[HEIGHT - thick :, x : x + width] = 1
    level[HEIGHT - thick, x : x + width] = 3
    return x + width


class LevelColumns:
    """The columns of levels as tokens: each different column of a corpus is one.

    Parameters
    ----------
    levels : Tensor
        int64 ``[N, H, W]``, the corpus.

    Examples
    --------
    >>> levels = platform_levels(5)
    >>> tokens = LevelColumns(levels)
    >>> tokens.encode(levels).shape, torch.equal(tokens.decode(tokens.encode(levels)), levels)
    (torch.Size([5, 32]), True)
    """

    def __init__(self, levels: Tensor):
        flat = levels.transpose(1, 2).flatten(0, 1)  # [N W, H]
        self.columns = flat.unique(dim=0)  # [V, H]
        self._place = {tuple(column): k for k, column in enumerate(self.columns.tolist())}

    def __len__(self) -> int:
        return len(self.columns)

    def encode(self, levels: Tensor) -> Tensor:
        """``[N, H, W] -> [N, W]``, int64."""
        rows = levels.transpose(1, 2).tolist()
        strange = {tuple(c) for level in rows for c in level} - set(self._place)
        if strange:
            raise DataError(f"{len(strange)} different columns are not in the corpus: no tokens.")
        return torch.tensor([[self._place[tuple(c)] for c in level] for level in rows])

    def decode(self, tokens: Tensor) -> Tensor:
        """``[N, W] -> [N, H, W]``."""
        return self.columns[tokens].transpose(1, 2)

    def write(self, tokens: Tensor) -> list[str]:
        """Each row as text, one sign a column, for models of text."""
        return ["".join(chr(FIRST_SIGN + k) for k in row) for row in tokens.tolist()]

    def read(self, texts: Sequence[str]) -> Tensor:
        """The opposite of `write`: int64 ``[N, W]``."""
        return torch.tensor([[ord(sign) - FIRST_SIGN for sign in text] for text in texts])


def box_levels(
    n: int, *, boxes: tuple[int, int] = (1, 3), generator: torch.Generator | None = None
) -> BoxLevels:
    """`n` levels of the box game, each of which can be solved.

    Parameters
    ----------
    n : int
    boxes : (int, int)
        The fewest and the most boxes of a level, 1 to 4.
    generator : torch.Generator, optional
        Draws from seed 0 without it.

    Returns
    -------
    BoxLevels

    Examples
    --------
    >>> made = box_levels(3)
    >>> made.levels.shape, bool((made.pulls > 0).all())
    (torch.Size([3, 8, 8]), True)
    """
    check_count("n", n)
    fewest = check_count("boxes[0]", boxes[0], at_most=4)
    most = check_count("boxes[1]", boxes[1], at_least=fewest, at_most=4)
    pick = _picker(generator or make_generator(0))
    made = []
    while len(made) < n:
        level = _box_level(pick, pick(fewest, most))
        if level is not None:
            made.append(level)
    return BoxLevels(torch.stack([m[0] for m in made]), torch.tensor([m[1] for m in made]))


def _box_level(pick, boxes: int) -> tuple[Tensor, int] | None:
    """One level and its pulls, or None if a box could not be pulled away."""
    cells = {(x, y) for x in range(1, SIDE - 1) for y in range(1, SIDE - 1)}
    for _ in range(pick(2, 5)):  # walls of one or two tiles within the room
        x, y, dx, dy = pick(1, SIDE - 2), pick(1, SIDE - 2), *AROUND[pick(0, 3)]
        cells -= {(x, y), (x + dx, y + dy)}
    order = sorted(cells)
    goals = {order[pick(0, len(order) - 1)] for _ in range(boxes)}
    free = sorted(cells - goals)
    at, player, pulls = set(goals), free[pick(0, len(free) - 1)], 0
    room = reachable(cells, at, player)
    cells = {cell for cell in cells if cell in room or cell in goals}
    for _ in range(pick(4, 14) * boxes):
        room = reachable(cells, at, player)
        ways = [
            ((x, y), (x + dx, y + dy), (x + 2 * dx, y + 2 * dy))
            for x, y in sorted(at)
            for dx, dy in AROUND
            if (x + dx, y + dy) in room
            and (x + 2 * dx, y + 2 * dy) in cells
            and (x + 2 * dx, y + 2 * dy) not in at
        ]
        if not ways:
            break
        box, to, player = ways[pick(0, len(ways) - 1)]
        at, pulls = (at - {box}) | {to}, pulls + 1
    if at & goals or len(goals) < boxes:
        return None
    where = sorted(reachable(cells, at, player))
    player = where[pick(0, len(where) - 1)]
    level = torch.ones(SIDE, SIDE, dtype=torch.int64)
    for x, y in cells:
        sign = "*" if (x, y) in at & goals else "$" if (x, y) in at else "-"
        sign = "." if (x, y) in goals - at else sign
        level[y, x] = BOXES.index(sign)
    x, y = player
    level[y, x] = BOXES.index("+" if player in goals else "@")
    return level, pulls
