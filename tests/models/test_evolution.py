"""The Gaussian that follows likes: its step is the natural gradient, and its edges."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.models import SearchGaussian


def start(d=3):
    return SearchGaussian(torch.zeros(d), torch.ones(d))


def test_many_draws_follow_the_gradient_of_the_expected_likes():
    """A taste sigmoid(a z): the mean's step is v dJ/dm / J by quadrature, the variance's, too."""
    grid = torch.linspace(-9, 9, 9001, dtype=torch.float64)
    m = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    v = torch.tensor(0.6, dtype=torch.float64, requires_grad=True)
    density = (-((grid - m) ** 2) / (2 * v)).exp() / (2 * torch.pi * v).sqrt()
    j = torch.trapezoid(density * torch.sigmoid(2 * grid), grid)
    by_m, by_v = torch.autograd.grad(j, (m, v))
    gaussian = SearchGaussian(m.detach()[None], v.detach().sqrt()[None])
    g = make_generator(0)
    shown = gaussian.draw(200_000, generator=g)
    liked = torch.rand(200_000, generator=g) < torch.sigmoid(2 * shown[:, 0])
    after = gaussian.follow(shown, liked, rate=1.0, spread_rate=1.0)
    assert (after.mean - m).item() == pytest.approx((v * by_m / j).item(), abs=0.01)
    want = (v + 2 * v**2 * by_v / j).item()
    assert after.spread.square().item() == pytest.approx(want, abs=0.01)


def test_searches_side_by_side_are_searches_alone():
    g = make_generator(1)
    both = SearchGaussian(torch.randn(2, 3, generator=g), torch.rand(2, 3, generator=g) + 0.5)
    shown, liked = both.draw(5, generator=g), torch.tensor([[1, 0, 1, 0, 0], [0, 0, 0, 0, 0]])
    after = both.follow(shown, liked)
    for k in range(2):
        alone = SearchGaussian(both.mean[k], both.spread[k]).follow(shown[k], liked[k])
        assert torch.allclose(alone.mean, after.mean[k])
        assert torch.allclose(alone.spread, after.spread[k])
    assert torch.equal(after.mean[1], both.mean[1]), "nothing liked, nothing moves"


def test_a_single_like_and_a_floor():
    shown = torch.tensor([[0.0, 0.0, 4.0], [1.0, 1.0, 1.0]])
    after = start().follow(shown, torch.tensor([1, 0]), spread_rate=1.0)
    assert after.mean.tolist() == [0, 0, 2] and after.spread.tolist() == [0, 0, 4]
    kept = start().follow(shown, torch.tensor([1, 0]), spread_rate=1.0, floor=0.5)
    assert kept.spread.tolist() == [0.5, 0.5, 4]


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: start().follow(torch.zeros(4, 2), torch.zeros(4)), ShapeError, "[..., N, 3]"),
        (lambda: start().follow(torch.zeros(4, 3), torch.zeros(3)), ShapeError, "liked [..., N]"),
        (lambda: start().follow(torch.zeros(1, 3), torch.tensor([2])), RangeError, "1 for a like"),
        (lambda: start().follow(torch.zeros(1, 3), torch.ones(1), rate=2.0), RangeError, "(0, 1]"),
        (lambda: start().draw(0), RangeError, "n=0"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error) as caught:
        do()
    assert words in str(caught.value)
