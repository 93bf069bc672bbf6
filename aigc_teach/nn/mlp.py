"""Fully connected networks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from ..core import ShapeError, check_choice, check_count

ACTIVATIONS = {
    "relu": lambda: nn.ReLU(),
    "leaky_relu": lambda: nn.LeakyReLU(0.2),  # the slope that DCGAN's critic uses
    "silu": lambda: nn.SiLU(),
    "tanh": lambda: nn.Tanh(),
}


def activation(name: str) -> nn.Module:
    """A fresh activation layer by its name; an unknown name raises with the list.

    >>> activation("relu")
    ReLU()
    """
    check_choice("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def mlp(sizes: Sequence[int], activation_name: str = "relu") -> nn.Sequential:
    """A chain of linear layers with an activation between them, none after the last.

    Parameters
    ----------
    sizes : sequence of int
        Widths from input to output, at least two.
    activation_name : {"relu", "leaky_relu", "silu", "tanh"}

    Returns
    -------
    nn.Sequential
        Maps ``[N, sizes[0]]`` to ``[N, sizes[-1]]``.

    >>> [type(layer).__name__ for layer in mlp([2, 8, 1])]
    ['Linear', 'ReLU', 'Linear']
    """
    if len(sizes) < 2:
        raise ShapeError(f"mlp needs two sizes or more (input, output); you gave {list(sizes)}.")
    layers: list[nn.Module] = []
    for position, (inputs, outputs) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        check_count("size", inputs)
        check_count("size", outputs)
        if position:
            layers.append(activation(activation_name))
        layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers)
