"""The exercises on distances: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import numpy as np
import torch
from scipy import stats
from torch.distributions import Categorical, MixtureSameFamily, Normal

from aigc_teach.losses import divergence
from course.answers import Answers


def h(p):
    return -torch.xlogy(p, p).sum(-1)


def js(p, w):
    return h(w @ p) - w @ h(p)


def js_by_kl(p, w):
    return sum(w[i] * divergence.kl(p[i], w @ p) for i in range(len(w)))


def js_by_loop(p, w):
    mean = sum(w[i] * p[i] for i in range(len(w)))
    return divergence.entropy(mean) - sum(w[i] * divergence.entropy(p[i]) for i in range(len(w)))


def naive_js(p, w):
    mean = w @ p
    return -(mean * mean.log()).sum() + w @ (p * p.log()).sum(1)


def work(x, p, q):
    return ((p - q).cumsum(0)[:-1].abs() * x.diff()).sum()


def work_by_loop(x, p, q):
    total, carried = 0.0, 0.0
    for i in range(len(x) - 1):
        carried = carried + p[i] - q[i]
        total = total + abs(carried) * (x[i + 1] - x[i])
    return total


def cover(w, m, s):
    mean = w @ m
    return mean, (w @ (s**2 + (m - mean) ** 2)).sqrt()


def cover_by_moments(w, m, s):
    mean = (w * m).sum()
    return mean, ((w * (s**2 + m**2)).sum() - mean**2) ** 0.5


def cover_by_torch(w, m, s):
    mixture = MixtureSameFamily(Categorical(w), Normal(m, s))
    return mixture.mean, mixture.stddev


def kernel(a, b, h):
    return torch.exp(-((a[:, None] - b) ** 2).sum(-1) / (2 * h**2))


def among(a, h):
    k = kernel(a, a, h)
    return (k.sum() - k.trace()) / (len(a) * (len(a) - 1))


def mmd(x, y, h):
    return among(x, h) + among(y, h) - 2 * kernel(x, y, h).mean()


def mmd_by_mask(x, y, h):
    def own(a):
        return kernel(a, a, h)[~torch.eye(len(a), dtype=torch.bool)].mean()

    between = torch.exp(-(torch.cdist(x, y) ** 2) / (2 * h * h)).mean()
    return own(x) + own(y) - 2 * between


def mean_only(w, m, s):
    return w @ m


RIGHT = {
    "mathematics/distances_between_distributions/js": [js, js_by_kl, js_by_loop],
    "mathematics/distances_between_distributions/earth": [
        work,
        work_by_loop,
        lambda x, p, q: stats.wasserstein_distance(*map(np.asarray, (x, x, p, q))),
    ],
    "mathematics/distances_between_distributions/cover": [cover, cover_by_moments, cover_by_torch],
    "mathematics/distances_between_distributions/mmd": [
        mmd,
        mmd_by_mask,
        lambda x, y, h: divergence.mmd(x, y, bandwidth=h),
    ],
}

WRONG = [
    ("mathematics/distances_between_distributions/js", naive_js, "0 log 0"),
    ("mathematics/distances_between_distributions/js", lambda p, w: -js(p, w), "sign is reversed"),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: js(p, torch.full_like(w, 1 / len(w))),
        "equal weights",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: h(w @ p),
        "entropy of the mean alone",
    ),
    ("mathematics/distances_between_distributions/js", lambda p, w: w @ h(p), "mean entropy alone"),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: h(w @ p) - h(p).mean(),
        "with the same weights",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: js(p, w) / 0.6931472,
        "not log2",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: -h(w @ p) - w @ h(p),
        "minus of the entropy",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: h(p.mean(0)) - w @ h(p),
        "weighted as well",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: h(w @ p) - h(p).sum(),
        "You summed",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: js(p, w).sqrt(),
        "No square root",
    ),
    (
        "mathematics/distances_between_distributions/js",
        lambda p, w: w @ torch.xlogy(p, p).mean(1) - torch.xlogy(w @ p, w @ p).mean(),
        "took the mean",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).cumsum(0)[:-1] * x.diff()).sum(),
        "cancel",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: (p - q).cumsum(0).abs().sum(),
        "uneven",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: (p - q).abs().sum() / 2,
        "total variation",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).abs()[:-1] * x.diff()).sum(),
        "with itself",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: (x @ p - x @ q).abs(),
        "two means",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).cumsum(0)[:-1] ** 2 * x.diff()).sum(),
        "do not square",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: (p - q).cumsum(0).abs() * x.diff(),
        "stopped with",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: (p - q).cumsum(0).abs().sum() * x.diff().mean(),
        "mean width",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).cumsum(0).abs() * x.diff(prepend=x[:1])).sum(),
        "shifted by one gap",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: torch.trapezoid((p - q).cumsum(0).abs(), x),
        "same all along a gap",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).cumsum(0)[:-1].relu() * x.diff()).sum(),
        "moves right only",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).abs().cumsum(0)[:-1] * x.diff()).sum(),
        "after the cumulative sum",
    ),
    (
        "mathematics/distances_between_distributions/earth",
        lambda x, p, q: ((p - q).cumsum(0)[:-1].abs() * x.diff() ** 2).sum(),
        "square the gap",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, cover(w, m, s)[1] ** 2),
        "square root",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w @ s**2).sqrt()),
        "distance between the modes",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, w @ s),
        "averaged the widths",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w @ (m - w @ m) ** 2).sqrt()),
        "width of the modes themselves",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w @ (s**2 + m**2)).sqrt()),
        "subtract the mean",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w @ (s + (m - w @ m) ** 2)).sqrt()),
        "Square the widths",
    ),
    ("mathematics/distances_between_distributions/cover", mean_only, "return 2 values"),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: cover(w, m, s)[::-1],
        "mean comes first",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: cover(torch.ones_like(w) / len(w), m, s),
        "mean needs",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (s**2 + (m - w @ m) ** 2).mean().sqrt()),
        "equally likely: weight",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w**2 @ s**2).sqrt()),
        "Squared weights",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, ((w @ s) ** 2 + w @ (m - w @ m) ** 2).sqrt()),
        "Square each width",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, (w @ s**2).sqrt() + (w @ (m - w @ m) ** 2).sqrt()),
        "before the root",
    ),
    (
        "mathematics/distances_between_distributions/cover",
        lambda w, m, s: (w @ m, w @ (s**2 + (m - w @ m) ** 2).sqrt()),
        "one root",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: divergence.mmd(x, y, bandwidth=h, unbiased=False),
        "biased",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: -mmd(x, y, h),
        "sign is reversed",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: mmd(x, y, h / 2**0.5),
        "not by h^2",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: among(x, h) + among(y, h) - kernel(x, y, h).mean(),
        "counts twice",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: sum(mmd(x[:, [d]], y[:, [d]], h) for d in range(x.shape[1])),
        "one by one",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: (
            (kernel(x, x, h).sum() - len(x)) / len(x) ** 2
            + (kernel(y, y, h).sum() - len(y)) / len(y) ** 2
            - 2 * kernel(x, y, h).mean()
        ),
        "N (N - 1)",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: ((x - y) ** 2).sum(),
        "stopped with",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: mmd(x, y, h).sqrt(),
        "no root",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: mmd(x, y, h).clamp(min=0),
        "cut the result off",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: among(x, h) + kernel(y, y, h).mean() - 2 * kernel(x, y, h).mean(),
        "among the y",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: (
            kernel(x, x, h).sum() / (len(x) * (len(x) - 1))
            + kernel(y, y, h).sum() / (len(y) * (len(y) - 1))
            - 2 * kernel(x, y, h).mean()
        ),
        "still in the sum",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: (
            kernel(x, x, h).triu(1).sum() / (len(x) * (len(x) - 1))
            + kernel(y, y, h).triu(1).sum() / (len(y) * (len(y) - 1))
            - 2 * kernel(x, y, h).mean()
        ),
        "half as many",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: mmd(x, y, h * 3**0.5),
        "you averaged them",
    ),
    (
        "mathematics/distances_between_distributions/mmd",
        lambda x, y, h: mmd(x, y, h * 2**0.5),
        "For inputs",
    ),  # 4 h^2: no name
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
