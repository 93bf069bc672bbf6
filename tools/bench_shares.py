"""How much of the processor a training uses: multiply-adds a second against its own best.

The best is a float32 product of two 1024x1024 matrices, timed just before and just after each
stretch of training on the same core, so a machine that is slow or shared slows both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from aigc_teach.core import GenerativeModel, Labelled, make_generator

SIDE = 1024  # of the matrices: large enough for the library's full speed, small enough for a cache

Batch = torch.Tensor | Labelled


@dataclass
class Share:
    """The multiply-adds of a training over those of a matrix product, in the same CPU time."""

    setting: str  # of the processor
    name: str
    per_image: float  # multiply-adds of a training step, for one image of the batch
    rate: float  # multiply-adds a second of CPU time
    share: float  # the median of the rounds, and their middle half
    low: float
    high: float


def step_multiply_adds(model: GenerativeModel, batch: Batch) -> int:
    """Count the multiply-adds of one training step: every player's way forward and back.

    Counted are matrix products and convolutions, as torch's own counter sees them. Below: 60
    forward, 60 for the gradients by the weights, 45 for those by each layer's input (nobody
    asks for the gradient by the data).

    >>> from aigc_teach.models import VAE
    >>> step_multiply_adds(VAE((3,), latent_size=2, hidden=(5,)), torch.zeros(1, 3))
    165
    """
    with FlopCounterMode(display=False) as counter:
        for player in model.players:
            loss = model.loss(batch, player, generator=make_generator(0, model.device))
            loss.total.backward(inputs=model.player_parameters(player))
    return counter.get_total_flops() // 2


def matrix_rate(rounds: int = 3) -> float:
    """Multiply-adds a CPU second of a float32 matrix product: the median of a few."""
    a = torch.ones(SIDE, SIDE)
    seconds = []
    for _ in range(rounds):
        begun = time.process_time()
        torch.mm(a, a)
        seconds.append(time.process_time() - begun)
    return SIDE**3 / statistics.median(seconds)


def share_of(
    name: str,
    make: Callable[[], GenerativeModel],
    batch: Batch,
    work: Callable[[int], None],
    *,
    steps: int,
    rounds: int,
) -> Share:
    """Train a few stretches of `steps` steps, a matrix product before and after each."""
    count, n = (
        step_multiply_adds(make(), batch),
        len(batch[0] if isinstance(batch, tuple) else batch),
    )
    matrix_rate(), work(3)  # warm up
    rates, shares = [], []
    for _ in range(rounds):
        best = matrix_rate()
        begun = time.process_time()
        work(steps)
        rates.append(count * steps / (time.process_time() - begun))
        shares.append(rates[-1] * 2 / (best + matrix_rate()))
    low, middle, high = statistics.quantiles(shares, n=4, method="inclusive")
    where = torch.backends.cpu.get_cpu_capability()
    return Share(where, name, count / n, statistics.median(rates), middle, low, high)


HEAD = """| setting | model | million multiply-adds an image | thousand million a second | share |
|---|---|---|---|---|"""

NOTE = f"""What a core can do at best: multiply two {SIDE}x{SIDE} float32 matrices. Training does
the same multiplications and additions in smaller pieces, and other things beside them. The table
counts the multiply-adds of a whole training step (all players, forward and back), and says how
many are done in a second of one core, and what share of that product's rate this is. `fit` and
Adam are included; the product is timed before and after each stretch."""


def row(s: Share) -> str:
    """One line of the table."""
    share = f"{s.share:.2f} ({s.low:.2f} to {s.high:.2f})"
    return f"| {s.setting} | {s.name} | {s.per_image / 1e6:.2f} | {s.rate / 1e9:.1f} | {share} |"
