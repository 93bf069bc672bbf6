"""Toy sets against their closed-form means and covariances."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DtypeError, RangeError, make_generator

N = 200_000
NOISE = data.MODE_STD**2
# name: (mean, variance), both in closed form
MOMENTS_1D = {
    "gaussian": (0, 1),
    "two_gaussians": (0, 1.5**2 + 0.3**2),
    "uniform": (0, 4**2 / 12),
    "exponential": (1, 1),
}
# name: (variance of x, variance of y, covariance), the mean is 0 throughout
MOMENTS_2D = {
    "ring": (2 + NOISE, 2 + NOISE, 0),  # E[cos^2] = 1/2, radius 2
    "grid": (2 + NOISE, 2 + NOISE, 0),  # the variance of -2, -1, 0, 1, 2
    "checkerboard": (4**2 / 12, 4**2 / 12, 0.25),  # uniform margins
    "moons": (
        1.5**2 / 2 + 0.75**2 + 0.01,
        1.5**2 / 2 - 2 * 1.5 * 0.375 * 2 / math.pi + 0.375**2 + 0.01,
        None,
    ),
    "pinwheel": ((1.2**2 + 0.35**2 + 0.08**2) / 2,) * 2 + (0,),  # five-fold symmetry
    "spiral": (None, None, None),  # its radius is known, see below
}


def draw1d(name: str, n: int = N) -> torch.Tensor:
    return data.toy1d(name, n, generator=make_generator(1))


def draw2d(name: str, n: int = N) -> torch.Tensor:
    return data.toy2d(name, n, generator=make_generator(1))


def assert_mean(values: torch.Tensor, expected: float) -> None:
    """The sample mean lies within five of its own standard errors of the true one."""
    values = values.double()
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - expected) < 5 * error


def test_the_names_are_all_tested():
    assert data.toy1d_names() == list(MOMENTS_1D)
    assert set(data.toy2d_names()) == set(MOMENTS_2D)


@pytest.mark.parametrize("name", MOMENTS_1D)
def test_moments_on_the_line(name):
    x, (mean, variance) = draw1d(name), MOMENTS_1D[name]
    assert x.shape == (N, 1) and x.dtype == torch.float32 and torch.isfinite(x).all()
    assert_mean(x, mean)
    assert_mean((x - mean).square(), variance)


@pytest.mark.parametrize("name", MOMENTS_2D)
def test_moments_in_the_plane(name):
    points, (xx, yy, xy) = draw2d(name), MOMENTS_2D[name]
    assert points.shape == (N, 2) and points.dtype == torch.float32
    assert points.abs().max() < 3.5  # five sigma and more of the widest tail
    x, y = points.unbind(1)
    assert_mean(x, 0)
    assert_mean(y, 0)
    for product, expected in ((x * x, xx), (y * y, yy), (x * y, xy)):
        if expected is not None:
            assert_mean(product, expected)


def test_spiral_radius_and_its_two_arms():
    points = draw2d("spiral")
    assert_mean(points.square().sum(1), 2.2**2 / 2 + 2 * 0.05**2)  # E[t^2] = 1/2
    radius = points.norm(dim=1)
    turn = torch.atan2(points[:, 1], points[:, 0]) - 3 * math.pi * radius / 2.2
    outer = radius > 1  # far out the noise bends the angle little
    side = torch.cos(turn[outer])  # 1 on one arm, -1 on the other
    assert side.abs().mean() > 0.9
    assert_mean((side > 0).float(), 0.5)


@pytest.mark.parametrize("name, k", [("ring", 8), ("grid", 25)])
def test_modes_are_equally_likely_round_and_of_the_stated_width(name, k):
    points, centres = draw2d(name), data.toy2d_centres(name)
    assert centres.shape == (k, 2)
    distance, mode = torch.cdist(points, centres).min(1)
    assert_mean(distance.square(), 2 * NOISE)
    for i in range(k):
        assert_mean((mode == i).float(), 1 / k)
        assert_mean((points[mode == i] - centres[i])[:, 0], 0)


def test_the_ring_has_radius_two():
    assert torch.allclose(data.toy2d_centres("ring").norm(dim=1), torch.tensor(2.0))


def test_checkerboard_fills_its_squares_and_nothing_else():
    points = draw2d("checkerboard")
    column, row = (points + 2).floor().long().unbind(1)
    assert ((column + row) % 2 == 0).all() and column.min() == 0 and row.max() == 3
    nearest = torch.cdist(points, data.toy2d_centres("checkerboard"), p=float("inf")).min(1)
    assert nearest.values.max() <= 0.5 + 1e-6
    for i in range(8):
        assert_mean((nearest.indices == i).float(), 1 / 8)


def test_moons_lie_on_two_half_circles():
    points = draw2d("moons")
    upper = (points + torch.tensor([0.75, 0.375])).norm(dim=1)
    lower = (points - torch.tensor([0.75, 0.375])).norm(dim=1)
    off = torch.minimum((upper - 1.5).abs(), (lower - 1.5).abs())
    assert off.max() < 0.55 and off.mean() < 0.085  # |N(0, 0.1^2)| has mean 0.0798


def test_pinwheel_is_the_same_after_a_fifth_of_a_turn():
    points = draw2d("pinwheel")
    angle = torch.atan2(points[:, 1], points[:, 0])
    for harmonic in (1, 2, 3, 4):  # all vanish for a five-fold symmetric set
        assert_mean(torch.cos(harmonic * angle), 0)
    assert torch.cos(5 * (angle - 0.8 * points.norm(dim=1))).mean() > 0.8  # five arms, bent


def test_two_gaussians_have_their_centres():
    x, centres = draw1d("two_gaussians"), data.toy1d_centres("two_gaussians")
    assert centres.shape == (2, 1)
    assert_mean(x[x > 0], 1.5)
    assert_mean(x[x < 0], -1.5)
    assert_mean((x > 0).float(), 0.5)


@pytest.mark.parametrize("draw, names", [(data.toy1d, MOMENTS_1D), (data.toy2d, MOMENTS_2D)])
def test_repeatable_under_a_generator_and_leaves_the_global_one_alone(draw, names):
    for name in names:
        torch.manual_seed(3)
        state = torch.get_rng_state()
        first = draw(name, 20, generator=make_generator(0))
        assert torch.equal(first, draw(name, 20, generator=make_generator(0)))
        assert not torch.equal(first, draw(name, 20, generator=make_generator(1)))
        assert torch.equal(torch.get_rng_state(), state)
        assert draw(name, 1).shape == first[:1].shape


@pytest.mark.parametrize("draw", [data.toy1d, data.toy2d])
def test_bad_input_is_a_sentence(draw):
    with pytest.raises(ChoiceError, match="not known. Choose one of"):
        draw("rings", 10)
    name = {data.toy1d: "uniform", data.toy2d: "ring"}[draw]
    with pytest.raises(RangeError, match="n=0 is too small"):
        draw(name, 0)
    with pytest.raises(DtypeError, match="whole number"):
        draw(name, 10.0)


def test_sets_without_centres_say_which_have_them():
    with pytest.raises(ChoiceError, match="'ring', 'grid', 'checkerboard'"):
        data.toy2d_centres("moons")
    with pytest.raises(ChoiceError, match="'two_gaussians'"):
        data.toy1d_centres("uniform")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA, and there is none here")
def test_drawn_on_the_generators_device():
    generator = make_generator(0, "cuda")
    for name in data.toy2d_names():
        assert data.toy2d(name, 10, generator=generator).is_cuda
    for name in data.toy1d_names():
        assert data.toy1d(name, 10, generator=generator).is_cuda
