"""The printed reconstruction losses, KL terms and bounds; bound.py holds their experiments."""

from __future__ import annotations

from . import bound
from .entry import family

_LOST = (
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
    "as_printed": bound.against_data,
    "as_corrected": bound.against_prior,
    "experiment": bound.prior_experiment,
}

ENTRIES = (
    *family(
        "S0b 434",
        group="reconstruction",
        printed=r"L_{\text{reconstruction}} = \frac{1}{N} \sum_{i=1}^{N} ||x_i - x_i'||_2^2",
        text="L_reconstruction = (1/N) Σᵢ ||xᵢ − xᵢ′||²",
        verdict="right",
        why="It is −log p(x|z) of a Gaussian decoder of variance 1/2, up to a constant.",
        as_printed=bound.squared_error,
        experiment=bound.error_experiment,
    ),
    *family(
        "S4 245; S4 301",
        group="reconstruction",
        printed=r"L_R = \frac{1}{N}\sum_{i=1}^N||x_i - \hat{x}_i||_2^2",
        text="L_R = (1/N) Σᵢ ||xᵢ − x̂ᵢ||²",
        verdict="right",
        why="It is −log p(x|z) of a Gaussian decoder of variance 1/2, up to a constant.",
        as_printed=bound.squared_error,
        experiment=bound.error_experiment,
    ),
    *family(
        "S1 157; S1 199; S1 259",
        group="reconstruction",
        printed=r"L_D = \frac{1}{N}\sum_{i=1}^{N}\|x - \hat{x}_i\|_2^2",
        text="L_D = (1/N) Σᵢ ‖x − x̂ᵢ‖²",
        verdict="incomplete",
        corrected=r"L_D = \frac{1}{N}\sum_{i=1}^{N}\|x_i - \hat{x}_i\|_2^2",
        corrected_text="L_D = (1/N) Σᵢ ‖xᵢ − x̂ᵢ‖²",
        why=_LOST,
        as_printed=bound.index_lost,
        as_corrected=bound.squared_error,
        experiment=bound.decoder_experiment,
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
        as_printed=bound.printed_kl,
        as_corrected=bound.mended_kl,
        experiment=bound.kl_experiment,
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
        as_printed=bound.negative_bound,
        experiment=bound.bound_experiment,
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
        as_printed=bound.sign_lost,
        as_corrected=bound.negative_bound,
        experiment=bound.bound_experiment,
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
        why=_LOST + " The KL then needs it as well.",
        as_printed=bound.first_picture_loss,
        as_corrected=bound.joint_loss,
        experiment=bound.encoder_experiment,
    ),
)
