"""Reconstruction losses, KL terms and the bound that holds them together."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.distributions import Normal

from .entry import Check, family, shown
from .toys import LINE, NODES, PIXELS, WEIGHTS, kl_normals, normal_mean

LOG_PI = 0.5 * math.log(math.pi)  # -log p(x|z) is the squared error plus this, if s^2 = 1/2
DRAWS, BATCH = "N draws for one picture", "N pictures of a batch"


def squared_error(x, x_hat):
    """(1/N) sum_i ||x_i - x^_i||^2, with [N, L] arrays."""
    return ((x - x_hat) ** 2).sum(1).mean()


def without_index(x, x_hat):
    """(1/N) sum_i ||x - x^_i||^2: x has no index, so it is one picture, the first."""
    return ((x[:1] - x_hat) ** 2).sum(1).mean()


def error_experiment(form) -> list[Check]:
    """The squared error against torch's Gaussian likelihood of variance 1/2."""
    rng = np.random.default_rng(1)
    x, x_hat = rng.standard_normal((2, 5, 4))
    normal = Normal(torch.from_numpy(x_hat), math.sqrt(0.5))
    truth = -normal.log_prob(torch.from_numpy(x)).sum(1).mean().item() - 4 * LOG_PI
    return [
        Check("five pictures of four pixels", "library", form(x, x_hat), truth),
        Check("a perfect reconstruction", "limit", form(x, x), 0.0),
    ]


def _even_draws(x: float, n: int = 20_000) -> np.ndarray:
    """Evenly spread codes, n of them, of the posterior of x."""
    normal = Normal(torch.tensor(LINE.mean(x)).double(), torch.tensor(LINE.spread).double())
    return normal.icdf((torch.arange(n, dtype=torch.float64) + 0.5) / n).numpy()


def decoder_experiment(form) -> list[Check]:
    """N can count draws of one picture's code, or the pictures of a batch."""
    z = _even_draws(0.4)
    draws = form(np.full((len(z), 1), 0.4), LINE.w * z[:, None])
    expected = normal_mean(lambda z: (0.4 - LINE.w * z) ** 2, LINE.mean(0.4), LINE.spread)
    rebuilt = LINE.w * LINE.mean(PIXELS)
    batch = form(PIXELS[:, None], rebuilt[:, None])
    truth = np.mean([(a - b) ** 2 for a, b in zip(PIXELS, rebuilt, strict=True)])
    return [
        Check("20 000 draws for x = 0.4", "quadrature", draws, expected, 1e-3, DRAWS),
        Check("a batch of three pictures", "closed form", batch, truth, reading=BATCH),
    ]


def printed_kl(mu, sigma, guard=1e-8):
    """log(sigma^2 + guard) - (mu^2 + sigma^2) / 2; the missing sum over latents is given."""
    return (np.log(sigma**2 + guard) - (mu**2 + sigma**2) / 2).sum(1).mean()


def corrected_kl(mu, sigma):
    """(1/2) sum_j (mu^2 + sigma^2 - 1 - log sigma^2), averaged over the batch."""
    return 0.5 * (mu**2 + sigma**2 - 1 - np.log(sigma**2)).sum(1).mean()


def _kl_by_quadrature(mu: float, sigma: float) -> float:
    def log_ratio(z):
        return -np.log(sigma) - (z - mu) ** 2 / (2 * sigma**2) + z**2 / 2

    return normal_mean(log_ratio, mu, sigma)


def kl_experiment(form) -> list[Check]:
    """Values, the zero at the prior, and where the minimum over sigma lies."""
    one = np.array([[1.0]])
    both = form(np.array([[0.7, -0.4]]), np.array([[0.6, 1.3]]))
    spreads = np.linspace(0.2, 3, 281)
    lowest = spreads[np.argmin([form(0 * one, s * one) for s in spreads])]
    truth = _kl_by_quadrature(0.7, 0.6)
    return [
        Check("μ = 0.7, σ = 0.6", "quadrature", form(0.7 * one, 0.6 * one), truth),
        Check("where q is the prior: μ = 0, σ = 1", "limit", form(0 * one, one), 0.0),
        Check("two latents", "quadrature", both, truth + _kl_by_quadrature(-0.4, 1.3)),
        Check("the σ from 0.2 to 3 with the least value", "brute force", lowest, 1.0),
    ]


def against_data(x):
    """KL(q(x_i) || p(x_i)): the second density is that of the data."""
    return kl_normals(LINE.mean(x), LINE.spread, 0.0, math.sqrt(LINE.evidence))


def against_prior(x):
    """KL(q(z|x_i) || p(z))."""
    return kl_normals(LINE.mean(x), LINE.spread)


def prior_experiment(form) -> list[Check]:
    """With the exact posterior the bound is exact: E_q[log p(x|z)] - KL must be log p(x)."""
    checks = []
    for x in PIXELS:
        inside = normal_mean(lambda z, x=x: LINE.log_likelihood(x, z), LINE.mean(x), LINE.spread)
        what = f"the bound at x = {shown(x)}; with the exact cloud it is log p(x)"
        checks.append(Check(what, "closed form", inside - form(x), LINE.log_p(x)))
    return checks


