"""The lesson on game levels: what its page shares, its exercises and its questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ...core import AigcError
from ...core.box_rules import open_boxes
from ...data import set_ends
from ...lab.checkers import same_on
from ...lab.register import exercise, question
from ...metrics import box_solver, level_look, level_solver

LESSON = "interactive/game_levels"
LOOKED_AT = 50  # levels whose novelty is measured


class Report(NamedTuple):
    """Levels of the platform game, judged.

    Attributes
    ----------
    levels : Tensor
        int64 ``[N, 12, 32]``, start and flag set by rule.
    whole : float
        Share that had exactly one start and one flag by itself.
    lost : list of int
        Which of them cannot be won.
    look : float
        Distance of the shares of 2x2 pieces to those of fresh levels.
    tiles, copied : float
        Means: tiles that differ from the nearest level of the corpus, and longest copied run.
    """

    levels: Tensor
    whole: float
    lost: list[int]
    look: float
    tiles: float
    copied: float

    @property
    def won(self) -> float:
        """Share of the levels that can be won."""
        return 1 - len(self.lost) / len(self.levels)

    def line(self, name: str) -> str:
        """The report in one line of text."""
        return (
            f"{name}: one start and one flag {self.whole:.2f}, can be won {self.won:.2f}, look "
            f"{self.look:.3f}, nearest level {self.tiles:.0f} tiles away, copied run "
            f"{self.copied:.1f} columns"
        )


def judge(made: Tensor, corpus: Tensor, fresh: Tensor) -> Report:
    """Everything that the page measures of generated levels.

    Parameters
    ----------
    made : Tensor
        int64 ``[N, 12, 32]``.
    corpus, fresh : Tensor
        What was learnt from, and other levels of the same source.
    """
    whole = ((made == 5).sum((1, 2)) == 1) & ((made == 6).sum((1, 2)) == 1)
    levels = torch.stack([set_ends(level) for level in made])
    lost = [k for k, level in enumerate(levels) if not level_solver.solve(level).won]
    new = level_look.novelty(levels[:LOOKED_AT], corpus)
    look = level_look.look_distance(levels, fresh)
    tiles, copied = (part.double().mean().item() for part in new)
    return Report(levels, whole.double().mean().item(), lost, look, tiles, copied)


def drawn_by(sample: Callable[[], Tensor | None], n: int) -> Tensor:
    """The first `n` levels that are some, of a function that may give None."""
    made: list[Tensor] = []
    while len(made) < n:
        level = sample()
        if level is not None:
            made.append(level)
    return torch.stack(made)


def judge_boxes(made: Tensor, most: int = 20_000) -> dict[str, list[int]]:
    """Which generated box levels are none, which cannot be solved, and which can.

    Parameters
    ----------
    made : Tensor
        int64 ``[N, 8, 8]``.
    most : int
        From how many states each search goes on before it gives up.

    Returns
    -------
    dict
        Places in `made` under ``"no level"``, ``"unsolvable"``, ``"solved"``, and, where a search
        gave up, ``"not known"``: only a search that came to its end proves anything.
    """
    out: dict[str, list[int]] = {"no level": [], "unsolvable": [], "solved": [], "not known": []}
    for k, level in enumerate(made):
        try:
            found = box_solver.fewest_pushes(level, most=most)
        except AigcError:
            out["no level"].append(k)
            continue
        if found.given_up:
            out["not known"].append(k)
        else:
            out["unsolvable" if found.pushes is None else "solved"].append(k)
    return out


def seen_from_start(level: Tensor, looks: int = 64) -> float:
    """Share of a box level's floor that lies in open sight of the player, who may turn round.

    A tile is seen if the line from middle to middle meets neither wall nor box before it; `looks`
    places of the line are asked. A box hides what is behind it.

    >>> from aigc_teach.core.levels import BOXES, read_level
    >>> seen_from_start(read_level("@-$-.", BOXES))
    0.6
    """
    game = open_boxes(level)
    (x, y), boxes = game.first

    def seen(cell: tuple[int, int]) -> bool:
        line = {
            (round(x + (cell[0] - x) * k / looks), round(y + (cell[1] - y) * k / looks))
            for k in range(looks)
        }
        return not any(c not in game.cells or c in boxes for c in line - {(x, y), cell})

    return sum(map(seen, game.cells)) / len(game.cells)


def features(levels: Tensor) -> Tensor:
    """What is seen of levels without playing: float64 ``[N, 5]``, the last column 1."""
    rows = []
    for level in levels:
        seen = level_solver.hardness(level)
        rows.append([seen.gaps, seen.widest, min(seen.narrowest, 10), seen.spikes, 1])
    return torch.tensor(rows, dtype=torch.float64)


def chances(levels: Tensor, slip: float = 0.1) -> Tensor:
    """Probability that a slipping player wins each level: float64 ``[N]``."""
    odds = [level_solver.odds(level, slip=slip).chance for level in levels]
    return torch.tensor(odds, dtype=torch.float64)


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's: the correlation of the ranks, ties by their order."""
    ranks = torch.stack([x.argsort().argsort().double() for x in (a, b)])
    return torch.corrcoef(ranks)[0, 1].item()


