"""Eight published listings, made to run and made to work, in our own PyTorch.

None of the eight runs as printed. Made to run, each has the layers and sizes that it prints, with
the defects of :mod:`.defects` mended, and Adam at a rate for minutes in place of hours. Made to
work (:mod:`.works`), it keeps the article's idea and has what good pictures need. ``make listings``
trains and measures all of them; :func:`listing_results` reads the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from aigc_teach.core import GenerativeModel, check_choice, choose_machine
from aigc_teach.core.measured import read_measured
from aigc_teach.train import Run, TrainConfig, fit
from listings import models as made
from listings.defects import DEFECTS, Defect
from listings.works import WORKS, Work

PATH = Path(__file__).parents[2] / "book" / "listings.json"
VERSIONS = ("mended", "works")
MEASURED = (*VERSIONS, "plain", "without")  # the last two show what parts of the second do


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
    """

    make: Callable[[], GenerativeModel]
    config: Mapping
    words: str
    batch_size: int = 64


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
        Its own layers and sizes, made to run.
    works : Work
        The article's idea, made to work; filled in from :mod:`.works`.
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
    data: str = "digits"
    note: str = ""
    works: Work = field(init=False)
    defects: tuple[Defect, ...] = field(default=())

    def __post_init__(self) -> None:
        check_choice("data", self.data, ("digits", "colour"))
        object.__setattr__(self, "works", WORKS[self.key])
        object.__setattr__(self, "defects", DEFECTS[self.key])


def old(steps: int, lr: float = 1e-3, betas: tuple[float, float] = (0.5, 0.999)) -> dict:
    """Plain Adam. The seven GANs print 1e-4, for hours of training; here it is minutes."""
    return {"steps": steps, "lr": lr, "betas": betas, "schedule": "constant"}


LISTINGS = {
    listing.key: listing
    for listing in (
        Listing(
            "S0a",
            "first article, first half, section 5.2",
            "a DCGAN on MNIST",
            Recipe(made.s0a, old(220), "256-128-64 channels up, 64-128 down, dropout 0.3"),
            note="not there in this time: hardly a digit is good",
        ),
        Listing(
            "S0b",
            "first article, second half, section 5.2 (five blocks)",
            "a dense GAN on MNIST",
            Recipe(made.s0b, old(1600), "256-512-1024 up, 512-256 down", batch_size=128),
        ),
        Listing(
            "S1",
            "second article, section 5.2",
            "a convolutional GAN on MNIST",
            Recipe(made.s1, old(120), "128 channels throughout, no batch norm"),
            note="does not get there: by then it draws one picture, or nearly, for all noise",
        ),
        Listing(
            "S2-GAN",
            "third article, section 5.1",
            "a GAN's skeleton: five functions without a body",
            Recipe(made.s2_gan, old(3000), "one hidden layer of 128 each"),
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
        ),
        Listing(
            "S3",
            "fourth article, section 5.2",
            "a dense GAN on MNIST",
            Recipe(made.s3, old(3000), "128-64-32-16 up, 128-64 down", batch_size=128),
            note="does not get there: it ends with one picture for all noise",
        ),
        Listing(
            "S4-CIFAR",
            "fifth article, section 3.2 (three blocks)",
            "a DCGAN on CIFAR-10",
            Recipe(made.s4_colour, old(190), "128 channels up, 64-128 down, dropout 0.3"),
            data="colour",
        ),
        Listing(
            "S4-MNIST",
            "fifth article, section 5.2",
            "a DCGAN on MNIST",
            Recipe(made.s4_mnist, old(320), "128 channels up, 64-128 down, dropout 0.3"),
            note="not there in this time: hardly a digit is good",
        ),
    )
}


def train_listing(
    recipe: Recipe, batches: Iterator, *, seed: int = 0, steps: int | None = None, callbacks=()
) -> Run:
    """Train a mended listing from nothing, in float32 on the CPU.

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
    Run
        With the model and the history.
    """
    config = TrainConfig(**recipe.config | ({"steps": steps} if steps else {}), seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        machine = choose_machine("cpu", precision="float32")
        return fit(recipe.make(), batches, config, callbacks=list(callbacks), machine=machine)


def listing_results() -> dict:
    """What ``make listings`` measured.

    Returns
    -------
    dict
        ``rows``: one dict for each listing, version and seed, with ``key``, ``version``,
        ``seed``, ``steps``, ``processor_seconds`` (of one thread, as it ran) and the figures of
        its pictures; ``real``: the same figures of held-out pictures, for digits and for colour;
        ``pictures``: the sha256 of each stored picture; ``facts``: of each version, when it was
        measured and with what.

    Raises
    ------
    WeightsError
        Where the file is missing or damaged.

    Examples
    --------
    >>> sorted(listing_results())
    ['facts', 'pictures', 'real', 'rows']
    """
    return read_measured(PATH, "make listings")
