"""The lesson on moving pictures: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import zoo
from aigc_teach.core import RangeError, make_generator
from aigc_teach.course.video import moving_pictures as film
from aigc_teach.metrics import motion
from course.answers import Answers

LESSON = "video/moving_pictures"


def weighted(ink):
    rows, columns = torch.meshgrid(*(torch.arange(n) for n in ink.shape), indexing="ij")
    return torch.stack([(ink * rows).sum(), (ink * columns).sum()]) / ink.sum()


def turns(where):
    step = where.diff(dim=0).sign()
    return (step[1:] * step[:-1]).lt(0)


def correlations(mouth, loud):
    found = {}
    for lag in range(-6, 7):
        pairs = [(mouth[t], loud[t - lag]) for t in range(len(mouth)) if 0 <= t - lag < len(loud)]
        a, b = (torch.stack(side).double() for side in zip(*pairs, strict=True))
        a, b = a - a.mean(), b - b.mean()
        found[lag] = (a @ b / a.norm() / b.norm()).item()
    return found


def late(mouth, loud):
    found = correlations(mouth, loud)
    return max(found, key=found.get)


def alike(a, b):
    return torch.corrcoef(torch.stack([a, b]))[0, 1]


def best_of(mouth, loud, measure, lags=range(-6, 7)):
    """The lag at which the measure of what overlaps is highest."""
    found = {}
    for lag in lags:
        n = len(loud) - abs(lag)
        a, b = (mouth[lag:], loud[:n]) if lag > 0 else (mouth[:n], loud[-lag:])
        found[lag] = measure(a.double(), b.double())
    return max(found, key=found.get)


RIGHT = {
    f"{LESSON}/centre": [
        weighted,
        lambda x: torch.stack(
            [
                (x.sum(1) / x.sum() * torch.arange(len(x))).sum(),
                (x.sum(0) / x.sum() * torch.arange(x.shape[1])).sum(),
            ]
        ),
    ],
    f"{LESSON}/guess": [
        lambda f, p: torch.einsum("khw,k->hw", f, p),
        lambda f, p: sum(a * b for a, b in zip(f, p, strict=True)),
    ],
    f"{LESSON}/bounces": [
        lambda w: turns(w).any(1).sum(),
        lambda w: sum(bool(row.any()) for row in turns(w)),
    ],
    f"{LESSON}/late": [late, lambda m, x: torch.tensor(late(m, x))],
}

WRONG = [
    (f"{LESSON}/centre", lambda x: weighted(x).flip(0), "row comes first"),
    (f"{LESSON}/centre", lambda x: weighted(x) * x.sum(), "Divide by the ink"),
    (f"{LESSON}/centre", lambda x: weighted(x) * x.mean(), "number of pixels"),
    (f"{LESSON}/centre", lambda x: weighted(x) + 1, "counted from 1"),
    (f"{LESSON}/centre", lambda x: (x == x.max()).nonzero()[0].float(), "brightest pixel"),
    (f"{LESSON}/centre", lambda x: (torch.tensor(x.shape) - 1) / 2, "middle of the frame"),
    (f"{LESSON}/guess", lambda f, p: f[p.argmax()], "most likely future"),
    (f"{LESSON}/guess", lambda f, p: f.mean(0), "weigh each by its share"),
    (f"{LESSON}/guess", lambda f, p: torch.einsum("khw,k->hw", f, p) / len(p), "do not divide"),
    (f"{LESSON}/guess", lambda f, p: f.quantile(0.5, 0, interpolation="lower"), "absolute error"),
    (f"{LESSON}/guess", lambda f, p: f.sum(0), "without their shares"),
    (f"{LESSON}/bounces", lambda w: turns(w).sum(), "count that once"),
    (f"{LESSON}/bounces", lambda w: turns(w).any(1).float().argmax(), "before the first turn"),
    (f"{LESSON}/bounces", lambda w: w.diff(n=2, dim=0).ne(0).any(1).sum(), "change its sign"),
    (f"{LESSON}/bounces", lambda w: turns(w)[:, 0].sum(), "rows alone"),
    (f"{LESSON}/bounces", lambda w: turns(w)[:, 1].sum(), "columns alone"),
    (f"{LESSON}/bounces", lambda w: turns(w).any(1).float().mean(), "number of turns"),
    (f"{LESSON}/late", lambda m, x: -late(m, x), "sign is wrong"),
    (f"{LESSON}/late", lambda m, x: late(m, x) + 6, "take 6 away"),
    (f"{LESSON}/late", lambda m, x: max(correlations(m, x).values()), "give the lag"),
    (
        f"{LESSON}/late",
        lambda m, x: max(range(7), key=lambda lag: correlations(m, x)[lag]),
        "lags below 0",
    ),
    (
        f"{LESSON}/late",
        lambda m, x: min(range(-6, 7), key=lambda lag: correlations(m, x)[lag]),
        "least alike",
    ),
    (f"{LESSON}/late", lambda m, x: m.argmax() - x.argmax(), "each is largest"),
    (
        f"{LESSON}/centre",
        lambda x: torch.stack([x.sum(1).argmax(), x.sum(0).argmax()]),
        "fullest row",
    ),
    (f"{LESSON}/centre", lambda x: x.gt(0).nonzero().float().mean(0), "counts the same"),
    (
        f"{LESSON}/centre",
        lambda x: weighted(x) * x.sum() / torch.tensor(x.shape),
        "divide by all the ink",
    ),
    (
        f"{LESSON}/centre",
        lambda x: weighted(x) / (torch.tensor(x.shape) - 1),
        "numbers of row and column",
    ),
    (f"{LESSON}/guess", lambda f, p: f * p[:, None, None], "add them up"),
    (f"{LESSON}/guess", lambda f, p: torch.einsum("khw,k->hw", f, p.softmax(0)), "softmax changes"),
    (f"{LESSON}/guess", lambda f, p: f[0], "first of the futures"),
    (
        f"{LESSON}/bounces",
        lambda w: w.diff(dim=0).sign().diff(dim=0).ne(0).any(1).sum(),
        "Level flight",
    ),
    (
        f"{LESSON}/bounces",
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1]).le(0).any(1).sum(),
        "product of 0",
    ),
    (
        f"{LESSON}/bounces",
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1]).sum(1).lt(0).sum(),
        "added the two",
    ),
    (f"{LESSON}/bounces", lambda w: turns(w).all(1).sum(), "any, not all"),
    (f"{LESSON}/bounces", lambda w: turns(w).sum(0), "rows and of columns apart"),
    (f"{LESSON}/bounces", lambda w: turns(w).any(1), "of each frame whether"),
    (f"{LESSON}/bounces", lambda w: w.diff(dim=0).lt(0).any(1).sum(), "up or to the left"),
    (
        f"{LESSON}/bounces",
        lambda w: w.eq(w.amin(0)).logical_or(w.eq(w.amax(0))).any(1).sum(),
        "path's edges",
    ),
    (f"{LESSON}/late", lambda m, x: best_of(m, x, torch.dot), "take correlations"),
    (
        f"{LESSON}/late",
        lambda m, x: max(range(-6, 7), key=lambda k: alike(m.roll(-k), x)),
        "Cut the ends off",
    ),
    (f"{LESSON}/late", lambda m, x: best_of(m, x, alike, range(-6, 6)), "ends at 5"),
    (f"{LESSON}/late", lambda m, x: best_of(m, x, alike, range(-10, 11)), "farther than 6"),
    (f"{LESSON}/late", lambda m, x: best_of(m, x, lambda a, b: abs(alike(a, b))), "with its sign"),
    (
        f"{LESSON}/late",
        lambda m, x: best_of(m, x, lambda a, b: -(a - b).square().mean()),
        "do not subtract",
    ),
    (f"{LESSON}/late", lambda m, x: late(m, x) / 25, "give frames"),
    (f"{LESSON}/late", lambda m, x: abs(late(m, x)), "keep it"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_constant_speed_is_right_until_the_wall_and_stops_there():
    digits = film.small_digits("held_out").x
    test = film.clips(40, digits, 12, make_generator(0))
    speed = test.where[:, 4] - test.where[:, 3]
    guess = film.carried_on(test.x[:, 4], speed, 7)
    straight = test.where[:, 4, None] + torch.arange(1, 8)[:, None] * speed[:, None]
    so_far = (straight == test.where[:, 5:]).all(2).cumprod(1).bool()
    assert so_far.any() and not so_far.all()
    assert torch.equal(guess[so_far], test.x[:, 5:][so_far])
    full = (test.x[:, 4] + 1).sum((1, 2, 3))
    bright = (guess > 0).float().sum((2, 3, 4)), (test.x[:, 4] > 0).float().sum((1, 2, 3))
    assert torch.equal(bright[0], bright[1][:, None].expand_as(bright[0])) and (full > 0).all()


def test_both_futures_are_those_of_the_coin():
    clips = film.forks(60, make_generator(4))
    both = film.both_futures(clips.where)
    same = (both == clips.where).flatten(2).all(2)  # [2, 60]
    assert torch.equal(same.sum(0), torch.ones(60).long()) and 15 < int(same[0].sum()) < 45
    assert torch.equal(both[0, :, :4], both[1, :, :4])
    apart = (motion.centre(clips.x[:, :, 0]) - 3.5 - clips.where).abs().max()
    assert apart < 1e-4


def test_a_true_digit_keeps_its_name_wherever_it_is():
    digits = film.small_digits("held_out")
    test = film.clips(1, digits.x[:1], 1, make_generator(0))
    judge = zoo.load("judge")
    names = {film.named(judge, test.x[:, 0], test.where[:, 0]).item()}
    moved = film.shifted(test.x[:, 0], torch.tensor([[3, -2]]))
    names.add(film.named(judge, moved, test.where[:, 0] + torch.tensor([[3, -2]])).item())
    assert names == {0}
    empty = torch.full((1, 1, 32, 32), -1.0)
    nowhere = film.named(judge, empty, motion.centre(empty[:, 0]))  # NaN: there is no ink
    assert nowhere.item() == 10


def test_the_mouth_says_how_loud_it_is():
    loud = torch.tensor([0.0, 0.1, 0.4, 0.9, 1.0, 0.2, 0.0])
    mouth = film.mouth_of(film.talking(loud, size=32))
    assert mouth[0] == mouth[-1] == 0
    assert torch.equal(mouth.argsort()[2:], loud.argsort()[2:]) or mouth[3] == mouth[4]
    slow = film.mouth_of(film.talking(loud, inertia=0.8, size=32))
    assert slow.argmax() >= mouth.argmax() and slow[-1] > 0


def test_a_film_begins_later_or_sooner():
    film_of_five = torch.arange(5.0)
    assert film.shift_later(film_of_five, 2).tolist() == [0, 0, 0, 1, 2]
    assert film.shift_later(film_of_five, -1).tolist() == [1, 2, 3, 4, 4]


def test_loudness_covers_the_whole_wave():
    text, wave = film.spoken(2)
    assert text.count(".") == 1
    loud = film.loudness(wave)
    assert len(loud) == int(len(wave) * film.FPS / film.RATE) and (loud >= 0).all()
    with pytest.raises(RangeError, match="less than a frame"):
        film.loudness(wave[:100])
