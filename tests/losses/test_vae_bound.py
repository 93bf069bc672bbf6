"""The VAE's bound against the exact evidence of a linear-Gaussian model.

z ~ N(0, I_2), x | z ~ N(W z + b, sigma^2 I_3) has p(x) = N(b, W W' + sigma^2 I) and the
posterior p(z|x) = N(M^-1 W'(x - b), sigma^2 M^-1), M = W'W + sigma^2 I (Bishop 2006,
section 12.2). An encoder set to that posterior makes the bound exact.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from aigc_teach.core import make_generator
from aigc_teach.losses.elbo import kl_to_standard_normal
from aigc_teach.models import VAE
from aigc_teach.nn import reparameterise

SIGMA = 0.5
# Orthogonal columns, so that the posterior's covariance is diagonal, as a VAE's must be.
W = torch.tensor([[1.0, 0.5], [1.0, -0.5], [0.5, 0.0]], dtype=torch.float64)
B = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)


def linear_vae(shift: float = 0.0, log_scale: float = 0.0) -> VAE:
    """A VAE whose encoder is the exact posterior, moved by `shift`, stretched by exp(log_scale)."""
    M = W.T @ W + SIGMA**2 * torch.eye(2, dtype=torch.float64)
    assert M[0, 1].abs() < 1e-12
    gain = torch.linalg.inv(M) @ W.T  # [2, 3]
    variance = SIGMA**2 * torch.linalg.inv(M).diagonal()  # [2]
    encoder, decoder = nn.Linear(3, 4), nn.Linear(2, 3)
    model = VAE((3,), latent_size=2, hidden=(4,), likelihood="gaussian", sigma=SIGMA)
    with torch.no_grad():
        encoder.weight.copy_(torch.cat([gain, torch.zeros(2, 3)]))
        encoder.bias.copy_(torch.cat([shift - gain @ B, variance.log() + log_scale]))
        decoder.weight.copy_(W)
        decoder.bias.copy_(B)
    model.encoder, model.decoder = encoder, decoder
    return model


def data(n: int) -> torch.Tensor:
    g = make_generator(0)
    z = torch.randn(n, 2, generator=g, dtype=torch.float64)
    noise = torch.randn(n, 3, generator=g, dtype=torch.float64)
    return (z @ W.T + B + SIGMA * noise).float()


def log_evidence(x: torch.Tensor) -> float:
    covariance = W @ W.T + SIGMA**2 * torch.eye(3, dtype=torch.float64)
    return MultivariateNormal(B, covariance).log_prob(x.double()).mean().item()


def test_with_the_exact_posterior_the_bound_is_the_evidence():
    x = data(100_000)
    bound = -linear_vae().loss(x, generator=make_generator(1)).total.item()
    assert bound == pytest.approx(log_evidence(x), abs=0.01)


@pytest.mark.parametrize("shift, log_scale", [(0.5, 0.0), (0.0, 1.0), (-0.3, -1.5)])
def test_any_other_encoder_falls_short_by_the_kl_between_the_posteriors(shift, log_scale):
    x = data(100_000)
    bound = -linear_vae(shift, log_scale).loss(x, generator=make_generator(1)).total.item()
    variance = SIGMA**2 * torch.linalg.inv(W.T @ W + SIGMA**2 * torch.eye(2)).diagonal()
    # KL( N(m + shift, v s) || N(m, v) ) is that of the standardised pair.
    mu = (shift / variance.sqrt()).unsqueeze(0)
    gap = kl_to_standard_normal(mu, torch.full((1, 2), log_scale)).item()
    assert log_evidence(x) - bound == pytest.approx(gap, abs=0.02)


def test_loss_parts_are_the_two_terms():
    model, x = linear_vae(0.2, 0.3), data(64)
    total, parts = model.loss(x, generator=make_generator(1))
    assert total.item() == pytest.approx((parts["reconstruction"] + parts["kl"]).item(), rel=1e-5)


def test_beta_weights_the_kl_alone():
    x = torch.rand(8, 1, 28, 28) * 2 - 1
    model = VAE(hidden=(8,), beta=4.0)
    total, parts = model.loss(x, generator=make_generator(1))
    assert total.item() == pytest.approx(
        (parts["reconstruction"] + 4 * parts["kl"]).item(), rel=1e-5
    )


def test_reparameterised_draws_have_the_stated_mean_and_variance():
    mu, logvar = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, -1.4]])
    z = reparameterise(
        mu.expand(200_000, 2), logvar.expand(200_000, 2), generator=make_generator(0)
    )
    assert torch.allclose(z.mean(0), mu[0], atol=0.01)
    assert torch.allclose(z.var(0), logvar[0].exp(), rtol=0.02)


def test_the_gradient_passes_through_the_draw():
    """d/dmu E[z^2] = 2 mu and d/dlogvar E[z^2] = sigma^2, both known in closed form."""
    mu = torch.tensor([[0.8]], requires_grad=True)
    logvar = torch.tensor([[-0.5]], requires_grad=True)
    z = reparameterise(
        mu.expand(400_000, 1), logvar.expand(400_000, 1), generator=make_generator(0)
    )
    (z**2).mean().backward()
    assert mu.grad.item() == pytest.approx(2 * 0.8, abs=0.02)
    assert logvar.grad.item() == pytest.approx(torch.tensor(-0.5).exp().item(), abs=0.02)
