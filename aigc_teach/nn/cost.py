"""What a network costs: multiplications with an addition, counted while it runs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..core import DtypeError, ShapeError, evaluating


class Cost(NamedTuple):
    """The two sizes of a network.

    Attributes
    ----------
    multiply_adds : int
        Multiplications, each with its addition, for one item.
    weights : int
        Learnt numbers.
    """

    multiply_adds: int
    weights: int


def multiply_adds(network: nn.Module, *inputs: Tensor) -> Cost:
    """Count what one item costs on its way through `network`, and the network's weights.

    Counted are the dense and the (transposed) convolutional layers, by torch's own
    ``FlopCounterMode``, which counts a multiplication and an addition as two operations;
    biases, activations and normalisations, which cost little beside them, are not. A training
    step costs about three times as much: the gradients by the weights and by the input take
    as many multiplications each as the way forward.

    Parameters
    ----------
    network : nn.Module
        Run once, in eval mode and without gradients; its own modes are put back afterwards.
    *inputs : Tensor
        What it is called with, each ``[N, ...]`` with N at least 1. Only the first item is used.

    Returns
    -------
    Cost

    Raises
    ------
    DtypeError, ShapeError
        With a sentence, where there is no network or no item.

    Examples
    --------
    >>> multiply_adds(nn.Linear(10, 3), torch.zeros(5, 10))
    Cost(multiply_adds=30, weights=33)
    """
    if not isinstance(network, nn.Module):
        raise DtypeError(f"A network (nn.Module) is needed; you gave a {type(network).__name__}.")
    if not inputs:
        raise ShapeError("There is no input: give a batch, for example torch.zeros(1, 1, 28, 28).")
    for x in inputs:
        if not isinstance(x, Tensor):
            raise DtypeError(f"Each input must be a tensor; you gave a {type(x).__name__}.")
        if x.ndim == 0 or len(x) == 0:
            raise ShapeError(f"Each input is a batch [N, ...] with N >= 1; yours: {list(x.shape)}.")
    counter = FlopCounterMode(display=False)
    # batch norm: a batch of one will do, and its statistics stay as they are
    with evaluating(network), torch.no_grad(), counter:
        network(*(x[:1] for x in inputs))
    weights = sum(weight.numel() for weight in network.parameters())
    return Cost(counter.get_total_flops() // 2, weights)
