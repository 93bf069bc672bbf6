"""Solvers of both games against one another, against levels counted by hand, and repairs."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, RangeError, ShapeError, make_generator
from aigc_teach.core.levels import BOXES, read_level
from aigc_teach.core.platform_rules import WON, open_game
from aigc_teach.metrics import box_solver, level_look, level_solver


def spoilt(n, seed):
    """Levels whose columns are shuffled: many of them cannot be won."""
    g = make_generator(seed)
    levels = data.platform_levels(n, generator=g)
    for level in levels:
        level[:, 3:-3] = level[:, 3:-3][:, torch.randperm(26, generator=g)]
    return levels


def test_three_searches_agree_on_hundreds_of_levels():
    levels = torch.cat([data.platform_levels(60), spoilt(140, 1)])
    won = 0
    for k, level in enumerate(levels):
        found = level_solver.solve(level)
        blind = level_solver.solve(level, bound=False)
        swept = level_solver.odds(level, slip=0.0, limit=1 if k % 4 else 100)
        assert len(found.actions) == len(blind.actions) == (swept.ticks or 0)
        assert k % 4 or swept.chance == found.won == blind.won
        won += found.won
        if not found.won:
            assert found.seen == blind.seen
    assert 60 < won < 200


def test_the_way_found_is_a_way():
    for level in data.platform_levels(20, generator=make_generator(5)):
        found, game = level_solver.solve(level), open_game(level)
        state = game.first
        for action, after in zip(found.actions[:-1], found.path[1:], strict=True):
            state = game.step(state, action)
            assert state == after
        assert game.step(state, found.actions[-1]) == WON


@pytest.mark.parametrize(("gap", "won"), [(1, True), (5, True), (6, False), (9, False)])
def test_a_gap_of_five_columns_is_the_widest(gap, won):
    rows = ["." * (gap + 6)] * 5 + ["SS"[:1] + "." * (gap + 4) + "F"]
    level = read_level("/".join([*rows, "###" + "." * gap + "###"]))
    assert level_solver.solve(level).won is won


@pytest.mark.parametrize(("step", "won"), [(3, True), (4, False)])
def test_a_step_of_three_tiles_is_the_highest(step, won):
    rows = ["......" for _ in range(7)]
    rows[6] = "######"
    rows[5] = "S....."
    for k in range(step):
        rows[5 - k] = rows[5 - k][:3] + "###"
    rows[5 - step] = rows[5 - step][:5] + "F"
    assert level_solver.solve(read_level("/".join(rows))).won is won


def test_a_jump_that_rises_more_wins_more():
    levels = spoilt(60, 2)
    shares = [sum(level_solver.solve(x, rise=r).won for x in levels) for r in (2, 3, 4)]
    assert shares == sorted(shares) and shares[0] < shares[2]


def test_odds_of_one_step_by_hand():
    level = read_level("SF/##")  # two of six actions go right
    assert level_solver.odds(level, slip=1.0, limit=1).chance == pytest.approx(2 / 6)
    two = 2 / 6 + 4 / 6 * 2 / 6
    assert level_solver.odds(level, slip=1.0, limit=2).chance == pytest.approx(two)
    chance = level_solver.odds(level, slip=0.5, limit=1).chance
    assert chance == pytest.approx(0.5 + 0.5 / 3)
    with pytest.raises(RangeError, match="from 0 to 1"):
        level_solver.odds(level, slip=1.5)


def test_odds_agree_with_players_that_throw_dice():
    level, g = data.platform_levels(1, generator=make_generator(2))[0], make_generator(1)
    chance = level_solver.odds(level, slip=1.0, limit=30).chance
    assert chance < 0.01
    short = read_level("....../S..^.F/######")
    game, wins, n = open_game(short), 0, 1500
    for _ in range(n):
        state = game.first
        for _ in range(8):
            side, jump = torch.randint(0, 6, (2,), generator=g).tolist()
            state = game.step(state, (side % 3 - 1, jump % 2))
            if isinstance(state, str):
                wins += state == WON
                break
    expected = level_solver.odds(short, slip=1.0, limit=8).chance
    assert abs(wins / n - expected) < 4 * (expected / n) ** 0.5


def test_hardness_counts_what_is_there():
    level = read_level("S.........F/##.^.==...#/##.#..#...#")
    assert level_solver.hardness(level) == (3, 3, 1, 1)


def test_a_repair_of_one_tile_is_found_and_wins():
    level = read_level("........../........../........../S........F/##......##")
    found = level_solver.repair(level)
    assert len(found.changes) == 1 and level_solver.solve(found.level).won
    assert (found.level != level).sum() == 1
    assert level_solver.repair(found.level) == (found.level, (), 0)


def test_a_repair_of_two_and_one_that_cannot_be():
    far = "." * 14
    level = read_level(f"{far}/S{far[2:]}F/##{far[4:]}##")
    found = level_solver.repair(level)
    assert found.level is not None and level_solver.solve(found.level).won
    walls = read_level("S##########F/############")
    assert level_solver.repair(walls, most=1).level is None


def test_walks_through_boxes_counted_by_hand():
    for text, pushes in (
        ("#####/#@$.#/#####", 1),
        ("#######/#@$---.#/#######".replace("#######", "########"), 4),
        ("#####/#@--#/#-$-#/#--.#/#####", 2),
        ("####/#@-#/#-$#/#.-#/####", None),  # the box stands in a corner
    ):
        level = read_level(text, BOXES)
        assert box_solver.fewest_pushes(level).pushes == pushes
        assert box_solver.fewest_pushes_by_steps(level).pushes == pushes


def test_two_solvers_agree_on_hundreds_of_levels():
    g = make_generator(11)
    one, two = (data.box_levels(n, boxes=(k, k), generator=g).levels for n, k in ((80, 1), (30, 2)))
    made, other = torch.cat([one, two]), torch.cat([one, two[:10]]).clone()
    for level in other:  # a wall more: some can no longer be solved
        free = (level == 0).nonzero()
        y, x = free[int(torch.randint(len(free), (), generator=g))]
        level[y, x] = 1
    answers = []
    for level in torch.cat([made, other]):
        found = [box_solver.fewest_pushes(level, bound=b) for b in box_solver.BOUNDS]
        steps = box_solver.fewest_pushes_by_steps(level)
        assert {f.pushes for f in found} == {steps.pushes}
        assert found[0].expanded <= found[2].expanded
        answers.append(steps.pushes)
    assert len(answers) == 200
    assert None not in answers[:110] and None in answers[110:]


def test_a_matching_is_the_best_of_all_orders():
    g = make_generator(0)
    for size in (1, 2, 3, 5):
        costs = torch.randint(0, 20, (size, size), generator=g).tolist()
        best = min(sum(costs[k][o[k]] for k in range(size)) for o in permutations(range(size)))
        assert box_solver.matching(costs) == best
    with pytest.raises(ShapeError, match="square"):
        box_solver.matching([[1, 2]])


def test_a_search_that_gives_up_says_so():
    level = data.hand_made_levels("boxes")[2]
    assert box_solver.fewest_pushes(level, most=1).given_up
    assert box_solver.fewest_pushes_by_steps(level, most=1).given_up
    with pytest.raises(ChoiceError, match="'matching', 'nearest', 'none'"):
        box_solver.fewest_pushes(level, bound="best")


def test_looks_and_novelty_of_copies():
    corpus = data.platform_levels(30)
    assert level_look.look_distance(corpus, corpus) == 0
    assert level_look.piece_shares(corpus).sum().item() == pytest.approx(1)
    changed = corpus[:2].clone()
    changed[0, 0, 16] = 1
    new = level_look.novelty(changed, corpus)
    assert new.tiles.tolist() == [1, 0] and new.copied.tolist() == [16, 32]
    with pytest.raises(ShapeError, match="of one size"):
        level_look.novelty(corpus[0], corpus)
