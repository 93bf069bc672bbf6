"""Functions and their domains: what goes in, what comes out, and whether the two fit together."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from .entry import Check, family

NOISE, PICTURE = 100, 784  # the sizes that article S3 itself gives; 784 = 28 x 28
TRIED = range(1, 2001)  # every n that is tried


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


THETA_G = 0.1 * _numbers(PICTURE, NOISE)
THETA_D = 0.02 * _numbers(1, PICTURE)
NOISE_DRAW, PICTURE_DRAW = _numbers(NOISE), np.tanh(_numbers(PICTURE))


def generator(z, theta):
    """Generator(z; theta): a layer and a tanh."""
    return np.tanh(theta @ z)


def critic(x, theta):
    """Discriminator(x; theta): a layer and a sigmoid."""
    return 1 / (1 + np.exp(-theta @ x))


def critic_of_generator(z, theta_g, theta_d):
    """Discriminator(G(z); theta_D)."""
    return critic(generator(z, theta_g), theta_d)


def _torch_g(z, theta):
    return torch.tanh(nn.functional.linear(torch.from_numpy(z), torch.from_numpy(theta)))


def _torch_d(x, theta):
    return torch.sigmoid(nn.functional.linear(x, torch.from_numpy(theta)))


def generator_experiment(form) -> list[Check]:
    """Noise and weights in, a picture out, the same as torch's layers give."""
    out, truth = form(NOISE_DRAW, THETA_G), _torch_g(NOISE_DRAW, THETA_G)
    return [
        Check("numbers that come out of 100", "domain", out.size, PICTURE),
        Check("the mean of the picture", "library", out.mean(), truth.mean().item()),
    ]


def critic_experiment(form) -> list[Check]:
    """A picture and weights in, one probability out."""
    truth = _torch_d(torch.from_numpy(PICTURE_DRAW), THETA_D).item()
    many = [form(scale * PICTURE_DRAW, THETA_D).item() for scale in np.linspace(-9, 9, 181)]
    inside = np.mean([0 <= value <= 1 for value in many])
    return [
        Check("D of a picture", "library", form(PICTURE_DRAW, THETA_D).item(), truth),
        Check("share of 181 opinions inside [0, 1]", "domain", inside, 1.0),
    ]


def composed_experiment(form) -> list[Check]:
    """Noise in, the critic's opinion of the picture out."""
    truth = _torch_d(_torch_g(NOISE_DRAW, THETA_G), THETA_D).item()
    got = form(NOISE_DRAW, THETA_G, THETA_D)
    return [
        Check("numbers that come out", "domain", got.size, 1),
        Check("D of a generated picture", "library", got.item(), truth),
    ]


def one_name(which):
    """ConvNet, literally: G and D are one and the same network."""
    return _networks()["G"]


def two_names(which):
    """A ConvNet of its own for each of the two."""
    return _networks()[which]


def _networks() -> dict[str, nn.Module]:
    # G spreads 100 numbers over 28 x 28 pixels; D looks at 28 x 28 pixels at once
    return {"G": nn.ConvTranspose2d(NOISE, 1, 28), "D": nn.Conv2d(1, 1, 28)}


def _numbers_out(network: nn.Module, *shape: int) -> int:
    try:
        with torch.no_grad():
            return network(torch.zeros(1, *shape)).numel()
    except RuntimeError:  # the shapes do not fit
        return 0


def convnet_experiment(form) -> list[Check]:
    """Run the network that each name stands for on noise and on a picture."""
    networks = {"one network for both": form, "a network each": two_names}
    checks = []
    for reading, choose in networks.items():
        g, d = _numbers_out(choose("G"), NOISE, 1, 1), _numbers_out(choose("D"), 1, 28, 28)
        checks += [
            Check("numbers that G makes of 100", "domain", g, PICTURE, reading=reading),
            Check("numbers that D makes of 784", "domain", d, 1, reading=reading),
        ]
    return checks


def square_generator(n):
    """G: R^n -> R^n, and the D that fits pictures: (in, out, D's in)."""
    return n, n, PICTURE


def double_critic(n):
    """G: R^n -> R^n with D: R^2n -> [0, 1]."""
    return n, n, 2 * n


def right_sizes(n):
    """G: R^100 -> R^784 with D: R^784 -> [0, 1]; n plays no part."""
    return NOISE, PICTURE, PICTURE