PLACES = [(3, 4, 9, 5), (0, 0, 2, 7), (6, 5, 6, 5), (9, 8, 3, 4), (4, 9, 6, 1)]
PLACES = [tuple(torch.tensor(float(v)) for v in place) for place in PLACES]


def _bound(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.maximum((a - x).abs(), (b - y).abs())


BOUND_MISTAKES = {
    "A tick can go one column and one row at once: the sum would overestimate.": (
        lambda x, y, a, b: (a - x).abs() + (b - y).abs()
    ),
    "The straight line is longer than a tick's diagonal allows: it would overestimate.": (
        lambda x, y, a, b: ((a - x) ** 2 + (b - y) ** 2).sqrt()
    ),
    "That never overestimates, but the larger of both distances doesn't, either, and says more.": (
        lambda x, y, a, b: torch.minimum((a - x).abs(), (b - y).abs())
    ),
    "Only columns: a flag high above costs ticks, too.": lambda x, y, a, b: (a - x).abs(),
    "Only rows: a flag far to the right costs ticks, too.": lambda x, y, a, b: (b - y).abs(),
    "The flag may be to the left, or above: take absolute values.": (
        lambda x, y, a, b: torch.maximum(a - x, b - y)
    ),
    "That never overestimates, but says nothing: no search gets shorter by 0.": (
        lambda x, y, a, b: torch.zeros(())
    ),
    "You took place minus flag: a flag to the right then counts as negative. No sign is wanted.": (
        lambda x, y, a, b: torch.maximum(x - a, y - b)
    ),
    "You compared a column with a row: columns with columns, rows with rows.": (
        lambda x, y, a, b: torch.maximum((a - y).abs(), (b - x).abs())
    ),
    "Squares are no ticks; they overestimate. Each distance counts once, as it is.": (
        lambda x, y, a, b: (a - x) ** 2 + (b - y) ** 2
    ),
    "The mean of both distances never overestimates, but the larger one doesn't, either.": (
        lambda x, y, a, b: ((a - x).abs() + (b - y).abs()) / 2
    ),
    "The rows are crossed in the same ticks as the columns: what you add for them overestimates.": (
        lambda x, y, a, b: (a - x).abs() + (b - y).abs() / 2
    ),
    "One tick too many: at the flag itself the bound has to be 0.": (
        lambda x, y, a, b: _bound(x, y, a, b) + 1
    ),
}


@exercise(
    f"{LESSON}/bound",
    not_yet="Write the body of `bound(x, y, flag_x, flag_y)` and return one number.",
    right="Never too much: so the first way that A* finds is a shortest one.",
    hints=[
        "How many columns, and how many rows, can one tick change at most?",
        "One each, both in the same tick. So both distances shrink side by side.",
        "torch.maximum((flag_x - x).abs(), (flag_y - y).abs())",
    ],
)
def bound(answer) -> None:
    """A lower bound on the ticks from a place to the flag."""
    same_on(answer, _bound, PLACES, mistakes=BOUND_MISTAKES)


_g = torch.Generator().manual_seed(4)
CHANCES = torch.tensor([0.1, 0.7, 0.4, 1.0, 0.0])
NEXT = torch.tensor([[1, 2, 4], [3, 0, 1], [2, 2, 4]])
SLIPS = [
    (CHANCES, NEXT, torch.tensor([1, 0, 0]), 0.1),
    (CHANCES.flip(0), NEXT, torch.tensor([0, 2, 1]), 0.4),
    (CHANCES, NEXT[:2], torch.tensor([2, 1]), 0.25),
]


def _slipping(c: Tensor, after: Tensor, best: Tensor, slip: float) -> Tensor:
    c = c.double()
    right = c[after.gather(1, best[:, None])[:, 0]]
    return (1 - slip) * right + slip * c[after].mean(1)


SLIP_MISTAKES = {
    "You mixed both up: the player slips with probability `slip`, not 1 - slip.": (
        lambda c, a, b, s: _slipping(c, a, b, 1 - s)
    ),
    "That player never slips.": lambda c, a, b, s: _slipping(c, a, b, 0.0),
    "That player does nothing but slip.": lambda c, a, b, s: _slipping(c, a, b, 1.0),
    "Who slips does one action *at random*: take the mean over actions, not the best.": (
        lambda c, a, b, s: (1 - s) * _slipping(c, a, b, 0.0) + s * c.double()[a].amax(1)
    ),
    "Who slips does one action at random, not the worst one: take the mean.": (
        lambda c, a, b, s: (1 - s) * _slipping(c, a, b, 0.0) + s * c.double()[a].amin(1)
    ),
    "`best` is the number of an action; look up in `after` which state it leads to.": (
        lambda c, a, b, s: (1 - s) * c.double()[b] + s * c.double()[a].mean(1)
    ),
    "You added up over the actions; each is done with probability 1 / A: take the mean.": (
        lambda c, a, b, s: (1 - s) * _slipping(c, a, b, 0.0) + s * c.double()[a].sum(1)
    ),
    "A slip that loses counts, too: you left its part out.": (
        lambda c, a, b, s: (1 - s) * _slipping(c, a, b, 0.0)
    ),
    "You averaged over all states; a slip leads to one of the states in `after`.": (
        lambda c, a, b, s: (1 - s) * _slipping(c, a, b, 0.0) + s * c.double().mean()
    ),
    "Who slips draws from all A actions, and the right one is among them.": (
        lambda c, a, b, s: (
            (1 - s) * _slipping(c, a, b, 0.0)
            + s * (c.double()[a].sum(1) - _slipping(c, a, b, 0.0)) / (a.shape[1] - 1)
        )
    ),
    "The right action is the one that `best` names, not the one with the best chance so far.": (
        lambda c, a, b, s: (1 - s) * c.double()[a].amax(1) + s * c.double()[a].mean(1)
    ),
    "Those are numbers of states; look their chances up in `chance`.": (
        lambda c, a, b, s: (1 - s) * a.gather(1, b[:, None])[:, 0].double() + s * a.double().mean(1)
    ),
    "The right action is done in 1 - slip of the cases only: its part has to be weighed.": (
        lambda c, a, b, s: _slipping(c, a, b, 0.0) + s * c.double()[a].mean(1)
    ),
}


@exercise(
    f"{LESSON}/slip",
    not_yet="Write the body of `slipping(chance, after, best, slip)` and return a tensor [S].",
    right="Carry this from tick to tick, and no die is ever thrown.",
    hints=[
        "chance[after] is [S, A]: the chance after each action.",
        "after.gather(1, best[:, None])[:, 0] is the state that the right action leads to.",
        "(1 - slip) * chance[after.gather(1, best[:, None])[:, 0]] + slip * chance[after].mean(1)",
    ],
)
def slip(answer) -> None:
    """One tick of the chance to win, for a player who slips."""
    same_on(answer, _slipping, SLIPS, mistakes=SLIP_MISTAKES)


COSTS = [
    (torch.tensor([[1.0, 5.0], [2.0, 9.0]]),),
    (torch.tensor([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]]),),
    (torch.tensor([[1.0, 2.0, 9.0], [1.0, 3.0, 9.0], [1.0, 4.0, 7.0]]),),
    (torch.tensor([[3.0, 0.0], [9.0, 1.0]]),),  # the cheapest pair of all leaves a dear one
]


