"""Train every family of the course on the same digits with the same time: `make families`.

Three seeds, one thread, float32, a constant learning rate; the averaged twin is measured. First the
families take turns in showing how many steps they make in a second of a quiet core; that gives the
steps that 15, 30 and 60 such seconds hold (180 too, for some), and these steps are trained, so that
a machine that is busy later does not change the result. Rows are written as they come; a call with
names replaces theirs.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aigc_teach  # noqa: E402
from aigc_teach import data, metrics, models, train, zoo  # noqa: E402
from aigc_teach.core import Labelled, check_choice, choose_machine, make_generator  # noqa: E402
from aigc_teach.core.measured import write_measured  # noqa: E402
from aigc_teach.zoo.families import PATH, REAL  # noqa: E402
from bench import processor  # noqa: E402
from families_page import PAGE, page  # noqa: E402

SECONDS = (15, 30, 60)
SEEDS = (0, 1, 2)
BATCH = 128
SAMPLES, SETS = 500, 2  # as many samples as held-out digits; two sets are averaged
COPY = 0.7  # a sample this much nearer to one training digit than to the next is called a copy
GREY = 0.8  # pixels between -0.8 and 0.8 are grey
PLACES = 4  # digits behind the point in the file
View = Callable[[torch.nn.Module], object]  # a trained model to something with sample()


def as_it_is(model: torch.nn.Module) -> torch.nn.Module:
    """Samples as the model itself draws them."""
    return model


def fitted(components: int, shrinkage: float = 0.0) -> View:
    """Samples decoded from a mixture that is fitted to the model's codes."""

    def view(model: torch.nn.Module) -> models.CodeDensity:
        digits = data.digits("train")
        labels = digits.labels if getattr(model, "n_classes", 0) else None
        density = models.CodeDensity(model, components, shrinkage=shrinkage)
        return density.fit(digits.x, labels, generator=make_generator(0))

    return view


@dataclass(frozen=True)
class Family:
    """How one family is trained, and under which names its samples are measured."""

    make: Callable[[], torch.nn.Module]
    views: dict[str, View]
    config: dict = field(default_factory=lambda: {"lr": 2e-3})
    seconds: tuple[int, ...] = SECONDS


LONGER = (*SECONDS, 180)
FOR_GANS = {"lr": 3e-3, "betas": (0.0, 0.99)}
FAMILIES = [
    Family(
        lambda: models.VAE(latent_size=20, hidden=(400,)),
        {"VAE, dense": as_it_is, "VAE, dense, fitted codes": fitted(60)},
    ),
    Family(
        lambda: models.ConvVAE(latent_size=32),
        {"VAE, convolutional": as_it_is},
    ),
    Family(
        lambda: models.ConvVAE(latent_size=32, beta=0.3),  # less pull on the codes: fit them
        {"VAE, conv, fitted codes": fitted(120)},
    ),
    Family(
        lambda: models.ConvVAE(latent_size=32, beta=0.3, n_classes=10),
        {
            "VAE, conv, labels": as_it_is,
            "VAE, conv, labels, fitted codes": fitted(6),
        },
    ),
    Family(
        lambda: models.Autoencoder(latent_size=16, hidden=(256,)),
        {"autoencoder, fitted codes": fitted(60)},
    ),
    Family(
        lambda: models.GAN(latent_size=64, hidden=(256, 256)),
        {"GAN, dense": as_it_is},
        {"lr": 1e-3, "betas": (0.5, 0.99)},
    ),
    Family(lambda: models.DCGAN(width=16), {"DCGAN": as_it_is}, FOR_GANS, LONGER),
    Family(
        lambda: models.DCGAN(width=16, loss="wasserstein", penalty="gradient"),
        {"WGAN-GP": as_it_is},
        FOR_GANS,
    ),
    Family(lambda: models.DCGAN(width=16, n_classes=10), {"DCGAN with labels": as_it_is}, FOR_GANS),
]


def name_of(family: Family) -> str:
    """The first of its names."""
    return next(iter(family.views))


# --- how long a step takes


class StopAt(train.Callback):
    """Ends a training after so many processor seconds, and says how many steps they held."""

    def __init__(self, seconds: float):
        self.seconds, self.spent = seconds, 0.0

    def on_start(self, run: train.Run) -> None:
        self.start = time.process_time()

    def on_step(self, run: train.Run) -> None:
        self.spent = time.process_time() - self.start
        if self.spent > self.seconds:
            run.stop("Time is up")


def start(family: Family, seed: int, steps: int, callbacks: Sequence) -> train.Run:
    """Train from nothing for so many steps."""
    digits = data.digits("train")
    torch.manual_seed(seed)
    model = family.make()
    labels = digits.labels if getattr(model, "n_classes", 0) else None
    batches = data.Batches(digits.x, labels, batch_size=BATCH, seed=seed)
    config = train.TrainConfig(steps=steps, schedule="constant", seed=seed, **family.config)
    machine = choose_machine("cpu", precision="float32")
    return train.fit(model, batches, config, callbacks=callbacks, machine=machine)


def measure_rates(families: Sequence[Family], *, rounds: int = 3, seconds: float = 2.0) -> dict:
    """Steps a processor second of each family: the best of some rounds in which all take turns."""
    rates = dict.fromkeys(map(name_of, families), 0.0)
    for _ in range(rounds):
        for family in families:
            clock = StopAt(seconds)
            with contextlib.redirect_stdout(io.StringIO()):  # fit says that it was stopped
                run = start(family, 0, 10**6, [train.EMA(), clock])
            rates[name_of(family)] = max(rates[name_of(family)], run.step / clock.spent)
    return {name: round(rate, 2) for name, rate in rates.items()}


