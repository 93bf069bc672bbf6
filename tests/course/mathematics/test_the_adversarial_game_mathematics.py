"""The adversarial game against quadrature, scipy, autograd and finite differences."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from scipy import integrate, optimize, stats
from torch import nn

from aigc_teach.core import ChoiceError, RangeError, ShapeError, make_generator
from aigc_teach.losses import game, gan

LN2 = math.log(2)
P, Q = stats.norm(0, 1), stats.norm(1.5, 0.8)


def grid(points=4001, low=-9.0, high=10.0):
    x = torch.linspace(low, high, points, dtype=torch.float64)
    p, q = (torch.from_numpy(d.pdf(x.numpy())) for d in (P, Q))
    return x, p, q, (x[1] - x[0]).item()


def js_by_quadrature(p, q, low=-9, high=10):
    def integrand(x):
        a, b = p.pdf(x), q.pdf(x)
        m = (a + b) / 2
        parts = (w * math.log(w / m) for w in (a, b) if w > 0)
        return 0.5 * sum(parts)

    return integrate.quad(integrand, low, high, limit=200)[0]


# --- value and best critic ------------------------------------------------------------------


@pytest.mark.parametrize("critic", [lambda x: 0.5, lambda x: 1 / (1 + math.exp(2 * x - 1.5))])
def test_value_equals_quadrature(critic):
    x, p, q, dx = grid()
    d = torch.tensor([critic(v) for v in x.tolist()], dtype=torch.float64)
    truth, _ = integrate.quad(
        lambda v: P.pdf(v) * math.log(critic(v)) + Q.pdf(v) * math.log(1 - critic(v)), -9, 10
    )
    assert game.value(p, q, d, dx).item() == pytest.approx(truth, abs=1e-7)


def test_sampled_value_is_the_mean_over_samples_and_minus_the_critic_loss():
    g = make_generator(0)
    real, fake = (torch.randn(500, generator=g, dtype=torch.float64) for _ in range(2))
    truth = F.logsigmoid(real).mean() + (1 - fake.sigmoid()).log().mean()
    assert torch.allclose(game.sampled_value(real, fake), truth)
    assert torch.equal(game.sampled_value(real, fake), -gan.critic_loss(real, fake))


def test_optimal_critic_is_where_scipy_finds_the_largest_value():
    for a, b in [(0.3, 0.1), (0.02, 0.5), (1.0, 1.0)]:
        found = optimize.minimize_scalar(
            lambda d, a=a, b=b: -(a * math.log(d) + b * math.log(1 - d)),
            bounds=(1e-6, 1 - 1e-6),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
        ours = game.optimal_critic(torch.tensor([a]), torch.tensor([b])).item()
        assert ours == pytest.approx(found, abs=1e-5)


def test_optimal_critic_of_two_gaussians_is_the_closed_form():
    x, p, q, _ = grid(low=-3, high=4)
    m, s = 1.5, 0.8
    quadratic = math.log(s) + (x - m) ** 2 / (2 * s**2) - x**2 / 2
    logits = game.optimal_logit(*(torch.from_numpy(d.logpdf(x.numpy())) for d in (P, Q)))
    assert torch.allclose(logits, quadratic)
    assert torch.allclose(game.optimal_critic(p, q), quadratic.sigmoid())


def test_no_other_critic_is_better():
    x, p, q, dx = grid(low=-4, high=5)
    best = game.best_value(p, q, dx)
    t = game.optimal_logit(p.log(), q.log())
    g = make_generator(1)
    for _ in range(20):
        bump = 0.3 * torch.randn(1, generator=g) * torch.cos(torch.randn(1, generator=g) * x)
        assert game.value(p, q, torch.sigmoid(t + bump), dx) < best


def test_best_value_is_two_js_minus_two_ln_two():
    _, p, q, dx = grid()
    js = js_by_quadrature(P, Q)
    assert game.best_value(p, q, dx).item() == pytest.approx(2 * js - 2 * LN2, abs=1e-7)
    assert game.best_value(p, p, dx).item() == pytest.approx(-2 * LN2, abs=1e-9)
    far = torch.from_numpy(stats.norm(200, 1).pdf(torch.linspace(-9, 10, len(p)).numpy()))
    assert game.best_value(p, far, dx).item() == pytest.approx(0, abs=1e-9)  # JS = ln 2


def test_a_trained_critic_finds_the_closed_form():
    g = make_generator(0)
    x = torch.randn(4000, 1, generator=g)
    y = 1.5 + 0.8 * torch.randn(4000, 1, generator=g)
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.LBFGS(critic.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = gan.critic_loss(critic(x), critic(y))
        loss.backward()
        return loss

    optimizer.step(closure)
    grid_x, p, q, _ = grid(low=-2, high=3)
    with torch.no_grad():
        d = critic(grid_x.float().unsqueeze(1)).sigmoid().squeeze(1)
    assert (d - game.optimal_critic(p, q)).abs().max() < 0.06


def test_at_the_equilibrium_half_of_all_answers_are_right():
    _, p, q, dx = grid()
    d = game.optimal_critic(p, q)
    right = 0.5 * (p[d > 0.5].sum() + q[d <= 0.5].sum()).item() * dx
    total_variation = 0.5 * (p - q).abs().sum().item() * dx
    assert right == pytest.approx(0.5 + total_variation / 2, abs=1e-3)  # 1/2 where p = q
    assert torch.equal(game.optimal_critic(p, p), torch.full_like(p, 0.5))


# --- the two losses of the generator --------------------------------------------------------


@pytest.mark.parametrize("kind", game.GENERATOR_KINDS)
def test_slope_equals_autograd_of_the_package_loss(kind):
    t = torch.linspace(-30, 30, 61, dtype=torch.float64, requires_grad=True)
    (truth,) = torch.autograd.grad(gan.generator_loss(t, kind) * len(t), t)
    assert torch.allclose(game.generator_slope(t, kind), truth)


def test_the_factor_between_the_slopes_is_exp_of_minus_t():
    t = torch.linspace(-8, 8, 33, dtype=torch.float64)
    ratio = game.generator_slope(t) / game.generator_slope(t, "saturating")
    assert torch.allclose(ratio, torch.exp(-t))


def generator_gradients(theta):
    """Gradient of both losses by theta, q = N(theta, 1), p = N(0, 1), best critic held fixed."""
    q = stats.norm(theta, 1)

    def critic(x):  # D* = sigmoid(theta^2 / 2 - theta x)
        return 1 / (1 + math.exp(theta * x - theta**2 / 2))

    saturating, _ = integrate.quad(lambda x: q.pdf(x) * critic(x), theta - 10, theta + 10)
    other, _ = integrate.quad(lambda x: q.pdf(x) * (1 - critic(x)), theta - 10, theta + 10)
    return theta * saturating, theta * other


@pytest.mark.parametrize("theta", [0.0, 0.5, 2.0, 4.0])
def test_parameter_gradients_by_quadrature_equal_autograd(theta):
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    weight = torch.from_numpy(stats.norm.pdf(z.numpy())) * (z[1] - z[0])
    for kind, truth in zip(
        ("saturating", "non_saturating"), generator_gradients(theta), strict=True
    ):
        place = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
        t = theta**2 / 2 - theta * (place + z)  # the critic keeps the old theta
        loss = -F.softplus(t) if kind == "saturating" else F.softplus(-t)
        (slope,) = torch.autograd.grad((weight * loss).sum(), place)
        assert slope.item() == pytest.approx(truth, abs=1e-8)


@pytest.mark.parametrize("theta", [0.5, 1.5, 3.0])
def test_what_the_gradients_go_down(theta):
    """Saturating: 2 JS. Non-saturating: KL(q, p) - 2 JS. (Arjovsky & Bottou 2017.)"""
    h = 1e-4

    def twice_js(shift):
        return 2 * js_by_quadrature(stats.norm(0, 1), stats.norm(shift, 1), -12, 15)

    js_slope = (twice_js(theta + h) - twice_js(theta - h)) / (2 * h)
    saturating, other = generator_gradients(theta)
    assert saturating == pytest.approx(js_slope, abs=1e-5)
    assert other == pytest.approx(theta - js_slope, abs=1e-5)  # KL = theta^2 / 2


def test_the_chain_of_derivatives():
    """dL_G/dD = -1/D, dL_D/dD(x) = -1/D(x), dL_D/dD(G) = 1/(1 - D(G)), and through to theta."""
    real, fake = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, 0.2))
    critic = -(real.log() + (1 - fake).log())
    d_real, d_fake = torch.autograd.grad(critic, (real, fake))
    assert d_real.item() == pytest.approx(-1 / 0.7) and d_fake.item() == pytest.approx(1 / 0.8)
    (d_generator,) = torch.autograd.grad(-fake.log(), fake)
    assert d_generator.item() == pytest.approx(-1 / 0.2)
    a, b, theta, z = 1.3, -0.4, 0.6, 0.9  # D(x) = sigmoid(a x + b), G(z) = theta z
    D = 1 / (1 + math.exp(-(a * theta * z + b)))
    by_hand = -(1 / D) * (a * D * (1 - D)) * z
    weight = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    (truth,) = torch.autograd.grad(gan.generator_loss((a * weight * z + b).view(1)), weight)
    assert by_hand == pytest.approx(truth.item())


# --- the loss that lies ---------------------------------------------------------------------


def test_a_double_sigmoid_confines_the_losses():
    t = torch.linspace(-60, 60, 2001, dtype=torch.float64)
    generator = F.softplus(-t.sigmoid())  # logits wanted, a probability given
    assert generator.min().item() == pytest.approx(math.log(1 + math.exp(-1)))  # 0.3133
    assert generator.max().item() == pytest.approx(LN2)
    floor = F.softplus(torch.tensor(-1.0)) + F.softplus(torch.tensor(0.0))
    assert floor.item() == pytest.approx(1.0064, abs=1e-4)


def test_equal_labels_and_a_double_sigmoid_end_at_the_equilibrium_values():
    t = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([t], lr=10.0)
    for _ in range(5000):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(
            t.sigmoid(), torch.zeros(2).double(), reduction="sum"
        ).backward()
        optimizer.step()
    s = t.sigmoid()
    assert F.softplus(s).sum().item() == pytest.approx(2 * LN2, abs=1e-3)
    assert F.softplus(-s[1]).item() == pytest.approx(LN2, abs=1e-3)
    (slope,) = torch.autograd.grad(F.softplus(-t.sigmoid())[1], t)
    assert slope.abs().max() < 1e-3  # nothing is left for the generator


# --- energy distance ------------------------------------------------------------------------


def test_energy_distance_equals_the_integral_of_squared_cdf_differences():
    """In one dimension it is 2 times the integral of (F - G)^2 (Szekely & Rizzo 2013)."""
    truth, _ = integrate.quad(lambda v: 2 * (P.cdf(v) - Q.cdf(v)) ** 2, -9, 10)
    g = make_generator(0)
    x = torch.randn(3000, 1, generator=g, dtype=torch.float64)
    y = 1.5 + 0.8 * torch.randn(3000, 1, generator=g, dtype=torch.float64)
    assert game.energy_distance(x, y).item() == pytest.approx(truth, rel=0.06)
    squared = stats.energy_distance(x[:, 0], y[:, 0]) ** 2  # scipy's is the biased root
    assert game.energy_distance(x, y).item() == pytest.approx(squared, abs=2e-3)


def test_energy_distance_is_unbiased():
    g = make_generator(0)
    pairs = [torch.randn(2, 20, 2, generator=g) for _ in range(400)]
    values = torch.stack([game.energy_distance(a, b) for a, b in pairs])
    assert values.min() < 0 < values.max()
    assert values.mean().abs() < 3 * values.std() / 20


# --- the bilinear game ----------------------------------------------------------------------

ROUNDS = {
    game.simultaneous: lambda e: torch.tensor([[1, -e], [e, 1]]),
    game.alternating: lambda e: torch.tensor([[1, -e], [e, 1 - e**2]]),
    game.extragradient: lambda e: torch.tensor([[1 - e**2, -e], [e, 1 - e**2]]),
}
GROWTH = {
    game.simultaneous: lambda e: math.sqrt(1 + e**2),
    game.alternating: lambda e: 1.0,
    game.extragradient: lambda e: math.sqrt(1 - e**2 + e**4),
}


@pytest.mark.parametrize("step", ROUNDS)
@pytest.mark.parametrize("eta", [0.05, 0.2, 0.9])
def test_steps_are_matrices_with_the_stated_growth(step, eta):
    matrix = ROUNDS[step](eta).double()
    start = torch.tensor([0.6, -1.1], dtype=torch.float64)
    assert torch.allclose(step(start, eta), matrix @ start)
    moduli = torch.linalg.eigvals(matrix).abs()
    assert torch.allclose(moduli, torch.full((2,), GROWTH[step](eta)).double())


@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_growth_is_exact_along_a_path(eta):
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    out = game.play(game.simultaneous, start, eta=eta, steps=50).norm(dim=1)
    assert torch.allclose(out[1:] / out[:-1], torch.full((50,), math.sqrt(1 + eta**2)).double())
    inward = game.play(game.extragradient, start, eta=eta, steps=50).norm(dim=1)
    factor = math.sqrt(1 - eta**2 + eta**4)
    assert torch.allclose(inward[1:] / inward[:-1], torch.full((50,), factor).double())
    x, y = game.play(game.alternating, start, eta=eta, steps=500).T
    kept = x**2 + y**2 - eta * x * y
    assert torch.allclose(kept, torch.ones_like(kept))


def test_steps_follow_autograd():
    at = torch.tensor([0.6, -1.1], dtype=torch.float64, requires_grad=True)
    gx, gy = torch.autograd.grad(at[0] * at[1], at)[0]
    truth = at.detach() + 0.3 * torch.stack([-gx, gy])
    assert torch.allclose(game.simultaneous(at.detach(), 0.3), truth)


# --- bad input ------------------------------------------------------------------------------


def test_bad_input_is_refused_in_words():
    half = torch.full((3,), 0.5)
    with pytest.raises(RangeError, match="probability"):
        game.value(half, half, torch.tensor([0.0, 1.5, 0.5]))
    with pytest.raises(ShapeError, match=r"\[3\].*\[2\]"):
        game.optimal_critic(half, half[:2])
    with pytest.raises(RangeError, match="density"):
        game.optimal_critic(half, -half)
    with pytest.raises(ChoiceError, match="saturating"):
        game.generator_slope(half, "hinge")
    with pytest.raises(ShapeError, match="same D"):
        game.energy_distance(torch.zeros(3, 2), torch.zeros(3, 1))
    with pytest.raises(ShapeError, match="two numbers"):
        game.play(game.alternating, torch.zeros(3), eta=0.1, steps=2)
