"""The lesson on styles: right answers are accepted, each planted wrong one is told why."""

from __future__ import annotations

import torch

from aigc_teach.nn import demodulation
from course.answers import Answers

LESSON = "models/style_based_generator"


def scaled(weight, style):
    return weight[None] * style[:, None, :, None, None]


def weights(weight, style):
    return scaled(weight, style) * demodulation(weight, style)[:, :, None, None, None]


def by_loop(weight, style):
    rows = []
    for s in style:
        own = weight * s[:, None, None]
        rows.append(torch.stack([row / row.norm() for row in own]))
    return torch.stack(rows)


def length(f, a, b, t, eps):
    return ((f(torch.lerp(a, b, t + eps)) - f(torch.lerp(a, b, t))) / eps).square().sum(1)


RIGHT = {
    f"{LESSON}/weights": [weights, by_loop],
    f"{LESSON}/truncate": [
        lambda w, m, p: torch.lerp(m.expand_as(w), w, p),
        lambda w, m, p: p * w + (1 - p) * m,
    ],
    f"{LESSON}/length": [length],
}

WRONG = [
    (f"{LESSON}/weights", scaled, "modulation alone"),
    (
        f"{LESSON}/weights",
        lambda w, s: scaled(w, s) / w.square().sum((1, 2, 3), keepdim=True).sqrt(),
        "before the style",
    ),
    (
        f"{LESSON}/weights",
        lambda w, s: scaled(w, s) / scaled(w, s).square().sum((2, 3, 4), keepdim=True),
        "root is missing",
    ),
    (
        f"{LESSON}/weights",
        lambda w, s: scaled(w, s) / scaled(w, s).square().sum((3, 4), keepdim=True).sqrt(),
        "input channels too",
    ),
    (
        f"{LESSON}/weights",
        lambda w, s: scaled(w, s) * scaled(w, s).square().sum((2, 3, 4), keepdim=True).sqrt(),
        "divide by it",
    ),
    (f"{LESSON}/truncate", lambda w, m, p: p * w, "not 0"),
    (f"{LESSON}/truncate", lambda w, m, p: torch.lerp(w, m.expand_as(w), p), "swapped"),
    (f"{LESSON}/truncate", lambda w, m, p: m + p * w, "taking it out"),
    (f"{LESSON}/truncate", lambda w, m, p: w, "not used"),
    (f"{LESSON}/truncate", lambda w, m, p: p * (w - m), "add the mean"),
    (f"{LESSON}/length", lambda f, a, b, t, e: length(f, a, b, t, e) * e, "eps squared"),
    (f"{LESSON}/length", lambda f, a, b, t, e: length(f, a, b, t, e).sqrt(), "root"),
    (f"{LESSON}/length", lambda f, a, b, t, e: length(f, b, a, t, e), "swapped"),
    (f"{LESSON}/length", lambda f, a, b, t, e: length(f, a, b, t, e).mean(), "each"),
    (f"{LESSON}/length", lambda f, a, b, t, e: (f(b) - f(a)).square().sum(1), "ends"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
