"""How the judge of digits is trained, and how well it judges.

Three quarters of every batch are real digits, slightly moved; the rest are pictures that are
not digits, of every kind in :mod:`aigc_teach.zoo.negatives`, under the label
:data:`~aigc_teach.metrics.REJECT`. All are softened alike, so that pale or slightly blurred
digits keep their names: without that, the judge turned down every real digit that was blurred
by one pixel. Everything is drawn from one seeded generator and
computed in float32 on one thread, so the same seed gives the same weights again.

Shapes: N pictures of 1x28x28, K = 11 classes.
"""

from __future__ import annotations

import contextlib
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_teach.core import check_count, make_generator
from aigc_teach.metrics import REJECT, Judge, judge_images

from .negatives import KINDS, UNSEEN, blur, jitter, make_negatives, mixed_negatives, soften

SURE = 0.9
STEPS = 3000
BATCH_SIZE = 128
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-3
REJECT_WEIGHT = 0.25
"""What one picture that is no digit counts in the loss. Some blends and broken strokes do
look like a digit; at full weight the judge turned down every seventh real digit."""


@contextlib.contextmanager
def one_thread():
    """Compute on one thread, so that sums are always taken in the same order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def build_judge(classes: int, seed: int) -> Judge:
    """A judge with weights drawn from `seed`; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Judge(classes)


def train_judge(
    digits, *, steps: int = STEPS, seed: int = 0, batch_size: int = BATCH_SIZE, classes: int = 11
) -> Judge:
    """Train a judge from nothing.

    Parameters
    ----------
    digits : ImageSet
        Real training digits: ``x`` float32 ``[N, 1, 28, 28]`` in [-1, 1], ``labels`` ``[N]``.
    steps : int
        Updates, by AdamW; the learning rate rises to 4e-3 and falls to 0.
    seed : int
        Decides the first weights and every batch.
    batch_size : int
        Pictures a step, three quarters of them digits. A ten-class judge sees digits only.
    classes : int
        11, or 10 for the plain classifier that has no way to decline.

    Returns
    -------
    Judge
        In evaluation mode.
    """
    check_count("steps", steps)
    check_count("batch_size", batch_size, at_least=4)
    generator, judge = make_generator(seed), build_judge(classes, seed)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    weight = torch.ones(classes)
    weight[REJECT:] = REJECT_WEIGHT  # a ten-class judge has no such entry
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_cosine(step, steps))
    with one_thread():
        judge.train()
        for _ in range(steps):
            x, labels = judge_batch(digits, batch_size, classes, generator)
            loss = F.cross_entropy(judge(x), labels, weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return judge.eval()


def warm_cosine(step: int, steps: int) -> float:
    """Learning-rate factor: up during the first tenth, then down a cosine to zero."""
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def judge_batch(
    digits, batch_size: int, classes: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One batch: moved digits, and for an eleven-class judge other pictures."""
    n = batch_size if classes <= REJECT else 3 * batch_size // 4
    chosen = torch.randint(len(digits.x), (n,), generator=generator)
    x, labels = jitter(digits.x[chosen], generator), digits.labels[chosen]
    if classes > REJECT:
        others = mixed_negatives(batch_size - n, digits, generator=generator)
        x, labels = torch.cat([x, others]), F.pad(labels, (0, len(others)), value=REJECT)
    return soften(x, generator), labels


def called_a_digit(judge: Judge, x: Tensor) -> float:
    """Share of the pictures `x` that the judge takes for some digit with p above 0.9."""
    _, probabilities = judge_images(judge, x)
    sure, verdict = probabilities.max(dim=1)
    return ((verdict != REJECT) & (sure > SURE)).float().mean().item()


def confusion(judge: Judge, x: Tensor, labels: Tensor) -> list[list[int]]:
    """Counts ``[11][11]``: row is what it was, column is what the judge called it."""
    _, probabilities = judge_images(judge, x)
    table = torch.zeros(REJECT + 1, REJECT + 1, dtype=torch.long)
    ones = torch.ones_like(labels)
    table.index_put_((labels, probabilities.argmax(dim=1)), ones, accumulate=True)
    return table.tolist()


def measure_judge(judge: Judge, held_out, *, n: int = 1000, seed: int = 12345) -> dict:
    """Measure a judge on digits it never saw and on fresh pictures that are no digits.

    Parameters
    ----------
    judge : Judge
        Eleven classes, or ten: that one rejects nothing.
    held_out : ImageSet
        Digits kept out of training; broken and blended pictures are made of them as well.
    n : int
        Pictures of each kind.
    seed : int
        Of the fresh pictures; training uses others.

    Returns
    -------
    dict
        ``accuracy`` among held-out digits, ``good`` (their share named with p > 0.9),
        ``good_blurred`` and ``good_dimmed`` (the same after a blur of one pixel, or with 60 %
        of the ink's brightness), ``rejected`` and ``called_a_digit`` (per kind),
        ``confusion`` (11x11 counts of the held-out digits and of the kinds in ``KINDS``).
    """
    generator = make_generator(seed)
    pictures = {
        kind: make_negatives(kind, n, held_out, generator=generator) for kind in KINDS | UNSEEN
    }
    others = torch.cat([pictures[kind] for kind in KINDS])
    labels = F.pad(held_out.labels, (0, len(others)), value=REJECT)
    table = confusion(judge, torch.cat([held_out.x, others]), labels)
    return {
        "accuracy": sum(table[c][c] for c in range(REJECT)) / len(held_out.x),
        "good": called_a_digit(judge, held_out.x),
        "good_blurred": called_a_digit(judge, blur(held_out.x, 1.0)),
        "good_dimmed": called_a_digit(judge, 0.6 * (held_out.x + 1) - 1),
        "rejected": {kind: rejected(judge, x) for kind, x in pictures.items()},
        "called_a_digit": {kind: called_a_digit(judge, x) for kind, x in pictures.items()},
        "confusion": table,
    }


def rejected(judge: Judge, x: Tensor) -> float:
    """Share of the pictures `x` whose most probable class is REJECT."""
    _, probabilities = judge_images(judge, x)
    return (probabilities.argmax(dim=1) == REJECT).float().mean().item()


def settings() -> dict:
    """What the manifest records of the training."""
    return {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "optimizer": "AdamW",
        "lr": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "reject_weight": REJECT_WEIGHT,
        "kinds": list(KINDS),
    }
