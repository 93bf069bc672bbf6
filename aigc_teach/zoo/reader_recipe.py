"""How the readers of drawn faces and landscapes are trained, and how well they read.

A reader learns from pictures that are drawn for it, half of them disturbed (blurred, shifted,
noisy), as a generator's are. It answers whatever it sees; so every answer is drawn again. Where
that picture is as far from the one that was read as mixtures of two pictures are from theirs, or
has fine detail where the one that was read has none, the answer is not to be trusted. Everything
is drawn from one seeded generator and computed in float32 on one thread.

Shapes: N pictures of 3x32x32, A amounts, C choices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_teach import data
from aigc_teach.core import check_choice, check_count, make_generator
from aigc_teach.metrics.attributes import AttributeReader, read_attributes, shrink

from .judge_recipe import one_thread, warm_cosine
from .negatives import blur

STEPS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 3200, 128, 3e-3, 1e-3
POOL, VISITS = 16_384, 4
"""Pictures drawn at once, and how often each is seen before others are drawn."""
BLUR, SHIFT, NOISE = 0.7, 0.5, 0.1
"""At most, in pixels, pixels and the range [-1, 1]: what half the pictures suffer."""
UNUSED = 1_000_000
"""Added to the seed of a training, so that a reader never learns from the pictures that
`data.faces` gives for 0 and other small seeds."""
PASSES = 0.01
"""Share of the mixtures of two that the limit on the redrawn picture's error lets pass."""
DETAIL = 0.12
"""Of the fine detail of its answer drawn again, a picture that is trusted has at least this."""


