"""Ways of judging a training: each reads something and gives one number.

The trainings are sound, or known to be broken; what is on trial is the number. A report is a
function ``(hearing, name) -> float`` about the model of that name.

Legend: N pictures, D features.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....core import make_generator
from ....metrics import REJECT, frechet_distance, gaussian_of, judge_images, nearest_distance
from ..common.gan_plan import fresh_noise


class Shown(Protocol):
    """What can be judged: anything that gives pictures."""

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """``[n, 1, 28, 28]`` in [-1, 1]."""


@dataclass(frozen=True)
class Drawn:
    """A model known by its pictures only.

    Attributes
    ----------
    draw : callable
        ``(n, torch.Generator) -> [n, 1, 28, 28]`` in [-1, 1].
    """

    draw: Callable[[int, torch.Generator], Tensor]

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """``[n, 1, 28, 28]`` in [-1, 1]."""
        return self.draw(n, make_generator(seed))


class Reseeded:
    """A model whose pictures are drawn with a seed of its own."""

    def __init__(self, model: Shown, seed: int):
        self.model, self.seed = model, seed

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """``[n, 1, 28, 28]`` in [-1, 1]."""
        return self.model.pictures(n, seed=self.seed)


def copies_of(pictures: Tensor) -> Drawn:
    """A model that hands out pictures which it has stored: ``[N, 1, 28, 28]``."""
    return Drawn(lambda n, random: pictures[torch.randperm(len(pictures), generator=random)[:n]])


@dataclass(frozen=True)
class Bench:
    """What all models are judged with.

    Attributes
    ----------
    judge : Module
        Names digits or declines: eleven classes.
    train : Tensor
        Pictures that the models were trained on, ``[N, 1, 28, 28]`` in [-1, 1].
    unseen : Tensor
        Real pictures that no model has seen.
    plain : Module, optional
        A judge that cannot decline: ten classes.
    """

    judge: nn.Module
    train: Tensor
    unseen: Tensor
    plain: nn.Module | None = None

    @cached_property
    def real(self) -> tuple[Tensor, Tensor]:
        """Mean and covariance of the training pictures' features."""
        return gaussian_of(judge_images(self.judge, self.train)[0])

    def frechet(self, pictures: Tensor) -> float:
        """Frechet distance to the training pictures."""
        features, _ = judge_images(self.judge, pictures)
        return frechet_distance(*gaussian_of(features), *self.real)

    def nearest(self, pictures: Tensor) -> float:
        """Mean distance to the nearest training picture."""
        return nearest_distance(pictures, self.train).mean().item()

    def digit(self, pictures: Tensor) -> Tensor:
        """How sure the judge is of its best digit: ``[N]`` in [0, 1]."""
        _, probabilities = judge_images(self.judge, pictures)  # [N, 11]
        return probabilities[:, :REJECT].amax(1)


@dataclass(frozen=True)
class Hearing:
    """What a report may look at.

    Attributes
    ----------
    bench : Bench
    models : mapping of str to Shown
        A clinic's ``Patient``, or anything that gives pictures.
    sizes : mapping of str to int
        How many pictures of a model lie on the table; 500 where nothing is said.
    """

    bench: Bench
    models: Mapping[str, Shown]
    sizes: Mapping[str, int] = field(default_factory=dict)

    def size(self, name: str) -> int:
        """How many pictures of a model lie on the table."""
        return self.sizes.get(name, 500)

    def ask(self, report: Report) -> dict[str, float]:
        """What a report says about each model."""
        return {name: report(self, name) for name in self.models}


Report = Callable[[Hearing, str], float]


def printed_last(hearing: Hearing, name: str) -> float:
    """The loss that the program printed at the end."""
    return float(hearing.models[name].history["total"][-1])


def each_unseen(hearing: Hearing, name: str) -> Tensor:
    """A VAE's loss on every unseen picture, one draw of the code each: ``[N]`` nats."""
    model, plan = hearing.models[name].model, hearing.models[name].plan
    x = plan.prepare((hearing.bench.unseen + 1) / 2)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        logits = model.decoder(plan.draw(mu, logvar, make_generator(0)))
        return plan.reconstruction(logits, x) + plan.kl(mu, logvar)


def one_batch(hearing: Hearing, name: str, draw: int) -> float:
    """A finished VAE's loss on the first 64 unseen pictures, for one draw of the codes."""
    model = hearing.models[name].model
    x = model.plan.prepare((hearing.bench.unseen[:64] + 1) / 2)
    with torch.no_grad():
        return model.loss(x, generator=make_generator(draw)).total.item()


