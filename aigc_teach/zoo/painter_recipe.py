"""How the zoo's painter of digits is trained, and how often a filled half keeps its digit.

Half of all holes are one half of the picture, as the lesson on restoring asks for; the others are
squares and bands of any size. Measured as that lesson measures: the lower half of the first 200
held-out digits is missing, and the judge reads what was filled in. Beside it stand the lower half
of the nearest training digit, and the judge's reading of the whole digits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.core.routes import usual_routes
from aigc_teach.metrics import judge_images
from aigc_teach.models import Painter

from . import store
from .judge_recipe import one_thread
from .photographs import one_cycle

ARGUMENTS = {"data_shape": [1, 28, 28], "width": 24, "depth": 2}
BATCH_SIZE, STEPS, LEARNING_RATE, EMA = 32, 4000, 3e-3, 0.998
SHIFT = 2
"""Digits are shifted by so many pixels at most."""
SIDE, TESTED, FILLINGS = 28, 200, 5
HALVES = ((14, 28, 0, 28), (0, 14, 0, 28), (0, 28, 14, 28), (0, 28, 0, 14))
"""First row, row after the last, the same of columns: below, above, on the right, on the left."""
SUMMARY = "Fills holes in 28x28 digits, in several ways: a diffusion model that sees the mask."


def settings() -> dict:
    """What the list records of a training."""
    return {
        "batch_size": BATCH_SIZE,
        "steps": STEPS,
        "optimizer": "Adam",
        "lr": LEARNING_RATE,
        "schedule": "one cycle",
        "ema": EMA,
        "shift": SHIFT,
        "precision": "bfloat16 autocast",
    }


def holes(n: int, generator: torch.Generator) -> Tensor:
    """Masks ``[n, 1, 28, 28]``: a half for about every second picture, else a rectangle.

    >>> masks = holes(400, make_generator(0)).flatten(1)
    >>> bool(masks.any(1).all()), bool(masks.all(1).any())
    (True, False)
    """
    halves = torch.tensor(HALVES)[torch.randint(len(HALVES), (n,), generator=generator)]
    sides = torch.randint(4, SIDE - 3, (n, 2), generator=generator)
    starts = (torch.rand(n, 2, generator=generator) * (SIDE + 1 - sides)).long()
    boxes = torch.stack([starts, starts + sides], dim=2).flatten(1)  # [n, 4], as in HALVES
    boxes = torch.where(torch.rand(n, 1, generator=generator) < 0.5, halves, boxes)
    top, bottom, left, right = boxes[:, :, None].unbind(1)  # [n, 1] each
    places = torch.arange(SIDE)
    rows, columns = (places >= top) & (places < bottom), (places >= left) & (places < right)
    return (rows[:, :, None] & columns[:, None, :])[:, None]


def train_painter(*, seed: int = 0) -> Painter:
    """Train it from nothing, on one thread; its averaged twin."""
    generator, x = make_generator(seed), data.digits("train").x
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Painter(**ARGUMENTS)
        average = torch.optim.swa_utils.AveragedModel(
            model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(EMA)
        )

        def loss() -> Tensor:
            average.update_parameters(model)
            rows = torch.randint(len(x), (BATCH_SIZE,), generator=generator)
            down, across = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=generator).tolist()
            batch = x[rows].roll((down, across), (2, 3))
            with torch.autocast("cpu", torch.bfloat16):
                return model.loss(batch, holes(BATCH_SIZE, generator), generator=generator)

        one_cycle(model, loss, STEPS, rate=LEARNING_RATE)
    return average.module.eval()


@torch.no_grad()
def measure_painter(painter: Painter, folder=None, *, seed: int = 1000) -> dict:
    """How often the judge still reads a digit whose lower half was filled in.

    Returns
    -------
    dict
        ``kept``, of one filling; ``kept_majority``, of the name that most of :data:`FILLINGS`
        fillings are read as; ``nearest``, of the nearest training digit's lower half; ``whole``,
        of the true digits.
    """
    judge, known = store.load("judge", folder), data.digits("train").x
    x, labels = (part[:TESTED] for part in data.digits("held_out")[:2])
    mask = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.bool)
    mask[:, :, SIDE // 2 :] = True

    def named(y: Tensor) -> Tensor:
        return judge_images(judge, y)[1].argmax(1)

    def share(names: Tensor) -> float:
        return round((names == labels).float().mean().item(), 4)

    g = make_generator(seed)
    names = torch.stack([named(painter.fill(x, mask, generator=g)) for _ in range(FILLINGS)])
    tops = (part[:, :, : SIDE // 2].flatten(1) for part in (x, known))
    nearest = torch.where(mask, known[torch.cdist(*tops).argmin(1)], x)
    single = sum(share(each) for each in names) / FILLINGS
    return {
        "kept": round(single, 4),
        "kept_majority": share(names.mode(0).values),
        "nearest": share(named(nearest)),
        "whole": share(named(x)),
    }
