"""The exercises of the lesson on lying losses: right ones accepted, wrong ones told why."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from aigc_teach.course.clinic.it_runs_and_lies import pieces
from aigc_teach.losses.elbo import bernoulli_nll, kl_to_standard_normal
from course.answers import Answers

BCE, KL = F.binary_cross_entropy, kl_to_standard_normal


def pair(real, fake):
    one, zero = torch.ones_like, torch.zeros_like
    return BCE(real, one(real)) + BCE(fake, zero(fake)), BCE(fake, one(fake))


def by_log(real, fake):
    return -(real.log() + 0).mean() - (1 - fake).log().mean(), -fake.log().mean()


def with_logits(real, fake):
    bce = F.binary_cross_entropy_with_logits
    one, zero = torch.ones_like, torch.zeros_like
    return bce(real, one(real)) + bce(fake, zero(fake)), bce(fake, one(fake))


def miss(answers, labels):
    if answers.numel() != labels.numel():
        raise ValueError("not as many answers as labels")
    return (answers.flatten() - labels.flatten()).pow(2).mean()


def by_reshape(answers, labels):
    return F.mse_loss(answers.reshape(-1), labels.reshape(answers.numel())).add(0)


def by_reshape_value(answers, labels):
    if len(answers) != len(labels):
        raise ValueError
    return F.mse_loss(answers.reshape(-1), labels.reshape(-1))


def terms(logits, x, mu, logvar):
    return bernoulli_nll(logits, x) / x[0].numel(), KL(mu, logvar) / x[0].numel()


def terms_by_mean(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return bce.mean((1, 2, 3)), kl / (x.shape[1] * x.shape[2] * x.shape[3])


RIGHT = {
    "clinic/it_runs_and_lies/pair": [pair, by_log],
    "clinic/it_runs_and_lies/prepare": [
        lambda b, low, high: torch.lerp(torch.tensor(low), torch.tensor(high), b / 255),
        lambda b, low, high: b.to(torch.float32) * ((high - low) / 255) + low,
    ],
    "clinic/it_runs_and_lies/miss": [miss, by_reshape_value],
    "clinic/it_runs_and_lies/terms": [terms, terms_by_mean],
}

WRONG = [
    ("clinic/it_runs_and_lies/pair", with_logits, "probabilities already"),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (-(1 - r).log().mean() - (1 - f).log().mean(), -f.log().mean()),
        "label 0 in your critic",
    ),
    ("clinic/it_runs_and_lies/pair", lambda r, f: (pair(f, r)[0], pair(r, f)[1]), "swapped"),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (pair(r, f)[0], -(1 - f).log().mean()),
        "learn to be caught",
    ),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (pair(r, f)[0], (1 - f).log().mean()),
        "saturating",
    ),
    ("clinic/it_runs_and_lies/pair", lambda r, f: (pair(r, f)[0] / 2, pair(r, f)[1]), "halved"),
    ("clinic/it_runs_and_lies/pair", lambda r, f: pair(r, f)[0], "2 values"),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (pair(r, f)[0], pair(r, f.detach())[1]),
        "All answers in the generator's loss count",
    ),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (pair(r, f.detach())[0], pair(r, f)[1]),
        "Look at argument 2",
    ),
    (
        "clinic/it_runs_and_lies/pair",
        lambda r, f: (pair(r.detach(), f)[0], pair(r, f)[1]),
        "Look at argument 1",
    ),
    (
        "clinic/it_runs_and_lies/prepare",
        lambda b, low, high: low + (high - low) * b / 256,
        "not 256",
    ),
    (
        "clinic/it_runs_and_lies/prepare",
        lambda b, low, high: low + (int(high - low) * b) / 255,
        "begin again",
    ),
    ("clinic/it_runs_and_lies/prepare", lambda b, low, high: b / 255, "are [0, 1]"),
    ("clinic/it_runs_and_lies/prepare", lambda b, low, high: b / 127.5 - 1, "are [-1, 1]"),
    ("clinic/it_runs_and_lies/prepare", lambda b, low, high: low + high * b / 255, "the width"),
    (
        "clinic/it_runs_and_lies/prepare",
        lambda b, low, high: low + (high - low) * b.float(),
        "by 255 is missing",
    ),
    (
        "clinic/it_runs_and_lies/prepare",
        lambda b, low, high: low + (high - low) * b.double() / 255,
        "float64",
    ),
    ("clinic/it_runs_and_lies/miss", lambda a, y: (a - y).square().mean(), "a table"),
    (
        "clinic/it_runs_and_lies/miss",
        lambda a, y: (a.flatten() - y).square().mean(),
        "answers only",
    ),
    ("clinic/it_runs_and_lies/miss", lambda a, y: (a - y.flatten()).square().mean(), "labels only"),
    (
        "clinic/it_runs_and_lies/miss",
        lambda a, y: (a.flatten() - y.flatten()).square().mean(),
        "without a word",
    ),
    ("clinic/it_runs_and_lies/miss", by_reshape, "RuntimeError"),
    (
        "clinic/it_runs_and_lies/miss",
        lambda a, y: (a.flatten() - y.flatten()).square().sum(),
        "summed",
    ),
    ("clinic/it_runs_and_lies/miss", lambda a, y: miss(a.detach(), y), "no gradient"),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], terms(a, x, m, v)[1].detach()),
        "Look at argument 3",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], terms(a, x, m, v.detach())[1]),
        "Look at argument 4",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: terms((a + a.detach()) / 2, x, m, v),
        "Look at argument 1",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], KL(m, v)),
        "collapse",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], KL(m, v) / m.shape[1]),
        "latents",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (bernoulli_nll(a, x), KL(m, v)),
        "nats a picture",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (bernoulli_nll(a, x) / 784, KL(m, v) / 784),
        "whatever",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], -terms(a, x, m, v)[1]),
        "reversed",
    ),
    (
        "clinic/it_runs_and_lies/terms",
        lambda a, x, m, v: (terms(a, x, m, v)[0], -pieces.printed_kl(m, v) / x[0].numel()),
        "variance 2",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
