"""Flow matching's formulas against each other, against diffusion's and against closed forms."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import ChoiceError, ShapeError, make_generator
from aigc_teach.losses import diffusion, flow

G = make_generator(0)
X0, EPS = torch.randn(2, 6, 3, generator=G, dtype=torch.float64)
TIMES = torch.tensor([0.1, 0.25, 0.5, 0.6, 0.8, 0.95], dtype=torch.float64)


def test_the_path_is_a_straight_line_at_even_speed():
    assert torch.equal(flow.between(X0, EPS, torch.zeros(6)), X0)
    assert torch.equal(flow.between(X0, EPS, torch.ones(6)), EPS)
    h = 1e-3
    speed = (flow.between(X0, EPS, TIMES + h) - flow.between(X0, EPS, TIMES - h)) / (2 * h)
    assert torch.allclose(speed, flow.target("velocity", X0, EPS))


@pytest.mark.parametrize("kind", flow.TARGETS)
def test_every_view_leads_to_the_velocity_and_back(kind):
    x_t, wanted = flow.between(X0, EPS, TIMES), flow.target(kind, X0, EPS)
    v = flow.velocity(kind, wanted, x_t, TIMES)
    assert torch.allclose(v, EPS - X0)
    guess = flow.estimate(v, x_t, TIMES)
    assert torch.allclose(guess.x0, X0) and torch.allclose(guess.eps, EPS)


@pytest.mark.parametrize("kind", flow.TARGETS)
def test_a_views_weight_is_the_ratio_of_squared_errors(kind):
    x_t, off = flow.between(X0, EPS, TIMES), 0.1
    wrong = flow.velocity(kind, flow.target(kind, X0, EPS) + off, x_t, TIMES)
    error = (wrong - (EPS - X0)).square().mean(1)  # of the velocity
    assert torch.allclose(flow.weight(kind, TIMES) * error, torch.full_like(error, off**2))


def test_pictures_and_one_time_for_all():
    x0, eps = torch.randn(2, 4, 1, 8, 8, generator=G)
    t = torch.tensor(0.3)
    assert torch.allclose(flow.between(x0, eps, t), flow.between(x0, eps, t.expand(4)))
    assert flow.velocity("x0", x0, eps, t.expand(4)).shape == x0.shape


def test_the_loss_and_its_weights():
    answer, wanted = torch.zeros(2, 2), torch.tensor([[1.0, 1.0], [2.0, 2.0]])
    assert flow.conditional_loss(answer, wanted).item() == 2.5
    assert flow.conditional_loss(answer, wanted, torch.tensor([2.0, 0.0])).item() == 1.0
    assert flow.conditional_loss(answer.half(), wanted.half()).dtype == torch.float32
    with pytest.raises(ShapeError, match="one shape"):
        flow.conditional_loss(torch.zeros(2, 1), wanted)
    with pytest.raises(ShapeError, match="Times go with items"):
        flow.conditional_loss(answer, wanted, torch.ones(3))


def test_the_loss_and_the_marginal_one_have_the_same_gradient():
    """Lipman et al. 2023, theorem 2, where two data points make the marginal velocity known."""
    g = make_generator(3)
    n, t = 400_000, torch.tensor(0.6)
    x0 = torch.randint(2, (n, 1), generator=g).double() * 2 - 1
    eps = torch.randn(n, 1, generator=g, dtype=torch.float64)
    x_t = flow.between(x0, eps, t)
    mean = torch.tanh(0.4 * x_t / 0.36)  # of x0 given x_t
    marginal = (x_t - mean) / 0.6
    slope = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    grads = []
    for wanted in (eps - x0, marginal):
        (grad,) = torch.autograd.grad(flow.conditional_loss(slope * x_t, wanted), slope)
        grads.append(grad.item())
    assert grads[0] == pytest.approx(grads[1], abs=0.01)


def test_a_straight_line_is_a_diffusions_path_in_other_units():
    abar, size = flow.signal_share(TIMES), flow.size(TIMES)
    theirs = diffusion.noised(X0, EPS, abar) * size[:, None]
    assert torch.allclose(flow.between(X0, EPS, TIMES), theirs)
    assert torch.allclose(flow.flow_time(abar), TIMES)
    ratio = ((1 - TIMES) / TIMES) ** 2
    assert torch.allclose(diffusion.signal_to_noise(abar), ratio)


@pytest.mark.parametrize(
    "call",
    [
        lambda: flow.target("v", X0, EPS),
        lambda: flow.velocity("noise", X0, EPS, TIMES),
        lambda: flow.weight("v", TIMES),
    ],
)
def test_unknown_views(call):
    with pytest.raises(ChoiceError, match="'velocity', 'eps', 'x0'"):
        call()


def test_times_of_another_number_of_items():
    with pytest.raises(ShapeError, match="give one number"):
        flow.between(X0, EPS, TIMES[:3])
