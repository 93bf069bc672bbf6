"""Sliced transport between patches: against SciPy, against cut-out patches, against the plan."""

from __future__ import annotations

import itertools

import pytest
import torch
from scipy.stats import wasserstein_distance

from aigc_teach.core import ShapeError, make_generator
from aigc_teach.losses import patches, transport


@pytest.mark.parametrize("n, m", [(7, 7), (7, 5), (6, 4), (1, 3), (12, 100)])
def test_on_a_line_it_is_scipys_distance(n, m):
    g = make_generator(n + m)
    u, v = torch.randn(n, generator=g).double(), 2 * torch.randn(m, generator=g).double() + 1
    ours = patches.transport_1d(u, v, power=1).item()
    assert ours == pytest.approx(wasserstein_distance(u.numpy(), v.numpy()), abs=1e-9)


def test_on_a_line_it_is_the_cheapest_of_all_plans():
    g = make_generator(0)
    u, v = torch.randn(2, 5, generator=g).double()
    least = min((u - v[list(p)]).square().mean().item() for p in itertools.permutations(range(5)))
    assert patches.transport_1d(u, v).item() == pytest.approx(least)
    cost = transport.squared_distances(u[:, None], v[:, None])
    plan = transport.assignment(cost)
    assert patches.transport_1d(u, v).item() == pytest.approx(
        cost.gather(1, plan[:, None]).mean().item()
    )


def test_repeating_every_point_changes_nothing():
    g = make_generator(1)
    u, v = torch.randn(3, 8, generator=g), torch.randn(3, 6, generator=g)
    again = patches.transport_1d(u.repeat(1, 3), v)
    assert torch.allclose(patches.transport_1d(u, v), again, atol=1e-6)


def test_the_convolution_is_the_projection_of_every_patch():
    g = make_generator(2)
    x, y = torch.randn(1, 3, 12, 10, generator=g), torch.randn(1, 3, 9, 11, generator=g)
    directions = patches.random_directions(6, (3, 4, 4), generator=g)
    points = [torch.nn.functional.unfold(each, 4)[0].T for each in (x, y)]
    by_hand = patches.sliced_transport(*points, directions.flatten(1))
    assert torch.allclose(patches.patch_transport(x, y, directions), by_hand, atol=1e-5)


def test_each_picture_of_a_batch_is_compared_with_the_style_by_itself():
    g = make_generator(3)
    x, y = torch.randn(2, 3, 9, 9, generator=g), torch.randn(1, 3, 8, 8, generator=g)
    directions = patches.random_directions(5, (3, 3, 3), generator=g)
    single = [patches.patch_transport(each[None], y, directions) for each in x]
    together = patches.patch_transport(x, y, directions)
    assert torch.allclose(together, torch.stack(single).mean(), atol=1e-6)


def test_it_does_not_see_where_a_patch_lies_and_does_see_a_blur():
    g = make_generator(4)
    x = torch.randn(1, 1, 16, 16, generator=g)
    directions = patches.random_directions(8, (1, 1, 1), generator=g)
    assert patches.patch_transport(x, x.flip(3), directions) == 0
    assert patches.patch_transport(x, 0.5 * x, directions) > 0.1


def test_it_has_a_gradient():
    x = torch.randn(1, 3, 8, 8, generator=make_generator(5)).requires_grad_()
    directions = patches.random_directions(4, (3, 3, 3), generator=make_generator(6))
    patches.patch_transport(x, torch.zeros(1, 3, 9, 9), directions).backward()
    assert x.grad.abs().sum() > 0


def test_gram_is_the_mean_of_products_whatever_the_size():
    f = torch.randn(2, 4, 5, 6, generator=make_generator(7))
    by_hand = torch.einsum("nahw,nbhw->nab", f, f) / 30
    assert torch.allclose(patches.gram(f), by_hand, atol=1e-6)
    assert torch.allclose(patches.gram(f.repeat(1, 1, 2, 3)), patches.gram(f), atol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: patches.transport_1d(torch.zeros(2, 3), torch.zeros(3, 3)),
        lambda: patches.transport_1d(torch.zeros(0), torch.zeros(2)),
        lambda: patches.transport_1d([1.0], torch.zeros(2)),
        lambda: patches.transport_1d(torch.zeros(2), torch.zeros(2), power=3),
        lambda: patches.sliced_transport(*torch.zeros(2, 4, 3), torch.zeros(2, 2)),
        lambda: patches.patch_transport(*torch.zeros(2, 1, 3, 4, 4), torch.zeros(2, 3, 5, 5)),
        lambda: patches.patch_transport(*torch.zeros(2, 1, 3, 4, 4), torch.zeros(2, 1, 2, 2)),
        lambda: patches.random_directions(0, (3,)),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(call):
    with pytest.raises((ShapeError, ValueError, TypeError), match=r"\w+ \w+ .*\."):
        call()