# --- what is measured


class Marks(train.Callback):
    """Measures the averaged twin at some steps of a training."""

    order = 1  # after the average has moved

    def __init__(self, at: dict[int, float], average: train.EMA, measure: Callable):
        self.at, self.average, self.measure = at, average, measure

    def on_step(self, run: train.Run) -> None:
        if run.step in self.at:
            self.measure(self.average.model, self.at[run.step], run.step)


def figures(sampler) -> dict:
    """All figures of a sampler, averaged over some sets; classes in turn where it has labels."""
    generator = make_generator(777)
    asked = torch.arange(SAMPLES) % 10 if getattr(sampler, "n_classes", 0) else None
    pictures = [sampler.sample(SAMPLES, condition=asked, generator=generator) for _ in range(SETS)]
    pictures = [x.clamp(-1, 1) for x in pictures]  # an autoencoder's decoder knows no bounds
    real = data.digits("held_out").x
    every = [figures_of(x, real) for x in pictures]
    means = {key: sum(f[key] for f in every) / SETS for key in every[0]}
    return {key: None if math.isnan(mean) else round(mean, PLACES) for key, mean in means.items()}


def figures_of(x: Tensor, real: Tensor) -> dict:
    """The figures of one set of pictures; precision to coverage against so many real ones."""
    judge, known = zoo.load("judge"), data.digits("train").x
    scores = metrics.score_digits(x, judge, train_images=known)
    features, others = metrics.judge_images(judge, x)[0], metrics.judge_images(judge, real)[0]
    two = torch.cdist(x.flatten(1), known.flatten(1)).topk(2, largest=False).values  # [N, 2]
    return {
        **{key: v for key, v in scores._asdict().items() if key not in ("shares", "n")},
        "kernel": metrics.kernel_distance(features, training_features()),
        **metrics.neighbour_scores(features, others)._asdict(),
        "copies": (two[:, 0] < COPY * two[:, 1]).float().mean().item(),
        "grey": (x.abs() < GREY).float().mean().item(),
    }


@functools.cache
def training_features() -> Tensor:
    """What the judge sees in the training digits: ``[4500, 64]``."""
    return metrics.judge_images(zoo.load("judge"), data.digits("train").x)[0]


def held_out_nats(model: torch.nn.Module) -> float | None:
    """Minus the bound on held-out digits, for a VAE: nats a picture, the KL with weight 1."""
    if not isinstance(model, (models.VAE, models.ConvVAE)):
        return None
    held_out = data.digits("held_out")
    batch = Labelled(held_out.x, held_out.labels) if model.n_classes else held_out.x
    with torch.no_grad():
        parts = model.loss(batch, generator=make_generator(0)).parts
    return round((parts["reconstruction"] + parts["kl"]).item(), 2)


def train_and_measure(family: Family, seed: int, rate: float) -> list[dict]:
    """The rows of one training."""
    rows: list[dict] = []

    def measure(model, mark, step):
        nats = held_out_nats(model)
        for name, view in family.views.items():
            row = {"family": name, "seed": seed, "core_seconds": mark, "steps": step}
            row |= figures(view(model))
            rows.append(row | {"held_out_nats": nats})

    at = {max(1, round(rate * mark)): mark for mark in family.seconds}
    average = train.EMA()
    start(family, seed, max(at), [average, Marks(at, average, measure)])
    return rows


def real_row() -> dict:
    """The yardstick: what the held-out digits score, against as many training digits."""
    held_out = data.digits("held_out").x
    found = figures_of(held_out, data.digits("train").x[: len(held_out)])
    found = {key: round(value, PLACES) for key, value in found.items()}
    row = {"family": REAL, "seed": 0, "core_seconds": 0, "steps": 0}
    return row | found | {"held_out_nats": None}


# --- the file


def write(rows: list[dict], facts: dict) -> None:
    """All rows, one a line, in a steady order; then the page of the book."""
    rows = sorted(rows, key=lambda r: (r["family"] != REAL, r["family"], r["seed"], r["steps"]))
    write_measured(PATH, {"facts": facts}, rows)
    PAGE.write_text(page(rows, facts, samples=SAMPLES), encoding="utf-8")


def main() -> int:
    """Measure, train, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="first names of families; all if left out")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--rates", action="store_true", help="only measure the steps a second")
    parser.add_argument("--keep-rates", action="store_true", help="use the rates in the file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = {name_of(family): family for family in FAMILIES}
    for name in options.names:
        check_choice("name", name, known)
    chosen = [known[name] for name in options.names or known]
    old = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    facts, rows = old.get("facts", {}), old.get("rows", [])
    if options.keep_rates:
        rates = facts["steps_a_second"]
    else:
        rates = facts.get("steps_a_second", {}) | measure_rates(chosen)
    facts = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "command": "python tools/compare_families.py",
        "torch": torch.__version__,
        "aigc_teach": aigc_teach.__version__,
        "steps_a_second": rates,
    }
    print(json.dumps(rates, indent=1))
    if options.rates:
        write(rows or [real_row()], facts)
        return 0
    for seed in options.seeds:
        for family in chosen:
            new = train_and_measure(family, seed, rates[name_of(family)])
            rows = [
                r for r in rows if r["family"] not in (*family.views, REAL) or r["seed"] != seed
            ]
            rows = [r for r in rows if r["family"] != REAL] + [real_row(), *new]
            write(rows, facts)
            for row in new:
                shown = ("family", "seed", "core_seconds", "good")
                print({key: row[key] for key in shown}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
