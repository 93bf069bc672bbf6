"""The building blocks lesson: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch
from torch import nn

from aigc_teach.course.concepts.building_blocks import _gru
from course.answers import Answers


def by_torch(x, mean, variance, training):
    return nn.functional.batch_norm(x, mean.clone(), variance.clone(), training=training)


def by_hand(
    x, mean, variance, training, axes=(0, 2, 3), unbiased=False, eps=1e-5, outside=0.0, cut=False
):
    if training:
        mean = x.mean(axes, keepdim=True)
        variance = x.var(axes, unbiased=unbiased, keepdim=True)
        if cut:
            mean, variance = mean.detach(), variance.detach()
    else:
        mean, variance = mean.view(1, -1, 1, 1), variance.view(1, -1, 1, 1)
    return (x - mean) / (torch.sqrt(variance + eps) + outside)


def by_cell(x, h, W, U, b, c):
    cell = nn.GRUCell(x.shape[1], h.shape[1])
    with torch.no_grad():
        for weight, value in zip(cell.parameters(), (W, U, b, c), strict=True):
            weight.copy_(value)
    return cell(x, h)


def shares_by_autograd(a, b, arrived):
    a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (a, b))
    return torch.autograd.grad(arrived * a / b, (a, b))


RIGHT = {
    "concepts/building_blocks/triple": [(9, 3, 3), [15, 3, 6], (11, 1, 0), (13, 1, 1), (15, 5, 10)],
    "concepts/building_blocks/shares": [
        lambda a, b, g: (g / b, -g * a / (b * b)),
        lambda a, b, g: (g * b**-1, g * a * -(b**-2)),
        shares_by_autograd,
    ],
    "concepts/building_blocks/normalise": [by_torch, by_hand],
    "concepts/building_blocks/gru": [by_cell, _gru],
}

WRONG = [
    ("concepts/building_blocks/triple", (3, 3, 0), "only one tap"),
    ("concepts/building_blocks/triple", (5, 3, 1), "uneven, 1 or 2"),
    ("concepts/building_blocks/triple", (7, 2, 0), "uneven, 3 or 4"),
    ("concepts/building_blocks/triple", (4, 2, 1), "It gives 10, not 15"),
    ("concepts/building_blocks/triple", (10, 2, 3), "counts twice"),
    ("concepts/building_blocks/triple", (4, 3, 2), "not after five"),
    ("concepts/building_blocks/triple", (1, 3, 1), "does not add"),
    ("concepts/building_blocks/triple", (9, 3), "Three numbers"),
    ("concepts/building_blocks/triple", (9.0, 3, 3), "whole numbers"),
    ("concepts/building_blocks/triple", (1, 1, 3), "does not exist"),
    ("concepts/building_blocks/shares", lambda a, b, g: (1 / b, -a / b**2), "multiply each"),
    ("concepts/building_blocks/shares", lambda a, b, g: (g / b, g * a / b**2), "wrong sign"),
    ("concepts/building_blocks/shares", lambda a, b, g: (g / b, -g * a / b), "missing a square"),
    ("concepts/building_blocks/shares", lambda a, b, g: (g / b, -g / b**2), "factor a"),
    ("concepts/building_blocks/shares", lambda a, b, g: (-g * a / b**2, g / b), "wrong order"),
    ("concepts/building_blocks/shares", lambda a, b, g: (g * b, g * a), "product"),
    (
        "concepts/building_blocks/shares",
        lambda a, b, g: (g / b, -a / b**2),
        "share of b is not multiplied",
    ),
    (
        "concepts/building_blocks/shares",
        lambda a, b, g: (1 / b, -g * a / b**2),
        "share of a is not multiplied",
    ),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, axes=(0,)), "places count"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, axes=(2, 3)), "whole batch"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, axes=(0, 1, 2, 3)), "its own"),
    (
        "concepts/building_blocks/normalise",
        lambda *a: by_hand(*a, axes=(0, 1, 2)),
        "axes (0, 1, 2)",
    ),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, axes=(1,)), "axes (1,)"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, axes=(0, 3)), "axes (0, 3)"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, eps=0), "eps is missing"),
    (
        "concepts/building_blocks/normalise",
        lambda *a: by_hand(*a, eps=0, outside=1e-5),
        "inside the root: (var",
    ),
    (
        "concepts/building_blocks/normalise",
        lambda *a: by_hand(*a, eps=1e-4),
        "hardly varies: eps = 1e-5",
    ),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a).detach(), "cuts the tape"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, cut=True), "depend on x as well"),
    ("concepts/building_blocks/normalise", lambda *a: by_hand(*a, unbiased=True), "n - 1"),
    (
        "concepts/building_blocks/normalise",
        lambda x, m, v, t: by_hand(x, m, v, True),
        "forgotten eval()",
    ),
    (
        "concepts/building_blocks/normalise",
        lambda x, m, v, t: by_hand(x, m, v, False),
        "batch's own",
    ),
    ("concepts/building_blocks/normalise", lambda x, m, v, t: by_hand(x, m, v, not t), "exchanged"),
    (
        "concepts/building_blocks/normalise",
        lambda x, m, v, t: (
            (x - (x.mean((0, 2, 3)) if t else m)[:, None, None])
            / ((x.var((0, 2, 3), unbiased=False) if t else v)[:, None, None] + 1e-5)
        ),
        "square root",
    ),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "swapped"), "exchanged"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "early"), "after the matrix"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "all"), "t_n alone"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "no reset"), "r is missing"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "sigmoid"), "tanh, not"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "z first"), "order r, z, n"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "s_n alone"), "t_n, not s_n"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "no tanh"), "no tanh"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "no old"), "old state is missing"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a, "whole new"), "all of n"),
    (
        "concepts/building_blocks/gru",
        lambda x, h, W, U, b, c: by_cell(x, h, W, U, 0 * b, 0 * c),
        "biases",
    ),
    (
        "concepts/building_blocks/gru",
        lambda x, h, W, U, b, c: by_cell(x, h, W, U, 0 * b, c),
        "bias b",
    ),
    (
        "concepts/building_blocks/gru",
        lambda x, h, W, U, b, c: by_cell(x, h, W, U, b, 0 * c),
        "bias c",
    ),
    ("concepts/building_blocks/gru", lambda x, h, W, U, b, c: x @ W + b, "x @ W.T"),
    ("concepts/building_blocks/gru", lambda *a: _gru(*a).detach(), "cuts the tape"),
    (
        "concepts/building_blocks/gru",
        lambda x, h, *rest: _gru(x, h.detach(), *rest),
        "depends on x and on h",
    ),
    ("concepts/building_blocks/gru", lambda *a: -2 * _gru(*a), "Not quite. Your result"),
    (
        "concepts/building_blocks/gru",
        lambda x, h, W, U, b, c: _gru(x, h, W, U, b, c)[:, :1],
        "shape",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG

    def stub(self, name):
        return None if name == "concepts/building_blocks/triple" else super().stub(name)
