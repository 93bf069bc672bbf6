"""How the zoo's denoiser of photographs is trained, and what it gains over the best old method.

An `nn.Restorer` for one strength of noise, sigma 25 of 255, learns from pieces of six photographs,
some of them shrunk to half their sides, so that it sees finer texture, too. Products of matrices
are rounded to bfloat16 in training (autocast), which a processor with units for it does in a third
of the time; the weights are float32.

Measured as the lesson on restoring measures: three photographs that nobody trained on, grey, the
middle 256 x 256 pixels. The rival is non-local means, told sigma, its strength and the side of its
patches chosen on the photographs of the training: what a network that learnt for minutes must beat.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.core.routes import usual_routes
from aigc_teach.core.turns import in_eight_turns
from aigc_teach.data import degrade
from aigc_teach.metrics import psnr
from aigc_teach.models import classical

from . import store
from .judge_recipe import one_thread
from .photographs import SIDE, middles, one_cycle, varied

SIGMA = 25 / 127.5
ARGUMENTS = {"width": 64, "depth": 6}
PIECES, PIECE, BATCH_SIZE, STEPS, LEARNING_RATE = 4000, 48, 16, 4500, 2e-3
HALVED_SHARE = 0.25
"""So many of the pieces are cut out at twice the size and shrunk."""
STRENGTHS, SIDES, REACH = (0.5, 0.6, 0.7, 0.8), (3, 5), 8
"""Of non-local means: the strength as a share of sigma, and the side of a patch."""
TUNED_ON = 128
"""Side of the middles of the training's photographs that these are chosen on."""
SUMMARY = "Takes noise of sigma 25 (of 255) out of grey photographs."


def settings() -> dict:
    """What the list records of a training."""
    return {
        "pieces": PIECES,
        "piece": PIECE,
        "halved_share": HALVED_SHARE,
        "batch_size": BATCH_SIZE,
        "steps": STEPS,
        "optimizer": "Adam",
        "lr": LEARNING_RATE,
        "schedule": "one cycle",
        "loss": "squared error",
        "precision": "bfloat16 autocast",
        "sigma": round(SIGMA, 4),
    }


def pieces(seed: int) -> Tensor:
    """Clean pieces to learn from, ``[N, 1, side, side]``; a share of them shrunk by two."""
    halved = int(HALVED_SHARE * PIECES)
    large = data.photograph_patches(2 * PIECE, halved, seed=seed + 1, channels=1)
    plain = data.photograph_patches(PIECE, PIECES - halved, seed=seed, channels=1)
    return torch.cat([plain, degrade.shrink(large, 2)])


def train_denoiser(*, seed: int = 0) -> nn.Module:
    """Train it from nothing, on one thread."""
    generator = make_generator(seed)
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = store.build("Restorer", ARGUMENTS).to(memory_format=torch.channels_last)
        clean = pieces(seed)

        def loss() -> Tensor:
            (x,) = varied(clean, batch_size=BATCH_SIZE, generator=generator)
            noisy = x + SIGMA * torch.randn(x.shape, generator=generator)
            with torch.autocast("cpu", torch.bfloat16):
                guess = net(noisy)
            return F.mse_loss(guess.float(), x)

        one_cycle(net, loss, STEPS, rate=LEARNING_RATE)
    return net.to(memory_format=torch.contiguous_format).eval()


def noisy_pairs(split: str, side: int, *, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Noisy and clean middles of photographs."""
    generator = make_generator(seed)
    return [(degrade.noise(x, SIGMA, generator=generator), x) for x in middles(split, side)]


def non_local_means(noisy: Tensor, strength: float, side: int) -> Tensor:
    """The rival, told sigma."""
    return classical.non_local_means(noisy, strength * SIGMA, sigma=SIGMA, patch=side, reach=REACH)


def best_means(pairs: list[tuple[Tensor, Tensor]]) -> tuple[float, int]:
    """The strength and the side of a patch with the highest PSNR."""
    choices = [(strength, side) for strength in STRENGTHS for side in SIDES]
    return max(choices, key=lambda choice: decibels(lambda x: non_local_means(x, *choice), pairs))


@torch.no_grad()
def decibels(restore, pairs: list[tuple[Tensor, Tensor]]) -> float:
    """PSNR of restored pictures, averaged over the pictures."""
    found = [psnr(restore(noisy), clean, data_range=2).item() for noisy, clean in pairs]
    return sum(found) / len(found)


def measure_denoiser(net: nn.Module, *, seed: int = 1000) -> dict:
    """What it gains, in decibels, on photographs that nobody trained on.

    Returns
    -------
    dict
        ``psnr``, of the mean over eight turns; ``over_means``, what that gains over non-local
        means; ``one_turn_over_means``, what the net alone gains.
    """
    best = best_means(noisy_pairs("train", TUNED_ON, seed=seed))
    held_out = noisy_pairs("held_out", SIDE, seed=seed + 1)
    rival = decibels(lambda x: non_local_means(x, *best), held_out)
    eight, one = (decibels(each, held_out) for each in (in_eight_turns(net), net))
    figures = {"psnr": eight, "over_means": eight - rival, "one_turn_over_means": one - rival}
    return {key: round(value, 4) for key, value in figures.items()}
