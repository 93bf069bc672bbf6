"""Questions with numbers on failures, labels, a model of one's own, and the clinic's cases."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import torch
from scipy import optimize, stats
from scipy.spatial.distance import cdist
from torch import nn

from exams.template import listed, shares, signed, template

# When GANs fail

template(
    "models/when_gans_fail",
    "disc",
    draw=lambda r: {"k": r.randint(8, 30) / 10, "n": 100 * r.randint(5, 60)},
    ask=lambda k, n: (
        f"A generator draws {n} points exactly as one mode of the ring does: a round Gaussian in "
        f"the plane. How many of them does it put within {k:g} standard deviations of the centre, "
        "on average?"
    ),
    formula=lambda k, n: n * (1 - math.exp(-k * k / 2)),
    solve=lambda k, n: n * stats.chi2(2).cdf(k * k),
    why=lambda k, n: "$n\\,(1 - e^{-k^2/2})$: the integral of $r\\,e^{-r^2/2}$ from 0 to $k$.",
)

template(
    "models/when_gans_fail",
    "penalty",
    draw=lambda r: {"a": signed(r, 40), "b": signed(r, 40)},
    ask=lambda a, b: (
        f"What is the gradient penalty (aimed at slope 1, without its weight) of the critic "
        f"$t(x) = {a:g}\\,x_1 + {b:g}\\,x_2$?".replace("+ -", "- ")
    ),
    formula=lambda a, b: (math.hypot(a, b) - 1) ** 2,
    solve=lambda a, b: (slope_of(a, b) - 1) ** 2,
    why=lambda a, b: (
        "The slope is $\\sqrt{a^2 + b^2}$ everywhere; the penalty $(|\\nabla t| - 1)^2$."
    ),
)


def slope_of(a: float, b: float) -> float:
    """The length of the critic's gradient, by automatic differentiation."""
    x = torch.tensor([0.3, -0.8], dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad((x * torch.tensor([a, b]).double()).sum(), x)[0].norm().item()


template(
    "models/when_gans_fail",
    "bound",
    draw=lambda r: {"pairs": [(signed(r, 30), signed(r, 30)) for _ in range(2)]},
    ask=lambda pairs: (
        "A critic is a chain of two matrices with a leaky ReLU between them: "
        + " and ".join(
            f"$\\begin{{pmatrix}} {a:g} & {b:g} \\\\ {b:g} & {a:g} \\end{{pmatrix}}$"
            for a, b in pairs
        )
        + ". Which bound do the spectral norms give for its slope?"
    ),
    formula=lambda pairs: math.prod(max(abs(a + b), abs(a - b)) for a, b in pairs),
    solve=lambda pairs: math.prod(
        torch.linalg.matrix_norm(torch.tensor([[a, b], [b, a]]).double(), 2).item()
        for a, b in pairs
    ),
    why=lambda pairs: (
        "(1, 1) and (1, -1) are stretched by $|a + b|$ and $|a - b|$; the larger one counts, and "
        "the two layers' norms multiply."
    ),
)

# Conditional generation

template(
    "models/conditional_generation",
    "name_it",
    draw=lambda r: {
        "likely": [-800 - r.randint(0, 60) / 10 for _ in range(3)],
        "prior": shares(r, 3),
    },
    ask=lambda likely, prior: (
        f"A conditional model gives one picture $\\log p(x|y) = {listed(likely)}$ for the labels "
        f"0, 1 and 2, whose shares are {listed(prior)}. What is $p(y = 0\\,|\\,x)$?"
    ),
    formula=lambda likely, prior: (
        prior[0] / sum(p * math.exp(a - likely[0]) for p, a in zip(prior, likely, strict=True))
    ),
    solve=lambda likely, prior: (
        (torch.tensor(likely).double() + torch.tensor(prior).double().log()).softmax(0)[0].item()
    ),
    why=lambda likely, prior: (
        "Bayes' rule; take one logarithm off from all first, or everything is 0."
    ),
)

template(
    "models/conditional_generation",
    "worth",
    draw=lambda r: {"joint": shares(r, 4)},
    ask=lambda joint: (
        "Two labels and two pictures; the pairs (label, picture) 00, 01, 10, 11 have the "
        f"probabilities {listed(joint)}. By how many nats a picture is the label worth to a "
        "perfect model?"
    ),
    formula=lambda joint: sum(
        p * math.log(p / ((joint[2 * y] + joint[2 * y + 1]) * (joint[x] + joint[x + 2])))
        for (y, x), p in zip(((0, 0), (0, 1), (1, 0), (1, 1)), joint, strict=True)
    ),
    solve=lambda joint: (
        stats.entropy(np.reshape(joint, (2, 2)).sum(1))
        + stats.entropy(np.reshape(joint, (2, 2)).sum(0))
        - stats.entropy(joint)
    ),
    why=lambda joint: (
        "$E[\\log p(x|y)] - E[\\log p(x)]$: the label's entropy less the doubt that $x$ leaves."
    ),
)

# Your own model and pictures

template(
    "models/your_own_model_and_pictures",
    "energy",
    draw=lambda r: {k: r.sample(range(-9, 10), 3) for k in ("x", "y")},
    ask=lambda x, y: (
        f"Real points on a line: {listed(x)}; made ones: {listed(y)}. What is the estimate of the "
        "energy distance, with pairs of a point and itself left out? (It may be negative.)"
    ),
    formula=lambda x, y: (
        2 * mean(abs(a - b) for a in x for b in y) - mean_within(x) - mean_within(y)
    ),
    solve=lambda x, y: by_matrices(np.array(x)[:, None], np.array(y)[:, None]),
    why=lambda x, y: "$2\\,E|x - y| - E|x - x'| - E|y - y'|$; each set has three pairs.",
)


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def mean_within(points: list) -> float:
    return mean(abs(a - b) for i, a in enumerate(points) for b in points[:i])


def by_matrices(x: np.ndarray, y: np.ndarray) -> float:
    """The same from matrices of distances, whose diagonals are 0."""
    n, m = len(x), len(y)
    within = cdist(x, x).sum() / (n * (n - 1)) + cdist(y, y).sum() / (m * (m - 1))
    return float(2 * cdist(x, y).mean() - within)


# It crashes

template(
    "clinic/it_crashes",
    "chain",
    draw=lambda r: {
        "k": r.randint(3, 6),
        "p": r.randint(0, 1),
        "side": r.randint(2, 9),
        "n": r.randint(2, 4),
    },
    ask=lambda k, p, side, n: (
        f"{n} transposed convolutions in a row, each with kernel {k}, stride 2 and padding {p}, "
        f"begin with a map of {side} by {side}. How long is a side of what comes out?"
    ),
    formula=lambda k, p, side, n: 2**n * side + (k - 2 - 2 * p) * (2**n - 1),
    solve=lambda k, p, side, n: reduce(
        lambda x, _: nn.ConvTranspose2d(1, 1, k, 2, p, device="meta")(x),
        range(n),
        torch.zeros(1, 1, side, side, device="meta"),
    ).shape[-1],
    why=lambda k, p, side, n: "$o_n = s^n i + c\\,(s^n - 1)/(s - 1)$ with $c = k - s - 2p$.",
)

# It runs, and it lies

template(
    "clinic/it_runs_and_lies",
    "axis",
    draw=lambda r: {
        "a": [r.randint(0, 20) / 20 for _ in range(4)],
        "y": r.choice([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]),
    },
    ask=lambda a, y: (
        f"A critic's answers {listed(a)} have the shape [4, 1], the labels {listed(y)} the shape "
        "[4]. What does the mean squared error print after broadcasting?"
    ),
    formula=lambda a, y: np.var(a) + (np.mean(a) - np.mean(y)) ** 2 + np.var(y),
    solve=lambda a, y: (
        ((torch.tensor(a).double()[:, None] - torch.tensor(y).double()) ** 2).mean().item()
    ),
    why=lambda a, y: (
        "Every answer meets every label: $\\mathrm{Var}(a) + (\\bar a - \\bar y)^2 + "
        "\\mathrm{Var}(y)$."
    ),
)

template(
    "clinic/it_runs_and_lies",
    "two_sigmoids",
    draw=lambda r: {"t": signed(r, 40), "u": signed(r, 40)},
    ask=lambda t, u: (
        f"A critic's last layer gives {t:g} for a real and {u:g} for a generated picture. It ends "
        "in a sigmoid, and the loss applies a second one. What is the critic's loss (both terms "
        "added)?"
    ),
    formula=lambda t, u: softplus(-1 / (1 + math.exp(-t))) + softplus(1 / (1 + math.exp(-u))),
    solve=lambda t, u: sum(
        nn.functional.binary_cross_entropy_with_logits(
            torch.tensor(answer).double().sigmoid(), torch.tensor(label).double()
        ).item()
        for answer, label in ((t, 1.0), (u, 0.0))
    ),
    why=lambda t, u: "With $a = \\sigma(t)$ taken for a logit: $s(-a) + s(b)$; never below 1.006.",
)


def softplus(t: float) -> float:
    return math.log1p(math.exp(t))


# The protocol is wrong

template(
    "clinic/the_protocol_is_wrong",
    "bribed",
    draw=lambda r: {
        "p": r.randint(1, 19) / 20,
        "q": r.randint(1, 19) / 20,
        "w": r.randint(1, 30) / 10,
    },
    ask=lambda p, q, w: (
        "The generator's loss slips into the critic's sum, multiplied by "
        f"{w:g}. At a point the real data have the density {p:g} and the generated ones {q:g}. "
        "Which probability of real does the critic come to rest at?"
    ),
    formula=lambda p, q, w: (p + w * q) / (p + (1 + w) * q),
    solve=lambda p, q, w: (
        optimize.minimize_scalar(
            lambda s: -p * math.log(s) - q * math.log(1 - s) - w * q * math.log(s),
            bounds=(1e-9, 1 - 1e-9),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
    ),
    why=lambda p, q, w: "Set the slope of $-(p + wq) \\ln s - q \\ln(1 - s)$ to 0.",
)
