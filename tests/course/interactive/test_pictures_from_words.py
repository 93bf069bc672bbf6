"""The lesson on pictures from words: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from aigc_teach.core import make_generator
from aigc_teach.course.interactive import pictures_from_words as lesson
from aigc_teach.data import captioned_scenes as scenes
from aigc_teach.data import road_scenes
from aigc_teach.metrics import Obedience
from course.answers import Answers

LESSON = "interactive/pictures_from_words"


def same(a, b):  # [N, O] each, in any order
    return (a.sort(1).values == b.sort(1).values).all(1)


def hues(a, b):
    return same(a[..., 0], b[..., 0])


def shapes(a, b):
    return same(a[..., 1], b[..., 1])


def wrong(a, b):
    return ~same(10 * a[..., 0] + a[..., 1], 10 * b[..., 0] + b[..., 1])


def mean(x):
    return x.float().mean()


def as_sets(a, b):
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    return torch.tensor(
        [all({t[k] for t in x} == {t[k] for t in y} for k in (0, 1)) for x, y in pairs]
    )


def one(x):
    return (x.logsumexp(1) - x.diagonal()).mean()


def hinge(x):
    return (x.amax(1) - x.diagonal()).mean()


def score(q, k):
    return q @ k.T / q.shape[1] ** 0.5


def every_place(a, b):  # means over the places of sorted lists
    codes = [(10 * x[..., 0] + x[..., 1]).sort(1).values for x in (a, b)]
    ordered = [x.sort(1).values for x in (a, b)]
    return mean((ordered[0] == ordered[1]).all(2) & (codes[0] != codes[1]))


def v(a, b, w):
    return b + w * (a - b)


RIGHT = {
    f"{LESSON}/look": [
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(1) @ v,
        lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None])[0],
    ],
    f"{LESSON}/binding": [
        lambda a, b: mean(hues(a, b) & shapes(a, b) & wrong(a, b)),
        lambda a, b: float(sum((hues(a, b) & shapes(a, b) & wrong(a, b)).tolist()) / len(a)),
    ],
    f"{LESSON}/nce": [
        lambda x: (one(x) + one(x.T)) / 2,
        lambda x: (
            (F.cross_entropy(x, torch.arange(len(x))) + F.cross_entropy(x.T, torch.arange(len(x))))
            / 2
        ),
    ],
    f"{LESSON}/step": [
        lambda x, a, b, w, t, s: x + (s - t) * v(a, b, w),
        lambda x, a, b, w, t, s: x - (t - s) * (w * a + (1 - w) * b),
    ],
}

WRONG = [
    (f"{LESSON}/look", lambda q, k, v: (q @ k.T).softmax(1) @ v, "did not divide"),
    (f"{LESSON}/look", lambda q, k, v: (q @ k.T / q.shape[1]).softmax(1) @ v, "divided by D"),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(0) @ v,
        "over the places",
    ),
    (f"{LESSON}/look", lambda q, k, v: (q @ k.T / len(k) ** 0.5).softmax(1) @ v, "number of words"),
    (f"{LESSON}/look", lambda q, k, v: q @ k.T / q.shape[1] ** 0.5 @ v, "no softmax"),
    (f"{LESSON}/look", lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).softmax(1), "are the weights"),
    (f"{LESSON}/look", lambda q, k, v: v.mean(0).expand(len(q), -1), "nobody looked"),
    (f"{LESSON}/look", lambda q, k, v: v[(q @ k.T).argmax(1)], "one best word"),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T * q.shape[1] ** 0.5).softmax(1) @ v,
        "You multiplied",
    ),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T).softmax(1) @ v / q.shape[1] ** 0.5,
        "after the softmax",
    ),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T) @ v / (q @ k.T).sum(1, keepdim=True),
        "sum of the scores",
    ),
    (f"{LESSON}/look", lambda q, k, v: torch.sigmoid(score(q, k)) @ v, "sigmoid"),
    (f"{LESSON}/look", lambda q, k, v: torch.exp(score(q, k)) @ v, "half of a softmax"),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T / v.shape[1] ** 0.5).softmax(1) @ v,
        "size of a value",
    ),
    (
        f"{LESSON}/look",
        lambda q, k, v: (q @ k.T / len(q) ** 0.5).softmax(1) @ v,
        "number of places",
    ),
    (
        f"{LESSON}/look",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        "as a GPT does",
    ),
    (f"{LESSON}/binding", lambda a, b: mean(wrong(a, b)), "all wrong pictures"),
    (f"{LESSON}/binding", lambda a, b: mean(hues(a, b) & shapes(a, b)), "right pictures as well"),
    (
        f"{LESSON}/binding",
        lambda a, b: 1 - mean(hues(a, b) & shapes(a, b) & wrong(a, b)),
        "*not* bound wrongly",
    ),
    (f"{LESSON}/binding", lambda a, b: mean(hues(a, b) & wrong(a, b)), "not at the shapes"),
    (f"{LESSON}/binding", lambda a, b: mean(shapes(a, b) & wrong(a, b)), "not at the colours"),
    (f"{LESSON}/binding", lambda a, b: mean(as_sets(a, b) & wrong(a, b)), "compared sets"),
    (
        f"{LESSON}/binding",
        lambda a, b: mean(hues(a, b) & shapes(a, b) & (a != b).flatten(1).any(1)),
        "any order",
    ),
    (
        f"{LESSON}/binding",
        lambda a, b: (hues(a, b) & shapes(a, b) & wrong(a, b)).sum(),
        "divide by how many",
    ),
    (
        f"{LESSON}/binding",
        lambda a, b: mean((a == b).all(1).all(1) & (a != b).any(2).any(1)),
        "sort each list by itself",
    ),
    (f"{LESSON}/binding", lambda a, b: mean(~(hues(a, b) & shapes(a, b))), "these must be right"),
    (f"{LESSON}/binding", lambda a, b: mean((a != b).any(2)), "a share of things"),
    (
        f"{LESSON}/binding",
        lambda a, b: mean((hues(a, b) | shapes(a, b)) & wrong(a, b)),
        "one of both",
    ),
    (
        f"{LESSON}/binding",
        lambda a, b: mean(hues(a, b) & shapes(a, b) & ~same(a.sum(2), b.sum(2))),
        "0 + 1 is 1 + 0",
    ),
    (f"{LESSON}/binding", every_place, "`.all(1)`"),
    (f"{LESSON}/nce", one, "which sentence?); ask"),
    (
        f"{LESSON}/nce",
        lambda x: F.cross_entropy(x.softmax(1), torch.arange(len(x))),
        "Two softmaxes",
    ),
    (
        f"{LESSON}/nce",
        lambda x: F.binary_cross_entropy(x.sigmoid(), torch.eye(len(x))),
        "pair alone",
    ),
    (f"{LESSON}/nce", lambda x: (hinge(x) + hinge(x.T)) / 2, "largest score"),
    (
        f"{LESSON}/nce",
        lambda x: -((x.softmax(1) + x.softmax(0)) / 2).diagonal().log().mean(),
        "both probabilities",
    ),
    (
        f"{LESSON}/nce",
        lambda x: -((x.softmax(1) + x.softmax(0)) / 2).diagonal().mean(),
        "are probabilities",
    ),
    (
        f"{LESSON}/nce",
        lambda x: ((x.sum(1) + x.sum(0)) / 2 - x.diagonal()).mean(),
        "log(sum(exp))",
    ),
    (
        f"{LESSON}/nce",
        lambda x: mean(x.argmax(1) == torch.arange(len(x))),
        "the right partner wins",
    ),
    (f"{LESSON}/nce", lambda x: one(x.T), "which picture?); ask"),
    (f"{LESSON}/nce", lambda x: one(x) + one(x.T), "take their mean"),
    (f"{LESSON}/nce", lambda x: -(one(x) + one(x.T)) / 2, "sign is turned"),
    (f"{LESSON}/nce", lambda x: (one(x) + one(x.T)) / 2 * len(x), "summed over the pairs"),
    (f"{LESSON}/nce", lambda x: x.flatten().logsumexp(0) - x.diagonal().mean(), "One softmax"),
    (f"{LESSON}/nce", lambda x: -x.diagonal().mean(), "wrong pairs out"),
    (
        f"{LESSON}/nce",
        lambda x: (
            sum(
                x.masked_fill(torch.eye(len(x)).bool(), -1e9).logsumexp(d).mean()
                - x.diagonal().mean()
                for d in (0, 1)
            )
            / 2
        ),
        "right partner out",
    ),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (t - s) * v(a, b, w), "turned round"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * v(b, a, w), "wrong way round"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * (a + w * (a - b)), "With w = 1"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * a, "w was not used"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * w * (a - b), "left `untold` out"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * w * a, "grow together"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + v(a, b, w), "length of the step"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: v(a, b, w), "take the step"),
    (
        f"{LESSON}/step",
        lambda x, a, b, w, t, s: x + (s - t) * b + w * (a - b),
        "only `untold` is multiplied",
    ),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * (b + w * a), "`told` alone"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + s * v(a, b, w), "where it ends"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x - t * v(a, b, w), "time 0 at once"),
    (
        f"{LESSON}/step",
        lambda x, a, b, w, t, s: s / t * x + (s - t) * v(a, b, w),
        "is not shrunk",
    ),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * v(a, b, -w), "away from"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * v(a, b, 0.5), "half of each"),
    (
        f"{LESSON}/step",
        lambda x, a, b, w, t, s: x + (s - t) * (x + w * (a - b)),
        "holds velocities",
    ),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: x + (s - t) * b, "never used"),
    (f"{LESSON}/step", lambda x, a, b, w, t, s: (s - t) * v(a, b, w), "add it to x"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_a_twist_has_the_same_words_and_asks_for_another_scene():
    plain, moved, recoloured = lesson.twisted(40, make_generator(0))
    for one, *others in zip(plain, moved, recoloured, strict=True):
        bag = sorted(scenes.sentence(one).split())
        for other in others:
            assert sorted(scenes.sentence(other).split()) == bag
            assert scenes.part_of(other) == "seen" and not torch.equal(one, other)
    table = lesson.sentence_table()
    assert torch.equal(table[lesson.numbers(plain)], lesson.words(plain))


def test_shares_count_relations_among_those_asked_for():
    yes, no = torch.tensor([True] * 4), torch.tensor([True, False, False, False])
    captions = torch.tensor([[1, 0, 0, k, 1, 1] for k in (1, 2, 0, 0)])
    row = lesson.shares(Obedience(yes, yes, yes, no, no, no, no), captions)
    assert row["relation"] == 0.5 and row["things"] == 0.25 and row["number"] == 1
    assert "relation 0.50" in lesson.line("seen", row)


def test_layouts_and_looks_are_counted():
    captions = torch.tensor([[1, 0, 0, 0, -1, -1], [4, 0, 0, 0, -1, -1]])

    def draw(rows):
        return scenes.scenes(captions=rows, generator=make_generator(0)).x

    one, four = (lesson.layouts(draw, captions[k : k + 1], 20) for k in (0, 1))
    assert one == 4 and four == 1
    maps = torch.zeros(2, 3, 4, 4)
    maps[:, 1, :, :2], maps[:, 2] = 1.0, 1.0
    left = torch.tensor([[1, 0, 0, 1, 1, 1]] * 2)
    assert lesson.own_half(maps, left, torch.tensor([1, 1])) == 1
    assert lesson.own_half(maps, left, torch.tensor([2, 2])) == 0.5


def test_a_detector_learns_and_is_measured_at_few_false_alarms():
    known = road_scenes.roads(120, rare=0.5, generator=make_generator(1))
    trial = road_scenes.roads(200, rare=0.5, generator=make_generator(2))
    here = lesson.crossings
    found = [
        here.found(here.detector(known.x, known.rare, seed=0, steps=k, share=0.5), trial)
        for k in (1, 80)
    ]
    assert found[0] < 0.4 < found[1]
    assert road_scenes.is_rare(here.rare_captions(7)).all()
    assert here.numbers(road_scenes.road_captions()).tolist() == list(range(25))
