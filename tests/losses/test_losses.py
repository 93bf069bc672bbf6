"""The losses against truths that were not made by this project."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from aigc_teach.core import ChoiceError, RangeError, ShapeError, make_generator
from aigc_teach.losses import elbo, gan


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=make_generator(seed), dtype=torch.float64)


def test_kl_equals_torch_distributions():
    mu, logvar = draw(50, 7), draw(50, 7, seed=1)
    q = Normal(mu, (0.5 * logvar).exp())
    truth = kl_divergence(q, Normal(torch.zeros_like(mu), 1.0)).sum(1)
    assert torch.allclose(elbo.kl_to_standard_normal(mu, logvar), truth, rtol=1e-12)


def test_kl_equals_quadrature():
    mu, sigma = 0.7, 0.6
    q, p = stats.norm(mu, sigma), stats.norm()
    truth, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -10, 10)
    got = elbo.kl_to_standard_normal(
        torch.tensor([[mu]], dtype=torch.float64),
        torch.tensor([[2 * math.log(sigma)]], dtype=torch.float64),
    )
    assert got.item() == pytest.approx(truth, abs=1e-9)


def test_kl_is_never_negative_and_zero_only_at_the_prior():
    kl = elbo.kl_to_standard_normal(3 * draw(1000, 2), 2 * draw(1000, 2, seed=1))
    assert (kl >= 0).all()
    assert elbo.kl_to_standard_normal(torch.zeros(1, 5), torch.zeros(1, 5)).item() == 0


def test_kl_gradient_is_the_closed_form():
    """dKL/dmu = mu and dKL/dlogvar = (sigma^2 - 1) / 2."""
    mu, logvar = draw(20, 3).requires_grad_(), draw(20, 3, seed=1).requires_grad_()
    elbo.kl_to_standard_normal(mu, logvar).sum().backward()
    assert torch.allclose(mu.grad, mu.detach())
    assert torch.allclose(logvar.grad, (logvar.detach().exp() - 1) / 2)


def test_bernoulli_nll_equals_torch_distributions():
    logits = 3 * draw(20, 1, 4, 4)
    bits = (draw(20, 1, 4, 4, seed=1) > 0).double()
    truth = -Independent(Bernoulli(logits=logits), 3).log_prob(bits)
    assert torch.allclose(elbo.bernoulli_nll(logits, bits), truth)


def test_bernoulli_nll_stays_finite_where_a_sigmoid_saturates():
    logits, target = torch.tensor([[200.0]]), torch.tensor([[0.0]])
    assert elbo.bernoulli_nll(logits, target).item() == pytest.approx(200.0)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 2.5])
def test_gaussian_nll_equals_scipy(sigma):
    mean, x = draw(6, 2, 3), draw(6, 2, 3, seed=1)
    truth = -stats.norm(mean.numpy(), sigma).logpdf(x.numpy()).sum((1, 2))
    assert torch.allclose(elbo.gaussian_nll(mean, x, sigma), torch.from_numpy(truth))


def test_elbo_bad_input():
    with pytest.raises(ShapeError, match=r"\[2, 3\] and \[2, 4\]"):
        elbo.kl_to_standard_normal(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(RangeError, match=r"\[0, 1\]; yours lie in \[-1, -1\]"):
        elbo.bernoulli_nll(torch.zeros(1, 2), -torch.ones(1, 2))
    with pytest.raises(RangeError, match="sigma=0"):
        elbo.gaussian_nll(torch.zeros(1, 2), torch.zeros(1, 2), 0.0)


# --- the adversarial game ---------------------------------------------------------------------


def test_critic_loss_is_the_textbook_formula():
    real, fake = draw(100), draw(100, seed=1)
    D = torch.sigmoid
    truth = -(D(real).log().mean() + (1 - D(fake)).log().mean())
    assert torch.allclose(gan.critic_loss(real, fake), truth)
    assert torch.allclose(gan.generator_loss(fake, "saturating"), (1 - D(fake)).log().mean())
    assert torch.allclose(gan.generator_loss(fake, "non_saturating"), -D(fake).log().mean())


def test_equilibrium_values():
    zeros = torch.zeros(8)
    assert gan.critic_loss(zeros, zeros).item() == pytest.approx(2 * math.log(2))
    assert gan.generator_loss(zeros).item() == pytest.approx(math.log(2))


def test_least_squares_and_hinge_by_hand():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 0.5])
    assert gan.critic_loss(real, fake, "least_squares").item() == pytest.approx(
        0.5 * (1 + 1) / 2 + 0.5 * (4 + 0.25) / 2
    )
    assert gan.generator_loss(fake, "least_squares").item() == pytest.approx(0.5 * (9 + 0.25) / 2)
    assert gan.critic_loss(real, fake, "hinge").item() == pytest.approx((0 + 1) / 2 + (0 + 1.5) / 2)
    assert gan.generator_loss(fake, "hinge").item() == pytest.approx(0.75)


def test_generator_gradients_have_the_same_sign_and_differ_where_it_matters():
    """Both push the logit up; saturating by D, non-saturating by 1 - D."""
    t = torch.linspace(-6, 6, 25, dtype=torch.float64, requires_grad=True)
    D = torch.sigmoid(t.detach())
    (saturating,) = torch.autograd.grad(gan.generator_loss(t, "saturating") * 25, t)
    (non_saturating,) = torch.autograd.grad(gan.generator_loss(t, "non_saturating") * 25, t)
    assert torch.allclose(saturating, -D)
    assert torch.allclose(non_saturating, D - 1)


def test_losses_stay_finite_at_extreme_logits():
    t = torch.tensor([-1e4, 1e4])
    for kind in gan.KINDS:
        assert gan.critic_loss(t, t.flip(0), kind).isfinite()
        assert gan.generator_loss(t, kind).isfinite()


def test_the_optimal_critic_of_two_gaussians():
    """The critic loss is least at the logit log p(x)/q(x), and there equals 2 ln 2 - 2 JS.

    Goodfellow et al. 2014, proposition 1 and theorem 1; JS by quadrature.
    """
    p, q = stats.norm(0, 1), stats.norm(1.5, 0.8)

    def js_integrand(x):
        a, b = p.pdf(x), q.pdf(x)
        m = (a + b) / 2
        return 0.5 * (a * math.log(a / m) + b * math.log(b / m))

    js, _ = integrate.quad(js_integrand, -6, 8)
    n, g = 400_000, make_generator(0)
    x = torch.randn(n, generator=g, dtype=torch.float64)
    y = 1.5 + 0.8 * torch.randn(n, generator=g, dtype=torch.float64)

    def optimal(v):
        return torch.from_numpy(p.logpdf(v.numpy()) - q.logpdf(v.numpy()))

    best = gan.critic_loss(optimal(x), optimal(y)).item()
    assert best == pytest.approx(2 * math.log(2) - 2 * js, abs=5e-3)
    for shift, scale in [(0.3, 1), (-0.3, 1), (0, 0.7), (0, 1.4)]:
        other = gan.critic_loss(scale * optimal(x) + shift, scale * optimal(y) + shift).item()
        assert other > best


def test_gan_bad_input():
    with pytest.raises(ChoiceError, match="'non_saturating', 'saturating'"):
        gan.critic_loss(torch.zeros(2), torch.zeros(2), "wasserstien")
    with pytest.raises(ShapeError, match=r"one logit for each item.*\[2, 3\]"):
        gan.generator_loss(torch.zeros(2, 3))
