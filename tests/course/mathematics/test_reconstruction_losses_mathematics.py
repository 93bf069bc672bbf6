"""The formulas of the lesson on reconstruction losses against SciPy, torch and quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, stats
from torch import distributions as td
from torch.nn import functional as F

from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.losses import elbo, likelihood

LOGITS = [-300.0, -40.0, -5.0, -0.26, -0.24, -1e-4, 0.0, 1e-7, 0.2, 0.25, 1.0, 8.0, 90.0]


def greys(*shape, seed=0):
    return torch.rand(*shape, generator=make_generator(seed), dtype=torch.float64)


def test_laplace_equals_torch_distributions_and_scipy():
    mean, target = greys(9, 2, 5), greys(9, 2, 5, seed=1)
    got = likelihood.laplace_nll(mean, target, scale=0.3)
    truth = -td.Independent(td.Laplace(mean, 0.3), 2).log_prob(target)
    assert torch.allclose(got, truth, rtol=1e-12)
    scipy = -stats.laplace(mean.numpy(), 0.3).logpdf(target.numpy()).sum((1, 2))
    assert np.allclose(got, scipy)


def test_gaussian_and_bernoulli_equal_torch_distributions():
    mean, target = greys(9, 6), greys(9, 6, seed=1)
    truth = -td.Normal(mean, 0.4).log_prob(target).sum(1)
    assert torch.allclose(elbo.gaussian_nll(mean, target, 0.4), truth)
    bits = (target > 0.5).double()
    truth = -td.Bernoulli(logits=mean).log_prob(bits).sum(1)
    assert torch.allclose(elbo.bernoulli_nll(mean, bits), truth)


@pytest.mark.parametrize("a", [-30.0, -3.0, -0.1, 0.0, 1e-5, 0.3, 2.0, 12.0])
def test_continuous_bernoulli_is_a_density_and_the_plain_one_is_none(a):
    """Its density integrates to 1; lambda^x (1 - lambda)^(1 - x) to 1 / C, at most 1/2."""

    def nll(function, x):
        return function(
            torch.tensor([[a]], dtype=torch.float64), torch.tensor([[x]], dtype=torch.float64)
        ).item()

    whole, _ = integrate.quad(
        lambda x: math.exp(-nll(likelihood.continuous_bernoulli_nll, x)), 0, 1
    )
    assert whole == pytest.approx(1, abs=1e-8)
    plain, _ = integrate.quad(lambda x: math.exp(-nll(elbo.bernoulli_nll, x)), 0, 1)
    assert plain <= 0.5 + 1e-9
    closed = math.tanh(a / 2) / a if a else 0.5
    assert plain == pytest.approx(closed, rel=1e-8)
    log_c = likelihood.log_normaliser(torch.tensor(a, dtype=torch.float64)).item()
    assert plain == pytest.approx(math.exp(-log_c), rel=1e-8)


def test_continuous_bernoulli_equals_torch_distributions():
    logits = torch.linspace(-6, 6, 49, dtype=torch.float64)[:, None].expand(49, 7).contiguous()
    target = greys(49, 7)
    truth = -td.ContinuousBernoulli(logits=logits).log_prob(target).sum(1)
    got = likelihood.continuous_bernoulli_nll(logits, target)
    assert torch.allclose(got, truth, atol=1e-6)  # torch's own series has one term less
    printed = 2 * np.arctanh(1 - 2 / (1 + np.exp(-1.7))) / (1 - 2 / (1 + np.exp(-1.7)))
    log_c = likelihood.log_normaliser(torch.tensor(1.7, dtype=torch.float64)).item()
    assert log_c == pytest.approx(math.log(printed), rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_normaliser_and_mean_are_smooth_and_finite(dtype):
    """Against the closed form in numpy's long double, and the slope against its formula."""
    a = torch.tensor(LOGITS, dtype=dtype, requires_grad=True)
    value = likelihood.log_normaliser(a)
    value.sum().backward()
    wide = np.array(a.detach().numpy(), dtype=np.longdouble)
    safe = np.where(wide == 0, 1, wide)
    truth = np.where(wide == 0, np.log(2.0), np.log(np.abs(safe)) - np.log(np.tanh(abs(safe) / 2)))
    tight = 1e-6 if dtype is torch.float32 else 1e-9
    assert np.allclose(value.detach().numpy(), truth.astype(float), rtol=tight)
    sigmoid = 1 / (1 + np.exp(-wide))
    mean = likelihood.continuous_bernoulli_mean(a.detach()).numpy()
    assert ((mean > 0) & (mean < 1)).all()
    slope = sigmoid - mean  # d log C / da = sigmoid(a) - mean
    assert np.allclose(a.grad.numpy(), slope.astype(float), atol=1e-6)


