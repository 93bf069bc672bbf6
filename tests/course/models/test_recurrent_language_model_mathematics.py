"""What the lesson says of gates, counts and prices, against closed forms and the package."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from aigc_teach import models
from aigc_teach.course.models.recurrent_language_model import _shared
from aigc_teach.nn import lstm_cell


@pytest.mark.parametrize("bias", [0.0, 2.0, 4.0])
@pytest.mark.parametrize("steps", [5, 50])
def test_the_memory_alone_keeps_a_power_of_its_gate(bias, steps):
    """With no weights but the forget bias, dc_n / dc_0 = sigmoid(bias)^n."""
    h, first = torch.zeros(1, 3, dtype=torch.float64), torch.ones(1, 3, dtype=torch.float64)
    first.requires_grad_()
    b = torch.zeros(12, dtype=torch.float64)
    b[3:6] = bias
    state = (h, first)
    weights = (torch.zeros(12, 2).double(), torch.zeros(12, 3).double(), b, 0 * b)
    for _ in range(steps):
        state = lstm_cell(torch.zeros(1, 2).double(), state, *weights)
    (gradient,) = torch.autograd.grad(state[1].sum(), first)
    kept = (1 / (1 + math.exp(-bias))) ** steps
    assert torch.allclose(gradient, torch.full_like(gradient, kept))


def test_the_exercise_is_the_package_s_count():
    """Order 2 with one discount, from the counts of pairs and the package's own order 1."""
    text, d = "abracadabra alakazam", 0.6
    pairs, single = models.KneserNey(2, discount=d).fit(text), {}
    follows = {a: Counter(y for x, y in zip(text, text[1:], strict=False) if x == a) for a in text}
    for c in [*sorted(set(text)), "?"]:  # what the package gives where the context is unseen
        single[c] = pairs.probability(c, after="#")
    for a in "abr":
        for c in single:
            mine = _shared(follows[a], c, single[c], d)
            assert mine == pytest.approx(pairs.probability(c, after=a), rel=1e-9)


def test_an_interpolated_count_adds_up_to_one():
    followers, lower = {"a": 4, "b": 1, "c": 3}, {"a": 0.5, "b": 0.2, "c": 0.1, "q": 0.2}
    assert sum(_shared(followers, c, p, 0.75) for c, p in lower.items()) == pytest.approx(1)
