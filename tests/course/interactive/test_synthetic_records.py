"""The lesson on synthetic records: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import math

import torch

from aigc_teach.core import make_generator
from aigc_teach.course.interactive import synthetic_records as lesson
from course.answers import Answers

LESSON = "interactive/synthetic_records"
ndtri = torch.special.ndtri


def ranks(x):
    return x.argsort().argsort()


def by_loop(gradients, norm):
    total = torch.zeros(gradients.shape[1])
    for g in gradients:
        total = total + g * min(1.0, norm / g.norm().item())
    return total


def pairs(a, b):
    return [(x < y) + 0.5 * (x == y) for x in a.tolist() for y in b.tolist()]


RIGHT = {
    f"{LESSON}/scores": [
        lambda x: ndtri((ranks(x) + 0.5) / len(x)),
        lambda x: torch.distributions.Normal(0.0, 1.0).icdf((ranks(x) + 0.5) / len(x)),
    ],
    f"{LESSON}/nearer": [
        lambda a, b: (a.amin(1) < b.amin(1)).float().mean(),
        lambda a, b: sum(x.min() < y.min() for x, y in zip(a, b, strict=True)) / len(a),
    ],
    f"{LESSON}/attack": [
        lambda a, b: sum(pairs(a, b)) / (len(a) * len(b)),
        lambda a, b: 0.5 + 0.5 * torch.sign(b[None] - a[:, None]).mean(),
    ],
    f"{LESSON}/clip": [
        by_loop,
        lambda g, c: (g / (g.norm(dim=1, keepdim=True) / c).clamp(min=1)).sum(0),
    ],
    f"{LESSON}/price": [
        lambda a, r, n, d: (n * r + math.log(1 / d) / (a - 1)).min(),
        lambda a, r, n, d: min(
            n * y - math.log(d) / (x - 1) for x, y in zip(a.tolist(), r.tolist(), strict=True)
        ),
    ],
}

WRONG = [
    (
        f"{LESSON}/price",
        lambda o, c, steps, d: steps * (c - math.log(d) / (o - 1)).min(),
        "paid once",
    ),
    (f"{LESSON}/attack", lambda m, o: (m[:, None] > o).float().mean(), "ties left out"),
    (f"{LESSON}/scores", lambda x: (ranks(x) + 0.5) / len(x), "quantile is still to come"),
    (f"{LESSON}/scores", lambda x: (x - x.mean()) / x.std(), "with N - 1"),
    (f"{LESSON}/scores", lambda x: (x - x.mean()) / x.std(correction=0), "stays skewed"),
    (f"{LESSON}/scores", lambda x: -ndtri((ranks(x) + 0.5) / len(x)), "turned round"),
    (f"{LESSON}/scores", lambda x: ndtri((x.argsort() + 0.5) / len(x)), "argsort twice"),
    (f"{LESSON}/scores", lambda x: ndtri((ranks(x) + 1) / (len(x) + 1)), "(rank + 1/2) / N"),
    (f"{LESSON}/nearer", lambda a, b: (a.amin(1) > b.amin(1)).float().mean(), "*others*"),
    (f"{LESSON}/nearer", lambda a, b: (a.mean(1) < b.mean(1)).float().mean(), "means over all"),
    (f"{LESSON}/nearer", lambda a, b: (a.amin(0) < b.amin(0)).float().mean(), "each synthetic"),
    (f"{LESSON}/nearer", lambda a, b: (a < b).float().mean(), "by their place"),
    (f"{LESSON}/nearer", lambda a, b: (a.amin(1) < b.amin(1)).sum(), "divide by how many"),
    (f"{LESSON}/nearer", lambda a, b: float(a.min() < b.min()), "by itself"),
    (f"{LESSON}/attack", lambda a, b: 1 - sum(pairs(a, b)) / (len(a) * len(b)), "*smaller*"),
    (f"{LESSON}/attack", lambda a, b: (a[:, None] < b).float().mean(), "counted it as lost"),
    (f"{LESSON}/attack", lambda a, b: (a[:, None] <= b).float().mean(), "counted it as won"),
    (f"{LESSON}/attack", lambda a, b: float(a.mean() < b.mean()), "compared the means"),
    (f"{LESSON}/attack", lambda a, b: sum(pairs(a, b)), "how many pairs"),
    (f"{LESSON}/attack", lambda a, b: sum(pairs(a, b)) / len(a), "over the others, too"),
    (f"{LESSON}/clip", lambda g, c: g.sum(0) * min(1, c / g.sum(0).norm().item()), "cut each"),
    (f"{LESSON}/clip", lambda g, c: (g * c / g.norm(dim=1, keepdim=True)).sum(0), "stretched"),
    (f"{LESSON}/clip", lambda g, c: g.clamp(-c, c).sum(0), "each number"),
    (f"{LESSON}/clip", lambda g, c: by_loop(g, c) / len(g), "That is the mean"),
    (f"{LESSON}/clip", lambda g, c: g.sum(0), "plain sum"),
    (f"{LESSON}/clip", lambda g, c: g[g.norm(dim=1) <= c].sum(0), "left long gradients out"),
    (
        f"{LESSON}/clip",
        lambda g, c: (g * (c / (g**2).sum(1, keepdim=True)).clamp(max=1)).sum(0),
        "take its root",
    ),
    (f"{LESSON}/price", lambda a, r, n, d: (r - math.log(d) / (a - 1)).min(), "one step"),
    (f"{LESSON}/price", lambda a, r, n, d: (n * r - math.log(d) / (a - 1)).max(), "smallest"),
    (f"{LESSON}/price", lambda a, r, n, d: (n * r + math.log(d) / (a - 1)).min(), "negative"),
    (
        f"{LESSON}/price",
        lambda a, r, n, d: (n**0.5 * r - math.log(d) / (a - 1)).min(),
        "not with their root",
    ),
    (f"{LESSON}/price", lambda a, r, n, d: (n * r).min(), "left delta out"),
    (f"{LESSON}/price", lambda a, r, n, d: (n * r - math.log10(d) / (a - 1)).min(), "base 10"),
    (f"{LESSON}/price", lambda a, r, n, d: (n * r - math.log(d) / a).min(), "order minus 1"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_split_deals_every_record_out_once():
    parts = lesson.split_records(make_generator(4))
    rows = torch.cat(parts[:3])
    assert rows.shape == (569, 11)
    back = parts.in_units(rows)
    whole = parts.table.rows
    assert torch.allclose(back.sort(0).values, whole.sort(0).values, rtol=1e-4, atol=1e-5)
    assert parts.elsewhere.mean(0)[:-1].abs().max() < 1e-5
    assert set(parts.members[:, -1].tolist()) == {0.0, 1.0}


def test_a_copy_is_told_from_a_fresh_table():
    parts = lesson.split_records(make_generator(0))
    copy = lesson.judge(parts.members, parts, make_generator(1))
    fresh = lesson.judge(parts.elsewhere, parts, make_generator(1))
    assert copy.quality == 1 and copy.nearer == 1 and copy.attack.auc == 1
    assert 0.35 < fresh.nearer < 0.65 and 0.4 < fresh.attack.auc < 0.6
    assert copy.white is None and copy.means is None and "AUC 1.00" in copy.line("copy")
    assert copy.aucs == {"distance": 1.0, "repeats": copy.repeats} and copy.repeats > 0.6
    told = lesson.judge(parts.elsewhere, parts, make_generator(1), bound=lambda x: x[:, 0])
    assert told.aucs["with the model"] == told.white.auc and "with the model" in told.line("x")
    assert told.means == tuple(x[:, 0].mean().item() for x in parts[:2])


def test_rows_in_words_are_those_of_the_table():
    parts = lesson.split_records(make_generator(0))
    first, *_ = parts.texts(parts.members)
    assert len(first) == 11 and first[-1] in parts.table.values[-1]
    assert abs(float(first[0]) / parts.in_units(parts.members)[0, 0].item() - 1) < 0.01
