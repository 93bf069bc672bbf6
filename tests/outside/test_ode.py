"""Our solvers against those of torchdiffeq, on the closed-form field of three Gaussians."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.models import IdealVelocity, ode

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 1.5], [0.0, -2.0]], dtype=torch.float64)
FIELD = IdealVelocity(CENTRES, 0.4)
NOISE = torch.randn(50, 2, generator=make_generator(0), dtype=torch.float64)
THEIRS = {"euler": "euler", "midpoint": "midpoint", "heun": "heun2"}
FINE = {"rtol": 1e-9, "atol": 1e-9, "method": "dopri5"}


def rhs(t, x):
    """The field as they want it, its time a tensor first."""
    return FIELD(x, min(max(t.item(), 0.0), 1.0))


def their_end(truth, times, **how):
    return truth.odeint(rhs, NOISE, torch.tensor(times, dtype=torch.float64), **how)[-1]


@pytest.mark.parametrize("kind", ode.KINDS)
@pytest.mark.parametrize("steps", [1, 2, 5, 16])
def test_fixed_steps(agree, truth, kind, steps):
    times = ode.even_steps(steps)
    theirs = their_end(truth, times, method=THEIRS[kind])
    agree(ode.solve(FIELD, NOISE, times, kind).numpy(), theirs.numpy())


@pytest.mark.parametrize("kind", ode.KINDS)
def test_uneven_steps_and_time_running_up(agree, truth, kind):
    times = [0.0, 0.1, 0.35, 0.4, 0.9]
    theirs = their_end(truth, times, method=THEIRS[kind])
    agree(ode.solve(FIELD, NOISE, times, kind).numpy(), theirs.numpy())


def test_many_steps_meet_their_adaptive_solver(agree, truth):
    agree(
        ode.solve(FIELD, NOISE, ode.even_steps(4000)).numpy(),
        their_end(truth, [1.0, 0.0], **FINE).numpy(),
    )


@pytest.mark.parametrize("kind, order", [("euler", 1), ("midpoint", 2), ("heun", 2)])
def test_orders_of_convergence_to_their_adaptive_solver(agree, truth, kind, order):
    """The error falls by 2 to the order; the rounded exponent is what is compared."""
    fine = their_end(truth, [1.0, 0.0], **FINE)
    errors = [(ode.solve(FIELD, NOISE, ode.even_steps(k), kind) - fine).norm() for k in (128, 256)]
    exponent = math.log2(errors[0] / errors[1])
    assert abs(exponent - order) < 0.15
    agree(round(exponent), order)


def test_the_likelihood(agree, truth):
    """Their adaptive solver on the point and the divergence together, and the closed form."""
    x = CENTRES[torch.arange(50) % 3] + 0.4 * NOISE

    def both(t, state):
        v, trace = ode.divergence(FIELD, state[:, :2], min(max(t.item(), 0.0), 1.0))
        return torch.cat([v, trace[:, None]], dim=1)

    state = torch.cat([x, x.new_zeros(50, 1)], dim=1)
    end = truth.odeint(both, state, torch.tensor([0.0, 1.0], dtype=torch.float64), **FINE)[-1]
    theirs = torch.distributions.Normal(0.0, 1.0).log_prob(end[:, :2]).sum(1) + end[:, 2]
    agree(FIELD.log_prob(x).numpy(), theirs.numpy())
