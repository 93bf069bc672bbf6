"""Randomness that is passed in, never taken from hidden global state."""

from __future__ import annotations

import random

import numpy as np
import torch

from .errors import check_seed


def make_generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch.Generator on `device`, seeded.

    >>> first, again = (torch.rand(2, generator=make_generator(0)) for _ in range(2))
    >>> first.equal(again)
    True
    """
    check_seed("seed", seed)
    return torch.Generator(device=device).manual_seed(seed)


def drawn_on(device: torch.device, generator: torch.Generator | None) -> torch.device:
    """Where random numbers for `device` are drawn: where the generator lives, if there is one.

    Torch draws only on the generator's own device. The project's answer, here and nowhere else:
    draw there, then move the numbers. So a generator on the CPU makes the same numbers whatever
    device the model lies on (at the price of a copy), and one on the model's device makes no copy.

    >>> drawn_on(torch.device("meta"), make_generator(0)), drawn_on(torch.device("meta"), None)
    (device(type='cpu'), device(type='meta'))
    """
    return device if generator is None else generator.device


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators (for a notebook's first cell).

    The library itself never draws from them; a learner's own cells do.
    """
    check_seed("seed", seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
