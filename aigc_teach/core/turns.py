"""A function of pictures, applied to all eight turns of a picture, and the answers averaged.

A square has eight symmetries: four turns, and four after a flip. A network that enlarges or
restores a turned picture and turns its answer back should give the same; it does not quite, and
the mean of the eight errs less than each (Timofte, Rothe & Van Gool 2016, "Seven ways to improve
example-based single image super resolution"). It costs eight times as much.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TURNS = tuple((flip, quarter) for flip in (False, True) for quarter in range(4))


def turned(x: Tensor, flip: bool, quarter: int) -> Tensor:
    """Pictures ``[..., H, W]`` flipped (or not), then turned by so many quarters.

    >>> turned(torch.tensor([[1, 2], [3, 4]]), True, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return torch.rot90(x.flip(-1) if flip else x, quarter, (-2, -1))


def turned_back(x: Tensor, flip: bool, quarter: int) -> Tensor:
    """What `turned` did, undone.

    >>> x = torch.arange(6).reshape(2, 3)
    >>> all(turned_back(turned(x, *turn), *turn).equal(x) for turn in TURNS)
    True
    """
    x = torch.rot90(x, -quarter, (-2, -1))
    return x.flip(-1) if flip else x


def in_eight_turns(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The mean of a function's answers to the eight turns of its picture.

    Parameters
    ----------
    function : callable
        ``[B, C, H, W]`` to ``[B, C', r H, r W]`` for pictures of any height and width.

    Returns
    -------
    callable
        The same shapes. A function that treats all turns alike comes back as it was.

    Examples
    --------
    >>> x = torch.rand(1, 1, 4, 6)
    >>> torch.allclose(in_eight_turns(torch.square)(x), x.square())
    True
    """

    def mean(x: Tensor) -> Tensor:
        total = 0.0
        for turn in TURNS:
            total = total + turned_back(function(turned(x, *turn)), *turn)
        return total / len(TURNS)

    return mean
