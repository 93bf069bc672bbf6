"""The VQ-VAE lesson: right answers accepted, planted wrong ones told why; sizes of files."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core.errors import ChoiceError
from aigc_teach.course.models.vq_vae import stored
from aigc_teach.metrics import code_use
from aigc_teach.nn import nearest_codes, straight_through
from course.answers import Answers

LESSON = "models/vq_vae"


def pooled(batches):
    return code_use(batches, 8).perplexity


RIGHT = {
    f"{LESSON}/nearest": [
        nearest_codes,
        lambda z, e: torch.cdist(z, e).argmin(1),
        lambda z, e: (e.square().sum(1) - 2 * z @ e.T).argmin(1),
    ],
    f"{LESSON}/through": [
        straight_through,
        lambda z, e: e.detach() + z - z.detach(),
    ],
    f"{LESSON}/perplexity": [pooled, lambda b: torch.tensor(pooled(b))],
}

WRONG = [
    (f"{LESSON}/nearest", lambda z, e: torch.cdist(z, e).argmax(1), "argmin"),
    (f"{LESSON}/nearest", lambda z, e: (z @ e.T).argmax(1), "long codes"),
    (f"{LESSON}/nearest", lambda z, e: torch.cdist(z, e).amin(1), "its number"),
    (f"{LESSON}/nearest", lambda z, e: torch.cdist(z, e).argmin(0), "must choose"),
    (f"{LESSON}/nearest", lambda z, e: torch.cdist(z, e, p=1).argmin(1), "absolute"),
    (f"{LESSON}/nearest", lambda z, e: e[nearest_codes(z, e)], "numbers"),
    (f"{LESSON}/nearest", lambda z, e: (z[:, None] - e).sum(2).argmin(1), "cancel"),
    (f"{LESSON}/through", lambda z, e: e, "no gradient"),
    (f"{LESSON}/through", lambda z, e: z + (e - z), "gradient is not"),
    (f"{LESSON}/through", lambda z, e: z + e - z.detach(), "reaches e"),
    (f"{LESSON}/through", lambda z, e: z, "must read the codes"),
    (f"{LESSON}/through", lambda z, e: z + e.detach(), "must be e"),
    (f"{LESSON}/through", lambda z, e: (e - z).detach(), "what must be added"),
    (
        f"{LESSON}/perplexity",
        lambda b: torch.tensor([pooled(row) for row in b]).mean(),
        "single batches",
    ),
    (f"{LESSON}/perplexity", lambda b: code_use(b, 8).bits, "entropy in bits"),
    (f"{LESSON}/perplexity", lambda b: torch.tensor(pooled(b)).log(), "in nats"),
    (f"{LESSON}/perplexity", lambda b: code_use(b, 8).used, "weigh them"),
    (f"{LESSON}/perplexity", lambda b: pooled(b[-1]), "last batch"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture
def digit():
    return data.digits("held_out").x[3]


def test_a_png_of_256_greys_gives_the_digit_back(digit):
    file = stored(digit, "PNG", 256)
    assert torch.allclose(file.picture, digit, atol=1e-3)
    # signature 8, header 25, the rows' chunk without its data 12, the end 12: 57 bytes
    assert file.header == 8 * 57


def test_fewer_greys_and_lower_quality_need_fewer_bits_and_leave_more_error(digit):
    for kind, settings in (("PNG", (2, 4, 16, 256)), ("JPEG", (1, 10, 40, 90))):
        files = [stored(digit, kind, setting) for setting in settings]
        sizes = [file.data for file in files]
        errors = [(file.picture - digit).square().mean().item() for file in files]
        assert sizes == sorted(sizes) and errors == sorted(errors, reverse=True)
        assert all(file.picture.shape == digit.shape for file in files)
        assert all(file.picture.abs().max() <= 1 for file in files)


def test_only_two_greys_come_back_of_two(digit):
    assert stored(digit, "PNG", 2).picture.unique().tolist() == [-1.0, 1.0]


def test_another_kind_is_refused(digit):
    with pytest.raises(ChoiceError, match="JPEG"):
        stored(digit, "GIF", 2)
