"""Derivatives of the VAE's losses, each tried against finite differences."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .entry import Check, family
from .toys import gradient

FD = "finite differences"
Q = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])  # two pictures, three possible codes
P = np.array([[0.3, 0.3, 0.4], [0.2, 0.5, 0.3]])
X = np.array([0.9, -1.4, 0.3, 2.0])  # four pictures of one pixel
EPS = np.array([0.4, -0.7, 1.1, 0.2])
THETA = np.array([0.6, 1.1, 0.5])  # of the encoder's mean, the decoder, the encoder's log variance


def squared_error(x, x_hat):
    """(1/N) sum_i ||x_i - x^_i||^2."""
    return ((x - x_hat) ** 2).reshape(len(x), -1).sum(1).mean()


def picture_experiment(form) -> list[Check]:
    """dL_R/dx^_i for four pictures of two pixels, and for one picture."""
    x, x_hat = np.random.default_rng(2).standard_normal((2, 4, 2))
    truth = gradient(lambda y: squared_error(x, y), x_hat)
    alone = gradient(lambda y: squared_error(x[:1], y), x_hat[:1])
    return [
        Check("N = 4: first pixel of picture 1", FD, form(x, x_hat)[0, 0], truth[0, 0]),
        Check("N = 4: second pixel of picture 3", FD, form(x, x_hat)[2, 1], truth[2, 1]),
        Check("N = 1: first pixel", FD, form(x[:1], x_hat[:1])[0, 0], alone[0, 0]),
    ]


def mean_kl(q, p):
    """(1/N) sum_i sum_k q_ik log(q_ik / p_ik)."""
    return (q * np.log(q / p)).sum(1).mean()


def _probability_checks(got, truth, letter: str) -> list[Check]:
    moved = "probability moved from code 1 to code 2"
    return [
        Check(f"for {letter}(code 1), picture 1, three codes", FD, got[0, 0], truth[0, 0]),
        Check(f"for {letter}(code 2), picture 2, three codes", FD, got[1, 1], truth[1, 1]),
        Check(f"picture 1, {moved}", FD, got[0, 1] - got[0, 0], truth[0, 1] - truth[0, 0]),
    ]


def q_experiment(form) -> list[Check]:
    """dL_KL/dq for two pictures with three codes."""
    return _probability_checks(form(Q, P), gradient(lambda q: mean_kl(q, P), Q), "q")


def p_experiment(form) -> list[Check]:
    """dL_KL/dp for two pictures with three codes."""
    return _probability_checks(form(Q, P), gradient(lambda p: mean_kl(Q, p), P), "p")


def encode(theta, x):
    """The encoder's mean and log variance."""
    return theta[0] * x, theta[2] * x - 0.5


def reconstruct(theta, x):
    """x^ = b (mu + sigma eps), with the noise held fixed."""
    mu, logvar = encode(theta, x)
    return theta[1] * (mu + np.exp(0.5 * logvar) * EPS[: len(x)])


def kl_loss(theta, x):
    """The mean KL to the standard normal."""
    mu, logvar = encode(theta, x)
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean()


def error_loss(theta, x):
    """The mean squared error."""
    return squared_error(x, reconstruct(theta, x))


def _each_picture(f, x) -> np.ndarray:
    """The Jacobian [N, 3] of a number for each picture."""
    return np.stack([gradient(lambda t, i=i: f(t, x)[i], THETA) for i in range(len(x))])


def parts(x) -> SimpleNamespace:
    """What a formula for the gradient may be made of, for pictures x."""
    mu, logvar = encode(THETA, x)
    return SimpleNamespace(
        x=x,
        x_hat=reconstruct(THETA, x),
        jacobian=_each_picture(reconstruct, x),
        mu=mu,
        variance=np.exp(logvar),
        dmu=_each_picture(lambda t, x: encode(t, x)[0], x),
        dlogvar=_each_picture(lambda t, x: encode(t, x)[1], x),
        density=np.exp(-0.5 * logvar) / np.sqrt(2 * np.pi),  # of q at its mean
        error_gradient=gradient(lambda t: error_loss(t, x), THETA),
        kl_gradient=gradient(lambda t: kl_loss(t, x), THETA),
    )


def sum_experiment(form) -> list[Check]:
    """The gradient of the whole loss, weight by weight."""
    truth = gradient(lambda t: error_loss(t, X) + kl_loss(t, X), THETA)
    got = form(parts(X))
    return [Check(f"weight {k + 1} of 3", FD, got[k], truth[k]) for k in range(3)]


def _weight_checks(form, loss) -> list[Check]:
    four, truth = np.ravel(form(parts(X))), gradient(lambda t: loss(t, X), THETA)
    one, alone = np.ravel(form(parts(X[:1]))), gradient(lambda t: loss(t, X[:1]), THETA)
    return [
        Check("numbers in the gradient, for 3 weights", "domain", four.size, truth.size),
        Check("four pictures, first number", FD, four[0], truth[0]),
        Check("one picture, first number", FD, one[0], alone[0]),
    ]


def error_experiment(form) -> list[Check]:
    """The gradient of the squared error for the weights."""
    return _weight_checks(form, error_loss)


def kl_experiment(form) -> list[Check]:
    """The gradient of the KL for the weights."""
    return _weight_checks(form, kl_loss)


def kl_gradient(p):
    """(1/N) sum_i (mu_i dmu_i/dtheta + (sigma_i^2 - 1)/2 dlog sigma_i^2/dtheta)."""
    return (p.mu[:, None] * p.dmu + 0.5 * (p.variance[:, None] - 1) * p.dlogvar).mean(0)


