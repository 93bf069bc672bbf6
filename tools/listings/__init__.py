"""Eight published listings, made to run: each in our own PyTorch, beside a modern twin.

None of the eight runs as printed. Here each has the layers and sizes that it prints, with the
defects of :mod:`.defects` mended, and Adam at a rate for minutes in place of hours; beside
it stands a twin of the same kind with what has been learnt since. ``make listings`` trains and
measures all of them; :func:`listing_results` reads the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from aigc_teach.core import GenerativeModel, check_choice, choose_machine, make_generator
from aigc_teach.core.measured import read_measured
from aigc_teach.models import CodeDensity
from aigc_teach.train import EMA, Run, TrainConfig, fit
from listings import models as made
from listings.defects import DEFECTS, Defect

PATH = Path(__file__).parents[2] / "book" / "listings.json"
VERSIONS = ("mended", "modern")


@dataclass(frozen=True)
class Recipe:
    """A model and its training.

    Attributes
    ----------
    make : callable
        ``() -> GenerativeModel``, from torch's global random numbers.
    config : dict
        For ``train.TrainConfig``, the seed left out.
    words : str
        What it is, for a table.
    batch_size : int
    ema : float, optional
        Decay of the running average of the weights; the average is what is measured.
    components : int, optional
        For a VAE: samples are decoded from so many Gaussians, fitted to its codes.
    """

    make: Callable[[], GenerativeModel]
    config: Mapping
    words: str
    batch_size: int = 64
    ema: float | None = None
    components: int | None = None


@dataclass(frozen=True)
class Listing:
    """One published listing.

    Attributes
    ----------
    key : str
    where : str
        Article and section.
    title : str
        What it prints.
    mended : Recipe
        Its own layers and sizes.
    modern : Recipe
        A cheaper twin of the same kind, with what has been learnt since.
    defects : tuple of Defect
        All that is wrong with it as printed; filled in from :mod:`.defects`.
    data : {"digits", "colour"}
    note : str
        What is to be said about the mended version's figures.
    """

    key: str
    where: str
    title: str
    mended: Recipe
    modern: Recipe
    data: str = "digits"
    note: str = ""
    defects: tuple[Defect, ...] = field(default=())

    def __post_init__(self) -> None:
        check_choice("data", self.data, ("digits", "colour"))
        object.__setattr__(self, "defects", DEFECTS[self.key])

    def recipe(self, version: str = "mended") -> Recipe:
        """The recipe of one of the two versions."""
        check_choice("version", version, VERSIONS)
        return getattr(self, version)


def old(steps: int, lr: float = 1e-3, betas: tuple[float, float] = (0.5, 0.999)) -> dict:
    """Plain Adam. The seven GANs print 1e-4, for hours of training; here it is minutes."""
    return {"steps": steps, "lr": lr, "betas": betas, "schedule": "constant"}


def new(steps: int, lr: float = 2e-3) -> dict:
    """What the course trains its GANs with."""
    return {"steps": steps, "lr": lr, "betas": (0.0, 0.99), "schedule": "cosine_tail"}


SMALL = "a quarter of the channels, no dropout"
LISTINGS = {
    listing.key: listing
    for listing in (
        Listing(
            "S0a",
            "first article, first half, section 5.2",
            "a DCGAN on MNIST",
            Recipe(made.s0a, old(220), "256-128-64 channels up, 64-128 down, dropout 0.3"),
            Recipe(made.s0a_modern, new(800), SMALL, ema=0.995),
            note="not there in this time: hardly a digit is good",
        ),
        Listing(
            "S0b",
            "first article, second half, section 5.2 (five blocks)",
            "a dense GAN on MNIST",
            Recipe(made.s0b, old(1600), "256-512-1024 up, 512-256 down", batch_size=128),
            Recipe(made.s0b_modern, new(3000), "128-256 up, 256-128 down", ema=0.995),
            note="works at the printed size; the twin had half the time",
        ),
        Listing(
            "S1",
            "second article, section 5.2",
            "a convolutional GAN on MNIST",
            Recipe(made.s1, old(120), "128 channels throughout, no batch norm"),
            Recipe(made.s1_modern, new(500), "24 channels, batch norm", ema=0.995),
            note="does not get there: by then it draws one picture, or nearly, for all noise",
        ),
        Listing(
            "S2-GAN",
            "third article, section 5.1",
            "a GAN's skeleton: five functions without a body",
            Recipe(made.s2_gan, old(3000), "one hidden layer of 128 each"),
            Recipe(
                made.s2_gan_modern, new(3000), "128-128 up with batch norm, 128 down", ema=0.995
            ),
        ),
        Listing(
            "S2-VAE",
            "third article, section 5.2",
            "a VAE's skeleton in PyTorch: three empty classes, three empty functions",
            Recipe(
                made.s2_vae,
                old(2000, 1e-3, (0.9, 0.999)),
                "400 hidden, code of 20",
                batch_size=128,
            ),
            Recipe(
                made.s2_vae_modern,
                {"steps": 2500, "lr": 2e-3, "schedule": "cosine_tail"},
                "200 hidden, KL halved, codes fitted",
                batch_size=128,
                components=60,
            ),
        ),
        Listing(
            "S3",
            "fourth article, section 5.2",
            "a dense GAN on MNIST",
            Recipe(made.s3, old(3000), "128-64-32-16 up, 128-64 down", batch_size=128),
            Recipe(made.s3_modern, new(3000), "128-256 up, 128-64 down", ema=0.995),
            note="does not get there: it ends with one picture for all noise",
        ),
        Listing(
            "S4-CIFAR",
            "fifth article, section 3.2 (three blocks)",
            "a DCGAN on CIFAR-10",
            Recipe(made.s4_colour, old(190), "128 channels up, 64-128 down, dropout 0.3"),
            Recipe(made.s4_colour_modern, new(600), SMALL, ema=0.995),
            data="colour",
        ),
        Listing(
            "S4-MNIST",
            "fifth article, section 5.2",
            "a DCGAN on MNIST",
            Recipe(made.s4_mnist, old(320), "128 channels up, 64-128 down, dropout 0.3"),
            Recipe(made.s4_mnist_modern, new(800), SMALL, ema=0.995),
            note="not there in this time: hardly a digit is good",
        ),
    )
}


def train_listing(
    recipe: Recipe, batches: Iterator, *, seed: int = 0, steps: int | None = None, callbacks=()
) -> tuple[GenerativeModel, Run]:
    """Train one of the recipes from nothing, in float32 on the CPU.

    Parameters
    ----------
    recipe : Recipe
    batches : iterator of Tensor
        Endless, of pictures in [-1, 1]: ``data.Batches(x, batch_size=recipe.batch_size)``.
    seed : int
        Decides the first weights and the noise.
    steps : int, optional
        Instead of the recipe's own number.
    callbacks : sequence of train.Callback

    Returns
    -------
    GenerativeModel
        The averaged twin where the recipe averages.
    Run
        With the history.
    """
    config = TrainConfig(**recipe.config | ({"steps": steps} if steps else {}), seed=seed)
    average = EMA(recipe.ema) if recipe.ema else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = recipe.make()
        watchers = [*([average] if average else []), *callbacks]
        machine = choose_machine("cpu", precision="float32")
        run = fit(model, batches, config, callbacks=watchers, machine=machine)
    return (average.model if average else model), run


def sampler(recipe: Recipe, model: GenerativeModel, x: torch.Tensor) -> GenerativeModel:
    """What is sampled from: the model, or a mixture fitted to its codes of `x` ``[M, C, S, S]``."""
    if not recipe.components:
        return model
    return CodeDensity(model, recipe.components, shrinkage=0.0).fit(x, generator=make_generator(0))


def listing_results() -> dict:
    """What ``make listings`` measured.

    Returns
    -------
    dict
        ``rows``: one dict for each listing, version and seed, with ``key``, ``version``,
        ``seed``, ``steps``, ``processor_seconds`` (as it ran), ``core_seconds`` (of a quiet
        core) and the figures of its pictures; ``real``: the same figures of held-out pictures,
        for digits and for colour; ``facts``: when and with what.

    Raises
    ------
    WeightsError
        Where the file is missing or damaged.

    Examples
    --------
    >>> sorted(listing_results())
    ['facts', 'real', 'rows']
    """
    return read_measured(PATH, "make listings")
