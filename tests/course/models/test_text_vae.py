"""The text VAE's lesson: its language is what it says, and each wrong answer is told why."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
import torch

from aigc_teach.course.models import text_vae as language
from course.answers import Answers

LESSON = "models/text_vae"


def test_every_line_has_one_reading_and_all_choices_are_there():
    assert len(language.LINES) == math.prod(map(len, language.FACTORS.values())) == 20_000
    assert math.exp(language.NATS) == pytest.approx(20_000)
    for name, choices in language.FACTORS.items():
        counts = Counter(reading[name] for reading in language.READINGS.values())
        assert set(counts) == set(choices) and len(set(counts.values())) == 1


def test_words_undo_tokens():
    table = language.tokens(language.LINES)
    assert table.shape == (20_000, language.LENGTH) and (table[:, -1] == 0).all()
    assert language.words(table) == list(language.LINES)


@pytest.mark.parametrize(
    "line",
    [
        "two cat sees the box today .",
        "one cat see the box today .",
        "one cat saw the box today .",
        "one cat sees the box yesterday .",
        "today one cat sees the box today .",
        "one cat sees the box .",
        "one cat sees the red small box today .",
        "one cat sees the box today",
        "",
    ],
)
def test_what_breaks_a_rule_is_no_line(line):
    assert line not in language.READINGS


def test_the_split_shares_no_line_and_follows_its_seed():
    train, held_out = language.split(0)
    assert not set(train) & set(held_out)
    assert len(set(train)) == 8000 and language.split(0)[0] == train != language.split(1)[0]


@pytest.mark.parametrize("a, b", [("kitten", "sitting"), ("", "ab"), ("ab", ""), ("ab", "ab")])
def test_the_walk_takes_the_fewest_edits(a, b):
    steps = ["".join(step) for step in language.edit_walk(a, b)]
    assert steps[0] == a and steps[-1] == b
    fewest = {("kitten", "sitting"): 3, ("ab", "ab"): 0}.get((a, b), 2)
    assert len(steps) - 1 == fewest
    for before, after in itertools.pairwise(steps):
        assert len(language.edit_walk(before, after)) == 2  # one edit


def test_alone_and_together_are_one_kl():
    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(500, 3, generator=generator).double() @ torch.randn(3, 3).double() + 0.3
    logvar = torch.randn(500, 3, generator=generator).double()
    covariance = mu.T.cov(correction=0) + torch.diag(logvar.exp().mean(0))
    gaussian = torch.distributions.MultivariateNormal(mu.mean(0), covariance)
    prior = torch.distributions.MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    kl = torch.distributions.kl_divergence(gaussian, prior).item()
    alone, together = language.alone_and_together(mu, logvar)
    assert alone + together == pytest.approx(kl) and min(alone, together) > 0
    shuffled = torch.stack([column[torch.randperm(500)] for column in mu.T], dim=1)
    assert language.alone_and_together(shuffled, logvar)[0] == pytest.approx(alone)
    assert language.alone_and_together(shuffled, logvar)[1] < 0.1 * together


def weight(s, b, e):
    return min(1.0, max(0.0, (s - b) / (e - b)))


def paid(kl, free):
    return torch.maximum(kl.mean(0), torch.tensor(free)).sum()


def information(q):
    return (q.diagonal() - q.exp().mean(1).log()).mean()


RIGHT = {
    f"{LESSON}/weight": [
        weight,
        lambda s, b, e: 0.0 if s < b else 1.0 if s > e else (s - b) / (e - b),
    ],
    f"{LESSON}/paid": [paid, lambda kl, f: sum(c.mean().clamp(min=f) for c in kl.T)],
    f"{LESSON}/information": [
        information,
        lambda q: torch.log_softmax(q, 1).diagonal().mean() + math.log(len(q)),
    ],
}
WRONG = [
    (f"{LESSON}/weight", lambda s, b, e: min(1.0, (s - b) / (e - b)), "rewarded"),
    (f"{LESSON}/weight", lambda s, b, e: max(0.0, (s - b) / (e - b)), "goes on growing"),
    (f"{LESSON}/weight", lambda s, b, e: (s - b) / (e - b), "neither held"),
    (f"{LESSON}/weight", lambda s, b, e: 1 - weight(s, b, e), "is to rise"),
    (f"{LESSON}/weight", lambda s, b, e: min(1.0, s / e), "from step 0"),
    (f"{LESSON}/weight", lambda s, b, e: min(1.0, max(0.0, (s - b) / e)), "takes end - begin"),
    (f"{LESSON}/weight", lambda s, b, e: 1.0 if s >= e else 0.0, "a jump at `end`"),
    (f"{LESSON}/weight", lambda s, b, e: 1.0 if s > b else 0.0, "a jump at `begin`"),
    (f"{LESSON}/weight", lambda s, b, e: (s - b) / (e - b) if b <= s <= e else 0.0, "back to 0"),
    (f"{LESSON}/weight", lambda s, b, e: min(1.0, max(0.0, s / (e - b))), "take it away"),
    (f"{LESSON}/weight", lambda s, b, e: max(1.0, min(0.0, (s - b) / (e - b))), "are swapped"),
    (
        f"{LESSON}/weight",
        lambda s, b, e: 0.5 - 0.5 * math.cos(math.pi * weight(s, b, e)),
        "a cosine",
    ),
    (f"{LESSON}/weight", lambda s, b, e: weight(s, b, e) ** 2, "a parabola"),
    (f"{LESSON}/weight", lambda s, b, e: 0.5 if b < s < e else float(s >= e), "two jumps"),
    (f"{LESSON}/paid", lambda kl, f: kl.clamp_min(f).mean(0).sum(), "first take the mean"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(0).sum().clamp_min(f * kl.shape[1]), "You compared"),
    (f"{LESSON}/paid", lambda kl, f: (kl.mean(0) * (kl.mean(0) > f)).sum(), "costs you nothing"),
    (f"{LESSON}/paid", lambda kl, f: (kl - f).relu().mean(0).sum(), "from the KL of each line"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean().clamp_min(f), "lines and latents at once"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(0).sum().clamp_min(f), "each latent's own"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(0).clamp_max(f).sum(), "the smaller one"),
    (f"{LESSON}/paid", lambda kl, f: (kl.mean(0) - f).clamp_min(0).sum(), "pays less"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(0).sum(), "the plain KL"),
    (f"{LESSON}/paid", lambda kl, f: paid(kl, f) / kl.shape[1], "over the latents as well"),
    (f"{LESSON}/paid", lambda kl, f: kl.sum(0).clamp_min(f).sum(), "take their mean"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(0).clamp_min(f), "add them up"),
    (f"{LESSON}/paid", lambda kl, f: kl.mean(1).clamp_min(f).sum(), "other way round"),
    (f"{LESSON}/information", lambda q: information(q) - math.log(len(q)), "log N is missing"),
    (f"{LESSON}/information", lambda q: information(q) - 2 * math.log(len(q)), "wrong sign"),
    (f"{LESSON}/information", lambda q: (q.diagonal() - q.mean(1)).mean(), "of the logarithms"),
    (
        f"{LESSON}/information",
        lambda q: (q.diagonal() - q.exp().mean(0).log()).mean(),
        "axis 1",
    ),
    (f"{LESSON}/information", lambda q: -information(q), "reversed"),
    (f"{LESSON}/information", lambda q: len(q) * information(q), "I is a mean"),
    (f"{LESSON}/information", lambda q: q.diagonal() - q.exp().mean(1).log(), "for each code"),
    (f"{LESSON}/information", lambda q: -q.exp().mean(1).log().mean(), "term is missing"),
    (f"{LESSON}/information", lambda q: q.diagonal().mean(), "own line's term alone"),
    (
        f"{LESSON}/information",
        lambda q: (
            q.diagonal()
            - q.masked_fill(torch.eye(len(q)) > 0, -math.inf).logsumexp(1)
            + math.log(len(q) - 1)
        ).mean(),
        "left the own line out",
    ),
    (f"{LESSON}/information", lambda q: information(q) / math.log(2), "in bits"),
    (f"{LESSON}/information", lambda q: (q.exp().diagonal() - q.exp().mean(1)).mean(), "densities"),
    (
        f"{LESSON}/information",
        lambda q: q.diagonal().mean() - q.exp().mean().log(),
        "the whole table",
    ),
    (f"{LESSON}/information", lambda q: (q - q.exp().mean(1, True).log()).mean(), "all pairs"),
    (f"{LESSON}/paid", lambda kl, f: paid(kl.detach(), f), "gradient"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
