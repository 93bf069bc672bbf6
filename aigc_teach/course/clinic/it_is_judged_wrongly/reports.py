"""Ways of judging a training: each reads something and gives one number.

The trainings are sound, or known to be broken; what is on trial is the number. A report is a
function ``(comparison, name) -> float`` about the model of that name.

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
from ....nn import standard_normal
from ..common.gan_plan import LATENT_SIZE


class Sampler(Protocol):
    """What can be judged: anything that gives pictures."""

    def pictures(self, n: int, *, seed: int = 0) -> Tensor:
        """``[n, 1, 28, 28]`` in [-1, 1]."""


@dataclass(frozen=True)
class FunctionSampler:
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


def copies_of(pictures: Tensor) -> FunctionSampler:
    """A model that hands out pictures which it has stored: ``[N, 1, 28, 28]``."""
    return FunctionSampler(
        lambda n, random: pictures[torch.randperm(len(pictures), generator=random)[:n]]
    )


@dataclass(frozen=True)
class EvaluationSet:
    """What all models are judged with.

    Attributes
    ----------
    judge : Module
        Names digits or declines: eleven classes.
    train : Tensor
        Pictures that the models were trained on, ``[N, 1, 28, 28]`` in [-1, 1].
    unseen : Tensor
        Real pictures that no model has seen.
    ten_class_judge : Module, optional
        A judge that cannot decline: ten classes.
    """

    judge: nn.Module
    train: Tensor
    unseen: Tensor
    ten_class_judge: nn.Module | None = None

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

    def digit_confidence(self, pictures: Tensor) -> Tensor:
        """How sure the judge is of its best digit: ``[N]`` in [0, 1]."""
        _, probabilities = judge_images(self.judge, pictures)  # [N, 11]
        return probabilities[:, :REJECT].amax(1)


@dataclass(frozen=True)
class Comparison:
    """What a report may look at.

    Attributes
    ----------
    evaluation : EvaluationSet
    models : mapping of str to Sampler
        A clinic's ``FinishedTraining``, or anything that gives pictures.
    counts : mapping of str to int
        How many samples of a model the report is about; 500 where nothing is said.
    seed : int
        All pictures, latents and codes of a report are drawn from it.
    """

    evaluation: EvaluationSet
    models: Mapping[str, Sampler]
    counts: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    def pictures(self, name: str, n: int) -> Tensor:
        """`n` samples of one model, the same at every call: ``[n, 1, 28, 28]`` in [-1, 1]."""
        return self.models[name].pictures(n, seed=self.seed)

    def count(self, name: str) -> int:
        """How many samples of a model the report is about."""
        return self.counts.get(name, 500)

    def measure(self, report: Report) -> dict[str, float]:
        """What a report says about each model."""
        return {name: report(self, name) for name in self.models}


Report = Callable[[Comparison, str], float]


def last_printed_loss(comparison: Comparison, name: str) -> float:
    """The loss that the program printed at the end."""
    return float(comparison.models[name].history["total"][-1])


def loss_per_unseen_picture(comparison: Comparison, name: str) -> Tensor:
    """A VAE's loss on every unseen picture, one draw of the code each: ``[N]`` nats."""
    model, plan = comparison.models[name].model, comparison.models[name].plan
    x = plan.prepare((comparison.evaluation.unseen + 1) / 2)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        logits = model.decoder(plan.draw(mu, logvar, make_generator(comparison.seed)))
        return plan.reconstruction(logits, x) + plan.kl(mu, logvar)


def mean_unseen_loss(comparison: Comparison, name: str) -> float:
    """The loss of the finished model, over all unseen pictures."""
    return loss_per_unseen_picture(comparison, name).mean().item()


def median_generator_loss(comparison: Comparison, name: str) -> float:
    """The generator's loss in the last 200 steps: their median."""
    return float(np.median(comparison.models[name].history["generator.total"][-200:]))


def frechet_of_500(comparison: Comparison, name: str) -> float:
    """Frechet distance of 500 pictures, by the judge that all models share."""
    return comparison.evaluation.frechet(comparison.pictures(name, 500))