@dataclass(frozen=True)
class Subject:
    """What a reader reads.

    Attributes
    ----------
    draw : callable
        `data.faces` or `data.landscapes`.
    kinds : mapping of str to Amount or Choice
    """

    draw: Callable
    kinds: Mapping

    @property
    def amounts(self) -> list[str]:
        """The attributes that are numbers."""
        return [name for name, kind in self.kinds.items() if hasattr(kind, "low")]

    @property
    def choices(self) -> list[str]:
        """The attributes that are one of a few names."""
        return [name for name, kind in self.kinds.items() if hasattr(kind, "names")]

    def arguments(self) -> dict:
        """For :class:`~aigc_teach.metrics.AttributeReader`."""
        sizes = [len(self.kinds[name].names) for name in self.choices]
        return {"amounts": len(self.amounts), "choices": sizes}

    def targets(self, attributes) -> tuple[Tensor, Tensor]:
        """Amounts scaled to [0, 1], ``[N, A]``, and choices, int64 ``[N, C]``."""
        shown = attributes._asdict()
        scaled = [self.kinds[name].quantile(shown[name], None) for name in self.amounts]
        return torch.stack(scaled, 1), torch.stack([shown[name] for name in self.choices], 1)

    def pool(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures to learn from, float32 ``[N, 3, 32, 32]``, and their targets.

        Every fourth is drawn at 64 pixels and averaged down: its lines come out a little
        differently.
        """
        larger = n // 4
        parts = [self.draw(n - larger, generator=generator)]
        if larger:
            parts.append(self.draw(larger, size=64, generator=generator))
        targets = [self.targets(part.attributes) for part in parts]
        amounts, choices = (torch.cat(column) for column in zip(*targets, strict=True))
        return torch.cat([shrink(part.x) for part in parts]), amounts, choices

    def attributes(self, amounts: Tensor, choices: list[Tensor]) -> dict[str, Tensor]:
        """The attributes that a reader's answer stands for."""
        named = dict(zip(self.choices, choices, strict=True))
        for name, column in zip(self.amounts, amounts.cpu().unbind(1), strict=True):
            named[name] = self.kinds[name].value(column)
        return {name: named[name].cpu() for name in self.kinds}

    def redrawn(self, x: Tensor, attributes: Mapping[str, Tensor]) -> Redrawn:
        """How pictures, ``[N, 3, S, S]``, differ from their answers drawn again."""
        x, again = shrink(x).cpu().float(), self.draw(len(x), **attributes).x
        gap = F.avg_pool2d(x, 2) - F.avg_pool2d(again, 2)
        fine, asked = (z.sub(blurred(z, 1.0)).flatten(1) for z in (x, again))
        return Redrawn(
            error=gap.flatten(1).square().mean(1).sqrt(),
            detail=(fine * asked).sum(1) / asked.square().sum(1),
        )


class Redrawn(NamedTuple):
    """Pictures beside their answers drawn again; float32 ``[N]`` each.

    Attributes
    ----------
    error : Tensor
        Root mean square difference, both averaged over 2 x 2 pixels first: a little noise is no
        wrong answer.
    detail : Tensor
        The share of the drawing's fine detail (itself less itself blurred by one pixel) that
        the picture has: its projection on it. 1 for the same picture, noisy or not; near 0 for
        mush.
    """

    error: Tensor
    detail: Tensor

    def within(self, limit: float) -> Tensor:
        """Whether the answers are to be trusted, bool ``[N]``."""
        return (self.error <= limit) & (self.detail >= DETAIL)


SUBJECTS = {
    "face_reader": Subject(data.faces, data.FACE),
    "landscape_reader": Subject(data.landscapes, data.LANDSCAPE),
}


SUMMARIES = {
    "face_reader": "Reads a drawn face's 11 attributes off its picture; see zoo.read_faces.",
    "landscape_reader": "Reads a drawn landscape's 9 attributes; see zoo.read_landscapes.",
}


def train_reader(
    name: str, *, steps: int = STEPS, seed: int = 0, batch_size: int = BATCH_SIZE, pool: int = POOL
) -> AttributeReader:
    """Train a reader from nothing.

    Parameters
    ----------
    name : {"face_reader", "landscape_reader"}
    steps : int
        Updates, by AdamW; the learning rate rises to 3e-3 and falls to 0.
    seed : int
        Decides the pictures, the first weights and every batch.
    batch_size, pool : int
        Pictures a step, and drawn at once.

    Returns
    -------
    AttributeReader
        In evaluation mode.
    """
    check_choice("name", name, SUBJECTS)
    for what, value in {"steps": steps, "batch_size": batch_size, "pool": pool}.items():
        check_count(what, value)
    subject, generator = SUBJECTS[name], make_generator(UNUSED + seed)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = AttributeReader(**subject.arguments()).train()
        optimizer = torch.optim.AdamW(
            reader.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: warm_cosine(step, steps)
        )
        for step in range(steps):
            if step % max(1, VISITS * pool // batch_size) == 0:
                x, amounts, choices = subject.pool(pool, generator)
            chosen = torch.randint(pool, (batch_size,), generator=generator)
            answers = reader(disturb(x[chosen], generator))
            loss = reading_loss(answers, amounts[chosen], choices[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return reader.eval()


def reading_loss(answers: tuple[Tensor, list[Tensor]], amounts: Tensor, choices: Tensor) -> Tensor:
    """Absolute error of the amounts, four times, plus the choices' cross-entropies.

    Parameters
    ----------
    answers : (Tensor, list of Tensor)
        What the reader gives.
    amounts : Tensor
        ``[N, A]`` in [0, 1].
    choices : Tensor
        int64 ``[N, C]``.
    """
    read, logits = answers
    loss = 4 * F.smooth_l1_loss(read, amounts, beta=0.05) * amounts.shape[1]
    for one, truth in zip(logits, choices.unbind(1), strict=True):
        loss = loss + F.cross_entropy(one, truth)
    return loss


def disturb(x: Tensor, generator: torch.Generator) -> Tensor:
    """Half the pictures as they are; the others blurred, shifted and noisy, each by chance.

    Blur and shift are one kernel of three weights, first down, then across: its mean is the
    shift, and its spread grows with the blur. None of its weights is negative as long as
    blur**2 + |shift| is at most 1.
    """
    n = len(x)
    change, soft, noise, down, across = torch.rand(5, n, 1, 1, 1, generator=generator).unbind(0)
    change = (change < 0.5).float()
    spread = change * (BLUR * soft) ** 2 / 2
    for axis, amount in ((2, down), (3, across)):
        shift = change * SHIFT * (2 * amount - 1)
        before, after = spread + (-shift).clamp(min=0), spread + shift.clamp(min=0)
        padded = F.pad(x, (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0), mode="replicate")
        first, middle, last = (padded.narrow(axis, k, x.shape[axis]) for k in range(3))
        x = before * first + (1 - before - after) * middle + after * last
    grain = change * NOISE * noise * torch.randn(x.shape, generator=generator)
    return (x + grain).clamp(-1, 1)


def blurred(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of colour pictures with standard deviation `sigma` pixels."""
    return blur(x.flatten(0, 1).unsqueeze(1), sigma).view_as(x)


def noisy(x: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Gaussian noise added, cut to [-1, 1]."""
    return (x + sigma * torch.randn(x.shape, generator=generator)).clamp(-1, 1)


def measure_reader(name: str, reader: AttributeReader, *, n: int = 2000, seed: int = 12345) -> dict:
    """Measure a reader on pictures it never saw, and on what it should decline.

    Parameters
    ----------
    name : {"face_reader", "landscape_reader"}
    reader : AttributeReader
    n : int
        Pictures of each kind.
    seed : int
        Of the fresh pictures; training uses others.

    Returns
    -------
    dict
        ``limit``: of the error of the picture drawn again, set on n further strangers;
        ``error``: for each way to disturb (and 64 pixels) each attribute's error, as
        `errors` gives it; ``trusted``: the share within the limit, for these and for what is no
        such picture at all; ``good``: the share of undisturbed pictures that are trusted and
        have all choices right.
    """
    check_choice("name", name, SUBJECTS)
    subject, generator = SUBJECTS[name], make_generator(seed)
    limit = find_limit(subject, reader, n, generator)
    truth, known = pictures(subject, n, generator)
    figures = {"limit": limit, "error": {}, "trusted": {}}
    for kind, x in (known | strangers(name, n, generator)).items():
        read = subject.attributes(*read_attributes(reader, x))
        trusted = subject.redrawn(x, read).within(limit)
        figures["trusted"][kind] = trusted.float().mean().item()
        if kind in known:
            figures["error"][kind] = errors(subject, read, truth)
        if kind == "as drawn":
            right = torch.stack([read[key] == truth[key] for key in subject.choices]).all(0)
            figures["good"] = (trusted & right).float().mean().item()
    return figures


def find_limit(
    subject: Subject, reader: AttributeReader, n: int, generator: torch.Generator
) -> float:
    """The largest error that is trusted: it lets one in a hundred mixtures of two pass."""
    errors = []
    for x in mixtures(subject.draw(n, generator=generator).x).values():
        error, detail = subject.redrawn(x, subject.attributes(*read_attributes(reader, x)))
        errors.append(error.masked_fill(detail < DETAIL, 4.0))
    return min(error.quantile(PASSES).item() for error in errors)


def pictures(
    subject: Subject, n: int, generator: torch.Generator
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Attributes of fresh pictures, and these pictures as drawn, larger, and disturbed."""
    x, attributes = subject.draw(n, generator=generator)
    shown = attributes._asdict()
    return shown, {
        "as drawn": x,
        "64 pixels": subject.draw(n, size=64, **shown).x,
        "noise 0.05": noisy(x, 0.05, generator),
        "blur 0.5": blurred(x, 0.5),
        "blur 0.5, noise 0.05": noisy(blurred(x, 0.5), 0.05, generator),
        "blur 1": blurred(x, 1.0),
        "noise 0.3": noisy(x, 0.3, generator),
    }


def mixtures(x: Tensor) -> dict[str, Tensor]:
    """Pictures made of two."""
    other = x.roll(1, 0)
    return {
        "averages of two": (x + other) / 2,
        "left and right of two": torch.cat([x[..., :16], other[..., 16:]], dim=-1),
    }


def strangers(name: str, n: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Pictures that are none of the subject's, ``[N, 3, 32, 32]`` each, or at most N."""
    x = SUBJECTS[name].draw(n, generator=generator).x
    other = next(one for key, one in SUBJECTS.items() if key != name)
    digits = F.pad(data.digits("train").x[:n], (2, 2, 2, 2), value=-1).expand(-1, 3, -1, -1)
    return mixtures(x) | {
        "blur 2": blurred(x, 2.0),
        "blur 3": blurred(x, 3.0),
        "noise": torch.rand(x.shape, generator=generator) * 2 - 1,
        "the other data set": other.draw(n, generator=generator).x,
        "emoji": data.emoji("train").x[:n],
        "digits": digits,
    }


def errors(
    subject: Subject, read: Mapping[str, Tensor], truth: Mapping[str, Tensor]
) -> dict[str, float]:
    """Each attribute's error over N pictures.

    Of an amount the mean absolute error as a share of its range (0.25 for whoever always says
    the middle), of a choice the share that is wrong.
    """
    result = {}
    for name, kind in subject.kinds.items():
        gap = (read[name] - truth[name]).abs().float()
        if name in subject.amounts:
            result[name] = (gap.mean() / (kind.high - kind.low)).item()
        else:
            result[name] = (gap > 0).float().mean().item()
    return result


def settings() -> dict:
    """What the manifest records of the training."""
    return {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "pool": POOL,
        "visits": VISITS,
        "optimizer": "AdamW",
        "lr": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "disturbed": {"share": 0.5, "blur": BLUR, "shift": SHIFT, "noise": NOISE},
    }