def _matching(costs: Tensor) -> Tensor:
    return torch.tensor(float(box_solver.matching(costs.tolist())), dtype=torch.float64)


def _greedy(costs: Tensor) -> Tensor:
    left, total = set(range(len(costs))), 0.0
    for row in costs.tolist():
        k = min(left, key=lambda column, row=row: row[column])
        total, left = total + row[k], left - {k}
    return torch.tensor(total, dtype=torch.float64)


def _cheapest_first(costs: Tensor) -> Tensor:
    left, total = costs.double().clone(), 0.0
    for _ in range(len(costs)):
        row, column = divmod(int(left.argmin()), len(costs))
        total += costs[row, column].item()
        left[row], left[:, column] = torch.inf, torch.inf
    return torch.tensor(total, dtype=torch.float64)


def _sums(costs: Tensor) -> Tensor:
    rows = range(len(costs))
    return torch.stack([costs.double()[rows, list(o)].sum() for o in _orders(len(costs))])


def _orders(size: int) -> Sequence[tuple[int, ...]]:
    if not size:
        return [()]
    shorter = _orders(size - 1)
    return [(*o[:k], size - 1, *o[k:]) for o in shorter for k in range(size)]


MATCHING_MISTAKES = {
    "Two boxes may have taken the same goal. Each wants one of its own.": (
        lambda c: c.double().amin(1).sum()
    ),
    "Each goal took its nearest box; one box may have been taken twice.": (
        lambda c: c.double().amin(0).sum()
    ),
    "You gave each box in turn the best goal left. The first choice can spoil the rest.": _greedy,
    "That is the largest sum; a lower bound wants the least.": (
        lambda c: max(c.double()[range(len(c)), list(o)].sum() for o in _orders(len(c)))
    ),
    "You kept the first order, box k to goal k; try the others, too.": lambda c: c.double().trace(),
    "All boxes have to go home: add up, don't take the dearest alone.": (
        lambda c: min(c.double()[range(len(c)), list(o)].max() for o in _orders(len(c)))
    ),
    "That is the least sum divided by the boxes; no division is wanted.": (
        lambda c: _matching(c) / len(c)
    ),
    "You took the cheapest pair of all, then the cheapest left: that can leave a dear one.": (
        _cheapest_first
    ),
    "You added up over all orders; only one of them is used, the cheapest.": (
        lambda c: _sums(c).sum()
    ),
    "That is the mean over all orders; the cheapest one is wanted.": lambda c: _sums(c).mean(),
    "You added up every entry; each box goes to one goal alone.": lambda c: c.double().sum(),
    "That is the cheapest pair; every box has to go home, so add up one goal for each.": (
        lambda c: c.double().min()
    ),
    "You only shifted the first order; there are more orders than shifts.": (
        lambda c: min(c.double().roll(s, 1).trace() for s in range(len(c)))
    ),
}


