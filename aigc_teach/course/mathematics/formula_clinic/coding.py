"""Encoder and decoder, tried on a model whose posterior is known exactly."""

from __future__ import annotations

import numpy as np

from .entry import Check, family, shown
from .toys import LINE, NODES, PIXELS, WEIGHTS, kl_normals

GRID = np.linspace(-12, 12, 24_001)  # for integrals over a line
STEP = GRID[1] - GRID[0]
OVER_X = np.sqrt(LINE.evidence) * NODES[:, None]  # x ~ p(x) down, eps ~ N(0, 1) across
OVER_EPS = NODES[None, :]
BOTH = WEIGHTS[:, None] * WEIGHTS[None, :]


def same_output(encoder, x):
    """mu(x) and sigma(x) as one and the same Encoder(x; theta_E)."""
    out = encoder(x)[0]
    return out, out


def two_outputs(encoder, x):
    """(mu(x), log sigma^2(x)) = Encoder(x; theta_E)."""
    mu, logvar = encoder(x)
    return mu, np.exp(0.5 * logvar)


def encoder_experiment(form) -> list[Check]:
    """Whether the form can say the true posterior, and its sigma is a standard deviation."""
    log_s2 = np.full_like(PIXELS, 2 * np.log(LINE.spread))
    checks = []
    for reading, outputs in {"one output for both": form, "an output each": two_outputs}.items():
        mu, sigma = outputs(lambda x: (LINE.mean(x), log_s2), PIXELS)
        spoilt = np.abs(mu - LINE.mean(PIXELS)).max() + np.abs(sigma - LINE.spread).max()
        both, positive = "largest errors of μ and σ, together", (sigma > 0).mean()
        checks += [
            Check(both, "closed form", spoilt, 0.0, reading=reading),
            Check("share of three pictures with σ > 0", "domain", positive, 1.0, reading=reading),
        ]
    return checks


def only_noise(x, eps):
    """The code that Decoder(eps) decodes: noise alone, whatever x is."""
    return eps + 0 * x


def drawn_code(x, eps):
    """The code z = mu(x) + sigma(x) eps."""
    return LINE.mean(x) + LINE.spread * eps


def deterministic_code(x, eps):
    """The code z = Encoder(x), without any noise."""
    return LINE.mean(x) + 0 * eps


def decoder_experiment(form) -> list[Check]:
    """Decode the form's code: as a new picture, and as a reconstruction of x."""
    decoded = LINE.w * form(OVER_X, OVER_EPS)
    spread = (BOTH * decoded**2).sum() - (BOTH * decoded).sum() ** 2
    error = (BOTH * (OVER_X - decoded) ** 2).sum()
    new, rebuilt = "x′ is a new picture", "x′ is the reconstruction of x"
    return [
        Check("variance of x′", "quadrature", spread, LINE.w**2, reading=new),
        Check("mean of (x − x′)²", "quadrature", error, LINE.s2, reading=rebuilt),
    ]


def code_experiment(form) -> list[Check]:
    """The cloud of one picture: its spread, and its KL to the prior, which a bound must pay."""
    z = form(0.4, NODES)
    mean = (WEIGHTS * z).sum()
    spread = np.sqrt((WEIGHTS * (z - mean) ** 2).sum()) if np.ptp(z) > 0 else np.float64(0)
    with np.errstate(divide="ignore"):  # a point: log 0
        kl = kl_normals(mean, spread)
    truth = kl_normals(LINE.mean(0.4), LINE.spread)
    return [
        Check("spread of the codes of one picture", "closed form", spread, LINE.spread),
        Check("KL of these codes to the prior", "limit", kl, truth),
    ]


def decode(z):
    """x^ = Decoder(z)."""
    return LINE.w * z


def reconstruction_experiment(form) -> list[Check]:
    """The best guess of x from its code, by regression over the joint distribution."""
    z = drawn_code(OVER_X, OVER_EPS)
    best = (BOTH * OVER_X * z).sum() / (BOTH * z * z).sum()  # slope of x on z
    truth = [(value, best * value) for value in (-0.5, 0.8)]
    return [
        Check(f"the best guess of x at z = {shown(z)}", "quadrature", form(z), x) for z, x in truth
    ]


