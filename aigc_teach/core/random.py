"""Randomness that is passed in, never taken from hidden global state."""

from __future__ import annotations

import random

import numpy as np
import torch

from .errors import check_count

LARGEST_SEED = 2**63 - 1
"""What every generator takes, and every file that keeps a seed."""


def check_seed(what: str, value: object) -> int:
    """Return `value`, or raise with a sentence where it is no seed for every generator.

    >>> check_seed("seed", 7)
    7
    >>> check_seed("seed", 10**26)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: seed=1000... is too large; it must be at most 9223...
    """
    return check_count(what, value, at_least=0, at_most=LARGEST_SEED)


def make_generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch.Generator on `device`, seeded.

    >>> first, again = (torch.rand(2, generator=make_generator(0)) for _ in range(2))
    >>> first.equal(again)
    True
    """
    check_seed("seed", seed)
    return torch.Generator(device=device).manual_seed(seed)


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators (for a notebook's first cell).

    The library itself never draws from them; a learner's own cells do.
    """
    check_seed("seed", seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
