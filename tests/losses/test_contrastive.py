"""InfoNCE against torch's cross-entropy, in value and gradient."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.core import ShapeError, make_generator
from aigc_teach.losses.contrastive import info_nce, scores


def test_it_is_torchs_cross_entropy_both_ways():
    g = make_generator(0)
    a, b = (torch.randn(6, 4, generator=g, dtype=torch.float64, requires_grad=True) for _ in "ab")
    logits = 3 * F.normalize(a) @ F.normalize(b).T
    assert torch.allclose(scores(a, b, 3.0), logits, atol=1e-12)
    right = torch.arange(6)
    theirs = (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2
    ours = info_nce(scores(a, b, 3.0))
    assert torch.allclose(ours, theirs, atol=1e-12)
    for x, y in zip(
        torch.autograd.grad(ours, (a, b)), torch.autograd.grad(theirs, (a, b)), strict=True
    ):
        assert torch.allclose(x, y, atol=1e-12)


def test_its_ends():
    assert info_nce(torch.zeros(8, 8)).item() == pytest.approx(math.log(8))
    assert info_nce(50 * torch.eye(8)).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: info_nce(torch.zeros(2, 3)), r"\[N, N\]"),
        (lambda: scores(torch.zeros(2, 3), torch.zeros(2, 4)), "one D"),
    ],
)
def test_bad_shapes_are_told(call, words):
    with pytest.raises(ShapeError, match=words):
        call()