def normal_density(points, mean, variance):
    """N(mean, variance) as a density."""
    return np.exp(-((points - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def posterior_experiment(form) -> list[Check]:
    """The form's density against Bayes' rule, computed on a grid."""
    joint = np.exp(LINE.log_likelihood(0.4, GRID)) * normal_density(GRID, 0, 1)
    bayes = joint / (joint.sum() * STEP)
    got = form(GRID, LINE.mean(0.4), LINE.spread**2)
    return [
        Check("area under the density", "quadrature", got.sum() * STEP, 1.0),
        Check("largest distance from Bayes' rule", "quadrature", np.abs(got - bayes).max(), 0.0),
    ]


def likelihood_experiment(form) -> list[Check]:
    """The form's density against a histogram of the model's own draws, x = w z + s eps."""
    z = 0.8
    draws = LINE.w * z + np.sqrt(LINE.s2) * np.random.default_rng(0).standard_normal(200_000)
    got = form(GRID, LINE.w * z, LINE.s2)
    below = got[GRID <= 1.5].sum() * STEP
    return [
        Check("area under the density", "quadrature", got.sum() * STEP, 1.0),
        Check("share of x below 1.5, z = 0.8", "Monte Carlo", below, (draws < 1.5).mean(), 0.01),
    ]


_TWICE = {
    "group": "coding",
    "verdict": "incomplete",
    "corrected": r"(\mu(x), \log\sigma^2(x)) = \text{Encoder}(x; \theta_E)",
    "corrected_text": "(μ(x), log σ²(x)) = Encoder(x; θ_E)",
    "as_printed": same_output,
    "as_corrected": two_outputs,
    "experiment": encoder_experiment,
    "why": "Right if each line means an output of its own. As printed both are the same function "
    "of the same x and weights, and then μ(x) = σ(x) for every x. What tells the two outputs apart "
    "is missing. (In programs the second is log σ², so that σ is positive.)",
}

ENTRIES = (
    *family(
        "S0b 395",
        printed=r"\mu(x) = \text{Encoder}(x; \theta_E)",
        text="μ(x) = Encoder(x; θ_E)",
        **_TWICE,
    ),
    *family(
        "S0b 396",
        printed=r"\sigma(x) = \text{Encoder}(x; \theta_E)",
        text="σ(x) = Encoder(x; θ_E)",
        **_TWICE,
    ),
    *family(
        "S0b 404",
        group="coding",
        printed=r"x' = \text{Decoder}(\epsilon; \theta_D)",
        text="x′ = Decoder(ε; θ_D)",
        verdict="incomplete",
        corrected=r"z = \mu(x) + \sigma(x)\,\epsilon, \quad x' = \text{Decoder}(z; \theta_D)",
        corrected_text="z = μ(x) + σ(x) ε,  x′ = Decoder(z; θ_D)",
        why="Right for a new picture. But the article uses x′ as the reconstruction of x, and then "
        "the step that lets x in, z = μ(x) + σ(x) ε, is missing. (θ_D is the decoder's here.)",
        as_printed=only_noise,
        as_corrected=drawn_code,
        experiment=decoder_experiment,
    ),
    *family(
        "S1 243",
        group="coding",
        printed=r"z = E(x) = \text{Encoder}(x)",
        text="z = E(x) = Encoder(x)",
        verdict="wrong",
        corrected=r"z = \mu(x) + \sigma(x)\,\epsilon, \quad \epsilon \sim \mathcal{N}(0, I)",
        corrected_text="z = μ(x) + σ(x) ε,  ε ~ N(0, I)",
        why="A code without noise is a plain autoencoder's: the cloud of a picture is a single "
        "point, and the KL of a point to the prior is infinite.",
        as_printed=deterministic_code,
        as_corrected=drawn_code,
        experiment=code_experiment,
    ),
    *family(
        "S1 249",
        group="coding",
        printed=r"\hat{x} = D(z) = \text{Decoder}(z)",
        text="x̂ = D(z) = Decoder(z)",
        verdict="right",
        why="A code in, the mean of p(x|z) out. (The letter D means the critic elsewhere.)",
        as_printed=decode,
        experiment=reconstruction_experiment,
    ),
    *family(
        "S3 91",
        group="coding",
        printed=r"q_{\theta_e}(z|x) = \mathcal{N}(\mu(x; \theta_e), \sigma^2(x; \theta_e))",
        text="q_θe(z|x) = N(μ(x; θ_e), σ²(x; θ_e))",
        verdict="right",
        why="A Gaussian whose mean and variance the encoder gives.",
        as_printed=normal_density,
        experiment=posterior_experiment,
    ),
    *family(
        "S3 92",
        group="coding",
        printed=r"p_{\theta_d}(x|z) = \mathcal{N}(\mu(z; \theta_d), \sigma^2(z; \theta_d))",
        text="p_θd(x|z) = N(μ(z; θ_d), σ²(z; θ_d))",
        verdict="right",
        why="A Gaussian whose mean and variance the decoder gives.",
        as_printed=normal_density,
        experiment=likelihood_experiment,
    ),
)
