"""Stacked convolutions against the DCGAN that everybody has trained: PyTorch's tutorial.

Its generator makes 64x64 pictures from 100 numbers by five transposed convolutions (512, 256,
128, 64, 3 channels), batch norm after each but the last, no biases; its discriminator mirrors
them. 3,576,704 and 2,765,568 weights are what torchsummary prints for them in many notebooks.
Ours has biases and no batch norm inside the stacks, so kernels are compared with kernels.
"""

from __future__ import annotations

import torch
from torch import nn

from aigc_teach.nn import downsample, multiply_adds, upsample

GENERATOR, DISCRIMINATOR = 3_576_704, 2_765_568
CHANNELS = (512, 256, 128, 64, 3)
SIDES = [(512, 4), (256, 8), (128, 16), (64, 32), (3, 64)]  # "state size" of each step
FIRST, LAST = 100 * 512 * 16, 512 * 1 * 16  # kernels of the steps from and to 1 x 1
NORMS_UP, NORMS_DOWN = 2 * (512 + 256 + 128 + 64), 2 * (128 + 256 + 512)


def kernels(network: nn.Module) -> int:
    return sum(w.numel() for w in network.parameters() if w.ndim == 4)


def sizes(network: nn.Module, x: torch.Tensor) -> list[tuple[int, int]]:
    """Channels and side after the input and after each convolution."""
    found = [tuple(x.shape[1:3])]
    for layer in network:
        x = layer(x)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            assert x.shape[2] == x.shape[3]
            found.append(tuple(x.shape[1:3]))
    return found


def test_up(agree):
    network = upsample(CHANNELS)
    agree(FIRST + kernels(network) + NORMS_UP, GENERATOR)
    agree(sizes(network, torch.zeros(1, 512, 4, 4)), SIDES)


def test_down(agree):
    network = downsample(CHANNELS[::-1])
    agree(kernels(network) + LAST + NORMS_DOWN, DISCRIMINATOR)
    agree(sizes(network, torch.zeros(1, 3, 64, 64)), SIDES[::-1])


def test_our_count_of_weights_on_their_generator(agree):
    """Their generator itself: five transposed convolutions 4 x 4 with batch norm between."""
    layers = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False), nn.BatchNorm2d(512), nn.ReLU()]
    for inputs, outputs in zip(CHANNELS[:-1], CHANNELS[1:], strict=True):
        layers.append(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False))
        if outputs != 3:
            layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
    agree(multiply_adds(nn.Sequential(*layers), torch.zeros(1, 100, 1, 1)).weights, GENERATOR)
