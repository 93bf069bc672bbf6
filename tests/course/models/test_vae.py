"""The VAE lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.losses.elbo import kl_to_standard_normal
from course.answers import Answers


def walk(a, b, n):
    return torch.lerp(a, b, torch.linspace(0, 1, n)[:, None])


RIGHT = {
    "models/vae/kl": [
        kl_to_standard_normal,
        lambda m, v: torch.distributions.kl_divergence(
            torch.distributions.Normal(m, (v / 2).exp()), torch.distributions.Normal(0.0, 1.0)
        ).sum(1),
    ],
    "models/vae/draw": [lambda m, v, e: m + v.exp().sqrt() * e],
    "models/vae/walk": [
        walk,
        lambda a, b, n: torch.stack([a + (b - a) * i / (n - 1) for i in range(n)]),
    ],
}

WRONG = [
    ("models/vae/kl", lambda m, v: -kl_to_standard_normal(m, v), "never is"),
    (
        "models/vae/kl",
        lambda m, v: kl_to_standard_normal(m, v) / m.shape[1],
        "averaged over the latents",
    ),
    ("models/vae/kl", lambda m, v: kl_to_standard_normal(m, v).mean(), "averaged over the batch"),
    ("models/vae/kl", lambda m, v: 2 * kl_to_standard_normal(m, v), "1/2 is missing"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(1), "-1 is missing"),
    (
        "models/vae/kl",
        lambda m, v: 0.5 * (m**2 + (2 * v).exp() - 1 - 2 * v).sum(1),
        "exp(2 logvar)",
    ),
    ("models/vae/kl", lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(1), "squared"),
    (
        "models/vae/kl",
        lambda m, v: kl_to_standard_normal(m, v).sum(),
        "summed over the batch as well",
    ),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v).sum(0), "axis 1"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v), "add them up"),
    ("models/vae/kl", lambda m, v: 0.5 * ((m**2 + v.exp() - v).sum(1) - 1), "inside the sum"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() - 1 + v).sum(1), "sign of logvar"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v).sum(1), "is sigma;"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v / 2).sum(1), "not half of it"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v - 1 - v.log()).sum(1), "negative number?"),
    ("models/vae/kl", lambda m, v: 0.5 * ((1 + m**2) / v.exp() - 1 + v).sum(1), "KL(p || q)"),
    ("models/vae/kl", lambda m, v: kl_to_standard_normal(m.detach(), v.detach()), "gradient"),
    (
        "models/vae/kl",
        lambda m, v: kl_to_standard_normal(m, v)[:1].expand(2) if len(m) > 1 else m,
        "For",
    ),
    ("models/vae/kl", lambda m, v: 0.5 * (v.exp() - 1 - v).sum(1), "mu^2 is missing"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 + v.exp() + 1 - v).sum(1), "taken away"),
    ("models/vae/kl", lambda m, v: 0.5 * (m**2 - 1 - v).sum(1), "sigma^2 = exp(logvar) is missing"),
    (
        "models/vae/kl",
        lambda m, v: 0.5 * (m**2 + v.detach().exp() - 1 - v).sum(1),
        "twice on logvar",
    ),
    ("models/vae/draw", lambda m, v, e: m + (v / 2).exp() / e, "divided by eps"),
    ("models/vae/draw", lambda m, v, e: m + v.exp() * e, "square root"),
    ("models/vae/draw", lambda m, v, e: m + 0.5 * v.exp() * e, "before exp"),
    ("models/vae/draw", lambda m, v, e: m + (v / 2).exp(), "eps is missing"),
    ("models/vae/draw", lambda m, v, e: (m + e) * (v / 2).exp(), "noise alone"),
    ("models/vae/draw", lambda m, v, e: m + v.sqrt() * e, "negative number?"),
    ("models/vae/draw", lambda m, v, e: m + v * e, "logvar itself"),
    ("models/vae/draw", lambda m, v, e: (v / 2).exp() * e, "mu is missing"),
    ("models/vae/draw", lambda m, v, e: m, "noise is missing"),
    ("models/vae/draw", lambda m, v, e: m + e, "spread is missing"),
    ("models/vae/draw", lambda m, v, e: m.detach() + (v / 2).exp() * e, "gradient"),
    ("models/vae/draw", lambda m, v, e: m + (v / 2).exp() * torch.randn_like(m), "of your own"),
    ("models/vae/walk", lambda a, b, n: walk(b, a, n), "other way"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n + 1)[:-1], "never arrives"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n + 1), "n + 1"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n + 2)[1:-1], "only the places between"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n + 2), "n + 2"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n) - a, "z_a is missing"),
    ("models/vae/walk", lambda a, b, n: torch.linspace(0, 1, n)[:, None] * (a + b), "add up to 1"),
    ("models/vae/walk", lambda a, b, n: list(walk(a, b, n)), "torch.stack"),
    ("models/vae/walk", lambda a, b, n: a + torch.linspace(0, 1, n) * (b - a), "column"),
    ("models/vae/walk", lambda a, b, n: walk(a, b, n).T, "columns"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
