"""Exercises of the first concepts lesson: right answers accepted, planted wrong ones told why."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.lab.judge import judge
from course.answers import Answers


def posterior(logs, prior):
    weighted = logs + prior.log()
    return (weighted - weighted.logsumexp(1, keepdim=True)).exp()


def complete(mean, cov, seen, values):
    order = torch.cat([torch.nonzero(seen), torch.nonzero(~seen)]).flatten()
    n = int(seen.sum())
    block = cov[order][:, order]
    moved = mean[order][n:] + block[n:, :n] @ torch.linalg.inv(block[:n, :n]) @ (
        values - mean[order][:n]
    )
    whole = torch.empty_like(mean)
    whole[order] = torch.cat([values, moved])
    return whole


def filled(mean, seen, values, hidden):
    whole = mean.clone()
    whole[seen], whole[~seen] = values, hidden
    return whole


def by_solve(mean, cov, seen, values, gap=None, weights=None, plus=None):
    gap = values - mean[seen] if gap is None else gap
    weights = torch.linalg.solve(cov[seen][:, seen], gap) if weights is None else weights
    plus = mean[~seen] if plus is None else plus
    return filled(mean, seen, values, plus + cov[~seen][:, seen] @ weights)


def unnormalised(logs, prior):
    return prior * (logs - logs.max(1, keepdim=True).values).exp()


RIGHT = {
    "concepts/what_is_generative_ai/perplexity": [
        lambda p: 2 ** (-p.log2().mean()),
        lambda p: (-p.log().mean()).exp(),
        lambda p: 1 / p.prod() ** (1 / len(p)),
        lambda p: math.prod(1 / v for v in p.tolist()) ** (1 / len(p)),
    ],
    "concepts/what_is_generative_ai/posterior": [
        posterior,
        lambda logs, prior: torch.softmax(logs + prior.log(), 1),
        lambda logs, prior: torch.nn.functional.normalize(
            prior * (logs - logs.max(1, keepdim=True).values).exp(), p=1, dim=1
        ),
    ],
    "concepts/what_is_generative_ai/complete": [complete, by_solve],
}

WRONG = [
    ("concepts/what_is_generative_ai/perplexity", lambda p: -p.log2().mean(), "2 to the power"),
    ("concepts/what_is_generative_ai/perplexity", lambda p: 2 ** p.log2().mean(), "below 1"),
    (
        "concepts/what_is_generative_ai/perplexity",
        lambda p: 1 / p.mean(),
        "averaged the probabilities",
    ),
    ("concepts/what_is_generative_ai/perplexity", lambda p: (1 / p).mean(), "averaged 1/p"),
    ("concepts/what_is_generative_ai/perplexity", lambda p: 1 / p.prod(), "summed"),
    (
        "concepts/what_is_generative_ai/perplexity",
        lambda p: 2 ** (-p.log().mean()),
        "log gives nats",
    ),
    (
        "concepts/what_is_generative_ai/perplexity",
        lambda p: (-p.log2().mean()).exp(),
        "log2 gives bits",
    ),
    ("concepts/what_is_generative_ai/perplexity", lambda p: 2 ** (-p.log2()), "shape"),
    ("concepts/what_is_generative_ai/perplexity", lambda p: -p.log().mean(), "in nats"),
    (
        "concepts/what_is_generative_ai/perplexity",
        lambda p: 2 ** (-(p * p.log2()).sum()),
        "plain mean",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a, 1),
        "frequencies are missing",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a + b, 1),
        "add their logarithms",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a * b, 1),
        "sum of logarithms",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a - b.log(), 1),
        "not subtracted",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a + b.log(), 0),
        "dim=1",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.log_softmax(a + b.log(), 1),
        "take exp",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a, 1) * b,
        "no longer do",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: a.exp() * b / (a.exp() * b).sum(1, keepdim=True),
        "largest value before exp",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: unnormalised(a, b),
        "divide each by its sum",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: a + b.log(),
        "softmax makes probabilities",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.sigmoid(a + b.log()),
        "each class alone",
    ),
    (
        "concepts/what_is_generative_ai/posterior",
        lambda a, b: torch.softmax(a + b.log2(), 1),
        "log2 is not",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: filled(m, s, v, m[~s]),
        "correction is missing",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, gap=v),
        "Subtract the mean",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, plus=torch.zeros_like(m[~s])),
        "mean of the hidden",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, weights=c[s][:, s] @ (v - m[s])),
        "its inverse is asked for",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, weights=v - m[s]),
        "inverse covariance of the seen ones is missing",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, weights=(v - m[s]) / c.diagonal()[s]),
        "variances alone",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, gap=m[s] - v),
        "wrong sign",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v)[~s],
        "whole vector",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: torch.where(s, m, by_solve(m, c, s, v)),
        "seen places must hold",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v).masked_fill(s, 0.0),
        "still 0",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: torch.cat([v, by_solve(m, c, s, v)[~s]]),
        "places are not",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: filled(
            m, s, v, m[~s] + c[~s, s] @ torch.linalg.inv(c[s][:, s]) @ (v - m[s])
        ),
        "entry by entry",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, weights=(1 / c[s][:, s]) @ (v - m[s])),
        "each entry on its own",
    ),
    (
        "concepts/what_is_generative_ai/complete",
        lambda m, c, s, v: by_solve(m, c, s, v, weights=c.inverse()[s][:, s] @ (v - m[s])),
        "block of the seen ones first",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.mark.parametrize("anchor", ["mean", "max of all"])
def test_posterior_must_subtract_the_largest_of_each_row(anchor):
    """Enough where a row's values lie close together, and inf or 0/0 where they do not."""

    def answer(logs, prior):
        base = logs.mean(1, keepdim=True) if anchor == "mean" else logs.max()
        joint = prior * (logs - base).exp()
        return joint / joint.sum(1, keepdim=True)

    verdict = judge("concepts/what_is_generative_ai/posterior", answer)
    assert verdict.state == "wrong" and "no other value is safe" in verdict.message