_WRONG = {"group": "vae_gradients", "verdict": "wrong"}

ENTRIES = (
    *family(
        "S4 309",
        printed=r"\frac{\partial L_R}{\partial \hat{x}_i} = 2(\hat{x}_i - x_i)",
        text="∂L_R/∂x̂ᵢ = 2(x̂ᵢ − xᵢ)",
        corrected=r"\frac{\partial L_R}{\partial \hat{x}_i} = \frac{2}{N}(\hat{x}_i - x_i)",
        corrected_text="∂L_R/∂x̂ᵢ = (2/N)(x̂ᵢ − xᵢ)",
        why="L_R begins with 1/N, and so does its derivative; only for N = 1 is the print right.",
        as_printed=lambda x, x_hat: 2 * (x_hat - x),
        as_corrected=lambda x, x_hat: 2 * (x_hat - x) / len(x),
        experiment=picture_experiment,
        **_WRONG,
    ),
    *family(
        "S4 313",
        printed=r"\frac{\partial L_{KL}}{\partial q_{\theta}(x_i)} = q_{\theta}(x_i) - p(x_i)",
        text="∂L_KL/∂q_θ(xᵢ) = q_θ(xᵢ) − p(xᵢ)",
        corrected=r"\frac{\partial L_{KL}}{\partial q_{\theta}(z|x_i)} "
        r"= \frac{1}{N}(\log\frac{q_{\theta}(z|x_i)}{p(z)} + 1)",
        corrected_text="∂L_KL/∂q_θ(z|xᵢ) = (1/N)(log(q_θ(z|xᵢ)/p(z)) + 1)",
        why="q − p is the derivative of a squared distance; that of q log(q/p) is log(q/p) + 1.",
        as_printed=lambda q, p: q - p,
        as_corrected=lambda q, p: (np.log(q / p) + 1) / len(q),
        experiment=q_experiment,
        **_WRONG,
    ),
    *family(
        "S4 317",
        printed=r"\frac{\partial L_{KL}}{\partial p(x_i)} "
        r"= -\frac{\partial p(x_i)}{\partial q_{\theta}(x_i)} = -\frac{1}{q_{\theta}(x_i)}",
        text="∂L_KL/∂p(xᵢ) = −∂p(xᵢ)/∂q_θ(xᵢ) = −1/q_θ(xᵢ)",
        corrected=r"\frac{\partial}{\partial p(z)} \frac{1}{N} D_{KL}(q_{\theta}(z|x_i)||p(z)) "
        r"= -\frac{1}{N}\frac{q_{\theta}(z|x_i)}{p(z)}",
        corrected_text="∂/∂p(z) [(1/N) D_KL(q_θ(z|xᵢ) || p(z))] = −(1/N) q_θ(z|xᵢ)/p(z)",
        why="The derivative of q log(q/p) for p is −q/p. (The prior is fixed: nobody needs it.)",
        as_printed=lambda q, p: -1 / q,
        as_corrected=lambda q, p: -q / p / len(q),
        experiment=p_experiment,
        **_WRONG,
    ),
    *family(
        "S4 321",
        group="vae_gradients",
        printed=r"\nabla_{\theta} L = \nabla_{\theta} L_R + \nabla_{\theta} L_{KL}",
        text="∇_θ L = ∇_θ L_R + ∇_θ L_KL",
        verdict="right",
        why="The gradient of a sum is the sum of the gradients.",
        as_printed=lambda p: p.error_gradient + p.kl_gradient,
        experiment=sum_experiment,
    ),
    *family(
        "S4 323",
        printed=r"\nabla_{\theta} L_R = 2(\hat{x}_i - x_i)",
        text="∇_θ L_R = 2(x̂ᵢ − xᵢ)",
        corrected=r"\nabla_{\theta} L_R = \frac{2}{N}\sum_{i=1}^N"
        r"(\frac{\partial \hat{x}_i}{\partial \theta})^{T}(\hat{x}_i - x_i)",
        corrected_text="∇_θ L_R = (2/N) Σᵢ (∂x̂ᵢ/∂θ)ᵀ (x̂ᵢ − xᵢ)",
        why="A gradient for θ has one number for each weight; this has one for each pixel. The "
        "factor ∂x̂/∂θ, the sum and 1/N are missing.",
        as_printed=lambda p: 2 * (p.x_hat - p.x),
        as_corrected=lambda p: 2 * ((p.x_hat - p.x)[:, None] * p.jacobian).mean(0),
        experiment=error_experiment,
        **_WRONG,
    ),
    *family(
        "S4 325",
        printed=r"\nabla_{\theta} L_{KL} = -\frac{1}{q_{\theta}(x_i)}",
        text="∇_θ L_KL = −1/q_θ(xᵢ)",
        corrected=r"\nabla_{\theta} L_{KL} = \frac{1}{N}\sum_{i=1}^N"
        r"(\mu_i \frac{\partial \mu_i}{\partial \theta} "
        r"+ \frac{\sigma_i^2 - 1}{2} \frac{\partial \log\sigma_i^2}{\partial \theta})",
        corrected_text="∇_θ L_KL = (1/N) Σᵢ (μᵢ ∂μᵢ/∂θ + ½(σᵢ² − 1) ∂log σᵢ²/∂θ)",
        why="Minus one over a density is never zero and never positive; the true gradient is zero "
        "where μ = 0 and σ = 1, and has one number for each weight.",
        as_printed=lambda p: -1 / p.density,
        as_corrected=kl_gradient,
        experiment=kl_experiment,
        **_WRONG,
    ),
)
