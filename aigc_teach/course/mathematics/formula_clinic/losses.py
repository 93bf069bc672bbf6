"""The losses of the two players, as the articles print them twenty times."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from .entry import Check, family
from .toys import jensen_shannon, normal_mean, sigmoid, slope

P_REAL, P_FAKE = np.array([0.75, 0.25]), np.array([0.25, 0.75])  # two pictures, two players
LEVELS = np.linspace(0.005, 0.995, 199)  # opinions to try, 0.75 among them


def generator_loss(d_fake):
    """-log D(G(z))."""
    return -np.log(d_fake)


def critic_loss(d_real, d_fake):
    """-log D(x) - log(1 - D(G(z)))."""
    return -(np.log(d_real) + np.log(1 - d_fake))


def _bce(probability: float, label: float) -> float:
    pair = torch.tensor([probability, label], dtype=torch.float64)
    return F.binary_cross_entropy(pair[0], pair[1]).item()


def generator_experiment(form) -> list[Check]:
    """The generator's loss of one draw, of many, and its slope."""
    z = np.random.default_rng(0).standard_normal(100_000)
    mean = normal_mean(lambda z: np.logaddexp(0, -(0.8 * z - 0.5)))  # E[-log sigmoid]
    return [
        Check("the loss where D(G(z)) = 0.2", "library", form(0.2), _bce(0.2, 1.0)),
        Check("its slope there", "finite differences", slope(form, 0.2), -1 / 0.2),
        Check("where D(G(z)) = 1/2", "limit", form(0.5), np.log(2)),
        Check(
            "its mean over 100 000 draws",
            "Monte Carlo",
            form(sigmoid(0.8 * z - 0.5)).mean(),
            mean,
            0.01,
        ),
    ]


def critic_experiment(form) -> list[Check]:
    """The critic's loss of one pair, where it cannot tell, and its best critic."""
    first, second = np.meshgrid(LEVELS, LEVELS, indexing="ij")
    probabilities = (first, second)  # on picture 0, on picture 1
    loss = sum(
        P_REAL[i] * P_FAKE[j] * form(probabilities[i], probabilities[j])
        for i in range(2)
        for j in range(2)
    )
    best = LEVELS[np.unravel_index(loss.argmin(), loss.shape)[0]]
    truth = _bce(0.7, 1.0) + _bce(0.2, 0.0)
    return [
        Check("the loss where D(x) = 0.7, D(G(z)) = 0.2", "library", form(0.7, 0.2), truth),
        Check("where both are 1/2", "limit", form(0.5, 0.5), 2 * np.log(2)),
        Check("the best D(x) where x is real 3 times in 4", "brute force", best, 0.75),
    ]


def two_arguments(x, z, generator):
    """What D is given in the form with two arguments: (x, G(x)) and (z, G(z))."""
    return (x, generator[x]), (z, generator[z])


def one_argument(x, z, generator):
    """What D is given in the game: x and G(z)."""
    return x, generator[z]


def least_loss(form, p_data, p_noise, generator) -> float:
    """The loss of the best possible D on two pictures: each argument's own optimum, added up."""
    real, fake = {}, {}
    for i in range(2):
        for j in range(2):
            a, b = form(i, j, generator)
            real[a] = real.get(a, 0.0) + p_data[i] * p_noise[j]
            fake[b] = fake.get(b, 0.0) + p_data[i] * p_noise[j]
    total = 0.0
    for argument in real.keys() | fake.keys():
        p, q = real.get(argument, 0.0), fake.get(argument, 0.0)
        total -= sum(part * np.log(part / (p + q)) for part in (p, q) if part > 0)
    return total


def argument_experiment(form) -> list[Check]:
    """The best critic's loss must depend on the generator, or G cannot learn."""
    perfect, collapsed = (1, 0), (0, 0)  # noise state -> picture
    only_0 = np.array([1.0, 0.0])
    return [
        Check(
            "the best D's loss, G perfect",
            "closed form",
            least_loss(form, P_REAL, P_FAKE, perfect),
            2 * np.log(2),
        ),
        Check(
            "the best D's loss, G draws one picture only",
            "closed form",
            least_loss(form, P_REAL, P_FAKE, collapsed),
            2 * np.log(2) - 2 * jensen_shannon(P_REAL, only_0),
        ),
    ]