def negative_bound(log_likelihood, kl):
    """-E_q[log p(x|z)] + KL, a number for each picture; added up."""
    return float(np.sum(-log_likelihood + kl))


def with_wrong_sign(log_likelihood, kl):
    """KL + sum log p(x|z)."""
    return float(np.sum(kl) + np.sum(log_likelihood))


def _terms(x, w: float = LINE.w):
    """E_q[log p(x|z)] and KL of pictures x; q is a poor one on purpose: N(x / 4, 0.8^2)."""
    z = x[:, None] / 4 + 0.8 * NODES  # [N, nodes]
    likelihood = -0.5 * (np.log(2 * np.pi * LINE.s2) + (x[:, None] - w * z) ** 2 / LINE.s2)
    return likelihood @ WEIGHTS, kl_normals(x / 4, 0.8)


def bound_experiment(form) -> list[Check]:
    """-log p(x) plus the KL from q to the true posterior, which is what Jensen loses."""
    gap = kl_normals(PIXELS / 4, 0.8, LINE.mean(PIXELS), LINE.spread)
    truth = -LINE.log_p(PIXELS) + gap
    better = form(*_terms(PIXELS)) - form(*_terms(PIXELS, w=0.0))
    useless = np.sum((PIXELS**2 - ((PIXELS - LINE.w * PIXELS / 4) ** 2 + 1.44)) / (2 * LINE.s2))
    return [
        Check("one picture", "closed form", form(*_terms(PIXELS[:1])), truth[0]),
        Check("three pictures", "closed form", form(*_terms(PIXELS)), truth.sum()),
        Check("right decoder minus a useless one", "closed form", better, -useless),
    ]


def joint_loss(x, x_hat, kl):
    """(1/N) sum_i (KL_i + ||x_i - x^_i||^2)."""
    return squared_error(x, x_hat) + kl.mean()


def first_picture_loss(x, x_hat, kl):
    """KL + (1/N) sum_i ||x - x^_i||^2: neither x nor the KL has an index."""
    return without_index(x, x_hat) + kl[0]


def encoder_experiment(form) -> list[Check]:
    """Both readings of N, against -log p(x), which the exact posterior reaches."""
    z = _even_draws(0.4)
    kl = kl_normals(LINE.mean(PIXELS), LINE.spread)
    one = np.full(len(z), kl_normals(LINE.mean(0.4), LINE.spread))
    draws = form(np.full((len(z), 1), 0.4), LINE.w * z[:, None], one)
    codes = np.stack([_even_draws(x) for x in PIXELS])  # [3, n]
    n = codes.shape[1]
    batch = form(np.repeat(PIXELS, n)[:, None], LINE.w * codes.reshape(-1, 1), np.repeat(kl, n))
    truth = (-LINE.log_p(PIXELS) - LOG_PI).mean()
    return [
        Check(
            "20 000 draws, x = 0.4", "closed form", draws, -LINE.log_p(0.4) - LOG_PI, 1e-3, DRAWS
        ),
        Check("a batch of three pictures", "closed form", batch, truth, 1e-3, BATCH),
    ]


_INDEX_MISSING = (
    "Right if N counts draws of the code of one picture. If N counts pictures, as the article's "
    "words suggest, x needs the index i: each picture is compared with its own reconstruction."
)
_DATA_PRIOR = {
    "group": "kl",
    "printed": r"L_{KL} = \frac{1}{N}\sum_{i=1}^N D_{KL}(q_{\theta}(x_i)||p(x_i))",
    "text": "L_KL = (1/N) Σᵢ D_KL(q_θ(xᵢ) || p(xᵢ))",
    "verdict": "wrong",
    "corrected": r"L_{KL} = \frac{1}{N}\sum_{i=1}^N D_{KL}(q_{\theta}(z|x_i)||p(z))",
    "corrected_text": "L_KL = (1/N) Σᵢ D_KL(q_θ(z|xᵢ) || p(z))",
    "why": "Both densities must be over the code z: q(z|x) against the prior p(z). With a density "
    "of the data in its place, the bound is no bound: it can exceed log p(x).",
    "as_printed": against_data,
    "as_corrected": against_prior,
    "experiment": prior_experiment,
}

