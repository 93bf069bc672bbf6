"""The page of the book about the eight published listings, from their records and figures."""

from __future__ import annotations

import inspect
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from listings import LISTINGS, Listing, works  # noqa: E402
from listings.defects import Defect  # noqa: E402

PAGE = ROOT / "book" / "listings.md"
PICTURES = ROOT / "book" / "figures" / "listings"
LESSONS = {  # the source of the lesson that a case belongs to, and what the page calls it
    "it_crashes": ("01_it_crashes", "lesson 1"),
    "it_runs_and_lies": ("02_it_runs_and_lies", "lesson 2"),
    "the_protocol_is_wrong": ("03_the_protocol_is_wrong", "lesson 3"),
    "it_is_judged_wrongly": ("04_it_is_judged_wrongly", "lesson 4"),
}
FIGURES = {  # of each kind of data, in multiples of what held-out pictures score; False: as it is
    "digits": {"good": True, "rarest": True, "frechet": True, "nearest": True},
    "colour": {"frechet": True, "nearest": True, "copies": False, "diversity": False},
}
NAMES = {"diversity": "spread", "frechet": "Frechet"}  # figures whose name on the page is another
GOAL = 0.85  # of the real digits' share that is good
NETWORKS, LOOP = (works.Generator, works.Critic), (works.train_gan, works.move)
HEAD = """# Eight published listings, made to run and made to work

Five Chinese articles about generated content print eight programs that train a generator. None of
them runs as printed, and most of what is wrong raises no error. Each has a section here: everything
that is wrong, what came of it once it was made to run, and how far its idea goes once it is made to
work. The mistakes are worth knowing: they are found in other tutorials, too. *Stops* means: with an
error. Where a case of the clinic shows the same mistake, its name leads to the lesson.

**Made to run** is the printed program without its mistakes: its own layers and sizes, on the
course's digits (or, in colour, its emoji), in PyTorch and in our own words, trained with Adam at a
rate of 1e-3. (The GANs print 1e-4 and train for up to 4.7 million steps; here each has a minute or
two.) Where a listing prints no network at all, it is a small one of ours. That it runs does not
mean that it draws good digits: the figures say how far it gets.

**Made to work** keeps the article's idea, a dense GAN stays a dense GAN, and adds what it needs for
good pictures: the section says what. It starts from random weights, too. One help no article gives
its network: here it is told which digit a picture shows, and is asked for one. The aim is {goal} of
the share of good digits that real digits reach, within three minutes of one thread. The code is
short plain PyTorch and stands on the page as it was measured, with its numbers of steps.

*Good*, *rarest* (the share of the rarest digit), *Frechet* and *nearest* (the distance to the
nearest training picture) are multiples of what 500 real digits that nobody trained on score by the
same judge: good {good:.3f}, rarest {rarest:.3f}, Frechet {frechet:.2f}, nearest {nearest:.2f}. So 1
is as good as real for the first two, and more is worse for Frechet. A network that only blurs is
near to everything: read *nearest* beside the others. Far below 1 it would mean copies.
[Evaluating generators](03_models/14_evaluating_generators.md) explains each.

There is no judge for colour: there *Frechet* compares pictures shrunk to 4 x 4 pixels and *nearest*
whole pictures, both in multiples of 182 held-out emoji; *copies* are much nearer to one training
picture than to the next; *spread* is the distance between samples over that between real pictures.

Figures are the median of the seeds, with their range. Seconds are processor seconds of one thread
(`time.process_time`), the training alone, on a machine that did other work as well. Written by
`make listings`.

| listing | good, made to run | good, made to work | Frechet, made to run | made to work | seconds |
| --- | --- | --- | --- | --- | --- |
"""
CODE = """
## What the working GANs share

The seven GANs have the same two outer classes and the same loop. Each section shows the rest, and
all of it stands in `tools/listings/works.py`.
"""
IMPORTS = """import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_teach.models import GaussianMixture

LATENT = 100"""
USE = """With a section's function behind it, this trains and draws:

```python
from aigc_teach import data, viz

x, labels = data.digits("train")  # for S4-CIFAR: data.emoji("train")
best, other = s1(x, labels, seed=0)
viz.image_grid(best.sample(20), columns=10)
```
"""