@pytest.mark.parametrize("a", [-20.0, -2.0, -0.2, 0.0, 0.1, 0.4, 5.0])
def test_mean_of_the_continuous_bernoulli_by_quadrature(a):
    def density(x):
        pair = torch.tensor([[a]], dtype=torch.float64), torch.tensor([[x]], dtype=torch.float64)
        return math.exp(-likelihood.continuous_bernoulli_nll(*pair).item())

    truth, _ = integrate.quad(lambda x: x * density(x), 0, 1)
    got = likelihood.continuous_bernoulli_mean(torch.tensor(a, dtype=torch.float64)).item()
    assert got == pytest.approx(truth, abs=1e-8)
    logit = torch.tensor([[a]], dtype=torch.float64, requires_grad=True)
    likelihood.continuous_bernoulli_nll(logit, torch.tensor([[0.3]]).double()).sum().backward()
    assert logit.grad.item() == pytest.approx(truth - 0.3, abs=1e-6)  # mean minus x
    if abs(a) > 0.3:  # nearer to 1/2 than the sigmoid
        assert abs(got - 0.5) < abs(1 / (1 + math.exp(-a)) - 0.5)


def test_gradients_by_finite_differences():
    logits, target = 4 * greys(3, 4) - 2, greys(3, 4, seed=1)
    for loss in (likelihood.continuous_bernoulli_nll, likelihood.laplace_nll, elbo.bernoulli_nll):
        assert torch.autograd.gradcheck(
            lambda a, loss=loss: loss(a, target), logits.clone().requires_grad_()
        )


@pytest.mark.parametrize(("loss", "truth"), [("mse", np.mean), ("l1", np.median), ("bce", np.mean)])
def test_minimisers_are_mean_median_and_mean(loss, truth):
    x = stats.beta(0.4, 0.9).rvs(501, random_state=0)
    loss = {
        "mse": lambda p: np.mean((x - p) ** 2),
        "l1": lambda p: np.mean(np.abs(x - p)),
        "bce": lambda p: -np.mean(x * np.log(p) + (1 - x) * np.log(1 - p)),
    }[loss]
    found = optimize.minimize_scalar(loss, bounds=(1e-6, 1 - 1e-6), method="bounded")
    assert found.x == pytest.approx(truth(x), abs=2e-3)


def test_best_sigma_and_the_value_there():
    mean, target = greys(5, 30), greys(5, 30, seed=1)
    found = optimize.minimize_scalar(
        lambda s: elbo.gaussian_nll(mean, target, s).mean().item(), bounds=(0.01, 5)
    )
    sigma = likelihood.best_sigma(mean, target).item()
    assert sigma == pytest.approx(found.x, rel=1e-4)
    mse = ((mean - target) ** 2).mean().item()
    value = 30 / 2 * (1 + math.log(2 * math.pi * mse))
    assert elbo.gaussian_nll(mean, target, sigma).mean().item() == pytest.approx(value, rel=1e-9)


def test_best_scale_of_a_laplace_is_the_mean_absolute_error():
    mean, target = greys(5, 30), greys(5, 30, seed=1)
    found = optimize.minimize_scalar(
        lambda b: likelihood.laplace_nll(mean, target, b).mean().item(), bounds=(0.01, 5)
    )
    assert (mean - target).abs().mean().item() == pytest.approx(found.x, rel=1e-4)


def test_a_mean_over_pixels_is_a_spread_of_root_392_and_a_beta_of_784():
    mean, target = greys(3, 784), greys(3, 784, seed=1)
    offset = 784 * math.log(math.sqrt(392 * 2 * math.pi))
    gaussian = elbo.gaussian_nll(mean, target, math.sqrt(392)) - offset
    assert torch.allclose(gaussian, F.mse_loss(mean, target, reduction="none").mean(1))
    bce = F.binary_cross_entropy_with_logits(mean, target, reduction="none").mean(1)
    assert torch.allclose(784 * bce, elbo.bernoulli_nll(mean, target))


def test_sigmoid_twice_is_confined():
    a = torch.linspace(-40, 40, 4001, dtype=torch.float64, requires_grad=True)
    p = a.sigmoid().sigmoid()
    assert p.min() >= 0.5 and p.max() <= 1 / (1 + math.exp(-1)) + 1e-12
    one = F.binary_cross_entropy_with_logits(a.sigmoid(), torch.ones_like(a), reduction="none")
    zero = F.binary_cross_entropy_with_logits(a.sigmoid(), torch.zeros_like(a), reduction="none")
    assert one.min().item() == pytest.approx(math.log(1 + math.exp(-1)))  # 0.3133
    assert one.max().item() == pytest.approx(math.log(2))
    assert zero.min().item() == pytest.approx(math.log(2))
    assert zero.max().item() == pytest.approx(math.log(1 + math.e))  # 1.3133
    for x in (0.0, 0.2, 0.5, 0.6, 0.9, 1.0):  # only greys above one half get below ln 2
        least = F.binary_cross_entropy_with_logits(
            a.detach().sigmoid(), torch.full_like(a, x), reduction="none"
        ).min()
        assert (least.item() < math.log(2) - 1e-9) == (x > 0.5)
        best = min(max(math.log(x / (1 - x)), 0), 1) if 0 < x < 1 else x
        assert least.item() == pytest.approx(np.logaddexp(0, best) - best * x, abs=1e-6)
    (slope,) = torch.autograd.grad(one.sum(), a)
    s = a.detach().sigmoid()
    assert torch.allclose(slope, (s.sigmoid() - 1) * s * (1 - s), atol=1e-12)
    assert slope.abs().max().item() < 0.11