def all_unseen(hearing: Hearing, name: str) -> float:
    """The loss of the finished model, over all unseen pictures."""
    return each_unseen(hearing, name).mean().item()


def own_opponent(hearing: Hearing, name: str) -> float:
    """The generator's loss in the last 200 steps: their median."""
    return float(np.median(hearing.models[name].history["generator.total"][-200:]))


def one_judge(hearing: Hearing, name: str) -> float:
    """Frechet distance of 500 pictures, by the judge of the bench."""
    return hearing.bench.frechet(hearing.models[name].pictures(500))


def answers(hearing: Hearing, name: str) -> tuple[Tensor, Tensor]:
    """The critic's logits for unseen real pictures and for new generated ones: ``[N, 1]`` each."""
    patient = hearing.models[name]
    real = patient.plan.prepare((hearing.bench.unseen + 1) / 2)
    with torch.no_grad():
        fake = patient.model.sample(len(real), generator=make_generator(0))
        return patient.model.critic(real), patient.model.critic(fake)


def with_label(hearing: Hearing, pictures: Tensor, label: float) -> Callable[[str], float]:
    """A measure: the critics' cross-entropy of real pictures with one label."""

    def measure(name: str) -> float:
        patient = hearing.models[name]
        with torch.no_grad():
            told = patient.model.critic(patient.plan.prepare((pictures + 1) / 2))
        return F.binary_cross_entropy_with_logits(told, torch.full_like(told, label)).item()

    return measure


def evaluated(hearing: Hearing, name: str) -> float:
    """Cross-entropy of the test set with the label 1."""
    real, _ = answers(hearing, name)
    return F.binary_cross_entropy_with_logits(real, torch.ones_like(real)).item()


def evaluated_on_both(hearing: Hearing, name: str) -> float:
    """Cross-entropy of the test set with label 1, plus that of new pictures with label 0."""
    real, fake = answers(hearing, name)
    with_one = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    return (with_one + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))).item()


def sure_of_ten(hearing: Hearing, name: str) -> float:
    """The share of pictures of which a classifier is more than 90 % sure."""
    _, probabilities = judge_images(hearing.bench.plain, hearing.models[name].pictures(500))
    return (probabilities.amax(1) > 0.9).float().mean().item()


def sure_of_eleven(hearing: Hearing, name: str) -> float:
    """The share of pictures that are some digit with more than 90 %, where declining is allowed."""
    return (hearing.bench.digit(hearing.models[name].pictures(500)) > 0.9).float().mean().item()


def gallery(hearing: Hearing, name: str) -> float:
    """How sure the judge is of the ten pictures on show."""
    pictures = hearing.models[name].pictures(hearing.size(name))
    return hearing.bench.digit(pictures).topk(10).values.mean().item()


def first_come(hearing: Hearing, name: str) -> float:
    """How sure the judge is of a picture, over all that were drawn."""
    return hearing.bench.digit(hearing.models[name].pictures(hearing.size(name))).mean().item()


def beside_unseen(hearing: Hearing, name: str) -> float:
    """Distance to the nearest training picture, over the same of unseen real ones."""
    near = hearing.bench.nearest
    return near(hearing.models[name].pictures(500)) / near(hearing.bench.unseen)


def all_there_are(hearing: Hearing, name: str) -> float:
    """Frechet distance of all pictures that lie on the table."""
    return hearing.bench.frechet(hearing.models[name].pictures(hearing.size(name)))


def equally_many(hearing: Hearing, name: str) -> float:
    """Frechet distance of as many pictures as there are of every model."""
    n = min(map(hearing.size, hearing.models))
    return hearing.bench.frechet(hearing.models[name].pictures(n))


def in_handfuls(generator: nn.Module, n: int, handful: int) -> Tensor:
    """`n` pictures from one network, so many at a time: ``[n, 1, 28, 28]``."""
    latents = fresh_noise(n, make_generator(0))  # [n, 32]
    with torch.no_grad():
        return torch.cat([generator(part) for part in latents.split(handful)])


def as_it_was_left(hearing: Hearing, name: str) -> float:
    """Frechet distance of 500 pictures, drawn from the network as the training loop left it."""
    patient = hearing.models[name]
    generator = copy.deepcopy(patient.model.generator).train()
    return hearing.bench.frechet(patient.plan.show(in_handfuls(generator, 500, 2)))


def put_in_order(hearing: Hearing, name: str) -> float:
    """Frechet distance of 500 pictures, drawn from the network in evaluation mode."""
    patient = hearing.models[name]
    generator = copy.deepcopy(patient.model.generator).eval()
    return hearing.bench.frechet(patient.plan.show(in_handfuls(generator, 500, 2)))
