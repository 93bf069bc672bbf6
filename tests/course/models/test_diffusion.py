"""The diffusion lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.losses.diffusion import beside, estimate, noised, posterior
from course.answers import Answers

LESSON = "models/diffusion"


def step(x_t, x0, abar_t, abar_s):
    return noised(*estimate("x0", x0, x_t, abar_t), abar_s)


def columns(x, e, a, more):
    """abar with a fixed number of further axes."""
    a = a.reshape(-1, *[1] * more)
    return a.sqrt() * x + (1 - a).sqrt() * e


RIGHT = {
    f"{LESSON}/noise": [
        noised,
        lambda x, e, a: torch.stack(
            [r.sqrt() * p + (1 - r).sqrt() * q for p, q, r in zip(x, e, a, strict=True)]
        ),
    ],
    f"{LESSON}/step": [step],
    f"{LESSON}/guide": [lambda c, u, w: torch.lerp(u, c, w)],
}

WRONG = [
    (f"{LESSON}/noise", lambda x, e, a: beside(a, x) * x + (1 - beside(a, x)) * e, "root"),
    (f"{LESSON}/noise", lambda x, e, a: noised(e, x, a), "swapped"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, 0 * e, a), "noise is missing"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, -e, a), "sign counts"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, e, a[0]), "each has its own"),
    (f"{LESSON}/noise", lambda x, e, a: beside(a, x).sqrt() * x + e, "variance 1"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, e, a.mean().expand(len(a))), "mean of all abar"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, e, a.cumprod(0)), "product already"),
    (
        f"{LESSON}/noise",
        lambda x, e, a: beside(a, x) * x + (1 - beside(a, x) ** 2).sqrt() * e,
        "do not square it",
    ),
    (
        f"{LESSON}/noise",
        lambda x, e, a: beside(a, x).sqrt() * e - (1 - beside(a, x)).sqrt() * x,
        "That is v",
    ),
    (f"{LESSON}/noise", lambda x, e, a: estimate("eps", e, x, a).x0, "goes back"),
    (f"{LESSON}/noise", lambda x, e, a: noised(x, torch.randn_like(e), a), "draw none"),
    (f"{LESSON}/noise", lambda x, e, a: a.sqrt() * x + (1 - a).sqrt() * e, "x_0 has 2 axes"),
    (f"{LESSON}/noise", lambda x, e, a: columns(x, e, a, 1), "x_0 has 4 axes"),
    (f"{LESSON}/noise", lambda x, e, a: columns(x, e, a, 3), "x_t has x_0's shape"),
    (f"{LESSON}/step", lambda x, x0, t, s: step(x, x0, s, t), "swapped"),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: posterior(x0, x, t, s)[0],
        "equation 7",
    ),
    (f"{LESSON}/step", lambda x, x0, t, s: s * x0 + (1 - s) * (x - t * x0) / (1 - t), "All roots"),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: noised(x0, (x - t * x0) / (1 - t), s),
        "left out both roots",
    ),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: s * x0 + (1 - s) * estimate("x0", x0, x, t).eps,
        "In the mix",
    ),
    (f"{LESSON}/step", lambda x, x0, t, s: noised(x0, x - x0, s), "is not x_t - x0"),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: noised(x0, (x + t.sqrt() * x0) / (1 - t).sqrt(), s),
        "you added it",
    ),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: step(x, x0, t, s) + (t.sqrt() - s.sqrt()) * x0,
        "The guess still has",
    ),
    (
        f"{LESSON}/step",
        lambda x, x0, t, s: s.sqrt() * x0 + x - t.sqrt() * x0,
        "The noise still has",
    ),
    (f"{LESSON}/step", lambda x, x0, t, s: noised(x0, torch.randn_like(x), s), "draws nothing"),
    (f"{LESSON}/step", lambda x, x0, t, s: x, "leads back"),
    (f"{LESSON}/step", lambda x, x0, t, s: x0, "guess itself"),
    (f"{LESSON}/step", lambda x, x0, t, s: s.sqrt() * x0, "noise is missing"),
    (f"{LESSON}/step", lambda x, x0, t, s: estimate("x0", x0, x, t).eps, "noise alone"),
    (f"{LESSON}/guide", lambda c, u, w: (1 + w) * c - w * u, "paper's w"),
    (f"{LESSON}/guide", lambda c, u, w: torch.lerp(c, u, w), "swapped"),
    (f"{LESSON}/guide", lambda c, u, w: w * (c - u), "starts from"),
    (f"{LESSON}/guide", lambda c, u, w: u + w * c, "difference"),
    (f"{LESSON}/guide", lambda c, u, w: c, "not used"),
    (f"{LESSON}/guide", lambda c, u, w: u, "whatever w is"),
    (f"{LESSON}/guide", lambda c, u, w: w * c, "w times the answer with the label"),
    (f"{LESSON}/guide", lambda c, u, w: c + (w - 1) * u, "start from untold"),
    (f"{LESSON}/guide", lambda c, u, w: torch.lerp(u, c, w) / (1 + w), "No division"),
    (f"{LESSON}/guide", lambda c, u, w: torch.lerp(u, c, min(w, 1.0)), "You held w to 1"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
