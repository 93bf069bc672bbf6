"""The bound lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from course.answers import Answers


def rec(x, m, v, w, s):
    return -0.5 * (torch.log(2 * math.pi * s**2) + ((x - w * m) ** 2 + w**2 * v) / s**2)


def price(m, v, tau):
    return 0.5 * ((v + m**2) / tau**2 - 1 - torch.log(v / tau**2))


def wide(x, m, v, w, s, tau):
    return rec(x, m, v, w, s) - price(m, v, tau)


def wide_by_library(x, m, v, w, s, tau):
    kl = kl_divergence(Normal(m, v.sqrt()), Normal(torch.zeros_like(m), tau.expand_as(m)))
    return Normal(w * m, s).log_prob(x) - 0.5 * w**2 * v / s**2 - kl


def wide_by_gap(x, m, v, w, s, tau):
    """Evidence minus gap: the other side of the identity."""
    total = (w * tau) ** 2 + s**2
    posterior = Normal(w * tau**2 * x / total, (tau * s / total.sqrt()).expand_as(x))
    evidence = Normal(torch.zeros_like(x), total.sqrt().expand_as(x)).log_prob(x)
    return evidence - kl_divergence(Normal(m, v.sqrt()), posterior)


def ess(lw):
    w = (lw - lw.max(0).values).exp()
    return w.sum(0) ** 2 / (w**2).sum(0)


def ess_after(lw, shift):
    """The effective draws with a shift taken off before exp; only the largest is safe."""
    w = (lw - shift).exp()
    return w.sum(0) ** 2 / (w**2).sum(0)


def others(f):
    return (f.sum() - f) / (len(f) - 1)


def coin(z, f, p):
    return (f - others(f)) * (z - p)


def coin_by_autograd(z, f, p):
    a = torch.logit(p).expand(len(z)).clone().requires_grad_()  # a copy of a for each draw
    log_q = Bernoulli(logits=a).log_prob(z)
    return torch.autograd.grad((log_q * (f - others(f))).sum(), a)[0]


def precision(w, s):
    return torch.eye(w.shape[1], dtype=w.dtype) + w.T @ w / s**2


def of_precision(p):
    return 0.5 * (p.diagonal().log().sum() - torch.logdet(p))


def stays(w, s):
    return of_precision(precision(w, s))


def stays_by_library(w, s):
    p = precision(w, s)
    zero = torch.zeros(len(p), dtype=w.dtype)
    q = MultivariateNormal(zero, torch.diag(1 / p.diagonal()))
    return kl_divergence(q, MultivariateNormal(zero, precision_matrix=p)).item()


RIGHT = {
    "mathematics/the_elbo/wide_prior": [wide, wide_by_library, wide_by_gap],
    "mathematics/the_elbo/effective_draws": [
        ess,
        lambda lw: 1 / (torch.softmax(lw, 0) ** 2).sum(0),
        lambda lw: (2 * lw.logsumexp(0) - (2 * lw).logsumexp(0)).exp(),
    ],
    "mathematics/the_elbo/coin": [
        coin,
        coin_by_autograd,
        lambda z, f, p: torch.stack(
            [(f[k] - torch.cat([f[:k], f[k + 1 :]]).mean()) * (z[k] - p) for k in range(len(f))]
        ),
    ],
    "mathematics/the_elbo/gap_that_stays": [stays, stays_by_library],
}

WRONG = [
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, tau: rec(x, m, v, w, s) - price(m, v.detach(), tau),
        "a gradient is not",
    ),
    ("mathematics/the_elbo/wide_prior", lambda *a: wide(*a[:5], torch.ones(())), "kept the prior"),
    ("mathematics/the_elbo/wide_prior", lambda *a: wide(*a[:5], a[5].sqrt()), "variance tau^2"),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: rec(x, m, 0, w, s) - price(m, v, t),
        "add w^2 v",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: rec(x, m, v / w**2, w, s) - price(m, v, t),
        "multiplied by w^2",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: rec(x, m, v, w, s) + price(m, v, t),
        "subtract",
    ),
    ("mathematics/the_elbo/wide_prior", lambda *a: -wide(*a), "the loss"),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: -0.5 * ((x - w * m) ** 2 + w**2 * v) / s**2 - price(m, v, t),
        "constant log(2 pi s^2)",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: wide(x, m, v, w, s.sqrt(), t),
        "variance s^2",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: (
            rec(x, m, v, w, s)
            - kl_divergence(Normal(torch.zeros_like(m), t.expand_as(m)), Normal(m, v.sqrt()))
        ),
        "KL(prior || q)",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: rec(x, m, v / w, w, s) - price(m, v, t),
        "w^2, not by w",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: wide(x, m, v**2, w, s, t),
        "v is the variance",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: rec(x, m, v, w, s) - price(m, v**2, t),
        "In the KL, v",
    ),
    (
        "mathematics/the_elbo/wide_prior",
        lambda x, m, v, w, s, t: (
            rec(x, m, v, w, s) - 0.5 * ((v + m**2) / t**2 - 1 - torch.log(v / t))
        ),
        "Inside the logarithm",
    ),
    ("mathematics/the_elbo/wide_prior", lambda *a: wide(*a) + a[0], "(x, m, v, w, s, tau) ="),
    ("mathematics/the_elbo/wide_prior", lambda *a: wide(*a).mean(), "shape"),
    ("mathematics/the_elbo/wide_prior", lambda *a: torch.zeros(3), "shape"),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: lw.exp().sum(0) ** 2 / (lw.exp() ** 2).sum(0),
        "underflow",
    ),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: 1 / (torch.softmax(lw, 1) ** 2).sum(1),
        "axis 0",
    ),
    ("mathematics/the_elbo/effective_draws", lambda lw: 1 / ess(lw), "on top"),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: lw.sum(0) ** 2 / (lw**2).sum(0),
        "take exp",
    ),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: lw.exp().sum(0) ** 2 / lw.exp().sum(0),
        "squares",
    ),
    ("mathematics/the_elbo/effective_draws", lambda lw: ess(lw) / len(lw), "division by K"),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: (
            (lw - lw.clamp(max=0).min()).exp().sum(0) ** 2
            / (2 * (lw - lw.clamp(max=0).min())).exp().sum(0)
        ),
        "overflow",
    ),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: ess_after(lw, lw.max()),
        "no common number",
    ),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: ess_after(lw, lw.mean(0)),
        "-1500, 0, -1500",
    ),
    ("mathematics/the_elbo/effective_draws", lambda lw: ess_after(lw, lw[0]), "-1500, 0, -1500"),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: ess_after(lw, lw.min(0).values),
        "-1500, 0, -1500",
    ),
    (
        "mathematics/the_elbo/effective_draws",
        lambda lw: lw.exp().sum(0) / (lw.exp() ** 2).sum(0),
        "be squared",
    ),
    ("mathematics/the_elbo/effective_draws", lambda lw: ess(lw).log(), "the logarithm"),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f - f.mean()) * (z - p), "own value"),
    ("mathematics/the_elbo/coin", lambda z, f, p: f * (z - p), "baseline is missing"),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f + others(f)) * (z - p), "not added"),
    (
        "mathematics/the_elbo/coin",
        lambda z, f, p: (f - (f.sum() - f) / len(f)) * (z - p),
        "by K - 1",
    ),
    (
        "mathematics/the_elbo/coin",
        lambda z, f, p: (f - others(f)) * (z / p - (1 - z) / (1 - p)),
        "derivative by p",
    ),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f - others(f)) * (p - z), "not p - z"),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f - others(f)) * z * (1 - p), "At z = 0"),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f - others(f)) * z, "p is missing"),
    ("mathematics/the_elbo/coin", lambda z, f, p: (f - others(f)) * (z - (1 - p)), "subtract p"),
    (
        "mathematics/the_elbo/coin",
        lambda z, f, p: (f - others(f)) * (z + 7),
        "not the right values",
    ),
    (
        "mathematics/the_elbo/coin",
        lambda z, f, p: (f - others(f)) * (z - 0.5),
        "not the right values",
    ),
    (
        "mathematics/the_elbo/coin",
        lambda z, f, p: (f - others(f)) * Bernoulli(p).log_prob(z),
        "log q(z)",
    ),
    ("mathematics/the_elbo/coin", lambda z, f, p: coin(z, f, p) / len(f), "divided by K"),
    ("mathematics/the_elbo/coin", lambda z, f, p: coin(z, f, p).mean(), "averaged"),
    ("mathematics/the_elbo/coin", lambda z, f, p: coin(z, f, p).mean().item(), "averaged"),
    ("mathematics/the_elbo/coin", lambda z, f, p: coin(z, f, p).sum(), "summed"),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: (
            0.5
            * (
                (precision(w, s).diagonal() * torch.linalg.inv(precision(w, s)).diagonal()).sum()
                - w.shape[1]
                - torch.linalg.inv(precision(w, s)).diagonal().log().sum()
                - torch.logdet(precision(w, s))
            )
        ),
        "own variances",
    ),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: (
            0.5
            * (
                torch.linalg.inv(precision(w, s)).diagonal().log().sum()
                + torch.logdet(precision(w, s))
            )
        ),
        "the other way round",
    ),
    ("mathematics/the_elbo/gap_that_stays", lambda w, s: 2 * stays(w, s), "1/2"),
    ("mathematics/the_elbo/gap_that_stays", lambda w, s: -stays(w, s), "never negative"),
    ("mathematics/the_elbo/gap_that_stays", lambda w, s: stays(w, s**0.5), "s^2"),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: 0.5 * precision(w, s).diagonal().log().sum(),
        "without correlations",
    ),
    ("mathematics/the_elbo/gap_that_stays", lambda w, s: stays(w.T, s), "W' W"),
    ("mathematics/the_elbo/gap_that_stays", lambda w, s: precision(w, s), "single number"),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: of_precision(w.T @ w / s**2),
        "begins with the identity",
    ),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: of_precision(torch.eye(2) + w.T @ w / s**2),
        "L is not always 2",
    ),
    (
        "mathematics/the_elbo/gap_that_stays",
        lambda w, s: of_precision(torch.eye(len(w)) + w.T @ w / s**2),
        "torch.eye(weight.shape[1])",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
    sharing = {
        f"mathematics/the_elbo/{slug}": n
        for slug, n in (("effective_draws", 2), ("coin", 1), ("gap_that_stays", 1))
    }


def test_the_coin_gradient_is_unbiased():
    """All 32 outcomes of five coins, each with its probability: the mean is the exact slope."""
    p, values = torch.tensor(0.3).double(), torch.tensor([-1.2, 2.1]).double()  # f(0), f(1)
    mean = 0.0
    for z in torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).double()] * 5):
        chance = torch.where(z == 1, p, 1 - p).prod()
        mean += chance * coin(z, values[z.long()], p).mean()
    assert mean.item() == pytest.approx((p * (1 - p) * (2.1 + 1.2)).item(), rel=1e-6)
