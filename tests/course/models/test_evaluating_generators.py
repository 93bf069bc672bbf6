"""The evaluation lesson's exercises: right answers pass, each planted wrong one is told why."""

from __future__ import annotations

import itertools

import torch

from aigc_teach.metrics import neighbour_scores
from course.answers import Answers


def cover(samples, real, k):
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    return (torch.cdist(real, samples) <= reach[:, None]).any(1).double().mean()


def by_loop(samples, real, k):
    hits = 0
    for i, one in enumerate(real):
        others = torch.cat([real[:i], real[i + 1 :]])
        radius = sorted((others - one).norm(dim=1).tolist())[k - 1]
        hits += (samples - one).norm(dim=1).min().item() <= radius + 1e-7
    return hits / len(real)


def one_reach(samples, real, k):
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values.mean()
    return (torch.cdist(real, samples) <= reach).any(1).double().mean()


def extrapolated(d1, n1, d2, n2):
    return (n1 * d1 - n2 * d2) / (n1 - n2)


def inside(samples, real, k):
    reach = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    return torch.cdist(real, samples) <= reach[:, None]


def aligned(x, known, shifts):
    gaps = [torch.cdist(x.roll(s, (2, 3)).flatten(1), known.flatten(1)).amin(1) for s in shifts]
    return torch.stack(gaps).amin(0)


NINE = list(itertools.product((-1, 0, 1), repeat=2))
FIVE = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]


def detector(shifts, share=0.02):
    def is_copy(samples, known, unseen):
        threshold = aligned(unseen, known, shifts).quantile(share)
        return aligned(samples, known, shifts) < threshold

    return is_copy


def aligned_ratio(samples, known, unseen):
    near = torch.stack(
        [torch.cdist(samples.roll(s, (2, 3)).flatten(1), known.flatten(1)) for s in NINE]
    ).amin(0)  # [N, M]
    two = near.topk(2, largest=False).values
    return two[:, 0] < 0.6 * two[:, 1]


def plain_ratio(samples, known, unseen):
    two = torch.cdist(samples.flatten(1), known.flatten(1)).topk(2, largest=False).values
    return two[:, 0] < 0.7 * two[:, 1]


RIGHT = {
    "models/evaluating_generators/coverage": [
        cover,
        by_loop,
        lambda s, r, k: neighbour_scores(s, r, k=k).coverage,
        lambda s, r, k: cover(s, r, k).item(),
    ],
    "models/evaluating_generators/limit": [
        lambda d1, n1, d2, n2: (n1 * d1 - n2 * d2) / (n1 - n2),
        lambda d1, n1, d2, n2: d1 - (d1 - d2) / (1 / n1 - 1 / n2) / n1,
    ],
    "models/evaluating_generators/fool": [
        torch.arange(300) % 40,
        [i % 30 for i in range(300)],
        (torch.arange(300) % 50).int(),
        10 * torch.randint(4, (300,), generator=torch.Generator().manual_seed(0))
        + torch.arange(300) % 10,
    ],
    "models/evaluating_generators/copies": [
        detector(NINE),
        aligned_ratio,
        lambda *x: detector(NINE)(*x).float(),
        detector(list(itertools.product((-2, -1, 0, 1, 2), repeat=2))),
    ],
}