@exercise(
    f"{LESSON}/matching",
    not_yet="Write the body of `matching(costs)` and return one number.",
    right="No push helps two boxes at once, so this never overestimates.",
    hints=[
        "itertools.permutations(range(n)) goes through all ways to give each box its own goal.",
        "For one of them, `order`: the sum of costs[k, order[k]] over all boxes k.",
        "min(sum(costs[k, o[k]] for k in range(n)) for o in itertools.permutations(range(n)))",
    ],
)
def matching(answer) -> None:
    """The least sum of distances that gives each box a goal of its own."""
    same_on(answer, _matching, COSTS, mistakes=MATCHING_MISTAKES)


_corpus = torch.randint(0, 3, (4, 3, 5), generator=_g)
_level = _corpus[1].clone()
_level[0, 0], _level[2, 4] = (_level[0, 0] + 1) % 3, (_level[2, 4] + 1) % 3
NEAR = [
    (_level, _corpus),
    (torch.randint(0, 3, (3, 5), generator=_g), _corpus),
    (_corpus[2] * 0, _corpus[:3]),
    (_corpus[0], (_corpus[1:] + 1) % 3),
    (_corpus[3], _corpus),  # a copy
]


def _differences(level: Tensor, corpus: Tensor) -> Tensor:
    return (corpus != level).flatten(1).sum(1).double()


def _nearest(level: Tensor, corpus: Tensor) -> Tensor:
    return _differences(level, corpus).min()


