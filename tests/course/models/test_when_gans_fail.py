"""The exercises on failures: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course.answers import Answers


def slopes(t, dx):
    return t.diff() / dx


def by_loop(t, dx):
    total = 0.0
    for k in range(len(t) - 1):
        total += max(0.0, abs(float(t[k + 1] - t[k])) / dx - 1) ** 2
    return total / (len(t) - 1)


def deflate(W, v, rounds):
    def iterate(matrix):
        x = v
        for _ in range(rounds):
            x = F.normalize(matrix.T @ (matrix @ x), dim=0)
        return (matrix @ x).norm(), x

    _, x = iterate(W)
    return iterate(W - torch.outer(W @ x, x))[0]


def first(W, v, rounds):
    for _ in range(rounds):
        v = F.normalize(W.T @ (W @ v), dim=0)
    return (W @ v).norm()


def from_found(W, v, rounds):
    for _ in range(rounds):
        u = F.normalize(W @ v, dim=0)
        v = F.normalize(W.T @ u, dim=0)
    rest = W - (u @ W @ v) * torch.outer(u, v)
    for _ in range(rounds):
        u = F.normalize(rest @ v, dim=0)
        v = F.normalize(rest.T @ u, dim=0)
    return u @ rest @ v


def long_u(W, v, rounds):
    x = v
    for _ in range(rounds):
        x = F.normalize(W.T @ (W @ x), dim=0)
    sigma = (W @ x).norm()
    return first(W - sigma * torch.outer(W @ x, x), v, rounds)


def by_change(moved):
    """A doctor whose rule 2 sees another number, made of the changes [T - 1, K]."""

    def answer(shares, quality, gradient):
        word = doctor(shares, quality, gradient, moved=10.0)
        swings = moved(shares.diff(dim=0).abs()) / 2 > 0.25
        return word if word == "vanishing" or not swings else "oscillation"

    return answer


def churn(shares):
    return (shares[1:] - shares[:-1]).abs().sum(1).mean().item() / 2


def doctor(shares, quality, gradient, near=0.01, moved=0.25, part=0.2, good=0.5):
    if gradient[-1] / gradient.max() < near:
        return "vanishing"
    if churn(shares) > moved:
        return "oscillation"
    if int((shares[-1] >= part / shares.shape[1]).sum()) < shares.shape[1]:
        return "collapse"
    return "healthy" if quality[-1] >= good else "unfinished"


def other_order(shares, quality, gradient):
    word = doctor(shares, quality, gradient)
    return "oscillation" if churn(shares) > 0.25 else word


def quality_first(shares, quality, gradient):
    word = doctor(shares, quality, gradient)
    return "unfinished" if word == "collapse" and quality[-1] < 0.5 else word


def quality_before_churn(shares, quality, gradient):
    word = doctor(shares, quality, gradient)
    return "unfinished" if word != "vanishing" and quality[-1] < 0.5 else word


def any_snapshot(shares, quality, gradient):
    word = doctor(shares, quality, gradient)
    if word == "healthy" and bool((shares < 0.2 / shares.shape[1]).any()):
        return "collapse"
    return word


def by_good_points(shares, quality, gradient):
    """The measure that mixes the two numbers: it calls a smear collapsed."""
    return doctor(shares * quality[:, None], torch.ones_like(quality), gradient)


RIGHT = {
    "models/when_gans_fail/one_sided": [
        lambda t, dx: F.relu(slopes(t, dx).abs() - 1).square().mean(),
        lambda t, dx: ((slopes(t, dx).abs().clamp(min=1) - 1) ** 2).mean(),
        by_loop,
    ],
    "models/when_gans_fail/second": [
        deflate,
        lambda W, v, rounds: deflate(W, v, rounds).item(),
    ],
    "models/when_gans_fail/diagnose": [doctor, lambda s, q, g: str(doctor(s, q, g))],
}

WRONG = [
    (
        "models/when_gans_fail/second",
        lambda W, v, rounds: torch.linalg.svdvals(W)[1],
        "power iteration is asked for",
    ),
    ("models/when_gans_fail/second", lambda W, v, rounds: deflate(W, v, 60), "as you are given"),
    (
        "models/when_gans_fail/second",
        lambda W, v, rounds: deflate(W, torch.ones_like(v), rounds),
        "begin at the v",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: ((slopes(t, dx).abs() - 1) ** 2).mean(),
        "two-sided",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(t.diff().abs() - 1).square().mean(),
        "divide",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(slopes(t, dx) - 1).square().mean(),
        "absolute",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(slopes(t, dx).abs() - 1).mean(),
        "squared",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(slopes(t, dx).abs() - 1).square().sum(),
        "mean",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(slopes(t, dx).abs() - 1).square(),
        "shape",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.leaky_relu(slopes(t, dx).abs() - 1).square().mean(),
        "exactly 0",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(torch.gradient(t, spacing=dx)[0].abs() - 1).square().mean(),
        "three values",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(slopes(t, dx).abs().max() - 1) ** 2,
        "steepest",
    ),
    (
        "models/when_gans_fail/one_sided",
        lambda t, dx: F.relu(t.diff().abs() - 1).square().sum(),
        "and you summed",
    ),
    ("models/when_gans_fail/second", long_u, "cut to length 1"),
    ("models/when_gans_fail/second", from_found, "right angles"),
    ("models/when_gans_fail/second", first, "largest"),
    ("models/when_gans_fail/second", lambda W, v, n: torch.linalg.svdvals(W)[1] ** 2, "square"),
    ("models/when_gans_fail/second", lambda W, v, n: torch.linalg.svdvals(W)[-1], "smallest"),
    (
        "models/when_gans_fail/second",
        lambda W, v, n: torch.linalg.svdvals(W)[:2].diff().abs(),
        "difference",
    ),
    ("models/when_gans_fail/second", lambda W, v, n: deflate(W, v, 1), "too small"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: "healthy", "collapse"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: c.sum(1).max()), "on average"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: c.sum(1)[-1]), "on average"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: c.sum(1).median()), "30 %"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: c.sum(0).mean()), "30 %"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: c.mean()), "30 %"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q, g, moved=0.5), "30 %"),
    ("models/when_gans_fail/diagnose", by_change(lambda c: 2 * c.sum(1).mean()), "is halved"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: 3, "as text"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: "ill", "five words"),
    ("models/when_gans_fail/diagnose", other_order, "the first rule that holds"),
    ("models/when_gans_fail/diagnose", quality_first, "rule 3 comes before rule 4"),
    ("models/when_gans_fail/diagnose", quality_before_churn, "the first rule that holds"),
    ("models/when_gans_fail/diagnose", any_snapshot, "only the last"),
    ("models/when_gans_fail/diagnose", by_good_points, "a smear"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q * 0 + 1, g), "a smear"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q[:1], g), "only the last"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q.max()[None], g), "0.9 once"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q, g, good=0.7), "healthy"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q, g, good=0.2), "only the last"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q, g, part=1.0), "healthy"),
    ("models/when_gans_fail/diagnose", lambda s, q, g: doctor(s, q, g, near=0.05), "fiftieth"),
    (
        "models/when_gans_fail/diagnose",
        lambda s, q, g: doctor(s, q, torch.stack([g[0], g[-1]])),
        "compare with the largest",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
    sharing = {"models/when_gans_fail/second": 1, "models/when_gans_fail/diagnose": 6}