ENTRIES = (
    *family(
        "S0b 434",
        group="reconstruction",
        printed=r"L_{\text{reconstruction}} = \frac{1}{N} \sum_{i=1}^{N} ||x_i - x_i'||_2^2",
        text="L_reconstruction = (1/N) Σᵢ ||xᵢ − xᵢ′||²",
        verdict="right",
        why="It is −log p(x|z) of a Gaussian decoder of variance 1/2, up to a constant.",
        as_printed=squared_error,
        experiment=error_experiment,
    ),
    *family(
        "S4 245; S4 301",
        group="reconstruction",
        printed=r"L_R = \frac{1}{N}\sum_{i=1}^N||x_i - \hat{x}_i||_2^2",
        text="L_R = (1/N) Σᵢ ||xᵢ − x̂ᵢ||²",
        verdict="right",
        why="It is −log p(x|z) of a Gaussian decoder of variance 1/2, up to a constant.",
        as_printed=squared_error,
        experiment=error_experiment,
    ),
    *family(
        "S1 157; S1 199; S1 259",
        group="reconstruction",
        printed=r"L_D = \frac{1}{N}\sum_{i=1}^{N}\|x - \hat{x}_i\|_2^2",
        text="L_D = (1/N) Σᵢ ‖x − x̂ᵢ‖²",
        verdict="incomplete",
        corrected=r"L_D = \frac{1}{N}\sum_{i=1}^{N}\|x_i - \hat{x}_i\|_2^2",
        corrected_text="L_D = (1/N) Σᵢ ‖xᵢ − x̂ᵢ‖²",
        why=_INDEX_MISSING,
        as_printed=without_index,
        as_corrected=squared_error,
        experiment=decoder_experiment,
    ),
    *family(
        "S0b 440",
        group="kl",
        printed=r"L_{\text{KL}} = \frac{1}{N} \sum_{i=1}^{N} \log(\sigma(x_i)^2 + \epsilon) "
        r"- \frac{\mu(x_i)^2 + \sigma(x_i)^2}{2}",
        text="L_KL = (1/N) Σᵢ log(σ(xᵢ)² + ε) − (μ(xᵢ)² + σ(xᵢ)²) / 2",
        verdict="wrong",
        corrected=r"L_{\text{KL}} = \frac{1}{N} \sum_{i=1}^{N} \frac{1}{2} \sum_{j} "
        r"(\mu_j(x_i)^2 + \sigma_j(x_i)^2 - 1 - \log \sigma_j(x_i)^2)",
        corrected_text="L_KL = (1/N) Σᵢ ½ Σⱼ (μⱼ(xᵢ)² + σⱼ(xᵢ)² − 1 − log σⱼ(xᵢ)²)",
        why="The sign is reversed, the ½ before the logarithm, the −1 and the sum over latents are "
        "missing. Even with the sign turned its least value is at σ² = 2, not at 1.",
        as_printed=printed_kl,
        as_corrected=corrected_kl,
        experiment=kl_experiment,
    ),
    *family("S4 251; S4 303", **_DATA_PRIOR),
    *family(
        "S2 94",
        group="bound",
        printed=r"L(\theta, \phi) = - \mathbb{E}_{z \sim q_\phi(z|x)}[\log p_\theta(x|z)] "
        r"+ KL(q_\phi(z|x) || p(z))",
        text="L(θ, φ) = −E_{z~q_φ(z|x)}[log p_θ(x|z)] + KL(q_φ(z|x) || p(z))",
        verdict="right",
        why="The negative evidence lower bound of one picture, every term in its place.",
        as_printed=negative_bound,
        experiment=bound_experiment,
    ),
    *family(
        "S3 98",
        group="bound",
        printed=r"L(\theta_e, \theta_d) = D_{KL}(q_{\theta_e}(z|x) || p_z(z)) "
        r"+ \sum_{x \in \mathcal{X}} \log p_{\theta_d}(x|z)",
        text="L(θ_e, θ_d) = D_KL(q_θe(z|x) || p_z(z)) + Σ_{x∈X} log p_θd(x|z)",
        verdict="wrong",
        corrected=r"L(\theta_e, \theta_d) = \sum_{x \in \mathcal{X}} "
        r"(D_{KL}(q_{\theta_e}(z|x) || p_z(z)) "
        r"- \mathbb{E}_{z \sim q_{\theta_e}(z|x)}[\log p_{\theta_d}(x|z)])",
        corrected_text="L(θ_e, θ_d) = Σ_{x∈X} (D_KL(q_θe(z|x) || p_z(z)) "
        "− E_{z~q_θe(z|x)}[log p_θd(x|z)])",
        why="The sign before the log-likelihood is wrong: minimised, it makes the pictures less "
        "likely. The mean over z is missing, and the sum leaves out the KL.",
        as_printed=with_wrong_sign,
        as_corrected=negative_bound,
        experiment=bound_experiment,
    ),
    *family(
        "S1 151; S1 191; S1 255",
        group="bound",
        printed=r"L_E = D_{KL}(q_\phi(z|x)||p(z)) + \frac{1}{N}\sum_{i=1}^{N}"
        r"\|x - \hat{x}_i\|_2^2",
        text="L_E = D_KL(q_φ(z|x) || p(z)) + (1/N) Σᵢ ‖x − x̂ᵢ‖²",
        verdict="incomplete",
        corrected=r"L_E = \frac{1}{N}\sum_{i=1}^{N}"
        r"(D_{KL}(q_\phi(z|x_i)||p(z)) + \|x_i - \hat{x}_i\|_2^2)",
        corrected_text="L_E = (1/N) Σᵢ (D_KL(q_φ(z|xᵢ) || p(z)) + ‖xᵢ − x̂ᵢ‖²)",
        why=_INDEX_MISSING + " The KL then needs it as well. (And the weight of the error is 1 "
        "only for noise of variance 1/2.)",
        as_printed=first_picture_loss,
        as_corrected=joint_loss,
        experiment=encoder_experiment,
    ),
)
