"""The diffusion lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.losses.diffusion import beside, estimate, noised
from course.answers import Answers

LESSON = "models/diffusion"


def step(x_t, x0, abar_t, abar_s):
    return noised(*estimate("x0", x0, x_t, abar_t), abar_s)


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
    (f"{LESSON}/step", lambda x, x0, t, s: step(x, x0, s, t), "swapped"),
    (f"{LESSON}/step", lambda x, x0, t, s: x, "leads back"),
    (f"{LESSON}/step", lambda x, x0, t, s: x0, "guess itself"),
    (f"{LESSON}/step", lambda x, x0, t, s: s.sqrt() * x0, "noise is missing"),
    (f"{LESSON}/step", lambda x, x0, t, s: estimate("x0", x0, x, t).eps, "noise alone"),
    (f"{LESSON}/guide", lambda c, u, w: (1 + w) * c - w * u, "paper's w"),
    (f"{LESSON}/guide", lambda c, u, w: torch.lerp(c, u, w), "swapped"),
    (f"{LESSON}/guide", lambda c, u, w: w * (c - u), "starts from"),
    (f"{LESSON}/guide", lambda c, u, w: u + w * c, "difference"),
    (f"{LESSON}/guide", lambda c, u, w: c, "not used"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
