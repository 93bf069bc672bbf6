"""The distances of the lesson against truths that were not made by this project."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon
from torch.distributions import Categorical, Normal, kl_divergence

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.losses import divergence

STEP = 0.01
X = torch.arange(-15, 15 + STEP / 2, STEP, dtype=torch.float64)


def gauss(mean, width):
    return Normal(torch.tensor(mean, dtype=torch.float64), width).log_prob(X).exp()


def probabilities(*shape, seed=0):
    return torch.rand(*shape, generator=make_generator(seed), dtype=torch.float64).softmax(-1)


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=make_generator(seed), dtype=torch.float64)


# --- probabilities: SciPy and torch.distributions -------------------------------------------------


def test_entropy_and_kl_equal_scipy_and_torch():
    p, q = probabilities(7, 5), probabilities(7, 5, seed=1)
    for i in range(7):
        assert divergence.entropy(p)[i].item() == pytest.approx(stats.entropy(p[i]))
        assert divergence.kl(p, q)[i].item() == pytest.approx(stats.entropy(p[i], q[i]))
    assert torch.allclose(divergence.kl(p, q), kl_divergence(Categorical(p), Categorical(q)))
    crossed = divergence.entropy(p) + divergence.kl(p, q)
    assert torch.allclose(divergence.cross_entropy(p, q), crossed)


def test_cross_entropy_is_the_classifier_loss():
    logits, labels = draw(6, 4), torch.tensor([0, 3, 1, 1, 2, 0])
    one_hot = torch.eye(4, dtype=torch.float64)[labels]
    ours = divergence.cross_entropy(one_hot, logits.softmax(1)).mean()
    assert torch.allclose(ours, torch.nn.functional.cross_entropy(logits, labels))


def test_jensen_shannon_equals_scipy():
    p, q = probabilities(9), probabilities(9, seed=1)
    truth = jensenshannon(p.numpy(), q.numpy()) ** 2  # SciPy gives the root
    assert divergence.jensen_shannon(p, q).item() == pytest.approx(truth)


def test_zero_probabilities():
    p = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([0.0, 0.5, 0.5], dtype=torch.float64, requires_grad=True)
    assert divergence.entropy(p).item() == pytest.approx(math.log(2))
    assert divergence.kl(p, q).item() == stats.entropy(p.detach(), q.detach()) == math.inf
    assert divergence.cross_entropy(p, q).item() == math.inf
    js = divergence.jensen_shannon(p, q)
    assert js.item() == pytest.approx(jensenshannon(p.detach(), q.detach()) ** 2)
    (js + divergence.entropy(p) + divergence.total_variation(p, q)).backward()
    assert torch.isfinite(p.grad).all() and torch.isfinite(q.grad).all()
    inside = torch.tensor([0.25, 0.75, 0.0], requires_grad=True)
    divergence.kl(inside, torch.tensor([0.5, 0.5, 0.0])).backward()
    assert torch.isfinite(inside.grad).all()


def test_the_two_derivatives_of_the_kl():
    """dKL/dq = log(q/p) + 1 and dKL/dp = -q/p for q log(q/p), against finite differences."""
    p, q, h = 0.3, 0.2, 1e-6

    def term(q, p):
        return q * math.log(q / p)

    by_q = (term(q + h, p) - term(q - h, p)) / (2 * h)
    by_p = (term(q, p + h) - term(q, p - h)) / (2 * h)
    assert by_q == pytest.approx(math.log(q / p) + 1, abs=1e-8)
    assert by_p == pytest.approx(-q / p, abs=1e-8)
    assert abs(by_q - (q - p)) > 0.5 and abs(by_p - (-1 / q)) > 4  # as printed elsewhere: wrong
    qs = torch.tensor([q, 1 - q], dtype=torch.float64, requires_grad=True)
    ps = torch.tensor([p, 1 - p], dtype=torch.float64, requires_grad=True)
    divergence.kl(qs, ps).backward()
    assert qs.grad[0].item() == pytest.approx(by_q, abs=1e-7)
    assert ps.grad[0].item() == pytest.approx(by_p, abs=1e-7)


@pytest.mark.parametrize("name", ["kl", "jensen_shannon", "total_variation", "cross_entropy"])
def test_gradients_by_finite_differences(name):
    p, q = probabilities(2, 5).requires_grad_(), probabilities(2, 5, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(getattr(divergence, name), (p, q))


def test_bounds_and_symmetry():
    p, q = probabilities(200, 6) ** 4, probabilities(200, 6, seed=1) ** 4
    p, q = p / p.sum(1, keepdim=True), q / q.sum(1, keepdim=True)
    js, tv = divergence.jensen_shannon(p, q), divergence.total_variation(p, q)
    assert (divergence.kl(p, q) >= 0).all()
    assert (js >= 0).all() and (js <= math.log(2)).all() and (tv <= 1).all()
    assert torch.allclose(js, divergence.jensen_shannon(q, p))
    assert (tv**2 <= divergence.kl(p, q) / 2 + 1e-12).all()  # Pinsker's inequality
    middle = (p + q) / 2
    mean = (divergence.entropy(p) + divergence.entropy(q)) / 2
    assert torch.allclose(js, divergence.entropy(middle) - mean)


def test_total_variation_is_the_best_bet():
    """The largest difference of probability over all events: here over all 2^6 of them."""
    p, q = probabilities(6), probabilities(6, seed=1)
    events = torch.tensor([[(k >> i) & 1 for i in range(6)] for k in range(64)]).double()
    best = (events @ (p - q)).max()
    assert divergence.total_variation(p, q).item() == pytest.approx(best.item())


# --- densities: closed forms and quadrature -------------------------------------------------------


def test_entropy_of_a_gaussian_density():
    got = divergence.entropy(gauss(0.5, 0.7), step=STEP)
    assert got.item() == pytest.approx(stats.norm(0.5, 0.7).entropy(), abs=1e-9)


@pytest.mark.parametrize(("m", "s", "t"), [(0.0, 2.0, 1.0), (1.5, 0.5, 1.0), (-3.0, 1.0, 0.6)])
def test_gaussian_kl_in_three_ways(m, s, t):
    """The lesson's closed form, torch.distributions, SciPy's quadrature, and our grid."""
    closed = math.log(t / s) + (s**2 + m**2) / (2 * t**2) - 0.5  # KL(N(m, s) || N(0, t))
    truth = kl_divergence(Normal(m, s), Normal(0.0, t)).item()
    p, q = stats.norm(m, s), stats.norm(0, t)
    area, _ = integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), m - 9 * s, m + 9 * s)
    grid = divergence.kl(gauss(m, s), gauss(0.0, t), step=STEP).item()
    assert closed == pytest.approx(truth, rel=1e-5)
    assert closed == pytest.approx(area, abs=1e-8)
    assert closed == pytest.approx(grid, abs=1e-6)


def test_js_and_tv_of_gaussians_by_quadrature():
    p, q = stats.norm(0, 1), stats.norm(1.5, 0.6)

    def js(x):
        a, b = p.pdf(x), q.pdf(x)
        return 0.5 * (a * np.log(2 * a / (a + b)) + b * np.log(2 * b / (a + b)))

    area, _ = integrate.quad(js, -6, 6)
    got = divergence.jensen_shannon(gauss(0.0, 1.0), gauss(1.5, 0.6), step=STEP).item()
    assert got == pytest.approx(area, abs=1e-6)
    half, _ = integrate.quad(lambda x: 0.5 * abs(p.pdf(x) - q.pdf(x)), -8, 8, limit=400)
    got = divergence.total_variation(gauss(0.0, 1.0), gauss(1.5, 0.6), step=STEP).item()
    assert got == pytest.approx(half, abs=1e-4)


def test_total_variation_of_shifted_gaussians():
    """Equal widths: 2 Phi(d / (2 sigma)) - 1."""
    got = divergence.total_variation(gauss(0.0, 0.5), gauss(0.8, 0.5), step=STEP).item()
    assert got == pytest.approx(2 * stats.norm.cdf(0.8) - 1, abs=1e-4)


@pytest.mark.parametrize("distance", [0.0, 0.3, 2.0, 9.0])
def test_wasserstein_of_shifted_gaussians_is_the_shift(distance):
    got = divergence.wasserstein_from_densities(gauss(0.0, 0.5), gauss(distance, 0.5), step=STEP)
    assert got.item() == pytest.approx(distance, abs=1e-9)


def test_wasserstein_of_widened_gaussians():
    """Same mean: |s - t| E|Z| = |s - t| sqrt(2 / pi)."""
    got = divergence.wasserstein_from_densities(gauss(0.0, 0.5), gauss(0.0, 2.0), step=STEP)
    assert got.item() == pytest.approx(1.5 * math.sqrt(2 / math.pi), abs=1e-3)


def mmd_of_gaussians(a, s, b, t, h):
    """E k(x, y) of Gaussians under a Gaussian kernel is again a Gaussian integral."""

    def mean_kernel(m, v):
        return h / math.sqrt(h**2 + v) * math.exp(-(m**2) / (2 * (h**2 + v)))

    return mean_kernel(0, 2 * s**2) + mean_kernel(0, 2 * t**2) - 2 * mean_kernel(a - b, s**2 + t**2)


def test_mmd_of_densities_equals_the_closed_form():
    p, q = gauss(-1.0, 0.5)[::4], gauss(1.2, 0.9)[::4]
    got = divergence.mmd_from_densities(p, q, step=4 * STEP, bandwidth=0.8)
    assert got.item() == pytest.approx(mmd_of_gaussians(-1.0, 0.5, 1.2, 0.9, 0.8), abs=1e-9)


def test_mmd_is_a_blurred_squared_difference():
    """sqrt(2 pi) h times the integral of (blurred p - blurred q)^2, blur h / sqrt 2."""
    h, blur = 0.8, 0.8**2 / 2
    p, q = gauss(-1.0, math.sqrt(0.25 + blur)), gauss(1.2, math.sqrt(0.81 + blur))
    blurred = math.sqrt(2 * math.pi) * h * ((p - q) ** 2).sum().item() * STEP
    assert blurred == pytest.approx(mmd_of_gaussians(-1.0, 0.5, 1.2, 0.9, h), abs=1e-9)


def test_far_apart_only_wasserstein_still_slopes():
    for name, value, slope in [
        ("jensen_shannon", math.log(2), 0.0),
        ("total_variation", 1.0, 0.0),
        ("wasserstein_from_densities", 10.0, 1.0),
    ]:
        mean = torch.tensor(10.0, dtype=torch.float64, requires_grad=True)
        q = Normal(mean, 0.3).log_prob(X).exp()
        d = getattr(divergence, name)(gauss(0.0, 0.3), q, step=STEP)
        d.backward()
        assert d.item() == pytest.approx(value, abs=1e-6), name
        assert mean.grad.item() == pytest.approx(slope, abs=1e-6), name


def test_the_best_gaussian_of_the_forward_kl_has_the_moments():
    p = (gauss(-2.0, 0.5) + gauss(2.0, 0.5)) / 2
    best = divergence.kl(p, gauss(0.0, math.sqrt(0.25 + 4)), step=STEP)
    for mean, width in [(0.1, 2.06), (-0.1, 2.06), (0.0, 1.9), (0.0, 2.2)]:
        assert divergence.kl(p, gauss(mean, width), step=STEP) > best


# --- samples: SciPy -------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(1, 1), (50, 50), (7, 3), (30, 45), (1, 20)])
def test_wasserstein_of_samples_equals_scipy(n, m):
    x, y = draw(n), 2 * draw(m, seed=1) + 0.5
    truth = stats.wasserstein_distance(x.numpy(), y.numpy())
    assert divergence.wasserstein_1d(x, y).item() == pytest.approx(truth)
    assert divergence.wasserstein_1d(y[:, None], x).item() == pytest.approx(truth)


def test_wasserstein_of_masses_equals_scipy_on_an_uneven_grid():
    widths = torch.rand(12, generator=make_generator(2), dtype=torch.float64) + 0.1
    middles = widths.cumsum(0) - widths / 2
    p, q = probabilities(12) / widths, probabilities(12, seed=1) / widths
    truth = stats.wasserstein_distance(middles, middles, p * widths, q * widths)
    got = divergence.wasserstein_from_densities(p, q, step=widths)
    assert got.item() == pytest.approx(truth)


def test_wasserstein_gradient_by_finite_differences():
    x, y = draw(6).requires_grad_(), draw(4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(divergence.wasserstein_1d, (x, y))


def test_mmd_of_samples_by_loops():
    x, y, h = draw(5, 2), draw(4, 2, seed=1), 0.7

    def k(a, b):
        return math.exp(-((a - b) ** 2).sum().item() / (2 * h**2))

    xx, yy = ([[k(a, b) for b in s] for a in s] for s in (x, y))
    xx, yy = list(xx), list(yy)
    xy = sum(k(a, b) for a in x for b in y) / 20
    biased = sum(map(sum, xx)) / 25 + sum(map(sum, yy)) / 16 - 2 * xy
    unbiased = (sum(map(sum, xx)) - 5) / 20 + (sum(map(sum, yy)) - 4) / 12 - 2 * xy
    assert divergence.mmd(x, y, bandwidth=h, unbiased=False).item() == pytest.approx(biased)
    assert divergence.mmd(x, y, bandwidth=h).item() == pytest.approx(unbiased)


def test_mmd_estimates_against_the_closed_form():
    """Over many pairs of samples the unbiased mean is right, the biased one too large."""
    truth = mmd_of_gaussians(0, 1, 0.5, 1, 1.0)
    pairs = [(draw(20, seed=2 * i), draw(20, seed=2 * i + 1) + 0.5) for i in range(400)]
    unbiased = torch.stack([divergence.mmd(x, y) for x, y in pairs])
    biased = torch.stack([divergence.mmd(x, y, unbiased=False) for x, y in pairs])
    error = unbiased.std() / len(pairs) ** 0.5
    assert abs(unbiased.mean() - truth) < 4 * error
    own = 1 / math.sqrt(3)  # E k(x, x') of a standard normal with itself
    assert (biased - unbiased).mean().item() == pytest.approx(2 * (1 - own) / 20, rel=0.05)


def test_the_histogram_bias_of_the_kl():
    """To first order (K - 1) / (2 n), with the true probabilities as q."""
    k, n = 20, 1000
    q = torch.full((k,), 1 / k, dtype=torch.float64)
    generator = make_generator(0)
    draws = torch.multinomial(q.expand(300, k), n, True, generator=generator)  # [300, n]
    shares = torch.eye(k, dtype=torch.float64)[draws].mean(1)  # [300, k]
    values = divergence.kl(shares, q)
    assert values.mean().item() == pytest.approx((k - 1) / (2 * n), rel=0.1)


def test_the_other_biases_that_the_lesson_states():
    """W1 of two samples is about 1.8 / sqrt(n), by the variance of the counts; E k = 1/sqrt 3."""
    root, _ = integrate.quad(lambda x: math.sqrt(stats.norm.cdf(x) * stats.norm.sf(x)), -9, 9)
    assert root * 2 / math.sqrt(math.pi) == pytest.approx(1.8, abs=0.05)  # sqrt(2) E|Z| root
    own, _ = integrate.quad(lambda d: math.exp(-(d**2) / 2) * stats.norm.pdf(d, 0, 2**0.5), -9, 9)
    assert own == pytest.approx(1 / math.sqrt(3), abs=1e-9)


def test_the_monte_carlo_spread_that_the_lesson_states():
    """Spread of a mean of 100 log-ratios, and how often it is negative, by quadrature."""
    p = stats.norm()
    for q, spread, negative in [(stats.norm(0, 0.3), 0.72, None), (stats.norm(0.1), 0.01, 0.31)]:
        moments = [
            integrate.quad(lambda x, k=k, q=q: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)) ** k, -9, 9)[
                0
            ]
            for k in (1, 2)
        ]
        std = math.sqrt((moments[1] - moments[0] ** 2) / 100)
        assert std == pytest.approx(spread, rel=0.02)
        if negative:  # here the log-ratio is linear in x, so the mean is a Gaussian
            assert stats.norm.cdf(-moments[0] / std) == pytest.approx(negative, abs=0.005)


def test_the_far_draws_carry_most_of_the_narrow_estimate():
    """13 % of the draws lie beyond 1.5 and carry almost two thirds of the KL."""
    p, q = stats.norm(), stats.norm(0, 0.3)

    def part(x):
        return 2 * p.pdf(x) * (p.logpdf(x) - q.logpdf(x))

    far, all_of_it = (integrate.quad(part, low, 9)[0] for low in (1.5, 0))
    assert 2 * p.sf(1.5) == pytest.approx(0.13, abs=0.005)
    assert 0.62 < far / all_of_it < 2 / 3


def test_no_overlap_in_float32():
    """30 widths apart no place is positive for both, and the slope of JS is rounding error."""
    places = torch.arange(-4.0, 8.0, 0.02)
    mean = torch.tensor(3.0, requires_grad=True)
    p, q = (Normal(m, 0.1).log_prob(places).exp() for m in (0.0, mean))
    assert not ((p > 0) & (q > 0)).any()
    assert stats.norm(0, 0.1).logpdf(1.5) == pytest.approx(-111, abs=0.5)
    divergence.jensen_shannon(p, q, step=0.02).backward()
    assert abs(mean.grad.item()) < 1e-5


# --- bad input ------------------------------------------------------------------------------------


def test_bad_input_is_told_in_a_sentence():
    half = torch.tensor([0.5, 0.5])
    with pytest.raises(RangeError, match="p holds values that are negative"):
        divergence.entropy(torch.tensor([1.5, -0.5]))
    with pytest.raises(ShapeError, match="2 places, q has 3"):
        divergence.kl(half, torch.ones(3) / 3)
    with pytest.raises(DtypeError, match="floating-point"):
        divergence.total_variation(half, [0.5, 0.5])
    with pytest.raises(ShapeError, match="one value a place"):
        divergence.entropy(torch.tensor(1.0))
    with pytest.raises(RangeError, match="width of a cell"):
        divergence.jensen_shannon(half, half, step=0.0)
    with pytest.raises(ShapeError, match="one number or 2"):
        divergence.entropy(half, step=torch.ones(3))
    with pytest.raises(ShapeError, match="on the line"):
        divergence.wasserstein_1d(torch.zeros(3, 2), torch.zeros(3))
    with pytest.raises(RangeError, match="NaN"):
        divergence.wasserstein_1d(torch.tensor([math.nan]), torch.zeros(3))
    with pytest.raises(DataError, match="at least 2 samples"):
        divergence.mmd(torch.zeros(1), torch.zeros(5))
    with pytest.raises(RangeError, match="bandwidth=0"):
        divergence.mmd(half, half, bandwidth=0)
    with pytest.raises(ShapeError, match="both need the same"):
        divergence.mmd(torch.zeros(3, 2), torch.zeros(3, 1))
    with pytest.raises(ShapeError, match="even grid"):
        divergence.mmd_from_densities(half, half, step=torch.ones(2))