def page(results: dict) -> str:
    """The page of the book: an overview, the common code, a section for each listing."""
    numbers = results["real"]["digits"] | {"goal": GOAL}
    over = [overview(listing, results) for listing in LISTINGS.values()]
    sections = [section(listing, results) for listing in LISTINGS.values()]
    parts = [HEAD.format(**numbers) + "\n".join(over), "", verdict(results), CODE.strip("\n"), ""]
    parts += [
        listed(NETWORKS, IMPORTS),
        listed(LOOP),
        USE,
        *sections,
        "## Where",
        "",
        *where(results["facts"]),
        "",
    ]
    return "\n".join(parts)


def rows_of(results: dict, listing: Listing, version: str) -> list[dict]:
    """What was measured of one version."""
    return [r for r in results["rows"] if (r["key"], r["version"]) == (listing.key, version)]


def overview(listing: Listing, results: dict) -> str:
    """One listing's line of the first table."""
    cells = []
    for name in ("good", "frechet"):
        for version in ("mended", "works"):
            cells.append(figure(listing, rows_of(results, listing, version), name, results))
    seconds = spread([r["processor_seconds"] for r in rows_of(results, listing, "works")])
    title = f"[{listing.key}](#{anchor(listing)}): {listing.title}"
    return f"| {' | '.join([title, *cells, seconds])} |"


def anchor(listing: Listing) -> str:
    """Where the listing's section is."""
    return (
        heading(listing)
        .lower()
        .replace(":", "")
        .replace(",", "")
        .replace("'", "")
        .replace(" ", "-")
    )


def heading(listing: Listing) -> str:
    """The title of the listing's section."""
    return f"{listing.key}: {listing.title}"


def figure(listing: Listing, rows: list[dict], name: str, results: dict) -> str:
    """One figure of some rows, as a multiple of real pictures' where it is one."""
    if name not in FIGURES[listing.data]:
        return "-"
    unit = results["real"][listing.data][name] if FIGURES[listing.data][name] else 1
    return spread([r[name] / unit for r in rows])


def goods(results: dict, listing: Listing) -> list[float]:
    """The share of good digits of each seed, in multiples of real digits'."""
    unit = results["real"]["digits"]["good"]
    return [r["good"] / unit for r in rows_of(results, listing, "works")]


def verdict(results: dict) -> str:
    """How many reach the aim, and which do not."""
    digits = [listing for listing in LISTINGS.values() if listing.data == "digits"]
    short = [one for one in digits if min(goods(results, one), default=0) < GOAL]
    text = f"{len(digits) - len(short)} of the {len(digits)} listings of digits reach {GOAL} with "
    tried = sorted({len(goods(results, one)) for one in digits})
    text += f"every seed that was tried ({' to '.join(map(str, tried[:1] + tried[1:][-1:]))} each)."
    for listing in short:
        best = max(goods(results, listing), default=0)
        text += f" {listing.key} does not; its best seed has {best:.3g}."
    return text + " There is no such aim for colour, where nothing judges what a picture shows.\n"


def section(listing: Listing, results: dict) -> str:
    """Everything about one listing."""
    wrong = [f"* {'stops' if d.stops else 'silent'}: {defect(d)}" for d in listing.defects]
    changes = [f"* {text}" for text in listing.works.changes]
    note = [f"Made to run: {listing.note}.", ""] if listing.note else []
    lines = [
        f"## {heading(listing)}",
        "",
        f"From the {listing.where}.",
        "",
        "Wrong as printed:",
        "",
    ]
    lines += [*wrong, "", *shown(listing, results), "", *table(listing, results), ""]
    if listing.works.reached:
        note += [f"Made to work: {listing.works.reached}.", ""]
    lines += [*note, "Changed, to make it work:", "", *changes, "", tried(listing), ""]
    code = (*listing.works.parts, listing.works.make)
    above = [f"`{p.__name__}`" for p in listing.works.parts if printed(listing, p)]
    if above:
        lines += [f"Printed further up, and used here: {', '.join(above)}.", ""]
    return "\n".join([*lines, listed([p for p in code if not printed(listing, p)])])


