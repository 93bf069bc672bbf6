"""Can a level of the box game be solved, and in how few pushes? Two searches that share no idea.

`fewest_pushes` is A* over pushes. Its bound gives each box a goal of its own so that the distances
add up to as little as possible (a matching): no push brings more than one box one step nearer to
one goal, so the bound never overestimates (Junghanns & Schaeffer 2001,
doi:10.1016/S0004-3702(01)00109-6). `fewest_pushes_by_steps` goes step by step, walks
for nothing and pays for pushes, without any bound. They must agree.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from ..core import ShapeError, check_choice, check_count
from ..core.box_rules import AROUND, BoxGame, BoxState, Cell, open_boxes, reachable

FAR = 1 << 20
BOUNDS = ("matching", "nearest", "none")


class BoxSolution(NamedTuple):
    """What a search found.

    Attributes
    ----------
    pushes : int or None
        The fewest pushes; None where the level cannot be solved.
    expanded : int
        From how many states the search has gone on.
    given_up : bool
        True where `most` states were not enough: then nothing is known.
    """

    pushes: int | None
    expanded: int
    given_up: bool = False


def fewest_pushes(level: Tensor, *, bound: str = "matching", most: int = 100_000) -> BoxSolution:
    """The fewest pushes that solve a level, by A*.

    Parameters
    ----------
    level : Tensor
        int64 ``[H, W]``, one player, as many boxes as goals.
    bound : {"matching", "nearest", "none"}
        What is still to come at least: each box to a goal of its own, each box to its nearest
        goal, or nothing. The answer is the same; the work is not.
    most : int
        From how many states to go on before giving up.

    Examples
    --------
    >>> from aigc_teach.core.levels import BOXES, read_level
    >>> fewest_pushes(read_level("@-$-.", BOXES))
    BoxSolution(pushes=2, expanded=2, given_up=False)
    >>> fewest_pushes(read_level("@.--$", BOXES)).pushes is None
    True
    """
    check_choice("bound", bound, BOUNDS)
    check_count("most", most)
    game = open_boxes(level)
    far = {goal: _distances(game, goal) for goal in game.goals}

    def ahead(boxes: frozenset) -> int:
        if bound == "none":
            return 0
        costs = [[far[goal].get(box, FAR) for goal in game.goals] for box in boxes]
        return matching(costs) if bound == "matching" else sum(min(row) for row in costs)

    def key(state: BoxState) -> tuple:  # walking about changes nothing
        return min(reachable(game.cells, state[1], state[0])), state[1]

    first = key(game.first)
    paid, done, order = {first: 0}, set(), 0
    queue = [(ahead(first[1]), 0, first)]
    while queue:
        estimate, _, state = heapq.heappop(queue)
        if estimate >= FAR:
            break
        if state in done:
            continue
        if game.solved(state):
            return BoxSolution(paid[state], len(done))
        if len(done) >= most:
            return BoxSolution(None, len(done), given_up=True)
        done.add(state)
        for after in map(key, game.pushes(state)):
            if paid[state] + 1 < paid.get(after, FAR):
                paid[after], order = paid[state] + 1, order - 1
                heapq.heappush(queue, (paid[after] + ahead(after[1]), order, after))
    return BoxSolution(None, len(done))


def _distances(game: BoxGame, goal: Cell) -> dict[Cell, int]:
    """Pushes that a lone box needs from each cell to a goal: by pulling it away from there."""
    far, todo = {goal: 0}, deque([goal])
    while todo:
        x, y = todo.popleft()
        for dx, dy in AROUND:
            to, player = (x + dx, y + dy), (x + 2 * dx, y + 2 * dy)
            if to in game.cells and player in game.cells and to not in far:
                far[to] = far[x, y] + 1
                todo.append(to)
    return far


def matching(costs: Sequence[Sequence[int]]) -> int:
    """The least sum of costs that gives each row a column of its own.

    Parameters
    ----------
    costs : sequence of sequence of int
        Square, at most 8 by 8: subsets of columns are gone through.

    Examples
    --------
    Both boxes are nearest to the first goal; one of them has to take the other.

    >>> matching([[1, 5], [2, 9]])
    7
    """
    size = len(costs)
    if size > 8 or any(len(row) != size for row in costs):
        raise ShapeError(f"Costs must be square, at most 8 by 8; there are {size} rows.")
    best = {0: 0}  # columns taken, as bits: the least sum
    for row in costs:
        following: dict[int, int] = {}
        for taken, cost in best.items():
            for k, more in enumerate(row):
                if not taken >> k & 1:
                    new = taken | 1 << k
                    following[new] = min(following.get(new, size * FAR), cost + more)
        best = following
    return min(best.values())


def fewest_pushes_by_steps(level: Tensor, *, most: int = 1_000_000) -> BoxSolution:
    """The same by breadth-first search over single steps, in which only pushes cost.

    >>> from aigc_teach.core.levels import BOXES, read_level
    >>> fewest_pushes_by_steps(read_level("@-$-.", BOXES)).pushes
    2
    """
    check_count("most", most)
    game = open_boxes(level)
    queue, seen, expanded = deque([(0, game.first)]), set(), 0
    while queue:
        pushes, state = queue.popleft()
        if state in seen:
            continue
        if game.solved(state):
            return BoxSolution(pushes, expanded)
        if expanded >= most:
            return BoxSolution(None, expanded, given_up=True)
        seen.add(state)
        expanded += 1
        for way in AROUND:
            after = game.step(state, way)
            if after in seen:
                continue
            if after[1] == state[1]:
                queue.appendleft((pushes, after))
            else:
                queue.append((pushes + 1, after))
    return BoxSolution(None, expanded)
