"""The page of the book that shows how good every family is, from the figures in a file."""

from __future__ import annotations

import math
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aigc_teach.zoo.families import REAL  # noqa: E402
from models_page import section  # noqa: E402
from pictures_page import quality_section  # noqa: E402

PAGE = ROOT / "book" / "quality.md"
COLUMNS = {  # what the page shows: True as a multiple of the real digits' own figure
    "good": True,
    "rarest": True,
    "frechet": True,
    "precision": False,
    "recall": False,
    "coverage": False,
    "within": True,
    "held_out_nats": False,
}
HEAD = """# How good it is

Every family of the course, trained on the same 4,500 digits for the same time, with one plain
recipe and three seeds; written by `make families`. {n} samples are measured twice. *Good*,
*rarest* (the share of the rarest digit), *Frechet* and *within* (the spread inside a class) are
multiples of what {n} real digits that nobody trained on score by the same judge: good {good:.3f},
Frechet {frechet:.2f}. *Frechet* is the **squared** distance: four times as much is twice as far.
Its multiples hold for {n} samples alone, since the real digits' own figure falls as the samples
grow. Each cell: the median of the seeds, and their range. *Nats*: minus the bound on held-out
digits, where there is one.
[Evaluating generators](03_models/14_evaluating_generators.md) explains each figure, and how to fool
it."""
TITLES = "family | seeds | good | rarest | Frechet | precision | recall | coverage | within | nats"
TABLE = f"| {TITLES} |\n" + "|---" * 10 + "|"


def page(rows: list[dict], facts: dict, *, samples: int) -> str:
    """The page of the book: a table for each time, the best families first."""
    real = next(row for row in rows if row["family"] == REAL)
    lines = [*HEAD.format(n=samples, good=real["good"], frechet=real["frechet"]).splitlines()]
    for mark in sorted({row["core_seconds"] for row in rows} - {0}, reverse=True):
        found: dict[str, list[dict]] = {}
        for row in rows:
            if row["core_seconds"] == mark:
                found.setdefault(row["family"], []).append(row)
        lines += ["", f"## After {mark} seconds of one core", "", TABLE]
        order = sorted(found, key=lambda name: -middle(found[name], "good", real))
        lines += [table_row(name, found[name], real) for name in order]
    lines += ["", "## Where", ""]
    lines += [f"* {k}: {v}" for k, v in facts.items() if k != "steps_a_second"]
    rates = ", ".join(f"{name} {rate:g}" for name, rate in facts["steps_a_second"].items())
    lines += [f"* steps a second of a quiet core: {rates}", "", quality_section(), section()]
    return "\n".join(lines)


def table_row(name: str, rows: list[dict], real: dict) -> str:
    """One family at one time: the median over the seeds, and the range."""
    cells = [name, str(len(rows))]
    for key, relative in COLUMNS.items():
        values = [row[key] / (real[key] if relative else 1) for row in rows if row[key] is not None]
        low, high = min(values, default=math.nan), max(values, default=math.nan)
        text = f"{statistics.median(values):.3g} ({low:.3g} to {high:.3g})" if values else "-"
        cells.append(text)
    return "| " + " | ".join(cells) + " |"


def middle(rows: list[dict], key: str, real: dict) -> float:
    """The median of a figure over the seeds, as a multiple of the real digits' own."""
    return statistics.median(row[key] for row in rows) / real[key]