def critic_logits(comparison: Comparison, name: str) -> tuple[Tensor, Tensor]:
    """The critic's logits for unseen real pictures and for new generated ones: ``[N, 1]`` each."""
    training = comparison.models[name]
    real = training.plan.prepare((comparison.evaluation.unseen + 1) / 2)
    with torch.no_grad():
        fake = training.model.sample(len(real), generator=make_generator(comparison.seed))
        return training.model.critic(real), training.model.critic(fake)


def cross_entropy_real_only(comparison: Comparison, name: str) -> float:
    """Cross-entropy of the test set with the label 1."""
    real, _ = critic_logits(comparison, name)
    return F.binary_cross_entropy_with_logits(real, torch.ones_like(real)).item()


def cross_entropy_real_and_generated(comparison: Comparison, name: str) -> float:
    """Cross-entropy of the test set with label 1, plus that of new pictures with label 0."""
    real, fake = critic_logits(comparison, name)
    with_one = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    return (with_one + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))).item()


def confident_share_of_ten_classes(comparison: Comparison, name: str) -> float:
    """The share of pictures of which a classifier is more than 90 % sure."""
    _, probabilities = judge_images(
        comparison.evaluation.ten_class_judge, comparison.pictures(name, 500)
    )
    return (probabilities.amax(1) > 0.9).float().mean().item()


def confident_share_with_reject_class(comparison: Comparison, name: str) -> float:
    """The share of pictures that are some digit with more than 90 %, where declining is allowed."""
    return (
        (comparison.evaluation.digit_confidence(comparison.pictures(name, 500)) > 0.9)
        .float()
        .mean()
        .item()
    )


def confidence_of_best_ten(comparison: Comparison, name: str) -> float:
    """How sure the judge is of the ten pictures on show."""
    pictures = comparison.pictures(name, comparison.count(name))
    return comparison.evaluation.digit_confidence(pictures).topk(10).values.mean().item()


def mean_confidence(comparison: Comparison, name: str) -> float:
    """How sure the judge is of a picture, over all that were drawn."""
    return (
        comparison.evaluation.digit_confidence(comparison.pictures(name, comparison.count(name)))
        .mean()
        .item()
    )


def nearest_distance_ratio(comparison: Comparison, name: str) -> float:
    """Distance to the nearest training picture, over the same of unseen real ones."""
    near = comparison.evaluation.nearest
    return near(comparison.pictures(name, 500)) / near(comparison.evaluation.unseen)


def frechet_of_all_samples(comparison: Comparison, name: str) -> float:
    """Frechet distance of all samples that the report is about."""
    return comparison.evaluation.frechet(comparison.pictures(name, comparison.count(name)))


def frechet_of_equal_counts(comparison: Comparison, name: str) -> float:
    """Frechet distance of as many pictures as there are of every model."""
    n = min(map(comparison.count, comparison.models))
    return comparison.evaluation.frechet(comparison.pictures(name, n))


def generate_in_batches(
    generator: nn.Module,
    n: int,
    batch_size: int,
    latent_size: int = LATENT_SIZE,
    *,
    seed: int = 0,
) -> Tensor:
    """`n` pictures from one network, `batch_size` at a time: ``[n, 1, 28, 28]``."""
    latents = standard_normal(n, latent_size, like=torch.empty(0), generator=make_generator(seed))
    with torch.no_grad():
        return torch.cat([generator(part) for part in latents.split(batch_size)])


def frechet_in_train_mode(comparison: Comparison, name: str) -> float:
    """Frechet distance of 500 pictures, drawn from the network as the training loop left it."""
    training = comparison.models[name]
    generator = copy.deepcopy(training.model.generator).train()
    samples = generate_in_batches(
        generator, 500, 2, training.model.latent_size, seed=comparison.seed
    )
    return comparison.evaluation.frechet(training.plan.show(samples))


def frechet_in_eval_mode(comparison: Comparison, name: str) -> float:
    """Frechet distance of 500 pictures, drawn from the network in evaluation mode."""
    training = comparison.models[name]
    generator = copy.deepcopy(training.model.generator).eval()
    samples = generate_in_batches(
        generator, 500, 2, training.model.latent_size, seed=comparison.seed
    )
    return comparison.evaluation.frechet(training.plan.show(samples))
