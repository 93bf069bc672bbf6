"""Solvers and likelihoods against fields whose flow is known in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from aigc_teach.core import ChoiceError, DataError, RangeError, ShapeError, make_generator
from aigc_teach.losses import flow
from aigc_teach.models import IdealDenoiser, IdealVelocity, ode

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 1.5], [0.0, -2.0]], dtype=torch.float64)
SMOOTH = IdealVelocity(CENTRES, 0.4)
NOISE = torch.randn(200, 2, generator=make_generator(0), dtype=torch.float64)


def log_normal(z):
    return Normal(0.0, 1.0).log_prob(z).sum(1)


def turning(x, t):
    """A field that turns and grows; its flow is known."""
    return 2 * t * torch.stack([-x[:, 1], x[:, 0]], 1) + x


def turned(x, t, s):
    """Where `turning` leads."""
    a = s**2 - t**2
    matrix = torch.tensor(
        [[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]], dtype=torch.float64
    )
    return math.exp(s - t) * x @ matrix


@pytest.mark.parametrize("kind, order", [("euler", 1), ("midpoint", 2), ("heun", 2)])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 0.2)])
def test_orders_on_a_flow_in_closed_form(kind, order, ends):
    errors = [
        (ode.solve(turning, NOISE, ode.even_steps(k, *ends), kind) - turned(NOISE, *ends)).norm()
        for k in (64, 128)
    ]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("kind", ode.KINDS)
def test_how_often_the_field_is_asked(kind):
    asked = []

    def field(x, t):
        asked.append(t)
        return -x

    frames = list(ode.SOLVERS[kind](field, NOISE, ode.even_steps(8)))
    assert len(frames) == 8 and len(asked) == ode.evaluations(kind, 8)
    assert max(asked) == 1.0 and min(asked) >= 0.0


def test_heuns_last_step_left_to_euler():
    asked = []

    def field(x, t):
        asked.append(t)
        return -x * t

    *_, x = ode.heun(field, NOISE, [1.0, 0.5, 0.0], correct_last=False)
    assert asked == [1.0, 0.5, 0.5]
    y = ode.solve(field, NOISE, [1.0, 0.5], "heun")
    assert torch.equal(x, ode.solve(field, y, [0.5, 0.0], "euler"))


@pytest.mark.parametrize("kind", ode.KINDS)
def test_a_constant_field_is_followed_exactly(kind):
    end = ode.solve(lambda x, t: torch.ones_like(x), NOISE, [1.0, 0.7, 0.0], kind)
    assert torch.allclose(end, NOISE - 1)


def test_one_euler_step_with_the_ideal_field_ends_in_the_mean():
    """At t = 1 the velocity is eps less the mean of the data: what the lesson says."""
    end = ode.solve(IdealVelocity(CENTRES), NOISE, [1.0, 0.0], "euler")
    assert torch.allclose(end, CENTRES.mean(0).expand_as(end))


@pytest.mark.parametrize("kind", ode.KINDS)
def test_the_ideal_field_of_points_leads_to_the_points(kind):
    end = ode.solve(IdealVelocity(CENTRES), NOISE, ode.even_steps(200, 1.0, 0.002), kind)
    assert torch.cdist(end, CENTRES).amin(1).max() < 0.05


def test_a_suite_that_would_see_time_reversed():
    """The oracle finds what a picture may hide: start at the data's end with the noise."""
    wrong = ode.solve(IdealVelocity(CENTRES), NOISE, ode.even_steps(200, 0.002, 1.0))
    assert torch.cdist(wrong, CENTRES).amin(1).max() > 0.5


def test_the_ideal_velocity_is_the_ideal_denoisers():
    """Lesson 10's oracle, in the units of a straight line."""
    t = torch.tensor(0.3, dtype=torch.float64)
    abar, size = flow.signal_share(t), flow.size(t)
    x_t = flow.between(CENTRES, NOISE[:3], t)
    guess = IdealDenoiser(CENTRES, torch.stack([torch.ones_like(abar), abar]))(x_t / size, 1)
    assert torch.allclose(IdealVelocity(CENTRES)(x_t, 0.3), guess.eps - guess.x0)