NEAR_MISTAKES = {
    "That is how many tiles are *equal*; count the different ones.": (
        lambda x, c: (c == x).flatten(1).sum(1).max().double()
    ),
    "That is the farthest level; a copy shows in the nearest one.": (
        lambda x, c: (c != x).flatten(1).sum(1).max().double()
    ),
    "That is the mean over the corpus; a copy of one level would hide in it.": (
        lambda x, c: (c != x).flatten(1).double().sum(1).mean()
    ),
    "Tiles are names, not amounts: a difference of 2 is no more different than one of 1.": (
        lambda x, c: (c - x).abs().flatten(1).sum(1).min().double()
    ),
    "Squares of tile numbers mean nothing: tiles are names. Count the different ones.": (
        lambda x, c: (c - x).square().flatten(1).sum(1).min().double()
    ),
    "That is the number of the nearest level; its distance is asked for.": (
        lambda x, c: (c != x).flatten(1).sum(1).argmin().double()
    ),
    "You looked at whole levels, equal or not; count tiles.": (
        lambda x, c: (c != x).flatten(1).any(1).double().min()
    ),
    "That is a share; a number of tiles is asked for.": (
        lambda x, c: (c != x).flatten(1).double().mean(1).min()
    ),
    "You left out levels without any difference: a copy is what this is looking for.": (
        lambda x, c: min((d for d in _differences(x, c) if d > 0), default=torch.zeros(()))
    ),
    "You counted over the whole corpus at once; count for each level, then take the least.": (
        lambda x, c: (c != x).double().sum()
    ),
    "Equal tiles of the least similar level: count the *different* ones.": (
        lambda x, c: (c == x).flatten(1).double().sum(1).min()
    ),
    "You counted columns that hold a difference; count tiles.": (
        lambda x, c: (c != x).any(1).double().sum(1).min()
    ),
    "You counted rows that hold a difference; count tiles.": (
        lambda x, c: (c != x).any(2).double().sum(1).min()
    ),
    "You added up the rows only: the least was taken over columns as well. Flatten first.": (
        lambda x, c: (c != x).double().sum(1).min()
    ),
    "You looked at the first level of the corpus alone.": lambda x, c: (c[0] != x).double().sum(),
}


@exercise(
    f"{LESSON}/nearest",
    not_yet="Write the body of `nearest(level, corpus)` and return one number.",
    right="0 would be a copy. Compare it with what a fresh level of the same source has.",
    hints=[
        "corpus != level is [N, H, W]: it compares with every level at once.",
        ".flatten(1).sum(1) counts the different tiles for each level of the corpus.",
        "(corpus != level).flatten(1).sum(1).min()",
    ],
)
def nearest(answer) -> None:
    """By how many tiles a level differs from the nearest one of a corpus."""
    same_on(answer, _nearest, NEAR, mistakes=NEAR_MISTAKES)


question(
    f"{LESSON}/q1",
    "A* has ended without reaching the flag. What is known?",
    options={
        "a": (
            "The level is probably too hard.",
            "A hard level has a way, however long; here is none.",
        ),
        "b": ("The level cannot be won.", "Every state that can be reached was looked at."),
        "c": ("Nothing: a longer search may find a way.", "There is nothing left to search."),
    },
    answer="b",
)

question(
    f"{LESSON}/q2",
    "Generated levels have the same shares of 2x2 pieces as real ones. Can they be won?",
    options={
        "a": (
            "Most of them, or the shares of pieces would differ.",
            "One wall changes hardly any piece.",
        ),
        "b": ("That is not known.", "What makes a level winnable is far larger than a piece."),
        "c": (
            "None: a generator copies pieces, not ways.",
            "Some of them can; only a search tells which.",
        ),
    },
    answer="b",
)

question(
    f"{LESSON}/q3",
    "Why does an n-gram of order 2 over columns make gaps that nobody can jump?",
    options={
        "a": (
            "It does not know how long the gap is already.",
            "Each column of the gap sees only the one before, which looks the same.",
        ),
        "b": ("It has seen such gaps.", "The corpus has none: each of its levels can be won."),
        "c": ("It is trained too briefly.", "Counting is exact; no more training is possible."),
    },
    answer="a",
)

question(
    f"{LESSON}/q4",
    "A bound for A* says 10 where 8 pushes would do. What can happen?",
    options={
        "a": ("The search takes longer, no more.", "The shortest way may be put off too long."),
        "b": (
            "The answer may be too large.",
            "The shortest way may be put off until a longer one was found.",
        ),
        "c": (
            "It finds no way at all.",
            "It looks at everything in the end; only the order is wrong.",
        ),
    },
    answer="b",
)

question(
    f"{LESSON}/q5",
    "A solver whose jumps rise 4 tiles calls all your levels playable. The game's rise 3. And now?",
    options={
        "a": ("Fine: a search found a way through every level.", "A way for another game."),
        "b": (
            "Nothing is known of the levels.",
            "Each way must be a way in the game itself: one module for both.",
        ),
        "c": ("None of them can be won.", "Some ways may need no jump of four."),
    },
    answer="b",
)