def printed(listing: Listing, part: Callable) -> bool:
    """Whether an earlier section has printed this function."""
    before = list(LISTINGS.values())[: list(LISTINGS).index(listing.key)]
    return any(part in one.works.parts for one in before)


def tried(listing: Listing) -> str:
    """What was taken away alone, and what was not."""
    count = 2 if listing.works.without else 1
    rows = "the last two rows" if count == 2 else "the last row"
    text = f"What was taken away alone stands in {rows} of the table. The other changes were not "
    return text + "tried one by one: what each of them does is not known."


def shown(listing: Listing, results: dict) -> list[str]:
    """The stored pictures side by side."""
    lines = ["::::{grid} 1 1 2 2"]
    for version, name in (("mended", "Made to run"), ("works", "Made to work")):
        if version not in results["pictures"].get(listing.key, {}):
            lines += [":::{grid-item}", f"{name}: no picture was stored.", ":::"]
            continue
        path = picture_of(listing.key, version).relative_to(PAGE.parent).as_posix()
        alt = f"Twenty samples of {listing.key}, {name.lower()}, the first that came."
        lines += [":::{grid-item}", f"{name}, seed 0, the first twenty samples:", ""]
        lines += [f"![{alt}]({path})", ":::"]
    return [*lines, "::::"]


def picture_of(key: str, version: str) -> Path:
    """Where the samples of one version are stored."""
    return PICTURES / f"{key}_{version}.png"


def table(listing: Listing, results: dict) -> list[str]:
    """The figures of all versions of one listing."""
    work, names = listing.works, list(FIGURES[listing.data])
    rows = {
        "mended": f"made to run: {listing.mended.words}",
        "works": "**made to work**",
        "plain": work.device,
        "without": work.without,
    }
    titles = ["version", *(NAMES.get(name, name) for name in names), "steps", "seconds", "seeds"]
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for version, words in rows.items():
        found = rows_of(results, listing, version)
        if not words:
            continue
        if not found:
            lines.append(f"| {words} | not measured yet |" + " |" * (len(titles) - 2))
            continue
        cells = [figure(listing, found, name, results) for name in names]
        seconds = spread([r["processor_seconds"] for r in found])
        cells += [str(found[0]["steps"]), seconds, str(len(found))]
        lines.append(f"| {' | '.join([words, *cells])} |")
    return lines


def listed(parts: Iterable[Callable], first: str = "") -> str:
    """The source of some functions as a block of code, `first` above it."""
    pieces = [*([first] if first else []), *(inspect.getsource(part).rstrip() for part in parts)]
    code = "\n\n\n".join(pieces)
    return f"```python\n{code}\n```\n"


def where(facts: dict) -> list[str]:
    """When each version was measured and with what."""
    words = {"mended": "made to run", "works": "made to work", "without": "one thing taken away"}
    lines = []
    for version, text in words.items():
        if version in facts:
            values = ", ".join(f"{name} {value}" for name, value in facts[version].items())
            lines.append(f"* {text}: {values}")
    return lines


def defect(found: Defect) -> str:
    """A defect's sentence, with the case that shows it."""
    if not found.case:
        return found.text
    module, _, name = found.case.partition(".")
    file, title = LESSONS[module]
    shown = f"`{name}`" if name else title
    return f"{found.text} [{shown}](04_clinic/{file}.md)"


def spread(values: list[float]) -> str:
    """The median of some values and their range."""
    if not values:
        return "not measured yet"
    low, high = min(values), max(values)
    middle = f"{statistics.median(values):.3g}"
    return middle if len(values) == 1 else f"{middle} ({low:.3g} to {high:.3g})"
