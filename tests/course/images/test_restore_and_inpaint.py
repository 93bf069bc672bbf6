"""The restoring lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach import metrics
from aigc_teach.losses.diffusion import noised
from course.answers import Answers

LESSON = "images/restore_and_inpaint"


def error(x, y):
    return (x - y).square().mean((1, 2, 3))


RIGHT = {
    f"{LESSON}/psnr": [
        lambda x, y: metrics.psnr(x, y, data_range=2.0),
        lambda x, y: 20 * torch.log10(2 / error(x, y).sqrt()),
    ],
    f"{LESSON}/inside": [
        lambda x, y, m: (x - y).square()[m.expand_as(x)].mean(),
        lambda x, y, m: ((x - y).square() * m).sum() / (m.sum() * x.shape[1]),
    ],
    f"{LESSON}/merge": [
        lambda d, k, e, m, a: torch.where(m, d, noised(k, e, a)),
        lambda d, k, e, m, a: d * m + ~m * (a**0.5 * k + (1 - a) ** 0.5 * e),
    ],
}

WRONG = [
    (f"{LESSON}/psnr", lambda x, y: 10 * torch.log10(1 / error(x, y)), "You took 1"),
    (f"{LESSON}/psnr", lambda x, y: 10 * torch.log10(2 / error(x, y)), "range is squared"),
    (f"{LESSON}/psnr", lambda x, y: 10 * torch.log10(4 / error(x, y)).mean(), "at the end"),
    (f"{LESSON}/psnr", lambda x, y: 10 * torch.log10(error(x, y) / 4), "minus sign"),
    (f"{LESSON}/psnr", lambda x, y: 10 * (4 / error(x, y)).log(), "base e"),
    (f"{LESSON}/psnr", lambda x, y: 20 * torch.log10(4 / error(x, y)), "a square already"),
    (f"{LESSON}/psnr", lambda x, y: error(x, y), "error itself"),
    (f"{LESSON}/inside", lambda x, y, m: (x - y).square().mean(), "whole picture"),
    (f"{LESSON}/inside", lambda x, y, m: ((x - y).square() * m).mean(), "divided by all"),
    (f"{LESSON}/inside", lambda x, y, m: (x - y).square()[~m.expand_as(x)].mean(), "was known"),
    (f"{LESSON}/inside", lambda x, y, m: ((x - y).square() * m).sum() / m.sum(), "once a channel"),
    (f"{LESSON}/merge", lambda d, k, e, m, a: torch.where(~m, d, noised(k, e, a)), "swapped"),
    (f"{LESSON}/merge", lambda d, k, e, m, a: torch.where(m, d, k), "two levels"),
    (f"{LESSON}/merge", lambda d, k, e, m, a: noised(torch.where(m, d, k), e, a), "as well"),
    (f"{LESSON}/merge", lambda d, k, e, m, a: torch.where(m, d, a * k + (1 - a) * e), "Both"),
    (f"{LESSON}/merge", lambda d, k, e, m, a: noised(k, e, a), "drawn part is missing"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
