"""Pieces of a training as programs print them: each runs, and most are wrong.

Legend: N batch, L latent size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....losses import gan as gan_losses
from ..common.gan_plan import LATENT_SIZE, dense_critic, dense_generator


def sigmoid_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to how likely each is real, ``[N, 1]``."""
    return nn.Sequential(dense_critic(), nn.Sigmoid())


def two_cross_entropies(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss: a cross-entropy for real data and one for generated data."""
    labels = torch.zeros_like(real)  # [N, 1]
    real_term = F.binary_cross_entropy_with_logits(real, labels)
    fake_term = F.binary_cross_entropy_with_logits(fake, labels)
    return real_term + fake_term


def least_squares_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss: mean squared distance of its answers to 1 (real) and 0 (generated)."""
    answers = torch.cat([real, fake])  # [2 N, 1]
    labels = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])  # [2 N]
    return (answers - labels).square().mean()


def least_squares_loss_by_row(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss: mean squared distance of its answers to 1 (real) and 0 (generated)."""
    answers = torch.cat([real, fake]).squeeze(1)  # [2 N]
    labels = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])  # [2 N]
    return (answers - labels).square().mean()


def least_squares_generator_loss(fake: Tensor) -> Tensor:
    """The generator's loss with squares: half the squared distance of the answers to 1."""
    return gan_losses.generator_loss(fake, "least_squares")


def sigmoid_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]``."""
    body = list(dense_generator())[:-2]
    return nn.Sequential(*body, nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))


def linear_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]``: three layers, two of them normalised."""
    return nn.Sequential(
        nn.Linear(LATENT_SIZE, 128),
        nn.BatchNorm1d(128),
        nn.Linear(128, 256),
        nn.BatchNorm1d(256),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def narrowing_generator() -> nn.Module:
    """Noise ``[N, 32]`` to pictures ``[N, 1, 28, 28]``."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((LATENT_SIZE, 128), (128, 64), (64, 32), (32, 16)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(16, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def to_byte_range(pixels: Tensor) -> Tensor:
    """Pixels as the picture file holds them."""
    return 255 * pixels


def unit_range(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1], as the data set gives them."""
    return pixels


def unit_range_to_pictures(x: Tensor) -> Tensor:
    """Values in [0, 1] to pictures in [-1, 1]."""
    return (2 * x - 1).clamp(-1, 1)


def averaged_cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    """Minus log p(x|z), one number for each picture: ``[N]``."""
    cross_entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return cross_entropy.flatten(1).mean(1)


def printed_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """What a code costs, as a published formula has it: ``[N]``."""
    return (logvar - (mu**2 + logvar.exp()) / 2).sum(1)
