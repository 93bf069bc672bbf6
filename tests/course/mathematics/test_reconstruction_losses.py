"""The lesson on reconstruction losses: right answers accepted, planted wrong ones told why."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from aigc_teach.lab.register import EXERCISES, QUESTIONS, load_all
from course.answers import Answers


def scale(p, x):
    return (x - p).abs().mean()


def classes(a, k):
    return F.cross_entropy(a, k, reduction="none")


def naive(a, k):
    return a.exp().sum(1).log() - a.gather(1, k[:, None])[:, 0]


def gradient(W, c, z, x):
    return 2 / len(x) * (W @ z + c - x)[:, None] * z


def backward(W, c, z, x):
    W = W.clone().requires_grad_()
    F.mse_loss(W @ z + c, x).backward()
    return W.grad


def autograd(W, c, z, x):
    with torch.enable_grad():
        W = W.clone().requires_grad_()
        return torch.autograd.grad(F.mse_loss(W @ z + c, x), W)[0]


def jacobian(W, c, z, x):
    return torch.autograd.functional.jacobian(lambda W: F.mse_loss(W @ z + c, x), W)


def log_of_softmax(a, k):
    powers = (a - a.max(1, keepdim=True).values).exp()
    return -(powers / powers.sum(1, keepdim=True)).log()[range(len(k)), k]


def largest_of_all(a, k):
    m = a.max()
    return m + (a - m).exp().sum(1).log() - a[range(len(k)), k]


def ten_classes(a, k):
    return a.logsumexp(1) - (F.one_hot(k, 10) * a).sum(1)


def first_ten(a, k):
    return a[:, :10].logsumexp(1) - a[range(len(k)), k]


def loops(a, k):
    rows = []
    for row, label in zip(a, k, strict=True):
        m = row.max()
        rows.append(m + sum((value - m).exp() for value in row).log() - row[label])
    return torch.stack(rows)


RIGHT = {
    "mathematics/reconstruction_losses/floor": [
        1.006,
        1.0064,
        1.01,  # three digits are enough
        torch.tensor(0.31326 + 0.69315),
        -math.log(0.7310586 / 2),
    ],
    "mathematics/reconstruction_losses/scale": [scale, F.l1_loss, lambda p, x: scale(p, x).item()],
    "mathematics/reconstruction_losses/classes": [
        classes,
        loops,
        lambda a, k: -a.log_softmax(1)[range(len(k)), k],
    ],
    "mathematics/reconstruction_losses/gradient": [
        gradient,
        lambda W, c, z, x: torch.outer(2 * (W @ z + c - x), z) / x.numel(),
    ],
}

WRONG = [
    ("mathematics/reconstruction_losses/floor", 0.313, "alone"),
    ("mathematics/reconstruction_losses/floor", math.log(2), "generated picture's share alone"),
    ("mathematics/reconstruction_losses/floor", 0.69, "generated picture's share alone"),
    ("mathematics/reconstruction_losses/floor", 2 * math.log(2), "says 1/2 to everything"),
    ("mathematics/reconstruction_losses/floor", 0.6265, "twice"),
    ("mathematics/reconstruction_losses/floor", 0, "reaches neither"),
    ("mathematics/reconstruction_losses/floor", 0.503, "mean of the two"),
    ("mathematics/reconstruction_losses/floor", 1.6265, "worst"),
    ("mathematics/reconstruction_losses/floor", -1.006, "negative"),
    ("mathematics/reconstruction_losses/floor", 1.0, "too small"),
    ("mathematics/reconstruction_losses/floor", 1.452, "bits"),
    ("mathematics/reconstruction_losses/floor", "ln 2", "number"),
    (
        "mathematics/reconstruction_losses/scale",
        lambda p, x: (x - p).square().mean().sqrt(),
        "Gaussian",
    ),
    (
        "mathematics/reconstruction_losses/scale",
        lambda p, x: (x - p).square().mean(),
        "only absolute errors",
    ),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).abs().sum(), "summed"),
    (
        "mathematics/reconstruction_losses/scale",
        lambda p, x: (x - p).abs().sum(1).mean(),
        "D counts every number",
    ),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).abs().median(), "best centre"),
    (
        "mathematics/reconstruction_losses/scale",
        lambda p, x: (x - p).mean(),
        "absolute value is missing",
    ),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).mean().abs(), "of each error"),
    ("mathematics/reconstruction_losses/scale", lambda p, x: scale(p, x) / 2, "half of it"),
    ("mathematics/reconstruction_losses/scale", lambda p, x: 2 * scale(p, x), "twice too large"),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).abs().mean(1), "each picture"),
    (
        "mathematics/reconstruction_losses/scale",
        lambda p, x: ((x - p).square().mean() / 2).sqrt(),
        "variance",
    ),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).std(), "standard deviation"),
    ("mathematics/reconstruction_losses/scale", lambda p, x: (x - p).abs().max(), "largest"),
    ("mathematics/reconstruction_losses/classes", lambda a, k: -a.log_softmax(1)[:, k], "its own"),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: -((a.softmax(1) + 1e-8).log()[torch.arange(len(k)), k]),
        "hides the underflow",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: classes(a, k) / math.log(2),
        "natural",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: torch.outer(W @ z + c - x, z),
        "so is 1/D",
    ),
    ("mathematics/reconstruction_losses/classes", naive, "overflows"),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: -a.softmax(1).log()[range(len(k)), k],
        "underflows",
    ),
    ("mathematics/reconstruction_losses/classes", log_of_softmax, "underflows"),
    ("mathematics/reconstruction_losses/classes", largest_of_all, "of each row out"),
    ("mathematics/reconstruction_losses/classes", ten_classes, "logits.shape[1]"),
    ("mathematics/reconstruction_losses/classes", first_ten, "first ten"),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: (a - a.max(1).values).exp().sum(1),
        "column",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: classes(a, k) - 2 * a.max(1).values,
        "not subtracted",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: a.logsumexp(1) + a[range(len(k)), k],
        "subtracted, not added",
    ),
    ("mathematics/reconstruction_losses/classes", lambda a, k: -classes(a, k), "minus it"),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: classes(a, k).mean(),
        "averaged over the batch",
    ),
    ("mathematics/reconstruction_losses/classes", lambda a, k: a.logsumexp(1), "log-sum-exp alone"),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: naive(a, k) - a.max(1).values,
        "did not add it",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: a.logsumexp(1) - a.max(1).values,
        "true one",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: naive(a.softmax(1), k),
        "softmax twice",
    ),
    (
        "mathematics/reconstruction_losses/classes",
        lambda a, k: classes(a.clamp(-80, 80), k),
        "clamp",
    ),
    ("mathematics/reconstruction_losses/classes", lambda a, k: classes(a.detach(), k), "gradient"),
    ("mathematics/reconstruction_losses/gradient", backward, "by hand"),
    ("mathematics/reconstruction_losses/gradient", autograd, "by hand"),
    ("mathematics/reconstruction_losses/gradient", jacobian, "by hand"),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: (W @ z + c - x) * z,
        "r[:, None]",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda *a: gradient(*a) * len(a[3]) / len(a[2]),
        "divided by L",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: (2 / len(x) * (W @ z + c - x))[:, None] * torch.ones_like(z),
        "every column",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: 2 * (W @ z + c - x),
        "Jacobian",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: 2 / len(x) * (W @ z + c - x),
        "Jacobian",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda *a: gradient(*a) * len(a[3]),
        "1/D is missing",
    ),
    ("mathematics/reconstruction_losses/gradient", lambda *a: gradient(*a) / 2, "factor 2"),
    ("mathematics/reconstruction_losses/gradient", lambda *a: -gradient(*a), "sign is reversed"),
    ("mathematics/reconstruction_losses/gradient", lambda *a: gradient(*a).T, "exchanged"),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: gradient(W, 0 * c, z, x),
        "constant c",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda *a: gradient(*a) / len(a[2]),
        "number of weights",
    ),
    (
        "mathematics/reconstruction_losses/gradient",
        lambda W, c, z, x: 2 / len(x) * W.T @ (W @ z + c - x),
        "gradient of z",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
    sharing = {
        f"mathematics/reconstruction_losses/{slug}": n
        for slug, n in (("floor", 1), ("classes", 3), ("gradient", 2))
    }

    def stub(self, name):
        return None if name.endswith("/floor") else super().stub(name)


def test_every_exercise_has_its_answers_and_hints():
    load_all()
    mine = [name for name in EXERCISES if name.startswith("mathematics/reconstruction_losses/")]
    assert sorted(mine) == sorted(RIGHT)
    assert all(len(EXERCISES[name].hints) >= 3 for name in mine)
    assert sum(name.startswith("mathematics/reconstruction_losses/") for name in QUESTIONS) == 5
