"""The rules of the box game: walk, and push one box at a time onto the goals.

A state is (player, boxes): a cell (x, y), and a frozen set of cells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from torch import Tensor

from .levels import BOXES, check_boxes

Cell = tuple[int, int]
BoxState = tuple[Cell, frozenset]
AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1))


class BoxGame(NamedTuple):
    """One level, ready to be played.

    Attributes
    ----------
    cells, goals : frozenset of (int, int)
        What is not wall, and what wants a box.
    first : (cell, frozenset of cells)
        The player and the boxes at the beginning.

    Examples
    --------
    >>> from aigc_teach.core.levels import BOXES, read_level
    >>> game = open_boxes(read_level("@$.", BOXES))
    >>> game.solved(game.step(game.first, (1, 0)))
    True
    """

    cells: frozenset
    goals: frozenset
    first: BoxState

    def solved(self, state: BoxState) -> bool:
        """Whether every box stands on a goal."""
        return state[1] == self.goals

    def step(self, state: BoxState, way: Cell) -> BoxState:
        """The state after a step in a direction; the same one where a wall or a box is in the way.

        Parameters
        ----------
        state : (cell, frozenset of cells)
        way : (int, int)
            One of (1, 0), (-1, 0), (0, 1), (0, -1).
        """
        (x, y), boxes = state
        to, beyond = (x + way[0], y + way[1]), (x + 2 * way[0], y + 2 * way[1])
        if to not in self.cells:
            return state
        if to not in boxes:
            return to, boxes
        if beyond not in self.cells or beyond in boxes:
            return state
        return to, boxes - {to} | {beyond}

    def pushes(self, state: BoxState) -> Iterator[BoxState]:
        """Every state that one push, after walking as far as needed, leads to."""
        room = reachable(self.cells, state[1], state[0])
        for x, y in state[1]:
            for way in AROUND:
                if (x - way[0], y - way[1]) in room:
                    after = self.step(((x - way[0], y - way[1]), state[1]), way)
                    if after[1] != state[1]:
                        yield after


def open_boxes(level: Tensor) -> BoxGame:
    """A game on `level`, int64 ``[H, W]`` with one player and as many boxes as goals.

    Raises
    ------
    AigcError
        With a sentence, for what is no level.
    """
    tiles = {
        (x, y): BOXES[k]
        for y, row in enumerate(check_boxes(level).tolist())
        for x, k in enumerate(row)
    }
    cells = frozenset(c for c, s in tiles.items() if s != "#")
    goals = frozenset(c for c, s in tiles.items() if s in ".*+")
    boxes = frozenset(c for c, s in tiles.items() if s in "$*")
    player = next(c for c, s in tiles.items() if s in "@+")
    return BoxGame(cells, goals, (player, boxes))


def reachable(cells: Collection[Cell], boxes: Collection[Cell], player: Cell) -> set[Cell]:
    """The cells that the player can walk to without pushing.

    >>> sorted(reachable({(0, 0), (1, 0), (2, 0)}, {(1, 0)}, (0, 0)))
    [(0, 0)]
    """
    seen, todo = {player}, [player]
    while todo:
        x, y = todo.pop()
        for dx, dy in AROUND:
            cell = (x + dx, y + dy)
            if cell in cells and cell not in boxes and cell not in seen:
                seen.add(cell)
                todo.append(cell)
    return seen
