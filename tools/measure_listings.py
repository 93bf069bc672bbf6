"""Train and measure the eight published listings, made to run and made to work: `make listings`.

Three seeds, one thread, float32. Digits are measured by the zoo's judge; colour, for which there
is none, by distances between pictures. Rows are written as they come; a call with names replaces
theirs. The first seed's samples are stored as pictures. ``--cifar`` trains S4-CIFAR on CIFAR-10
(170 MB, downloaded once) and shows its figures without storing them.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aigc_teach  # noqa: E402
import listings  # noqa: E402
from aigc_teach import data, metrics, zoo  # noqa: E402
from aigc_teach.core import check_choice, make_generator  # noqa: E402
from aigc_teach.core.measured import write_measured  # noqa: E402
from bench import processor  # noqa: E402
from listings.page import PAGE, page, picture_of  # noqa: E402

SEEDS = (0, 1, 2)
SHOWN = 20  # samples in a stored picture
SETS = 2  # sets of samples that are averaged, each of as many as there are held-out pictures
PLACES = 4  # digits behind the point in the file
READ = {"digits": data.digits, "colour": data.emoji}
COPY = 0.7  # a sample this much nearer to one training picture than to the next: a copy


# --- what is measured


def pictures(kind: str) -> tuple[Tensor, Tensor]:
    """Training and held-out pictures: digits, the colour set, or CIFAR-10."""
    held_out = data.cifar10("test").x[:500] if kind == "cifar10" else READ[kind]("held_out").x
    return labelled(kind)[0], held_out


def labelled(kind: str) -> tuple[Tensor, Tensor]:
    """Training pictures and their labels."""
    found = data.cifar10("train") if kind == "cifar10" else READ[kind]("train")
    return found.x, found.labels


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


@functools.cache
def real_figures(kind: str) -> dict:
    """The yardstick: what the held-out pictures score."""
    known, held_out = pictures(kind)
    return {key: round(value, PLACES) for key, value in figures_of(held_out, known).items()}


@dataclass
class Trained:
    """What came of one training.

    Attributes
    ----------
    samplers : dict
        By version: what is measured as ``mended``, ``works``, ``plain`` or ``without``.
    seconds : float
        Processor time of the training.
    figures : dict
        What else goes into the rows.
    """

    samplers: dict
    seconds: float
    figures: dict


def train_mended(listing: listings.Listing, kind: str, seed: int) -> Trained:
    """Train a listing that was made to run."""
    recipe, (x, held_out) = listing.mended, pictures(kind)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        before = measure(recipe.make().eval(), x, len(held_out))["frechet"]
    batches = data.Batches(x, batch_size=recipe.batch_size, seed=seed)
    start = time.process_time()
    run = listings.train_listing(recipe, batches, seed=seed)
    seconds = time.process_time() - start
    figures = {"parameters": count(run.model), "untrained_frechet": before}
    return Trained({"mended": run.model}, seconds, {"steps": run.step} | figures)


def train_works(listing: listings.Listing, kind: str, seed: int, *, lacking: bool) -> Trained:
    """Train a listing that was made to work: whole, or without what it names."""
    x, labels = labelled(kind)
    start = time.process_time()
    with torch.random.fork_rng(devices=[]):
        best, plain = listing.works.train(x, labels, seed, lacking=lacking)
    seconds = time.process_time() - start
    named = {"without": best} if lacking else {"works": best, "plain": plain}
    steps = listing.works.steps(lacking=lacking)
    return Trained(named, seconds, {"steps": steps, "parameters": count(best)})


def count(net: torch.nn.Module) -> int:
    """How many weights."""
    return sum(weight.numel() for weight in net.parameters())


def train_and_measure(key: str, version: str, seed: int, *, kind: str = "") -> tuple[list, dict]:
    """The rows of one training, and some samples of each version in it."""
    listing = listings.LISTINGS[key]
    kind = kind or listing.data
    if version == "mended":
        done = train_mended(listing, kind, seed)
    else:
        done = train_works(listing, kind, seed, lacking=version == "without")
    x, held_out = pictures(kind)
    rows, shown = [], {}
    for name, sampler in done.samplers.items():
        row = {"key": key, "version": name, "seed": seed}
        row |= done.figures | {"processor_seconds": round(done.seconds, 1)}
        rows.append(row | measure(sampler, x, len(held_out)))
        shown[name] = some_of(sampler)
    return rows, shown


def some_of(sampler) -> Tensor:
    """The first samples that come, as they come."""
    return sampler.sample(SHOWN, generator=make_generator(0)).clamp(-1, 1)


# --- the file


def facts() -> dict:
    """When and with what something is measured."""
    return {
        "date": date.today().isoformat(),
        "processor": processor(),
        "command": "python tools/measure_listings.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "aigc_teach": aigc_teach.__version__,
    }


def write(rows: list[dict], shown: dict[str, Tensor], key: str) -> None:
    """Put `rows` in the place of those of the same listings, versions and seeds; the page, too."""
    results = listings.listing_results() if listings.PATH.exists() else {"rows": []}
    head = {name: results.get(name, {}) for name in ("facts", "pictures")}
    head["real"] = {kind: real_figures(kind) for kind in ("digits", "colour")}
    for name, samples in shown.items():
        head["facts"][name] = facts()
        if name in listings.VERSIONS and rows[0]["seed"] == SEEDS[0]:
            head["pictures"].setdefault(key, {})[name] = draw(samples, picture_of(key, name))
    new = {identity(row) for row in rows}
    every = [row for row in results["rows"] if identity(row) not in new] + rows
    order, versions = list(listings.LISTINGS), listings.MEASURED
    every.sort(key=lambda r: (order.index(r["key"]), versions.index(r["version"]), r["seed"]))
    write_measured(listings.PATH, head, every)
    PAGE.write_text(page(listings.listing_results()), encoding="utf-8")


def identity(row: dict) -> tuple:
    """What there is one row of."""
    return row["key"], row["version"], row["seed"]


def draw(samples: Tensor, path: Path) -> str:
    """Store pictures ``[N, C, S, S]`` in rows of ten, twice their size; the file's sha256."""
    n, channels, side, _ = samples.shape
    tiles = F.pad(samples, (1, 1, 1, 1), value=0.6).unflatten(0, (n // 10, 10))
    sheet = tiles.permute(0, 3, 1, 4, 2).reshape(n // 10 * (side + 2), 10 * (side + 2), channels)
    pixels = ((sheet + 1) * 127.5).round().byte().squeeze(2).numpy()
    picture = Image.fromarray(pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measure_all(names: Sequence[str], versions: Sequence[str], seeds: Sequence[int]) -> None:
    """Train, measure, and write after each training."""
    for seed in seeds:
        for version in versions:
            for key in names:
                if version == "without" and not listings.LISTINGS[key].works.without:
                    continue
                rows, shown = train_and_measure(key, version, seed)
                write(rows, shown, key)
                print(*map(json.dumps, rows), sep="\n", flush=True)


def draw_mended(names: Sequence[str]) -> None:
    """Train the first seed of what was made to run for its picture alone; its rows stay."""
    for key in names:
        listing = listings.LISTINGS[key]
        batches = data.Batches(pictures(listing.data)[0], batch_size=listing.mended.batch_size)
        model = listings.train_listing(listing.mended, batches, seed=SEEDS[0]).model
        samples = some_of(model)
        results = listings.listing_results()
        digest = draw(samples, picture_of(key, "mended"))
        results["pictures"].setdefault(key, {})["mended"] = digest
        rest = {name: value for name, value in results.items() if name != "rows"}
        write_measured(listings.PATH, rest, results["rows"])
        print(key, digest, flush=True)
    PAGE.write_text(page(listings.listing_results()), encoding="utf-8")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(listings.LISTINGS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--versions", nargs="+", default=("mended", "works", "without"))
    parser.add_argument("--page", action="store_true", help="only write the page again")
    parser.add_argument("--pictures", action="store_true", help="only those of what was mended")
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
            rows, _ = train_and_measure("S4-CIFAR", version, options.seeds[0], kind="cifar10")
            print(*map(json.dumps, rows), sep="\n", flush=True)
    elif options.pictures:
        draw_mended(options.names or list(listings.LISTINGS))
    else:
        measure_all(options.names or list(listings.LISTINGS), options.versions, options.seeds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