def test_the_least_that_a_critic_with_two_sigmoids_can_lose():
    best = optimize.minimize_scalar(
        lambda a: math.log1p(math.exp(-1 / (1 + math.exp(-a)))), bounds=(-40, 40), method="bounded"
    ).fun
    worst = optimize.minimize_scalar(
        lambda a: math.log1p(math.exp(1 / (1 + math.exp(-a)))), bounds=(-40, 40), method="bounded"
    ).fun
    assert best + worst == pytest.approx(0.31326 + 0.69315, abs=1e-3)


def test_a_printed_gradient_lacks_one_over_n_and_a_jacobian():
    """d/dx_hat of the mean of squares is (2/N)(x_hat - x); of W it is (2/N)(x_hat - x) z^T."""
    x_hat, x, z = greys(12), greys(12, seed=1), greys(3, seed=2)
    h, slopes = 1e-6, []
    for i in range(12):
        step = torch.zeros(12, dtype=torch.float64)
        step[i] = h
        up, down = ((x_hat + step - x) ** 2).mean(), ((x_hat - step - x) ** 2).mean()
        slopes.append((up - down) / (2 * h))
    assert torch.allclose(torch.stack(slopes), 2 / 12 * (x_hat - x), atol=1e-8)
    weight = greys(12, 3, seed=3).requires_grad_()
    F.mse_loss(weight @ z, x).backward()
    residual = (weight @ z - x).detach()
    assert torch.allclose(weight.grad, 2 / 12 * residual[:, None] * z[None])


def test_draws_restore_the_sharpness_that_a_mean_loses():
    """E|Dx|^2 = E|D E[x|c]|^2 + E|D r|^2 for every linear D: here neighbours' differences."""
    generator = make_generator(0)
    c = torch.randn(20000, 4, generator=generator, dtype=torch.float64)
    x = c @ torch.randn(4, 9, generator=generator, dtype=torch.float64)
    x = x + torch.randn(20000, 9, generator=generator, dtype=torch.float64)
    fit = torch.linalg.lstsq(c, x).solution
    mean, rest = c @ fit, x - c @ fit
    energy = [(v[:, 1:] - v[:, :-1]).pow(2).sum(1).mean() for v in (x, mean, rest)]
    assert energy[0].item() == pytest.approx((energy[1] + energy[2]).item(), rel=1e-9)
    root = torch.linalg.cholesky(torch.cov(rest.T))
    draws = mean + torch.randn(x.shape, generator=generator, dtype=torch.float64) @ root.T
    drawn = (draws[:, 1:] - draws[:, :-1]).pow(2).sum(1).mean()
    assert drawn.item() == pytest.approx(energy[0].item(), rel=0.05)
    error, error_of_draw = (x - mean).pow(2).mean(), (x - draws).pow(2).mean()
    assert error_of_draw.item() == pytest.approx(2 * error.item(), rel=0.05)


def test_stable_forms_equal_exact_ones():
    a = torch.tensor([-200.0, -20.0, 0.0, 17.5, 100.0, 1000.0], dtype=torch.float64)
    stable = a.clamp(min=0) + (-a.abs()).exp().log1p()
    assert torch.allclose(stable, torch.from_numpy(np.logaddexp(0, a.numpy())))
    assert torch.allclose(stable.float(), F.softplus(a.float()))
    assert torch.tensor(100.0).exp().isinf() and torch.tensor(88.0).exp().isfinite()
    assert (1 - torch.tensor(17.0).sigmoid()).item() == 0
    assert (1 + torch.tensor(-17.0).exp()).item() == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: likelihood.laplace_nll(torch.zeros(1, 2), torch.zeros(1, 3)), ShapeError, "same"),
        (lambda: likelihood.laplace_nll(torch.zeros(2), torch.zeros(2)), ShapeError, "2 axes"),
        (
            lambda: likelihood.laplace_nll(torch.zeros(1, 2), torch.zeros(1, 2), 0.0),
            RangeError,
            "greater than 0",
        ),
        (
            lambda: likelihood.continuous_bernoulli_nll(torch.zeros(1, 2), -torch.ones(1, 2)),
            RangeError,
            r"\[0, 1\]",
        ),
        (lambda: likelihood.best_sigma(torch.zeros(1, 2), torch.zeros(2)), ShapeError, "same"),
    ],
)
def test_bad_input_is_told_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()
