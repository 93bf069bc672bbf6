"""The page of the book about the eight published listings, from their records and figures."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from listings import LISTINGS, VERSIONS, Listing  # noqa: E402
from listings.defects import Defect  # noqa: E402

PAGE = ROOT / "book" / "listings.md"
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
HEAD = """# Eight published listings, made to run

Five Chinese articles about generated content print eight programs that train a generator. None of
them runs as printed, and most of what is wrong raises no error. This page has one row for each:
everything that is wrong, and what came of it once it was mended. Mended means that it runs and
trains without these mistakes, not that it draws good digits: the figures say how far it gets. The
mistakes are worth knowing: they are found in other tutorials, too. *Stops* means: with an error.
Where a case of the clinic shows the same mistake, its name leads to the lesson.

**Mended** has the layers and sizes that the listing prints, on the course's own digits (or, in
colour, its emoji), in PyTorch and in our own words, trained with Adam at a rate of 1e-3. (The GANs
print 1e-4 and train for up to 4.7 million steps; here each has at most three minutes of one core.)
Where a listing prints no network at all, it is a small one of ours. The **modern twin** is of the
same kind, smaller where the printed one is slow, and has what the course has learnt since: batch
normalisation, Adam with the factors 0 and 0.99, a rate of 2e-3 that falls at the end, averaged
weights; for the VAE, a mixture fitted to its codes.

*Good*, *rarest* (the share of the rarest digit), *Frechet* and *nearest* (the distance to the
nearest training picture) are multiples of what 500 real digits that nobody trained on score by the
same judge: good {good:.3f}, rarest {rarest:.3f}, Frechet {frechet:.2f}, nearest {nearest:.2f}.
[Evaluating generators](03_models/14_evaluating_generators.md) explains each. Behind *Frechet*
stands what the untrained network scores. A network that has just begun is often further away than
that, so a figure near it means little.

There is no judge for colour: there *Frechet* compares pictures shrunk to 4 x 4 pixels and *nearest*
whole pictures, both in multiples of 182 held-out emoji; *copies* are much nearer to one training
picture than to the next; *spread* is the distance between samples over that between real pictures.
A blurred picture is near to everything: read *nearest* only beside the others.

Figures are the median of the seeds, with their range; seconds are those of one quiet core. Written
by `make listings`.

"""
TABLE = """````{list-table}
:header-rows: 1
:widths: 12 44 22 22

* - listing
  - what is wrong with it as printed
  - mended
  - modern twin"""
SHOWN = {"diversity": "spread", "frechet": "Frechet"}  # figures whose name on the page is another


def page(results: dict) -> str:
    """The page of the book: eight rows and where they were measured."""
    real = results["real"]
    head = HEAD.format(**real["digits"])
    rows = [row(listing, results) for listing in LISTINGS.values()]
    facts = [f"* {name}: {value}" for name, value in results["facts"].items()]
    return head + "\n".join([TABLE, *rows, "````", "", "## Where", "", *facts, ""])


def row(listing: Listing, results: dict) -> str:
    """One listing's row of the table."""
    wrong = [f"{'stops' if d.stops else 'silent'}: {defect(d)}" for d in listing.defects]
    cells = [[f"**{listing.key}**: {listing.title}", listing.where], wrong]
    for version in VERSIONS:
        rows = [r for r in results["rows"] if (r["key"], r["version"]) == (listing.key, version)]
        cells.append(measured(listing, version, rows, results["real"][listing.data]))
    lines = []
    for number, cell in enumerate(cells):
        mark = "* -" if number == 0 else "  -"
        lines += [f"{mark if i == 0 else '   '} - {text}" for i, text in enumerate(cell)]
    return "\n".join(lines)


def defect(found: Defect) -> str:
    """A defect's sentence, with the case that shows it."""
    if not found.case:
        return found.text
    module, _, name = found.case.partition(".")
    file, title = LESSONS[module]
    shown = f"`{name}`" if name else title
    return f"{found.text} [{shown}](04_clinic/{file}.md)"


def measured(listing: Listing, version: str, rows: list[dict], real: dict) -> list[str]:
    """What one version is, its figures, and what they cost."""
    lines = [listing.recipe(version).words]
    if not rows:
        return [*lines, "not measured yet"]
    for name, relative in FIGURES[listing.data].items():
        unit = real[name] if relative else 1
        text = spread([r[name] / unit for r in rows])
        if name == "frechet":
            before = statistics.median(r["untrained_frechet"] for r in rows)
            text += f"; untrained {before / unit:.3g}"
        lines.append(f"{SHOWN.get(name, name)} {text}")
    seconds = min(r["core_seconds"] for r in rows)
    seeds = f"{len(rows)} seed{'s' if len(rows) > 1 else ''}"
    lines.append(f"{rows[0]['steps']} steps, {seconds:.0f} s, {seeds}")
    return [*lines, listing.note] if listing.note and version == "mended" else lines


def spread(values: list[float]) -> str:
    """The median of some values and their range."""
    low, high = min(values), max(values)
    middle = f"{statistics.median(values):.3g}"
    return middle if len(values) == 1 else f"{middle} ({low:.3g} to {high:.3g})"
