"""Can a level of the platform game be won, and how hard is it? Asked of the game's own rules.

`solve` is A*: among the states that it has seen it goes on from the one whose ticks so far, plus a
bound on those to come, are fewest. A tick moves by at most one column and one row, so the larger
of both distances to the flag never overestimates, and the first way found is a shortest one
(Hart, Nilsson & Raphael 1968, doi:10.1109/TSSC.1968.300136). Where it ends without a way, every
state that can be reached has been seen: that is a proof that the level cannot be won.

`odds` asks the same question in another way: all states, a table of what follows what, and a
sweep over it until nothing changes.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, check_count, check_number
from ..core.levels import PLATFORM, check_platform
from ..core.platform_rules import ACTIONS, LOST, RISE, WON, PlatformGame, State, open_game

TICK = 1 << 10  # what a tick costs; a jump costs 1
AIR, GROUND, BRICK, SPIKE = (PLATFORM.index(sign) for sign in ".#=^")


class LevelSolution(NamedTuple):
    """What A* found.

    Attributes
    ----------
    path : tuple of states or None
        From the start to the last state before the flag; None where the level cannot be won.
    actions : tuple of (int, int)
        One a tick; the last one reaches the flag. Empty where there is no way.
    seen : frozenset of states
        What the search has reached. Without a way: everything that can be reached.
    expanded : int
        From how many states it has gone on.
    """

    path: tuple[State, ...] | None
    actions: tuple[tuple[int, int], ...]
    seen: frozenset
    expanded: int

    @property
    def won(self) -> bool:
        """Whether the level can be won."""
        return self.path is not None

    @property
    def jumps(self) -> int:
        """How often the way found leaves the ground by a jump."""
        rises = [state[2] for state in self.path or ()]
        return sum(a == 0 < b for a, b in zip(rises, rises[1:], strict=False))

    @property
    def furthest(self) -> int:
        """The rightmost column that was reached."""
        return max(state[0] for state in self.seen)


def solve(level: Tensor | PlatformGame, *, rise: int = RISE, bound: bool = True) -> LevelSolution:
    """A shortest way from the start to the flag, or the proof that there is none.

    Among the shortest ways it takes one with the fewest jumps.

    Parameters
    ----------
    level : Tensor or PlatformGame
        int64 ``[H, W]`` with one start and one flag.
    rise : int
        Ticks that a jump rises. The game has 3; another number is a solver with wrong physics.
    bound : bool
        Without the bound it looks in all directions (Dijkstra's method): the same answer, later.

    Returns
    -------
    LevelSolution

    Raises
    ------
    AigcError
        With a sentence, for what is no level.

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> found = solve(read_level("..../S..F/####"))
    >>> found.won, len(found.actions), found.jumps
    (True, 3, 0)
    >>> solve(read_level("S......F/#......#")).won
    False
    """
    game = level if isinstance(level, PlatformGame) else open_game(level, rise=rise)
    flag_x, flag_y = game.flag

    def ahead(state: State) -> int:
        return max(abs(flag_x - state[0]), abs(flag_y - state[1])) if bound else 0

    came: dict[State, tuple | None] = {game.first: None}
    cost, done, order = {game.first: 0}, set(), 0
    queue = [(TICK * ahead(game.first), 0, game.first)]
    while queue:
        _, _, state = heapq.heappop(queue)
        if state in done:
            continue
        done.add(state)
        for action in ACTIONS:
            after = game.step(state, action)
            if after == WON:
                path, actions = _way(came, state)
                return LevelSolution(path, (*actions, action), frozenset(came), len(done))
            if after == LOST:
                continue
            paid = cost[state] + TICK + (state[2] == 0 < after[2])  # of equals, fewer jumps
            if paid < cost.get(after, 1 << 30):
                cost[after], came[after] = paid, (state, action)
                order -= 1  # of these, the newest first
                heapq.heappush(queue, (paid + TICK * ahead(after), order, after))
    return LevelSolution(None, (), frozenset(came), len(done))


def _way(came: dict, state: State) -> tuple[tuple, tuple]:
    path, actions = [state], []
    while came[state] is not None:
        state, action = came[state]
        path.append(state)
        actions.append(action)
    return tuple(reversed(path)), tuple(reversed(actions))


class Odds(NamedTuple):
    """How a level treats players who slip.

    Attributes
    ----------
    ticks : int or None
        A shortest way, by the sweep; None where the level cannot be won.
    chance : float
        Probability to win within `limit` ticks.
    states : int
        How many states can be reached.
    """

    ticks: int | None
    chance: float
    states: int


def odds(level: Tensor, *, slip: float = 0.1, limit: int = 200) -> Odds:
    """The probability that a player wins who knows a shortest way and slips now and then.

    In each tick the player does the right thing with probability 1 - slip, else one of the six
    actions at random. No die is thrown: the chances of all states are carried from tick to tick,

        c_t(s) = (1 - slip) c_(t-1)(s') + slip * mean over a of c_(t-1)(next(s, a)),

    s' being next on a shortest way from s. It is 1 at the flag and 0 for the dead.

    Parameters
    ----------
    level : Tensor
        int64 ``[H, W]``.
    slip : float
        0 to 1; at 1 the player is all random.
    limit : int
        Ticks that the player has.

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> flat = read_level("S..F/####")
    >>> odds(flat, slip=0.0), round(odds(flat, slip=0.5).chance, 2)
    (Odds(ticks=3, chance=1.0, states=3), 1.0)
    """
    if check_number("slip", slip) > 1:
        raise RangeError(f"slip={slip} must lie from 0 to 1.")
    check_count("limit", limit)
    table = _table(open_game(level))  # [S, 6]
    states, won = len(table), len(table)  # two more: the flag, and the dead
    far = torch.full((states + 2,), 1 << 20)
    far[won] = 0
    while True:  # how many ticks to the flag, by sweeps
        shorter = torch.minimum(far[:states], far[table].amin(1) + 1)
        if torch.equal(shorter, far[:states]):
            break
        far[:states] = shorter
    best = table.gather(1, far[table].argmin(1, keepdim=True))[:, 0]  # [S]
    chance = torch.zeros(states + 2, dtype=torch.float64)
    chance[won] = 1
    for _ in range(limit):
        chance[:states] = (1 - slip) * chance[best] + slip * chance[table].mean(1)
    ticks = int(far[0])
    return Odds(ticks if ticks < 1 << 20 else None, chance[0].item(), states)


def _table(game: PlatformGame) -> Tensor:
    """What follows each state that can be reached, by action: int64 ``[S, 6]``."""
    index, todo, rows = {game.first: 0}, deque([game.first]), []
    while todo:
        state = todo.popleft()
        after = [game.step(state, action) for action in ACTIONS]
        for each in after:
            if each not in (WON, LOST) and each not in index:
                index[each] = len(index)
                todo.append(each)
        rows.append(after)
    index |= {WON: len(rows), LOST: len(rows) + 1}
    return torch.tensor([[index[each] for each in row] for row in rows])


class Hardness(NamedTuple):
    """What can be seen of a level without playing it.

    Attributes
    ----------
    gaps : int
        Pieces of the level's floor without any ground or brick.
    widest : int
        Columns of the widest of them.
    narrowest : int
        Columns of the narrowest piece between two gaps; the level's width where there is none.
    spikes : int
    """

    gaps: int
    widest: int
    narrowest: int
    spikes: int


def hardness(level: Tensor) -> Hardness:
    """Gaps, their width, the narrowest landing, spikes: a look at the columns alone.

    >>> from aigc_teach.core.levels import read_level
    >>> hardness(read_level("S......F/##..#..#"))
    Hardness(gaps=2, widest=2, narrowest=1, spikes=0)
    """
    check_platform(level)
    carries = ((level == GROUND) | (level == BRICK)).any(0).tolist()
    runs: list[list] = []
    for column in carries:
        if runs and runs[-1][0] == column:
            runs[-1][1] += 1
        else:
            runs.append([column, 1])
    gaps = [n for solid, n in runs if not solid]
    landings = [n for solid, n in runs[1:-1] if solid]
    widest, narrowest = max(gaps, default=0), min(landings, default=len(carries))
    return Hardness(len(gaps), widest, narrowest, int((level == SPIKE).sum()))


class Repair(NamedTuple):
    """A level made playable.

    Attributes
    ----------
    level : Tensor or None
        The repaired level; None where no repair was found.
    changes : tuple of (row, column, tile)
    tried : int
        How many changed levels the solver had to look at.
    """

    level: Tensor | None
    changes: tuple[tuple[int, int, int], ...]
    tried: int


def repair(level: Tensor, *, most: int = 3, beam: int = 4) -> Repair:
    """The fewest changed tiles found that make a level playable.

    Whatever is changed must touch what the player can reach, or nothing new is reached. So the
    solver's frontier says which tiles to try: solid ones and spikes become air, air becomes brick.
    A repair of one tile is found whenever there is one. Beyond that only the `beam` changed levels
    in which the player comes nearest to the flag are gone on from, so more tiles may be changed
    than needed.

    Parameters
    ----------
    level : Tensor
        int64 ``[H, W]`` with one start and one flag.
    most : int
        The most tiles to change, 1 to 6.
    beam : int

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> mended = repair(read_level("S...F/#...#"))  # no room to jump
    >>> mended.changes, mended.tried > 1
    (((1, 1, 2), (1, 2, 2), (1, 3, 2)), True)
    """
    check_count("most", most, at_most=6)
    check_count("beam", beam)
    found = solve(level)
    if found.won:
        return Repair(level, (), 0)
    front, tried, known = [(0, (), level, found)], 0, set()
    for _ in range(most):
        following = []
        for _, changes, base, found in front:
            for y, x, tile in _frontier(base, found):
                new = tuple(sorted((*changes, (y, x, tile))))
                if new in known or any((y, x) == c[:2] for c in changes):
                    continue
                known.add(new)
                changed = base.clone()
                changed[y, x] = tile
                result, tried = solve(changed), tried + 1
                if result.won:
                    return Repair(changed, new, tried)
                following.append((_distance(changed, result), new, changed, result))
        front = sorted(following, key=lambda each: each[:2])[:beam]
    return Repair(None, (), tried)


def _distance(level: Tensor, found: LevelSolution) -> float:
    """How far from the flag the nearest state is that was reached."""
    flag_x, flag_y = open_game(level).flag
    return min(max(abs(flag_x - x), abs(flag_y - y)) for x, y, _ in found.seen)


def _frontier(level: Tensor, found: LevelSolution) -> list[tuple[int, int, int]]:
    """Changes that the player would notice: tiles within one step of a state that was seen."""
    height, width = level.shape
    near = {(y + dy, x + dx) for x, y, _ in found.seen for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
    out = []
    for y, x in sorted(near, key=lambda place: (-place[1], place[0])):
        if 0 <= y < height and 0 <= x < width and level[y, x] <= SPIKE:
            out.append((y, x, BRICK if level[y, x] == AIR else AIR))
    return out
