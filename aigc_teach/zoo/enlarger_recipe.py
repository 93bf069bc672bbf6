"""How the zoo's enlargers of photographs are trained, and what they gain over the baselines.

Six photographs are few, and a net that sees them often enough learns them by heart. Shrinking is
linear: shrink(a x) = a shrink(x). So each pair of a small and a large picture may be made fainter,
stronger or negative, both alike, and is still a true pair; that, and turns, is all the variety
that is added. Measured on three photographs that nobody trained on, as the lesson on
super-resolution measures: antialiased bicubic shrinking, grey, the middle 256 x 256 pixels less 8
of border, PSNR averaged over the photographs.
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
from aigc_teach.core.turns import TURNS, in_eight_turns, turned
from aigc_teach.data import degrade
from aigc_teach.metrics import psnr
from aigc_teach.models import Enlarger

from .judge_recipe import one_thread

PIECES, BATCH_SIZE, LEARNING_RATE = 3000, 8, 2e-3
FAINTEST, STRONGEST = 0.6, 1.2
"""Between these a pair's contrast is drawn; every second pair is turned into its negative."""
SIDE, BORDER = 256, 8
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
        optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99))
        slower = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, LEARNING_RATE, size.steps + 1, pct_start=0.1
        )
        for _ in range(size.steps):
            x, y = varied(small, large, generator)
            loss = F.l1_loss(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            slower.step()
    return net.to(memory_format=torch.contiguous_format).eval()


def varied(small: Tensor, large: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch of pairs, turned, and each made fainter, stronger or negative."""
    rows = torch.randint(len(large), (BATCH_SIZE,), generator=generator)
    turn = TURNS[int(torch.randint(len(TURNS), (), generator=generator))]
    amount = torch.rand(BATCH_SIZE, 1, 1, 1, generator=generator)
    amount = FAINTEST + (STRONGEST - FAINTEST) * amount
    sign = 2 * torch.randint(2, (BATCH_SIZE, 1, 1, 1), generator=generator) - 1
    x, y = (turned(each[rows], *turn) * amount * sign for each in (small, large))
    return x, y


def middles(split: str, side: int = SIDE) -> list[Tensor]:
    """The middle of each photograph, ``[1, 1, side, side]``, or all of a smaller one's middle."""
    found = []
    for photo in data.photographs(split, channels=1):
        size = min(side, *photo.x.shape[-2:])
        size -= size % 8  # a multiple of every factor
        top, left = ((edge - size) // 2 for edge in photo.x.shape[-2:])
        found.append(photo.x[None, :, top : top + size, left : left + size])
    return found


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
