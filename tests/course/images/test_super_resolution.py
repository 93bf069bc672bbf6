"""The super-resolution exercises: right answers pass, each planted wrong one is told why."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course.answers import Answers

LESSON = "images/super_resolution"


def laid(h, r, *order):
    n, _, height, width = h.shape
    return h.reshape(n, r, r, height, width).permute(*order).reshape(n, 1, r * height, r * width)


def by_places(h, r):
    out = torch.zeros(len(h), 1, r * h.shape[2], r * h.shape[3])
    for channel in range(r * r):
        out[:, 0, channel // r :: r, channel % r :: r] = h[:, channel]
    return out


def down(y):
    return (y[..., ::2, ::2] + y[..., 1::2, ::2] + y[..., ::2, 1::2] + y[..., 1::2, 1::2]) / 4


def up(x):
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def count(p, labels):
    found = 0
    for row, label in zip(p, labels, strict=True):
        digit = int(row.argmax())
        found += int(row[digit] > 0.9 and digit not in (10, int(label)))
    return found / len(p)


RIGHT = {
    f"{LESSON}/shuffle": [F.pixel_shuffle, by_places],
    f"{LESSON}/step_back": [
        lambda y, x: y + up(x - down(y)),
        lambda y, x: y - up(down(y)) + up(x),
    ],
    f"{LESSON}/invented": [count],
}

WRONG = [
    (f"{LESSON}/shuffle", lambda h, r: laid(h, r, 0, 3, 2, 4, 1), "swapped"),
    (
        f"{LESSON}/shuffle",
        lambda h, r: h.reshape(len(h), 1, r * h.shape[2], r * h.shape[3]),
        "without permuting",
    ),
    (f"{LESSON}/shuffle", lambda h, r: laid(h, r, 0, 1, 3, 2, 4), "tiles"),
    (f"{LESSON}/shuffle", lambda h, r: laid(h, r, 0, 3, 4, 1, 2), "slowest"),
    (f"{LESSON}/shuffle", lambda h, r: laid(h, r, 0, 3, 1, 2, 4), "j comes before b"),
    (f"{LESSON}/shuffle", lambda h, r: F.interpolate(h[:, :1], scale_factor=r), "first channel"),
    (
        f"{LESSON}/shuffle",
        lambda h, r: F.interpolate(h.mean(1, keepdim=True), scale_factor=r),
        "mean of the channels",
    ),
    (f"{LESSON}/shuffle", lambda h, r: F.pixel_shuffle(h.detach(), r), "trained through"),
    (f"{LESSON}/step_back", lambda y, x: y + up(down(y) - x), "sign"),
    (f"{LESSON}/step_back", lambda y, x: up(x - down(y)), "add it to y"),
    (f"{LESSON}/step_back", lambda y, x: up(x), "forgets"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x), "whole small picture"),
    (f"{LESSON}/step_back", lambda y, x: y, "as it was"),
    (f"{LESSON}/step_back", lambda y, x: up(down(y)), "shrunk and enlarged"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x - y[..., ::2, ::2]), "one pixel of each"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x - 4 * down(y)), "the sum"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x - F.max_pool2d(y, 2)), "the largest"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x - down(y)) / 4, "by 4"),
    (f"{LESSON}/step_back", lambda y, x: y + up(x - down(y)) / 2, "half a step"),
    (
        f"{LESSON}/invented",
        lambda p, t: float(((p.max(1)[0] > 0.9) & (p.argmax(1) != t)).float().mean()),
        "not a digit",
    ),
    (
        f"{LESSON}/invented",
        lambda p, t: float(((p.argmax(1) != t) & (p.argmax(1) < 10)).float().mean()),
        "above 0.9",
    ),
    (
        f"{LESSON}/invented",
        lambda p, t: float((p.argmax(1) != t).float().mean()),
        "not read rightly",
    ),
    (
        f"{LESSON}/invented",
        lambda p, t: float(((p.max(1)[0] > 0.9) & (p.argmax(1) < 10)).float().mean()),
        "right ones, too",
    ),
    (
        f"{LESSON}/invented",
        lambda p, t: float(((p.max(1)[0] > 0.9) & (p.argmax(1) == t)).float().mean()),
        "read rightly",
    ),
    (f"{LESSON}/invented", lambda p, t: float((p.max(1)[0] > 0.9).float().mean()), "all sure ones"),
    (f"{LESSON}/invented", lambda p, t: count(p, t) * len(p), "divide by the number"),
    (f"{LESSON}/invented", lambda p, t: 1 - count(p, t), "1 minus"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
