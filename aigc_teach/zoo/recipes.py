"""How each generative model of the zoo is trained, and how its samples are measured.

Everything runs in float32 on one CPU thread from seeded generators, by torch's own layers, so a
recipe gives the same weights again on the same machine and versions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from aigc_teach import train
from aigc_teach.core import GenerativeModel, Labelled, choose_machine, make_generator
from aigc_teach.core.routes import usual_routes
from aigc_teach.data import Batches
from aigc_teach.metrics import DigitScores, Judge, judge_images, score_digits
from aigc_teach.models import CodeDensity

from .judge_recipe import one_thread
from .store import build


@dataclass(frozen=True)
class Recipe:
    """A generative model and its training.

    Attributes
    ----------
    class_name : str
        A key of :data:`~aigc_teach.zoo.store.CLASSES`.
    arguments : dict
        For the class.
    config : dict
        For ``train.TrainConfig``, the seed left out.
    summary : str
        One sentence for the manifest.
    batch_size : int
    ema : float, optional
        Decay of the running average of the weights; the average is what is shipped.
    components : int, optional
        For a VAE: Gaussians of the mixture fitted to its codes (of each class, if it has
        labels), whose samples are measured beside those of the prior.
    """

    class_name: str
    arguments: dict
    config: dict
    summary: str
    batch_size: int = 128
    ema: float | None = None
    components: int | None = None

    @property
    def conditional(self) -> bool:
        """Whether the model is told the labels."""
        return bool(self.arguments.get("n_classes"))

    def as_dict(self) -> dict:
        """What the manifest records of the training."""
        kept = {"config": self.config, "batch_size": self.batch_size, "ema": self.ema}
        return kept | ({"components": self.components} if self.components else {})


RECIPES = {
    "vae": Recipe(
        "VAE",
        {"latent_size": 2, "hidden": [256]},
        {"steps": 2500, "lr": 2e-3, "schedule": "cosine"},
        "Dense VAE with a latent plane: two numbers a digit, made to be walked through.",
    ),
    "conv_vae": Recipe(
        "ConvVAE",
        {"latent_size": 16, "width": 16},
        {"steps": 3000, "lr": 2e-3, "schedule": "cosine"},
        "Convolutional VAE with 16 latents.",
    ),
    "dcgan": Recipe(
        "DCGAN",
        {"latent_size": 64, "width": 32, "n_classes": 10},
        {"steps": 2000, "lr": 2e-3, "betas": [0.0, 0.99], "schedule": "cosine_tail"},
        "Conditional DCGAN: ask for a digit and get one.",
        ema=0.995,
    ),
    "conv_vae_labels": Recipe(
        "ConvVAE",
        {"latent_size": 32, "beta": 0.3, "n_classes": 10},
        {"steps": 4000, "lr": 2e-3, "schedule": "cosine_tail"},
        "Conditional convolutional VAE whose codes are meant to be fitted by a mixture.",
        components=6,
    ),
    "dcgan_plain": Recipe(
        "DCGAN",
        {"latent_size": 64, "width": 16},
        {"steps": 5000, "lr": 3e-3, "betas": [0.0, 0.99], "schedule": "cosine_tail"},
        "DCGAN without labels: it draws what it likes.",
        ema=0.995,
    ),
    "diffusion": Recipe(
        "Diffusion",
        {"n_classes": 10, "sampler": "ddpm", "sample_steps": 16, "guidance": 2.0},
        {"steps": 5700, "lr": 3e-3, "schedule": "cosine_tail"},
        "Conditional diffusion, a small U-Net: ask for a digit and watch it come out of noise. "
        "Its guidance of 2 buys obedience with variety; 1 is nearer to real digits.",
        batch_size=64,
        ema=0.998,
    ),
}


def train_model(recipe: Recipe, digits, *, seed: int = 0, callbacks=()) -> GenerativeModel:
    """Train one of the recipes from nothing.

    Parameters
    ----------
    recipe : Recipe
    digits : ImageSet
        Training digits: ``x`` float32 ``[N, 1, 28, 28]`` in [-1, 1], ``labels`` ``[N]``.
    seed : int
        Decides the first weights, the batches and the noise.
    callbacks : sequence of train.Callback
        For example ``[train.Progress()]``.

    Returns
    -------
    GenerativeModel
        In evaluation mode: the averaged twin where the recipe averages.
    """
    with one_thread(), usual_routes(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(recipe.class_name, recipe.arguments)
        labels = digits.labels if recipe.conditional else None
        batches = Batches(digits.x, labels, batch_size=recipe.batch_size, seed=seed)
        config = train.TrainConfig(**recipe.config, seed=seed)
        average = train.EMA(recipe.ema) if recipe.ema else None
        machine = choose_machine("cpu", precision="float32")
        watchers = [*callbacks, *([average] if average else [])]
        train.fit(model, batches, config, callbacks=watchers, machine=machine)
    return (average.model if average else model).eval()


def measure_model(
    model: GenerativeModel,
    judge: Judge,
    digits,
    held_out,
    *,
    n: int = 500,
    draws: int = 4,
    seed: int = 777,
    components: int | None = None,
) -> dict:
    """Scores of `draws` sets of `n` samples each, averaged; n is that of the held-out digits.

    A conditional model is asked for as many of each digit; ``obeys`` is then the share of
    samples that the judge takes for the digit asked for. A VAE gets ``held_out_nats``, minus
    its bound on the held-out digits (lower is better). With `components`, ``fitted`` holds the
    scores of samples from a mixture of so many Gaussians fitted to its codes.
    """
    conditional, generator = is_conditional(model), make_generator(seed)
    labels = digits.labels if conditional else None
    shared = {"conditional": conditional, "n": n, "draws": draws, "generator": generator}
    figures = score_draws(model, judge, digits, **shared)
    if hasattr(model, "encode"):
        held = Labelled(held_out.x, held_out.labels) if conditional else held_out.x
        with torch.no_grad():
            loss = model.loss(held, generator=generator)
        figures["held_out_nats"] = round(loss.total.item(), 2)
    if components:
        density = CodeDensity(model, components, shrinkage=0.0)
        density.fit(digits.x, labels, generator=make_generator(0))
        figures["fitted"] = score_draws(density, judge, digits, **shared)
    return figures


def is_conditional(model: GenerativeModel) -> bool:
    """Whether the model can be asked for a class."""
    return bool(getattr(model, "n_classes", 0))


def score_draws(
    sampler, judge, digits, *, conditional: bool, n: int, draws: int, generator: torch.Generator
) -> dict:
    """Mean scores of `draws` sets of `n` samples; ``obeys`` for a conditional sampler."""
    sets, obeys = [], []
    asked = torch.arange(n) % 10 if conditional else None
    for _ in range(draws):
        samples = sampler.sample(n, condition=asked, generator=generator)
        sets.append(score_digits(samples, judge, train_images=digits.x))
        if asked is not None:
            _, probabilities = judge_images(judge, samples)
            obeys.append((probabilities.argmax(dim=1) == asked).float().mean().item())
    figures = mean_scores(sets)
    return figures | ({"obeys": round(sum(obeys) / draws, 4)} if obeys else {})


def mean_scores(sets: list[DigitScores]) -> dict:
    """The plain numbers of several scores, averaged and rounded for the manifest."""
    plain = [name for name in DigitScores._fields if name not in ("shares", "n")]
    return {name: round(sum(getattr(s, name) for s in sets) / len(sets), 4) for name in plain}
