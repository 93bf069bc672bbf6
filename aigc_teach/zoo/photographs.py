"""What the recipes share that learn from photographs: variety, a schedule, a place to measure.

Six photographs are few, and a net that sees them often enough learns them by heart. So pictures are
turned, and made fainter, stronger or negative; that is all the variety that is added.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aigc_teach import data
from aigc_teach.core.filters import middle
from aigc_teach.core.turns import TURNS, turned

FAINTEST, STRONGEST = 0.6, 1.2
"""Between these a picture's contrast is drawn; every second one is turned into its negative."""
SIDE = 256


def varied(*alike: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """A batch out of each stack, turned, and each picture made fainter, stronger or negative.

    Parameters
    ----------
    *alike : Tensor
        ``[N, C, H, W]``, where the i-th pictures of all stacks belong together: what happens to the
        one happens to the others.
    batch_size : int
    generator : torch.Generator

    Returns
    -------
    list of Tensor
        ``[batch_size, C, H, W]`` each.

    >>> from aigc_teach.core import make_generator
    >>> x = torch.ones(3, 1, 4, 4)
    >>> one, twice = varied(x, 2 * x, batch_size=2, generator=make_generator(0))
    >>> bool((twice == 2 * one).all()), list(one.shape)
    (True, [2, 1, 4, 4])
    """
    rows = torch.randint(len(alike[0]), (batch_size,), generator=generator)
    turn = TURNS[int(torch.randint(len(TURNS), (), generator=generator))]
    amount = torch.rand(batch_size, 1, 1, 1, generator=generator)
    amount = FAINTEST + (STRONGEST - FAINTEST) * amount
    sign = 2 * torch.randint(2, (batch_size, 1, 1, 1), generator=generator) - 1
    return [turned(each[rows], *turn) * amount * sign for each in alike]


def one_cycle(net: nn.Module, loss: Callable[[], Tensor], steps: int, *, rate: float) -> None:
    """Train by Adam, its rate raised to `rate` in the first tenth and lowered to nothing.

    `loss` draws a batch and gives one number.
    """
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, betas=(0.9, 0.99))
    slower = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps + 1, pct_start=0.1)
    for _ in range(steps):
        total = loss()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        slower.step()


def middles(split: str, side: int = SIDE) -> list[Tensor]:
    """The middle of each photograph, ``[1, 1, side, side]``, or all of a smaller one's middle.

    >>> [list(x.shape) for x in middles("held_out", 64)]
    [[1, 1, 64, 64], [1, 1, 64, 64], [1, 1, 64, 64]]
    """
    found = []
    for photo in data.photographs(split, channels=1):
        size = min(side, *photo.x.shape[-2:])
        size -= size % 8  # a multiple of every factor
        found.append(middle(photo.x[None], size))
    return found
