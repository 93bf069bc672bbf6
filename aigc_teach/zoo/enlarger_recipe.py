"""How the zoo's enlargers of photographs are trained, and what they gain over the baselines.

Shrinking is linear: shrink(a x) = a shrink(x). So each pair of a small and a large picture may be
varied (`photographs.varied`), both alike, and is still a true pair. Measured on three photographs
that nobody trained on, as the lesson on super-resolution measures: antialiased bicubic shrinking,
grey, the middle 256 x 256 pixels less 8 of border, PSNR averaged over the photographs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.core.routes import usual_routes
from aigc_teach.core.turns import in_eight_turns
from aigc_teach.data import degrade
from aigc_teach.metrics import psnr
from aigc_teach.models import Enlarger

from .judge_recipe import one_thread
from .photographs import middles, one_cycle, varied

PIECES, BATCH_SIZE, LEARNING_RATE = 3000, 8, 2e-3
BORDER = 8
AMOUNTS, SIGMAS = (0.6, 1.0, 1.5), (0.5, 0.8, 1.6)
"""The sharpenings among which the one best on the *training* photographs is taken."""


@dataclass(frozen=True)
class Size:
    """What one enlarger is and how long it learns.

    Attributes
    ----------
    factor, width, blocks : int
        Of the `Enlarger`.
    piece : int
        Side of the large pieces that it learns from.
    steps : int
    """

    factor: int
    piece: int
    width: int = 48
    blocks: int = 4
    steps: int = 5000

    def arguments(self) -> dict:
        """For `models.Enlarger`."""
        return {"factor": self.factor, "width": self.width, "blocks": self.blocks}


SIZES = {"enlarger_2": Size(2, 64), "enlarger_4": Size(4, 96)}
SUMMARY = "Enlarges grey photographs {} times that were shrunk by antialiased bicubic."


def settings(name: str) -> dict:
    """What the list records of a training."""
    shared = {"pieces": PIECES, "batch_size": BATCH_SIZE, "optimizer": "Adam", "lr": LEARNING_RATE}
    return shared | {"schedule": "one cycle", "loss": "l1"} | asdict(SIZES[name])


def train_enlarger(name: str, *, seed: int = 0) -> Enlarger:
    """Train one of :data:`SIZES` from nothing, on one thread in float32."""
    size, generator = SIZES[name], make_generator(seed)
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Enlarger(**size.arguments())
        net = net.to(memory_format=torch.channels_last)
        large = data.photograph_patches(size.piece, PIECES, seed=seed, channels=1)
        small = degrade.shrink(large, size.factor)

        def loss() -> Tensor:
            x, y = varied(small, large, batch_size=BATCH_SIZE, generator=generator)
            return F.l1_loss(net(x), y)

        one_cycle(net, loss, size.steps, rate=LEARNING_RATE)
    return net.to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def decibels(enlarge: Callable[[Tensor], Tensor], factor: int, among: list[Tensor]) -> float:
    """PSNR of an enlargement, averaged over the pictures."""
    inside, found = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER)), []
    for large in among:
        guess = enlarge(degrade.shrink(large, factor)).clamp(-1, 1)
        found.append(psnr(guess[inside], large[inside], data_range=2).item())
    return sum(found) / len(found)


def sharpened(factor: int, amount: float, sigma: float) -> Callable[[Tensor], Tensor]:
    """Bicubic enlargement, and `amount` times what a blur takes away added."""

    def enlarge(small: Tensor) -> Tensor:
        x = degrade.enlarge(small, factor)
        return x + amount * (x - degrade.blur(x, sigma))

    return enlarge


def measure_enlarger(name: str, net: Enlarger) -> dict:
    """What an enlarger gains, in decibels, on photographs that nobody trained on.

    Returns
    -------
    dict
        ``psnr``, of the mean over eight turns; ``over_lanczos`` and ``over_sharpened``, what that
        gains; ``one_turn_over_lanczos``, what the net alone gains.
    """
    factor, held_out = SIZES[name].factor, middles("held_out")
    train = middles("train")
    choices = [(amount, sigma) for amount in AMOUNTS for sigma in SIGMAS]
    best = max(choices, key=lambda choice: decibels(sharpened(factor, *choice), factor, train))
    by_lanczos = decibels(
        lambda small: degrade.enlarge(small, factor, kernel="lanczos"), factor, held_out
    )
    by_sharpened = decibels(sharpened(factor, *best), factor, held_out)
    eight, one = (decibels(each, factor, held_out) for each in (in_eight_turns(net), net))
    figures = {
        "psnr": eight,
        "over_lanczos": eight - by_lanczos,
        "over_sharpened": eight - by_sharpened,
        "one_turn_over_lanczos": one - by_lanczos,
    }
    return {key: round(value, 4) for key, value in figures.items()}