def size_experiment(form) -> list[Check]:
    """Whether for some n noise fits in, a picture comes out, and D can read it."""
    sizes = [form(n) for n in TRIED]
    noise_fits = any(g_in == NOISE and g_out == PICTURE for g_in, g_out, _ in sizes)
    composed = any(g_out == d_in for _, g_out, d_in in sizes)
    ask = "is there an n up to 2000 "
    return [
        Check(f"{ask}with G: 100 → 784? (1 = yes)", "domain", float(noise_fits), 1.0),
        Check(f"{ask}at which D reads one G(z)? (1 = yes)", "domain", float(composed), 1.0),
    ]


_SIZES = {"group": "maps", "as_corrected": right_sizes, "experiment": size_experiment}
_CONV = {
    "group": "maps",
    "verdict": "incomplete",
    "as_printed": one_name,
    "as_corrected": two_names,
    "experiment": convnet_experiment,
    "why": "Right if ConvNet means some convolutional network, a new one each time; as one "
    "function it cannot take noise and pictures alike. The weights are missing too.",
}

ENTRIES = (
    *family(
        "S0b 373",
        group="maps",
        printed=r"G(z) = \text{Generator}(z; \theta_G)",
        text="G(z) = Generator(z; θ_G)",
        verdict="right",
        why="Noise and weights in, a picture out; nothing else goes in.",
        as_printed=generator,
        experiment=generator_experiment,
    ),
    *family(
        "S0b 381",
        group="maps",
        printed=r"D(x) = \text{Discriminator}(x; \theta_D)",
        text="D(x) = Discriminator(x; θ_D)",
        verdict="right",
        why="A picture and weights in, one number out; a sigmoid keeps it between 0 and 1.",
        as_printed=critic,
        experiment=critic_experiment,
    ),
    *family(
        "S0b 383",
        group="maps",
        printed=r"D(G(z)) = \text{Discriminator}(G(z); \theta_D)",
        text="D(G(z)) = Discriminator(G(z); θ_D)",
        verdict="right",
        why="The same critic with the same weights, applied to a generated picture.",
        as_printed=critic_of_generator,
        experiment=composed_experiment,
    ),
    *family(
        "S1 213",
        printed=r"G(z) = \text{ConvNet}(z)",
        text="G(z) = ConvNet(z)",
        corrected=r"G(z) = \text{ConvNet}_G(z; \theta_G)",
        corrected_text="G(z) = ConvNet_G(z; θ_G)",
        **_CONV,
    ),
    *family(
        "S1 221",
        printed=r"D(x) = \text{ConvNet}(x)",
        text="D(x) = ConvNet(x)",
        corrected=r"D(x) = \text{ConvNet}_D(x; \theta_D)",
        corrected_text="D(x) = ConvNet_D(x; θ_D)",
        **_CONV,
    ),
    *family(
        "S3 78",
        printed=r"G: \mathbb{R}^n \rightarrow \mathbb{R}^n",
        text="G: ℝⁿ → ℝⁿ",
        verdict="wrong",
        corrected=r"G: \mathbb{R}^{100} \rightarrow \mathbb{R}^{784}",
        corrected_text="G: ℝ¹⁰⁰ → ℝ⁷⁸⁴",
        why="Contradicted by its neighbours: in the article's own example, a few lines on, noise "
        "has 100 numbers and a picture 784.",
        as_printed=square_generator,
        **_SIZES,
    ),
    *family(
        "S3 79",
        printed=r"D: \mathbb{R}^{2n} \rightarrow [0,1]",
        text="D: ℝ²ⁿ → [0, 1]",
        verdict="wrong",
        corrected=r"D: \mathbb{R}^{784} \rightarrow [0,1]",
        corrected_text="D: ℝ⁷⁸⁴ → [0, 1]",
        why="It fits a critic of pairs, (z, G(z)), as in F19. But the article's own example, a few "
        "lines on, has a critic of one picture, and for no n above 0 does G give 2n numbers.",
        as_printed=double_critic,
        **_SIZES,
    ),
    *family(
        "S3 106",
        printed=r"G: \mathbb{R}^{100} \rightarrow \mathbb{R}^{784}",
        text="G: ℝ¹⁰⁰ → ℝ⁷⁸⁴",
        verdict="right",
        why="100 numbers of noise in, 28 × 28 pixels out.",
        as_printed=right_sizes,
        **_SIZES,
    ),
    *family(
        "S3 107",
        printed=r"D: \mathbb{R}^{784} \rightarrow [0,1]",
        text="D: ℝ⁷⁸⁴ → [0, 1]",
        verdict="right",
        why="One picture in, one probability out: it fits what G makes.",
        as_printed=right_sizes,
        **_SIZES,
    ),
)