def test_the_ideal_velocity_is_the_mean_over_the_posterior():
    """Against Bayes' rule with torch's densities, centre by centre."""
    t, s = 0.6, 0.4
    variance = (1 - t) ** 2 * s**2 + t**2
    apart = NOISE[:, None] - (1 - t) * CENTRES  # [N, M, 2]
    shares = Normal(0.0, math.sqrt(variance)).log_prob(apart).sum(2).softmax(1)  # [N, M]
    x0 = CENTRES + (1 - t) * s**2 / variance * apart
    eps = t / variance * apart
    wanted = (shares[..., None] * (eps - x0)).sum(1)
    assert torch.allclose(SMOOTH(NOISE, t), wanted, atol=1e-5)


def test_the_density_flows_with_the_points():
    """d log p / dt along a path, by differences, is minus the divergence."""
    t, h = 0.5, 1e-4
    v, trace = ode.divergence(SMOOTH, NOISE, t)
    later, earlier = (SMOOTH.log_prob(NOISE + d * v, t + d) for d in (h, -h))
    assert torch.allclose((later - earlier) / (2 * h), -trace, atol=1e-5)


def test_the_likelihood_of_a_mixture():
    x = CENTRES[torch.arange(60) % 3] + 0.4 * NOISE[:60]
    known, times = SMOOTH.log_prob(x), ode.even_steps(200, 0.0, 1.0)
    assert torch.allclose(ode.log_density(SMOOTH, x, log_normal, times), known, atol=1e-3)
    euler = ode.log_density(SMOOTH, x, log_normal, times, solver="euler")
    assert (euler - known).abs().mean() < 0.05


def test_the_likelihood_of_a_gaussian_pushed_by_a_linear_flow():
    """`turning` from 0 to 1 is a matrix; the density is a Gaussian's with that covariance."""
    eye = torch.eye(2, dtype=torch.float64)
    factor = turned(eye, 0.0, 1.0).T
    gaussian = MultivariateNormal(torch.zeros(2, dtype=torch.float64), factor @ factor.T)
    found = ode.log_density(turning, NOISE, log_normal, ode.even_steps(200, 1.0, 0.0))
    assert torch.allclose(found, gaussian.log_prob(NOISE), atol=1e-3)


def test_a_field_that_knows_nothing_of_x_keeps_the_density():
    found = ode.log_density(lambda x, t: torch.ones_like(x), NOISE, log_normal, [0.0, 1.0])
    assert torch.allclose(found, log_normal(NOISE + 1))


def test_straightness():
    times = ode.even_steps(10)
    straight = [NOISE, *ode.euler(lambda x, t: torch.ones_like(x), NOISE, times)]
    assert ode.straightness(straight, times).max() < 1e-12
    bent = [NOISE, *ode.heun(turning, NOISE, times)]
    assert (ode.straightness(bent, times) > 0).all()
    with pytest.raises(ShapeError, match="11 frames and 3 times"):
        ode.straightness(bent, times[:3])


@pytest.mark.parametrize("kind", ode.KINDS)
@pytest.mark.parametrize("times", [[], [0.5], [1.0, 1.0], [1.0, 0.5, 0.7], [0.0, 1.0, 0.5]])
def test_times_that_lead_nowhere(kind, times):
    with pytest.raises(RangeError, match="all rising or all falling"):
        ode.solve(turning, NOISE, times, kind)


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: ode.even_steps(0), RangeError, "steps=0"),
        (lambda: ode.evaluations("rk4", 3), ChoiceError, "'euler', 'midpoint', 'heun'"),
        (lambda: ode.solve(turning, NOISE, [1.0, 0.0], "rk4"), ChoiceError, "'heun'"),
        (lambda: ode.log_density(turning, NOISE[0], log_normal), ShapeError, r"\[N, D\]"),
        (lambda: SMOOTH(NOISE, 1.2), RangeError, r"\[0, 1\]"),
        (lambda: IdealVelocity(CENTRES)(NOISE, 0.0), RangeError, "no velocity"),
        (lambda: IdealVelocity(CENTRES).log_prob(NOISE), RangeError, "no density"),
        (lambda: IdealVelocity(CENTRES, -1), RangeError, "spread=-1"),
        (lambda: IdealVelocity(torch.zeros(0, 2)), DataError, "one point or more"),
    ],
)
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
