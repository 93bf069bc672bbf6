"""Train and measure the eight published listings and their modern twins: `make listings`.

Three seeds, one thread, float32, the number of steps that each recipe records. Digits are measured
by the zoo's judge; colour, for which there is none, by distances between pictures. Rows are written
as they come; a call with names replaces theirs. ``--cifar`` trains S4-CIFAR on CIFAR-10 (170 MB,
downloaded once) and shows its figures without storing them.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aigc_teach  # noqa: E402
import listings  # noqa: E402
from aigc_teach import data, metrics, train, zoo  # noqa: E402
from aigc_teach.core import check_choice, make_generator  # noqa: E402
from aigc_teach.core.measured import write_measured  # noqa: E402
from bench import processor  # noqa: E402
from listings.page import PAGE, page  # noqa: E402

SEEDS = (0, 1, 2)
SETS = 2  # sets of samples that are averaged, each of as many as there are held-out pictures
PLACES = 4  # digits behind the point in the file
PARTS = 20  # of a training, each timed
COPY = 0.7  # a sample this much nearer to one training picture than to the next: a copy


class Clock(train.Callback):
    """Processor seconds of a training, and how many they would be at its fastest pace."""

    def __init__(self, steps: int):
        self.every, self.marks = max(1, steps // PARTS), []

    def on_start(self, run: train.Run) -> None:
        self.start = self.end = time.process_time()
        self.marks = [self.start]

    def on_step(self, run: train.Run) -> None:
        self.end = time.process_time()
        if run.step % self.every == 0:
            self.marks.append(self.end)

    def spent(self) -> float:
        return round(self.end - self.start, 1)

    def quiet(self, steps: int) -> float:
        """Seconds of a quiet core: all steps at the pace of the fastest part."""
        fastest = min(b - a for a, b in zip(self.marks, self.marks[1:], strict=False))
        return round(steps * fastest / self.every, 1)


# --- what is measured


def pictures(kind: str) -> tuple[Tensor, Tensor]:
    """Training and held-out pictures: digits, the colour set, or CIFAR-10."""
    if kind == "digits":
        return data.digits("train").x, data.digits("held_out").x
    if kind == "colour":
        return data.emoji("train").x, data.emoji("held_out").x
    return data.cifar10("train").x, data.cifar10("test").x[:500]


def figures_of(samples: Tensor, known: Tensor) -> dict:
    """The figures of one set of pictures: by the judge for digits, by distances for colour."""
    if samples.shape[1] == 1:
        scores = metrics.score_digits(samples, zoo.load("judge"), train_images=known)
        kept = ("good", "rarest", "frechet", "nearest", "diversity")
        return {name: getattr(scores, name) for name in kept}
    apart = torch.cdist(samples.flatten(1), known.flatten(1))  # [N, M]
    two = apart.topk(2, largest=False).values  # [N, 2]
    between = torch.pdist(
        known[torch.randperm(len(known), generator=make_generator(0))[:1000]].flatten(1)
    )
    return {
        "frechet": metrics.frechet_distance(
            *metrics.gaussian_of(layout(samples)), *metrics.gaussian_of(layout(known))
        ),
        "nearest": two[:, 0].mean().item(),
        "copies": (two[:, 0] < COPY * two[:, 1]).float().mean().item(),
        "diversity": (torch.pdist(samples.flatten(1)).mean() / between.mean()).item(),
    }


def layout(x: Tensor) -> Tensor:
    """Where which colour is: pictures ``[N, 3, 32, 32]`` shrunk to 4 x 4, ``[N, 48]``."""
    return F.avg_pool2d(x, 8).flatten(1)


def measure(sampler, known: Tensor, n: int) -> dict:
    """The figures of a sampler, averaged over some sets of n."""
    generator = make_generator(777)
    every = [
        figures_of(sampler.sample(n, generator=generator).clamp(-1, 1), known) for _ in range(SETS)
    ]
    return {key: round(sum(f[key] for f in every) / SETS, PLACES) for key in every[0]}


def real_figures(kind: str) -> dict:
    """The yardstick: what the held-out pictures score."""
    known, held_out = pictures(kind)
    return {key: round(value, PLACES) for key, value in figures_of(held_out, known).items()}


def train_and_measure(key: str, version: str, seed: int, *, kind: str = "") -> dict:
    """One row of the file."""
    listing = listings.LISTINGS[key]
    recipe = listing.recipe(version)
    known, held_out = pictures(kind or listing.data)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        before = measure(recipe.make().eval(), known, len(held_out))["frechet"]
    batches = data.Batches(known, batch_size=recipe.batch_size, seed=seed)
    steps = recipe.config["steps"]
    clock = Clock(steps)
    model, run = listings.train_listing(recipe, batches, seed=seed, callbacks=[clock])
    return {
        "key": key,
        "version": version,
        "seed": seed,
        "steps": run.step,
        "processor_seconds": clock.spent(),
        "core_seconds": clock.quiet(steps),
        "parameters": sum(weight.numel() for weight in run.model.parameters()),
        "untrained_frechet": before,
        **measure(listings.sampler(recipe, model, known), known, len(held_out)),
    }


# --- the file


def write(rows: list[dict]) -> None:
    """All rows, one a line, in a steady order; then the page of the book."""
    order = list(listings.LISTINGS)
    rows = sorted(rows, key=lambda r: (order.index(r["key"]), r["version"], r["seed"]))
    facts = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "command": "python tools/measure_listings.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "aigc_teach": aigc_teach.__version__,
    }
    real = {kind: real_figures(kind) for kind in ("digits", "colour")}
    write_measured(listings.PATH, {"facts": facts, "real": real}, rows)
    PAGE.write_text(page(listings.listing_results()), encoding="utf-8")


def stored() -> list[dict]:
    """The rows that are there already."""
    return listings.listing_results()["rows"] if listings.PATH.exists() else []


def measure_all(names: Sequence[str], versions: Sequence[str], seeds: Sequence[int]) -> None:
    """Train, measure, and write after each training."""
    for seed in seeds:
        for key in names:
            for version in versions:
                row = train_and_measure(key, version, seed)
                same = (key, version, seed)
                kept = [r for r in stored() if (r["key"], r["version"], r["seed"]) != same]
                write([*kept, row])
                print(json.dumps(row), flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(listings.LISTINGS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--versions", nargs="+", default=listings.VERSIONS)
    parser.add_argument("--page", action="store_true", help="only write the page again")
    parser.add_argument("--cifar", action="store_true", help="S4-CIFAR on CIFAR-10, not stored")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for name in options.names:
        check_choice("name", name, listings.LISTINGS)
    if options.page:
        PAGE.write_text(page(listings.listing_results()), encoding="utf-8")
    elif options.cifar:
        print(json.dumps({"held out": figures_of(*pictures("cifar10")[::-1])}))
        for version in options.versions:
            row = train_and_measure("S4-CIFAR", version, options.seeds[0], kind="cifar10")
            print(json.dumps(row), flush=True)
    else:
        measure_all(options.names or list(listings.LISTINGS), options.versions, options.seeds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
