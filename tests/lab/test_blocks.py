"""The building blocks lesson: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch
from torch import nn

from aigc_teach.lab.exercises.blocks import _gru
from lab.answers import Answers


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
    "blocks/triple": [(9, 3, 3), [15, 3, 6], (11, 1, 0), (13, 1, 1), (15, 5, 10)],
    "blocks/shares": [
        lambda a, b, g: (g / b, -g * a / (b * b)),
        lambda a, b, g: (g * b**-1, g * a * -(b**-2)),
        shares_by_autograd,
    ],
    "blocks/normalise": [by_torch, by_hand],
    "blocks/gru": [by_cell, _gru],
}

WRONG = [
    ("blocks/triple", (3, 3, 0), "only one tap"),
    ("blocks/triple", (5, 3, 1), "uneven, 1 or 2"),
    ("blocks/triple", (7, 2, 0), "uneven, 3 or 4"),
    ("blocks/triple", (4, 2, 1), "It gives 10, not 15"),
    ("blocks/triple", (10, 2, 3), "counts twice"),
    ("blocks/triple", (4, 3, 2), "not after five"),
    ("blocks/triple", (1, 3, 1), "does not add"),
    ("blocks/triple", (9, 3), "Three numbers"),
    ("blocks/triple", (9.0, 3, 3), "whole numbers"),
    ("blocks/triple", (1, 1, 3), "does not exist"),
    ("blocks/shares", lambda a, b, g: (1 / b, -a / b**2), "multiply each"),
    ("blocks/shares", lambda a, b, g: (g / b, g * a / b**2), "wrong sign"),
    ("blocks/shares", lambda a, b, g: (g / b, -g * a / b), "missing a square"),
    ("blocks/shares", lambda a, b, g: (g / b, -g / b**2), "factor a"),
    ("blocks/shares", lambda a, b, g: (-g * a / b**2, g / b), "wrong order"),
    ("blocks/shares", lambda a, b, g: (g * b, g * a), "product"),
    ("blocks/shares", lambda a, b, g: (g / b, -a / b**2), "share of b is not multiplied"),
    ("blocks/shares", lambda a, b, g: (1 / b, -g * a / b**2), "share of a is not multiplied"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(0,)), "places count"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(2, 3)), "whole batch"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(0, 1, 2, 3)), "its own"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(0, 1, 2)), "axes (0, 1, 2)"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(1,)), "axes (1,)"),
    ("blocks/normalise", lambda *a: by_hand(*a, axes=(0, 3)), "axes (0, 3)"),
    ("blocks/normalise", lambda *a: by_hand(*a, eps=0), "eps is missing"),
    ("blocks/normalise", lambda *a: by_hand(*a, eps=0, outside=1e-5), "inside the root: (var"),
    ("blocks/normalise", lambda *a: by_hand(*a, eps=1e-4), "hardly varies: eps = 1e-5"),
    ("blocks/normalise", lambda *a: by_hand(*a).detach(), "cuts the tape"),
    ("blocks/normalise", lambda *a: by_hand(*a, cut=True), "depend on x as well"),
    ("blocks/normalise", lambda *a: by_hand(*a, unbiased=True), "n - 1"),
    ("blocks/normalise", lambda x, m, v, t: by_hand(x, m, v, True), "forgotten eval()"),
    ("blocks/normalise", lambda x, m, v, t: by_hand(x, m, v, False), "batch's own"),
    ("blocks/normalise", lambda x, m, v, t: by_hand(x, m, v, not t), "exchanged"),
    (
        "blocks/normalise",
        lambda x, m, v, t: (
            (x - (x.mean((0, 2, 3)) if t else m)[:, None, None])
            / ((x.var((0, 2, 3), unbiased=False) if t else v)[:, None, None] + 1e-5)
        ),
        "square root",
    ),
    ("blocks/gru", lambda *a: _gru(*a, "swapped"), "exchanged"),
    ("blocks/gru", lambda *a: _gru(*a, "early"), "after the matrix"),
    ("blocks/gru", lambda *a: _gru(*a, "all"), "t_n alone"),
    ("blocks/gru", lambda *a: _gru(*a, "no reset"), "r is missing"),
    ("blocks/gru", lambda *a: _gru(*a, "sigmoid"), "tanh, not"),
    ("blocks/gru", lambda *a: _gru(*a, "z first"), "order r, z, n"),
    ("blocks/gru", lambda *a: _gru(*a, "s_n alone"), "t_n, not s_n"),
    ("blocks/gru", lambda *a: _gru(*a, "no tanh"), "no tanh"),
    ("blocks/gru", lambda *a: _gru(*a, "no old"), "old state is missing"),
    ("blocks/gru", lambda *a: _gru(*a, "whole new"), "all of n"),
    ("blocks/gru", lambda x, h, W, U, b, c: by_cell(x, h, W, U, 0 * b, 0 * c), "biases"),
    ("blocks/gru", lambda x, h, W, U, b, c: by_cell(x, h, W, U, 0 * b, c), "bias b"),
    ("blocks/gru", lambda x, h, W, U, b, c: by_cell(x, h, W, U, b, 0 * c), "bias c"),
    ("blocks/gru", lambda x, h, W, U, b, c: x @ W + b, "x @ W.T"),
    ("blocks/gru", lambda *a: _gru(*a).detach(), "cuts the tape"),
    ("blocks/gru", lambda x, h, *rest: _gru(x, h.detach(), *rest), "depends on x and on h"),
    ("blocks/gru", lambda *a: -2 * _gru(*a), "Not quite. Your result"),
    ("blocks/gru", lambda x, h, W, U, b, c: _gru(x, h, W, U, b, c)[:, :1], "shape"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG

    def stub(self, name):
        return None if name == "blocks/triple" else super().stub(name)
