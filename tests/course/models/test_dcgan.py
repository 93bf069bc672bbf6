"""The DCGAN lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.nn import multiply_adds
from course.answers import Answers


def counted(h, w, i, o, k):
    layers = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(i, o, k, padding=k // 2))
    return multiply_adds(layers, torch.zeros(1, i, h, w)).multiply_adds


def fold(w, b, m, v, g, s, e):
    scale = g * torch.rsqrt(v + e)
    return w * scale.view(1, -1, 1, 1), b * scale + (s - m * scale)


def by_trial(w, b, m, v, g, s, e):
    """The same by running the two layers on unit impulses: weight and bias are read off."""

    def layer(x):
        y = F.conv_transpose2d(x, w, b)
        return F.batch_norm(y, m, v, g, s, training=False, eps=e)

    bias = layer(torch.zeros(1, len(w), 1, 1))  # [1, O, 4, 4]
    impulses = torch.eye(len(w))[:, :, None, None]  # one input channel each
    return [layer(impulses) - bias, bias[0, :, 0, 0]]


RIGHT = {
    "models/dcgan/resize": [counted, lambda h, w, i, o, k: 4.0 * h * w * k * k * i * o],
    "models/dcgan/decay": [
        lambda n, b: math.exp(-math.log(2) * b / n),
        lambda n, b: torch.tensor(0.5, dtype=torch.float64) ** (b / n),
        lambda n, b: 2 ** (-b / n),
    ],
    "models/dcgan/fold": [fold, by_trial],
}


def scale(v, g, e):
    return g / (v + e).sqrt()


WRONG = [
    ("models/dcgan/resize", lambda h, w, i, o, k: 4 * h * w * k**2 * (i + o), "multiply the two"),
    ("models/dcgan/resize", lambda h, w, i, o, k: counted(h, w, i, o, 3), "only the commonest"),
    ("models/dcgan/resize", lambda h, w, i, o, k: (h * w * k) ** 2 * i * o, "not their squares"),
    ("models/dcgan/decay", lambda n, b: math.log(2) / (n / b), "minus the logarithm"),
    ("models/dcgan/decay", lambda n, b: 0.5 ** (1 / math.ceil(n / b)), "round the number of steps"),
    ("models/dcgan/decay", lambda n, b: 0.5 ** (1 / (n * b)), "you multiplied the two"),
    (
        "models/dcgan/fold",
        lambda *a: (fold(*a)[0], fold(*a)[1] - 2 * a[5]),
        "added, not subtracted",
    ),
    (
        "models/dcgan/fold",
        lambda *a: (fold(*a)[0], fold(*a)[1] + (a[4] - 1) * a[5]),
        "gain does not multiply it",
    ),
    ("models/dcgan/fold", lambda w, b, m, v, g, s, e: fold(w, b, m, v, s, g, e), "are swapped"),
    (
        "models/dcgan/fold",
        lambda *a: (a[0] * scale(a[3], a[4], a[6])[:, None], fold(*a)[1]),
        "axis 2",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, v, g.abs(), s, e),
        "may be negative",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, v, g, s, 0.01),
        "not the right values",
    ),
    ("models/dcgan/resize", lambda h, w, i, o, k: h * w * k**2 * i * o, "before the enlarging"),
    ("models/dcgan/resize", lambda h, w, i, o, k: 2 * h * w * k**2 * i * o, "both axes"),
    ("models/dcgan/resize", lambda h, w, i, o, k: 4 * h * w * k * i * o, "square it"),
    ("models/dcgan/resize", lambda h, w, i, o, k: 2 * counted(h, w, i, o, k), "both at once"),
    ("models/dcgan/resize", lambda h, w, i, o, k: 4 * h * w * k**2 * o, "every input channel"),
    ("models/dcgan/resize", lambda h, w, i, o, k: 4 * h * w * k**2 * i, "output channels"),
    ("models/dcgan/resize", lambda h, w, i, o, k: k**2 * i * o, "number of weights"),
    ("models/dcgan/resize", lambda h, w, i, o, k: "many", "text"),
    ("models/dcgan/resize", lambda h, w, i, o, k: h * w * k**2 * i * o // 4, "not a quarter"),
    (
        "models/dcgan/resize",
        lambda h, w, i, o, k: (2 * h - k + 1) * (2 * w - k + 1) * k**2 * i * o,
        "size is kept",
    ),
    ("models/dcgan/resize", lambda h, w, i, o, k: counted(h, w, i, o, k) + 4 * h * w * o, "biases"),
    ("models/dcgan/resize", lambda h, w, i, o, k: h * w * 16 * i * o, "with kernel 4"),
    (
        "models/dcgan/resize",
        lambda h, w, i, o, k: counted(h, w, i, o, k) + 4 * h * w * i,
        "copies it",
    ),
    ("models/dcgan/decay", lambda n, b: 0.5 ** (1 / max(1, n // b)), "Do not round"),
    ("models/dcgan/decay", lambda n, b: 1 - math.log(2) * b / n, "ln 2 / (1 - d)"),
    ("models/dcgan/decay", lambda n, b: 1 - 0.69 * b / n, "0.69 / (1 - d)"),
    ("models/dcgan/decay", lambda n, b: math.log(0.5) / (n / b), "exponential"),
    ("models/dcgan/decay", lambda n, b: 2 ** (b / n), "the share doubles"),
    ("models/dcgan/decay", lambda n, b: n / (n + b), "exactly; the half-life"),
    ("models/dcgan/decay", lambda n, b: 0.5 ** (n / b), "not its power"),
    ("models/dcgan/decay", lambda n, b: 1 - b / n, "mean age"),
    ("models/dcgan/decay", lambda n, b: math.exp(-b / n), "1/e"),
    ("models/dcgan/decay", lambda n, b: 0.5 ** (1 / n), "pictures as steps"),
    ("models/dcgan/decay", lambda n, b: 1 - 0.5 ** (b / n), "new weights"),
    ("models/dcgan/decay", lambda n, b: n / b, "half-life in steps"),
    ("models/dcgan/fold", lambda *a: (fold(*a)[0], fold(*a)[1] * 0 + a[1]), "has to change, too"),
    ("models/dcgan/fold", lambda *a: (fold(*a)[0], a[1] + a[5]), "through the normalisation"),
    ("models/dcgan/fold", lambda *a: (-fold(*a)[0], fold(*a)[1]), "wrong sign"),
    ("models/dcgan/fold", lambda *a: (a[0] * scale(a[3], a[4], a[6]), fold(*a)[1]), "last axis"),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, 1 / (v + e) - e, g, s, e),
        "you multiplied by it",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, 1 + 0 * v, g, s, 0.0),
        "variance is missing",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            fold(w, b, m, v, g, s, e)[0],
            b * scale(v, g, e) - m + s,
        ),
        "it is scaled as well",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            fold(w, b, m, v, g, s, e)[0],
            (m - b) * scale(v, g, e) + s,
        ),
        "other way round",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            (w - m[:, None, None]) * scale(v, g, e)[:, None, None] + s[:, None, None],
            fold(w, b, m, v, g, s, e)[1],
        ),
        "in the bias only",
    ),
    ("models/dcgan/fold", lambda *a: fold(*a)[0], "2 values"),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (w, fold(w, b, m, v, g, s, e)[1]),
        "scaled too",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            w * scale(v, g, e)[:, None, None, None],
            (b - m) * scale(v, g, e) + s,
        ),
        "axis 1",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            w * (g / (v + e))[:, None, None],
            (b - m) * g / (v + e) + s,
        ),
        "root of the variance",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            w * (g / (v.sqrt() + e))[:, None, None],
            (b - m) * g / (v.sqrt() + e) + s,
        ),
        "under the root",
    ),
    ("models/dcgan/fold", lambda w, b, m, v, g, s, e: fold(w, b, m, v, g, s, 0.0), "eps out"),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (fold(w, b, m, v, g, s, e)[0], b - m * scale(v, g, e) + s),
        "scaled as well",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, 0 * b, m, v, g, s, e),
        "own bias is missi",
    ),
    ("models/dcgan/fold", lambda w, b, m, v, g, s, e: fold(w, b, -m, v, g, s, e), "not added"),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: (
            fold(w, b, m, v, g, s, e)[0],
            (b - m + s) * scale(v, g, e),
        ),
        "after the scaling",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, v, 1 + 0 * g, s, e),
        "gain is miss",
    ),
    (
        "models/dcgan/fold",
        lambda w, b, m, v, g, s, e: fold(w, b, m, v, g, 0 * s, e),
        "shift is missing",
    ),
    (
        "models/dcgan/fold",  # right wherever there are as many inputs as outputs
        lambda w, b, m, v, g, s, e: (
            w.transpose(0, 1).reshape(w.shape)
            if w.shape[0] != w.shape[1]
            else fold(w, b, m, v, g, s, e)[0],
            fold(w, b, m, v, g, s, e)[1],
        ),
        "For",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
