"""The game's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from course.answers import Answers

bce = F.binary_cross_entropy_with_logits


def smooth(real, fake, s):
    return bce(real, torch.full_like(real, s)) + bce(fake, torch.zeros_like(fake))


def by_hand(real, fake, s):
    paid = s * F.softplus(-real) + (1 - s) * F.softplus(real)
    return paid.sum() / len(real) + F.softplus(fake).mean()


def by_sigmoid(real, fake, s):  # right on paper, lost where sigmoid rounds to 0 or 1
    d, e = real.sigmoid(), fake.sigmoid()
    return -(s * d.log() + (1 - s) * (1 - d).log()).mean() - (1 - e).log().mean()


def clamped(real, fake, s):
    d, e = real.sigmoid().clamp(1e-6, 1 - 1e-6), fake.sigmoid().clamp(1e-6, 1 - 1e-6)
    return -(s * d.log() + (1 - s) * (1 - d).log()).mean() - (1 - e).log().mean()


def optimistic(now, before, eta):
    slopes = 2 * now.flip(0) - before.flip(0)
    return now + eta * slopes * torch.tensor([-1.0, 1.0])


def plain(now, eta):
    return torch.stack([now[0] - eta * now[1], now[1] + eta * now[0]])


RIGHT = {
    "mathematics/the_adversarial_game/diet": [
        lambda p, q, r: r * p / (r * p + (1 - r) * q),
        lambda p, q, r: 1 - (1 - r) * q / (r * p + (1 - r) * q),
        lambda p, q, r: torch.sigmoid((r * p).log() - ((1 - r) * q).log()),
    ],
    "mathematics/the_adversarial_game/smooth": [
        smooth,
        by_hand,
        lambda r, f, s: smooth(r, f, s).item(),
    ],
    "mathematics/the_adversarial_game/optimistic": [
        optimistic,
        lambda n, b, e: n + 2 * (plain(n, e) - n) - (plain(b, e) - b),
    ],
}

WRONG = [
    ("mathematics/the_adversarial_game/diet", lambda p, q, r: p / (p + q), "left out the share"),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: (1 - r) * p / ((1 - r) * p + r * q),
        "exchanged",
    ),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: (1 - r) * q / (r * p + (1 - r) * q),
        "being generated",
    ),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: r * p / (r * p + q),
        "Only p is weighted",
    ),
    ("mathematics/the_adversarial_game/diet", lambda p, q, r: r * p / (p + q), "below the line"),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: r * p / (p + q) + (1 - r) / 2,
        "afterwards",
    ),
    ("mathematics/the_adversarial_game/diet", lambda p, q, r: r * p / ((1 - r) * q), "For"),
    ("mathematics/the_adversarial_game/diet", lambda p, q, r: 5 * p / (p + q), "leave [0, 1]"),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: (r * p / ((1 - r) * q)).log(),
        "leave [0, 1]",
    ),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: p / (p + (1 - r) * q),
        "Only q is weighted",
    ),
    (
        "mathematics/the_adversarial_game/diet",
        lambda p, q, r: (r * p / (r * p + (1 - r) * q)).mean(),
        "shape",
    ),
    ("mathematics/the_adversarial_game/smooth", lambda r, f, s: smooth(r, f, 1.0), "label 1"),
    ("mathematics/the_adversarial_game/smooth", lambda r, f, s: smooth(r, f, 1 - s), "exchanged"),
    ("mathematics/the_adversarial_game/smooth", lambda r, f, s: -smooth(r, f, s), "reversed"),
    ("mathematics/the_adversarial_game/smooth", lambda r, f, s: smooth(r, f, s) / 2, "halved"),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: smooth(r.sigmoid(), f.sigmoid(), s),
        "double sigmoid",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: bce(r, torch.full_like(r, s)) + bce(f, torch.full_like(f, 1 - s)),
        "both labels",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: s * F.softplus(-r).mean() + F.softplus(f).mean(),
        "second half",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: len(r) * bce(r, torch.full_like(r, s)) + F.softplus(f).sum(),
        "summed",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: bce(
            torch.cat([r, f]), torch.cat([torch.full_like(r, s), torch.zeros_like(f)])
        ),
        "one mean over all",
    ),
    ("mathematics/the_adversarial_game/smooth", lambda r, f, s: smooth(r, -f, s), "saying 'real'"),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: bce(r, torch.full_like(r, s)) + bce(f, torch.full_like(f, s)),
        "both kinds the label s",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: s * F.softplus(-r).mean() + (1 - s) * F.softplus(f).mean(),
        "softplus(t) of theirs",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: bce(r, torch.full_like(r, s)),
        "generated points is missing",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: smooth(f, r, s),
        "two kinds are exchanged",
    ),
    (  # not "right for small logits": it forgets the sigmoid altogether
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: -(s * r.log() + (1 - s) * (1 - r).log()).mean() - (1 - f).log().mean(),
        "NaN",
    ),
    ("mathematics/the_adversarial_game/smooth", by_sigmoid, "softplus, or"),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: smooth(r.clamp(-20, 20), f.clamp(-20, 20), s),
        "yours is 20. Something holds it down",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: F.softplus(r).mean() + F.softplus(f).mean(),
        "the one with s is softplus(-t)",
    ),
    (
        "mathematics/the_adversarial_game/smooth",
        lambda r, f, s: smooth(r, f.detach(), s),
        "a gradient is not",
    ),
    ("mathematics/the_adversarial_game/smooth", clamped, "Something holds it down"),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: plain(n, e),
        "plain simultaneous",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + plain(plain(n, e), e) - plain(n, e),
        "extragradient",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: plain(n, 2 * e),
        "not subtracted",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: optimistic(n, b, 1.0),
        "eta is missing",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + (plain(n, e) - n + plain(b, e) - b) / 2,
        "averaged",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + plain(n, e) - n + plain(b, e) - b,
        "For",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + 2 * (plain(n, e) - n) + plain(b, e) - b,
        "subtracted",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + 2 * (plain(b, e) - b) - plain(n, e) + n,
        "wrong slope",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: plain(n, e) - plain(b, e) + b,
        "factor 2",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: 2 * n - optimistic(n, b, e),
        "exchanged",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n - e * (2 * n.flip(0) - b.flip(0)),
        "Both players go down",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + e * (2 * n.flip(0) - b.flip(0)),
        "go up",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: n + e * (2 * n - b) * torch.tensor([-1.0, 1.0]),
        "each player's slope",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: b + optimistic(n, b, e) - n,
        "previous place",
    ),
    (
        "mathematics/the_adversarial_game/optimistic",
        lambda n, b, e: tuple(optimistic(n, b, e)),
        "torch.Tensor",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
    sharing = {"mathematics/the_adversarial_game/diet": 1}


def test_the_hidden_optimum_that_the_verdict_names():
    """The best critic with the label s says s p / (p + q), found by search."""
    p, q, s = 0.3, 0.2, 0.9
    t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([t], lr=2.0)
    for _ in range(2000):
        optimizer.zero_grad()
        paid = p * (s * F.softplus(-t) + (1 - s) * F.softplus(t)) + q * F.softplus(t)
        paid.sum().backward()
        optimizer.step()
    assert t.sigmoid().item() == pytest.approx(s * p / (p + q), abs=1e-6)


def test_optimistic_steps_arrive():
    path = [torch.tensor([1.0, 0.0])] * 2
    for _ in range(400):
        path.append(optimistic(path[-1], path[-2], 0.2))
    assert path[60].norm() < 0.5 and path[-1].norm() < 0.01