WRONG = [
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(s, r, k).any(0).double().mean(),
        "precision",
    ),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(r, s, k).any(0).double().mean(),
        "recall",
    ),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(s, r, k).double().sum() / k / len(s),
        "density",
    ),
    ("models/evaluating_generators/coverage", lambda s, r, k: cover(s, r, k - 1), "too small"),
    ("models/evaluating_generators/coverage", lambda s, r, k: cover(s, r, k + 1), "too far"),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: cover(s, r, k) * len(r),
        "their share",
    ),
    ("models/evaluating_generators/coverage", lambda s, r, k: 1 - cover(s, r, k), "empty"),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(s, r, k).any(1),
        "one single number",
    ),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(s, r, k).any(0).double().sum(),
        "samples",
    ),
    ("models/evaluating_generators/coverage", one_reach, "a reach of its own"),
    ("models/evaluating_generators/coverage", lambda s, r, k: cover(s, r, 5), "whatever k says"),
    (
        "models/evaluating_generators/coverage",
        lambda s, r, k: inside(s, r, k).any(1).sum() / len(s),
        "number of sam",
    ),
    ("models/evaluating_generators/coverage", lambda s, r, k: cover(r, s, k), "changed places"),
    ("models/evaluating_generators/limit", lambda *d: max(0.0, extrapolated(*d)), "below 0"),
    ("models/evaluating_generators/limit", lambda *d: abs(extrapolated(*d)), "below 0"),
    ("models/evaluating_generators/limit", lambda *d: d[0] - extrapolated(*d), "a/n, the bias"),
    ("models/evaluating_generators/limit", lambda *d: 2 * d[0] - extrapolated(*d), "once more"),
    ("models/evaluating_generators/limit", lambda d1, n1, d2, n2: (d1 + d2) / 2, "only one sign"),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: (n1 * d2 - n2 * d1) / (n1 - n2),
        "over n,",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: (d1 - d2) / (1 / n1 - 1 / n2),
        "slope",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: (n1 * d1 - n2 * d2) / (n2 - n1),
        "minus b",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: (n1 * d1 + n2 * d2) / (n1 + n2),
        "weighted",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: d2 if n2 > n1 else d1,
        "own bias",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: (n1**0.5 * d1 - n2**0.5 * d2) / (n1**0.5 - n2**0.5),
        "root of n",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: extrapolated(d1**0.5, n1, d2**0.5, n2) ** 2,
        "took roots",
    ),
    (
        "models/evaluating_generators/limit",
        lambda d1, n1, d2, n2: n1 * d1 - n2 * d2,
        "divide it",
    ),
    ("models/evaluating_generators/limit", lambda d1, n1, d2, n2: 0.0, "too small"),
    ("models/evaluating_generators/fool", torch.arange(300), "300 different digits reach"),
    ("models/evaluating_generators/fool", torch.zeros(300, dtype=torch.long), "1 digit does not"),
    (
        "models/evaluating_generators/fool",
        10 * (torch.arange(300) % 50) + 3,
        "Is every class among them",
    ),
    ("models/evaluating_generators/fool", torch.arange(40), "shape [40]"),
    ("models/evaluating_generators/fool", torch.arange(300) + 300, "between 0 and 499"),
    ("models/evaluating_generators/fool", torch.rand(300), "whole numbers"),
    (
        "models/evaluating_generators/fool",
        torch.zeros(300, 1, 28, 28),
        "not the pictures themselves",
    ),
    ("models/evaluating_generators/fool", 40, "A tensor of 300"),
    ("models/evaluating_generators/copies", plain_ratio, "shifted by a pixel"),
    ("models/evaluating_generators/copies", detector([(0, 0)]), "undoing the shift"),
    ("models/evaluating_generators/copies", detector(FIVE), "nine shifts, not five"),
    ("models/evaluating_generators/copies", detector(NINE, 0.6), "of unseen digits copies"),
    (
        "models/evaluating_generators/copies",
        lambda x, *_: torch.ones(len(x)).bool(),
        "100% of unseen",
    ),
    (
        "models/evaluating_generators/copies",
        lambda x, *_: torch.zeros(len(x)).bool(),
        "call nothing a copy",
    ),
    ("models/evaluating_generators/copies", lambda x, k, u: aligned(x, k, NINE), "not a distance"),
    (
        "models/evaluating_generators/copies",
        lambda x, k, u: aligned(x, k, NINE) < 1e-1,
        "too strict",
    ),
    ("models/evaluating_generators/copies", lambda x, k, u: detector(NINE)(x, k, u).all(), "shape"),
    (
        "models/evaluating_generators/copies",
        lambda *x: detector(NINE)(*x).nonzero().flatten(),
        "not the places",
    ),
    (
        "models/evaluating_generators/copies",
        lambda x, k, u: aligned(x, k, NINE) < 3.0,
        "fixed number",
    ),
    ("models/evaluating_generators/copies", detector(NINE[:4] + NINE[5:]), "no shift at all"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG

    def stub(self, name):
        return None if name == "models/evaluating_generators/fool" else super().stub(name)
