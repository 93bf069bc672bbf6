"""The lesson on pictures from words: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import torch
import torch.nn.functional as F

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
    (f"{LESSON}/nce", one, "which sentence?); ask"),
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
    (f"{LESSON}/step", lambda x, a, b, w, t, s: (s - t) * v(a, b, w), "add it to x"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
