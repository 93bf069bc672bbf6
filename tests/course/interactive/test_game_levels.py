"""The lesson on game levels: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

from itertools import permutations

import torch

from aigc_teach import data
from aigc_teach.core.levels import BOXES, read_level
from aigc_teach.course.interactive import game_levels as lesson
from course.answers import Answers

LESSON = "interactive/game_levels"


def orders(costs, total=sum):
    rows = range(len(costs))
    return [total([costs[k][o[k]] for k in rows]) for o in permutations(rows)]


def greedy(costs):
    left, total = set(range(len(costs))), 0
    for row in costs:
        k = min(left, key=lambda column: row[column])
        total, left = total + row[k], left - {k}
    return total


def slipping(chance, after, best, slip, lucky=torch.mean):
    right = chance[after[range(len(after)), best]]
    slipped = torch.stack([lucky(chance[row]) for row in after])
    return (1 - slip) * right + slip * slipped


def cheapest_first(costs):
    left, total = {(i, j): c for i, r in enumerate(costs.tolist()) for j, c in enumerate(r)}, 0
    while left:
        row, column = min(left, key=left.get)
        total += left[row, column]
        left = {(i, j): c for (i, j), c in left.items() if i != row and j != column}
    return total


def differ(level, corpus):
    return (corpus != level).flatten(1).sum(1)


RIGHT = {
    f"{LESSON}/bound": [
        lambda x, y, a, b: max(abs(a - x), abs(b - y)),
        lambda x, y, a, b: torch.stack([a - x, b - y]).abs().max(),
    ],
    f"{LESSON}/slip": [
        slipping,
        lambda c, a, b, s: (1 - s) * c[a.gather(1, b[:, None])[:, 0]] + s * c[a].mean(1),
    ],
    f"{LESSON}/matching": [
        lambda c: min(orders(c)),
        lambda c: min(c[range(len(c)), list(o)].sum() for o in permutations(range(len(c)))),
    ],
    f"{LESSON}/nearest": [
        lambda x, c: differ(x, c).min(),
        lambda x, c: min(int((each != x).sum()) for each in c),
    ],
}

WRONG = [
    (f"{LESSON}/bound", lambda x, y, a, b: abs(a - x) + abs(b - y), "at once"),
    (f"{LESSON}/bound", lambda x, y, a, b: ((a - x) ** 2 + (b - y) ** 2) ** 0.5, "straight line"),
    (f"{LESSON}/bound", lambda x, y, a, b: min(abs(a - x), abs(b - y)), "says more"),
    (f"{LESSON}/bound", lambda x, y, a, b: abs(a - x), "Only columns"),
    (f"{LESSON}/bound", lambda x, y, a, b: abs(b - y), "Only rows"),
    (f"{LESSON}/bound", lambda x, y, a, b: max(a - x, b - y), "absolute values"),
    (f"{LESSON}/bound", lambda x, y, a, b: 0.0, "says nothing"),
    (f"{LESSON}/bound", lambda x, y, a, b: max(x - a, y - b), "place minus flag"),
    (f"{LESSON}/bound", lambda x, y, a, b: max(abs(a - y), abs(b - x)), "a column with a row"),
    (f"{LESSON}/bound", lambda x, y, a, b: (a - x) ** 2 + (b - y) ** 2, "no ticks"),
    (f"{LESSON}/bound", lambda x, y, a, b: (abs(a - x) + abs(b - y)) / 2, "mean of both"),
    (f"{LESSON}/bound", lambda x, y, a, b: abs(a - x) + abs(b - y) / 2, "same ticks"),
    (f"{LESSON}/bound", lambda x, y, a, b: max(abs(a - x), abs(b - y)) + 1, "tick too many"),
    (f"{LESSON}/slip", lambda c, a, b, s: slipping(c, a, b, 1 - s), "mixed both up"),
    (f"{LESSON}/slip", lambda c, a, b, s: slipping(c, a, b, 0.0), "never slips"),
    (f"{LESSON}/slip", lambda c, a, b, s: c[a].mean(1), "nothing but slip"),
    (f"{LESSON}/slip", lambda c, a, b, s: slipping(c, a, b, s, torch.max), "not the best"),
    (f"{LESSON}/slip", lambda c, a, b, s: slipping(c, a, b, s, torch.min), "not the worst"),
    (f"{LESSON}/slip", lambda c, a, b, s: (1 - s) * c[b] + s * c[a].mean(1), "look up in `after`"),
    (f"{LESSON}/slip", lambda c, a, b, s: slipping(c, a, b, s, torch.sum), "added up"),
    (f"{LESSON}/slip", lambda c, a, b, s: (1 - s) * slipping(c, a, b, 0.0), "left its part out"),
    (
        f"{LESSON}/slip",
        lambda c, a, b, s: slipping(c, a, b, s, lambda row: c.mean()),
        "over all states",
    ),
    (
        f"{LESSON}/slip",
        lambda c, a, b, s: torch.stack(
            [
                (1 - s) * c[row[k]] + s * c[torch.cat([row[:k], row[k + 1 :]])].mean()
                for row, k in zip(a, b, strict=True)
            ]
        ),
        "is among them",
    ),
    (
        f"{LESSON}/slip",
        lambda c, a, b, s: (1 - s) * c[a].amax(1) + s * c[a].mean(1),
        "that `best` names",
    ),
    (
        f"{LESSON}/slip",
        lambda c, a, b, s: slipping(torch.arange(len(c)).float(), a, b, s),
        "numbers of states",
    ),
    (
        f"{LESSON}/slip",
        lambda c, a, b, s: slipping(c, a, b, 0.0) + s * c[a].mean(1),
        "has to be weighed",
    ),
    (f"{LESSON}/matching", cheapest_first, "cheapest pair of all"),
    (f"{LESSON}/matching", lambda c: sum(orders(c)), "over all orders; only"),
    (f"{LESSON}/matching", lambda c: sum(orders(c)) / len(orders(c)), "mean over all orders"),
    (f"{LESSON}/matching", lambda c: c.sum(), "every entry"),
    (f"{LESSON}/matching", lambda c: c.min(), "is the cheapest pair"),
    (
        f"{LESSON}/matching",
        lambda c: min(sum(c[k, (k + s) % len(c)] for k in range(len(c))) for s in range(len(c))),
        "only shifted",
    ),
    (f"{LESSON}/matching", lambda c: c.amin(1).sum(), "the same goal"),
    (f"{LESSON}/matching", lambda c: c.amin(0).sum(), "taken twice"),
    (f"{LESSON}/matching", greedy, "in turn"),
    (f"{LESSON}/matching", lambda c: max(orders(c)), "largest sum"),
    (f"{LESSON}/matching", lambda c: c.trace(), "first order"),
    (f"{LESSON}/matching", lambda c: min(orders(c, max)), "dearest alone"),
    (f"{LESSON}/matching", lambda c: min(orders(c)) / len(c), "no division"),
    (f"{LESSON}/nearest", lambda x, c: (c == x).flatten(1).sum(1).max(), "are *equal*"),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c).max(), "farthest"),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c).float().mean(), "mean over the corpus"),
    (f"{LESSON}/nearest", lambda x, c: (c - x).abs().flatten(1).sum(1).min(), "not amounts"),
    (f"{LESSON}/nearest", lambda x, c: ((c - x) ** 2).flatten(1).sum(1).min(), "Squares"),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c).argmin(), "number of the nearest"),
    (f"{LESSON}/nearest", lambda x, c: float((differ(x, c) > 0).all()), "whole levels"),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c).min() / x.numel(), "is a share"),
    (
        f"{LESSON}/nearest",
        lambda x, c: min([d for d in differ(x, c).tolist() if d], default=0),
        "left out levels",
    ),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c).sum(), "whole corpus at once"),
    (f"{LESSON}/nearest", lambda x, c: (x.numel() - differ(x, c)).min(), "least similar"),
    (f"{LESSON}/nearest", lambda x, c: (c != x).any(1).sum(1).min(), "counted columns"),
    (f"{LESSON}/nearest", lambda x, c: (c != x).any(2).sum(1).min(), "counted rows"),
    (f"{LESSON}/nearest", lambda x, c: (c != x).sum(1).min(), "Flatten first"),
    (f"{LESSON}/nearest", lambda x, c: differ(x, c)[0], "first level"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_a_report_counts_what_was_there_before_start_and_flag_were_set():
    corpus, fresh = data.platform_levels(40), data.platform_levels(20)
    made = corpus[:4].clone()
    made[0][made[0] == 5] = 0  # no start
    made[1, :, 15] = 1  # a wall
    report = lesson.judge(made, corpus, fresh)
    assert report.whole == 0.75 and report.lost == [1] and report.won == 0.75
    assert report.copied < 32 and 0 < report.tiles < 12
    assert "can be won 0.75" in report.line("made")


def test_box_levels_are_sorted_by_what_is_wrong():
    levels = data.box_levels(3).levels.clone()
    levels[1][levels[1] == 5] = 0
    levels[1][levels[1] == 6] = 3
    levels[2] = 1
    levels[2, 1, 1:4] = torch.tensor([2, 5, 3])  # the box stands in a corner
    kinds = lesson.judge_boxes(levels)
    assert kinds == {"solved": [0], "no level": [1], "unsolvable": [2], "not known": []}


def test_a_search_that_gave_up_proves_nothing():
    level = read_level("@-$--.", BOXES)[None]
    assert lesson.judge_boxes(level)["solved"] == [0]
    kinds = lesson.judge_boxes(level, most=1)
    assert kinds["not known"] == [0] and not kinds["unsolvable"] and not kinds["solved"]


def test_a_box_hides_what_is_behind_it_and_a_wall_what_is_round_its_corner():
    assert lesson.seen_from_start(read_level("@-$-.", BOXES)) == 3 / 5
    assert lesson.seen_from_start(read_level("#@-#/##-#/$.-#", BOXES)) == 3 / 6
    assert lesson.seen_from_start(read_level("---/-@-/$.-", BOXES)) == 1


def test_what_is_seen_and_ranks():
    levels = data.platform_levels(6)
    assert lesson.features(levels).shape == (6, 5)
    chances = lesson.chances(levels, slip=0.0)
    assert torch.equal(chances, torch.ones(6, dtype=torch.float64))
    a = torch.tensor([0.1, 0.5, 0.3])
    assert lesson.rank_correlation(a, a.exp()) > 0.99
    assert lesson.rank_correlation(a, -a) < -0.99


def test_levels_are_drawn_until_there_are_enough():
    given = iter([None, torch.zeros(2, 2), None, torch.ones(2, 2)])
    assert lesson.drawn_by(lambda: next(given), 2).shape == (2, 2, 2)
