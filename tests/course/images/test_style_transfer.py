"""The style lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.course.images.style_transfer import brush_strokes, judge_features
from aigc_teach.losses.patches import gram, transport_1d
from course.answers import Answers

LESSON = "images/style_transfer"


def match(x, y):
    return y.sort().values[x.argsort().argsort()]


def flat_gram(f):
    return f.flatten(1) @ f.flatten(1).T


RIGHT = {
    f"{LESSON}/apart": [
        transport_1d,
        lambda u, v: sum((a - b) ** 2 for a, b in zip(sorted(u), sorted(v), strict=True)) / len(u),
        lambda u, v: (
            (u.sort(descending=True).values - v.sort(descending=True).values) ** 2
        ).mean(),
    ],
    f"{LESSON}/match": [
        match,
        lambda x, y: torch.empty_like(x).scatter_(0, x.argsort(), y.sort().values),
    ],
    f"{LESSON}/gram": [
        lambda f: gram(f[None])[0],
        lambda f: torch.einsum("ahw,bhw->ab", f, f) / f[0].numel(),
    ],
}

WRONG = [
    (f"{LESSON}/apart", lambda u, v: (u - v).square().mean(), "Sort both"),
    (f"{LESSON}/apart", lambda u, v: (u.sort().values - v).square().mean(), "sort v, too"),
    (f"{LESSON}/apart", lambda u, v: (u - v.sort().values).square().mean(), "sort u, too"),
    (f"{LESSON}/apart", lambda u, v: transport_1d(u, v, power=1), "W_1"),
    (f"{LESSON}/apart", lambda u, v: transport_1d(u, v) * len(u), "take their mean"),
    (f"{LESSON}/apart", lambda u, v: transport_1d(u, v) ** 0.5, "took the root"),
    (f"{LESSON}/apart", lambda u, v: (u.mean() - v.mean()) ** 2, "share a mean"),
    (
        f"{LESSON}/apart",
        lambda u, v: (u.sort().values - v.sort(descending=True).values).square().mean(),
        "dearest",
    ),
    (f"{LESSON}/match", lambda x, y: y.sort().values, "the sorted y"),
    (f"{LESSON}/match", lambda x, y: y.sort().values[x.argsort()], "argsort says"),
    (f"{LESSON}/match", lambda x, y: y[x.argsort().argsort()], "y is not sorted"),
    (
        f"{LESSON}/match",
        lambda x, y: (x - x.mean()) / x.std() * y.std() + y.mean(),
        "mean and spread",
    ),
    (f"{LESSON}/match", lambda x, y: match(-x, y), "turned round"),
    (f"{LESSON}/match", lambda x, y: match(y, x), "swapped"),
    (f"{LESSON}/match", lambda x, y: y, "y itself"),
    (f"{LESSON}/gram", flat_gram, "larger Gram"),
    (f"{LESSON}/gram", lambda f: flat_gram(f) / f.numel(), "channels, too"),
    (f"{LESSON}/gram", lambda f: flat_gram(f) / len(f), "number of channels"),
    (
        f"{LESSON}/gram",
        lambda f: torch.cov(f.flatten(1), correction=0),
        "covariance",
    ),
    (
        f"{LESSON}/gram",
        lambda f: f.flatten(1).T @ f.flatten(1) / f[0].numel(),
        "places with places",
    ),
    (f"{LESSON}/gram", lambda f: f.square().mean((1, 2)), "products of two"),
    (f"{LESSON}/gram", lambda f: flat_gram(f) / f.shape[2], "one row's length"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_strokes_are_a_picture_that_the_seed_decides():
    x = brush_strokes(32, 1)
    assert x.shape == (1, 3, 32, 32) and x.abs().max() <= 1
    assert x.equal(brush_strokes(32, 1)) and not x.equal(brush_strokes(32, 2))


def test_the_judge_sees_how_wide_stripes_are_and_not_where_they_lie():
    def stripes(wavelength, shift=0.0):
        at = torch.arange(48.0)
        return torch.sin(2 * torch.pi / wavelength * (at + shift)).expand(1, 3, 48, 48)

    mean = {k: judge_features(stripes(*k)).mean(0)[:12] for k in ((5.0,), (5.0, 1.3), (8.0,))}
    assert torch.allclose(mean[(5.0,)], mean[(5.0, 1.3)], atol=0.02)
    assert mean[(5.0,)].argmax() == 4 and mean[(8.0,)].argmax() == 8  # direction 0 of each