_BRACKET = "One closing bracket is missing; with it the formula is right. "
_DRAW = "It is the loss of one draw: what is trained is its mean over many."
_GENERATOR = {"group": "losses", "experiment": generator_experiment, "as_corrected": generator_loss}
_CRITIC = {"group": "losses", "experiment": critic_experiment, "as_corrected": critic_loss}

ENTRIES = (
    *family(
        "S0a 73; S0b 349; S1 137; S1 171",
        printed=r"L_G = -\log(D(G(z))",
        text="L_G = −log(D(G(z))",
        verdict="wrong",
        corrected=r"L_G = -\log(D(G(z)))",
        corrected_text="L_G = −log(D(G(z)))",
        why=_BRACKET + _DRAW,
        as_printed=None,
        **_GENERATOR,
    ),
    *family(
        "S0b 418; S0b 446; S1 227; S4 229; S4 269",
        printed=r"L_G = -\log(D(G(z)))",
        text="L_G = −log(D(G(z)))",
        verdict="right",
        why=_DRAW + " It has the aim of F63's share, log(1 − D(G(z))), but is another loss.",
        as_printed=generator_loss,
        **_GENERATOR,
    ),
    *family(
        "S0a 77",
        printed=r"L_D = -\log(D(x)) - \log(1 - D(G(z))",
        text="L_D = −log(D(x)) − log(1 − D(G(z))",
        verdict="wrong",
        corrected=r"L_D = -\log(D(x)) - \log(1 - D(G(z)))",
        corrected_text="L_D = −log(D(x)) − log(1 − D(G(z)))",
        why=_BRACKET + _DRAW,
        as_printed=None,
        **_CRITIC,
    ),
    *family(
        "S0b 355; S0b 424; S0b 447; S1 231; S4 235; S4 271",
        printed=r"L_D = -[\log(D(x)) + \log(1 - D(G(z)))]",
        text="L_D = −[log(D(x)) + log(1 − D(G(z)))]",
        verdict="right",
        why=_DRAW + " Its minimum over D is 2 ln 2 where the fakes are perfect.",
        as_printed=critic_loss,
        **_CRITIC,
    ),
    *family(
        "S1 143; S1 179",
        printed=r"L_D = -[\log(D(x)) + \log(1 - D(G(z))]",
        text="L_D = −[log(D(x)) + log(1 − D(G(z))]",
        verdict="wrong",
        corrected=r"L_D = -[\log(D(x)) + \log(1 - D(G(z)))]",
        corrected_text="L_D = −[log(D(x)) + log(1 − D(G(z)))]",
        why=_BRACKET + _DRAW,
        as_printed=None,
        **_CRITIC,
    ),
    *family(
        "S3 83; S3 111",
        group="losses",
        printed=r"L(G,D) = - \mathbb{E}_{x \sim p_{data}(x)} [\log D(x, G(x))] "
        r"- \mathbb{E}_{z \sim p_z(z)} [\log (1 - D(z, G(z)))]",
        text="L(G, D) = −E_{x~p_data}[log D(x, G(x))] − E_{z~p_z}[log(1 − D(z, G(z)))]",
        verdict="wrong",
        corrected=r"L(D) = - \mathbb{E}_{x \sim p_{data}(x)} [\log D(x)] "
        r"- \mathbb{E}_{z \sim p_z(z)} [\log (1 - D(G(z)))]",
        corrected_text="L(D) = −E_{x~p_data}[log D(x)] − E_{z~p_z}[log(1 − D(G(z)))]",
        why="D judges one picture. Given (x, G(x)) and (z, G(z)), it learns nothing from the "
        "second entry, which is made from the first: its least loss is the same for every G, so G "
        "has nothing to learn.",
        as_printed=two_arguments,
        as_corrected=one_argument,
        experiment=argument_experiment,
    ),
)
