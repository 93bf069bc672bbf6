"""Convolutional stacks that halve or double an image, for 28x28 pictures and others.

Shapes: N batch, C channels, H height, W width.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from ..core import ShapeError
from .halving import Double, Halve
from .mlp import activation


def downsample(channels: Sequence[int], activation_name: str = "leaky_relu") -> nn.Sequential:
    """Convolutions of kernel 4, stride 2, padding 1: each halves height and width.

    Parameters
    ----------
    channels : sequence of int
        ``[C_in, C_1, ..., C_out]``; one convolution for each step.
    activation_name : str
        Used after every convolution.

    Returns
    -------
    nn.Sequential
        ``[N, C_in, H, W] -> [N, C_out, H / 2**k, W / 2**k]`` (rounded down), k steps.

    >>> import torch
    >>> downsample([1, 16, 32])(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 32, 7, 7])
    """
    _check_channels(channels)
    layers: list[nn.Module] = []
    for inputs, outputs in zip(channels[:-1], channels[1:], strict=True):
        layers.append(Halve(inputs, outputs))
        layers.append(activation(activation_name))
    return nn.Sequential(*layers)


def upsample(channels: Sequence[int], activation_name: str = "relu") -> nn.Sequential:
    """Transposed convolutions of kernel 4, stride 2, padding 1: each doubles the size.

    The output size of one step is ``(H - 1) * 2 - 2 * 1 + 4 = 2 H``. A kernel that is a
    multiple of the stride overlaps evenly, so no checkerboard is built in.

    Parameters
    ----------
    channels : sequence of int
        ``[C_in, C_1, ..., C_out]``.
    activation_name : str
        Used between the steps, not after the last.

    Returns
    -------
    nn.Sequential
        ``[N, C_in, H, W] -> [N, C_out, H * 2**k, W * 2**k]``.

    >>> import torch
    >>> upsample([64, 32, 1])(torch.zeros(5, 64, 7, 7)).shape
    torch.Size([5, 1, 28, 28])
    """
    _check_channels(channels)
    layers: list[nn.Module] = []
    for position, (inputs, outputs) in enumerate(zip(channels[:-1], channels[1:], strict=True)):
        if position:
            layers.append(activation(activation_name))
        layers.append(Double(inputs, outputs))
    return nn.Sequential(*layers)


def _check_channels(channels: Sequence[int]) -> None:
    if len(channels) < 2 or min(channels) < 1:
        raise ShapeError(f"channels must be two or more positive numbers; got {list(channels)}.")
