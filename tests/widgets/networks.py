"""Small decoders that together use every layer the page knows."""

from __future__ import annotations

import torch
from torch import nn


def settle(network: nn.Sequential, inputs: int) -> nn.Sequential:
    """Give batch norms real statistics and weights, then return to evaluation mode."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
        network.train()
        for _ in range(20):
            network(torch.randn(64, inputs))
    return network.eval()


def dcgan() -> nn.Sequential:
    """The conditional generator of the course's size: 64 latents and 10 labels."""
    return nn.Sequential(
        nn.Linear(74, 64 * 7 * 7, bias=False),
        nn.BatchNorm1d(64 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def dense() -> nn.Sequential:
    """The decoder of a two-latent VAE: logits."""
    return nn.Sequential(
        nn.Linear(2, 400), nn.ReLU(), nn.Linear(400, 784), nn.Unflatten(1, (1, 28, 28))
    )


def colour() -> nn.Sequential:
    """Everything else: affine batch norm, upsampling, odd kernels, SiLU, nesting, colour."""
    return nn.Sequential(
        nn.Linear(5, 6 * 4 * 4),
        nn.SiLU(),
        nn.Unflatten(1, (6, 4, 4)),
        nn.BatchNorm2d(6),
        nn.Upsample(scale_factor=2),
        nn.Sequential(nn.Conv2d(6, 7, 3, padding=1), nn.BatchNorm2d(7), nn.LeakyReLU(0.2)),
        nn.Dropout(0.5),
        nn.Conv2d(7, 5, (3, 5), stride=(2, 1), padding=(0, 2)),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.Linear(5 * 3 * 8, 4 * 3 * 8),
        nn.Unflatten(1, (4, 3, 8)),
        nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.Tanh(),
    )


NETWORKS = {
    "dcgan": (dcgan, 64, 10, "image"),
    "dense": (dense, 2, 0, "logits"),
    "colour": (colour, 5, 0, "image"),
}


def build(name: str) -> tuple[nn.Sequential, int, int, str]:
    """(network, latent_size, n_classes, output), seeded and settled."""
    make, latents, classes, output = NETWORKS[name]
    torch.manual_seed(0)
    return settle(make(), latents + classes), latents, classes, output
