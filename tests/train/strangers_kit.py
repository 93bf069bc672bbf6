"""What all strangers of the second table share: the data, the order of batches, a case."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_teach import data
from train.strangers import Trained

__all__ = ["Case", "Trained", "blobs", "digits", "feed", "labels", "moons"]


@functools.cache
def shrunk() -> tuple[Tensor, Tensor]:
    """512 digits of 16 x 16, [512, 1, 16, 16] in [-1, 1], and what they are, [512]."""
    held = data.digits("held_out")
    x, y = held.x, held.labels
    extra = data.digits("train")
    x, y = torch.cat([x, extra.x[:12]]), torch.cat([y, extra.labels[:12]])
    return F.adaptive_avg_pool2d(F.pad(x, (2, 2, 2, 2), value=-1.0), 16).contiguous(), y


def digits() -> Tensor:
    """Digits as the scripts see them after ToTensor and Normalize(0.5, 0.5): a fresh tensor."""
    return shrunk()[0].clone()


def labels() -> Tensor:
    """Their classes, [512]."""
    return shrunk()[1].clone()


def blobs(n: int = 512) -> Tensor:
    """Points around eight centres on a circle of radius 2, [n, 2]."""
    draw = torch.Generator().manual_seed(11)
    which = torch.randint(8, (n,), generator=draw) * 0.7854
    centre = 2 * torch.stack([which.cos(), which.sin()], 1)
    return centre + 0.1 * torch.randn(n, 2, generator=draw)


def moons(n: int = 512) -> Tensor:
    """Two half moons, [n, 2]."""
    return data.toy2d("moons", n, generator=torch.Generator().manual_seed(11))


def feed(x: Tensor, size: int, *more: Tensor) -> Iterator:
    """Shuffled batches without end, as a loader gives them epoch after epoch."""
    while True:
        for index in torch.randperm(len(x)).split(size):
            if len(index) == size:
                yield (x[index], *(other[index] for other in more)) if more else x[index]


@dataclass(frozen=True)
class Case:
    """One training: who writes how, what is planted, and which symptoms would name it.

    ``meant`` is empty for a healthy one. The half follows from the name alone.
    """

    name: str
    build: Callable[[int], Trained]
    defect: str = ""
    meant: tuple[str, ...] = ()

    @property
    def half(self) -> str:
        """A: rules and bounds may be set by looking at it. B: it is only reported."""
        return "AB"[hashlib.sha256(self.name.encode()).digest()[0] % 2]
