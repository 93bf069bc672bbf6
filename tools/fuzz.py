"""Damage every parser for as long as is asked: ``python tools/fuzz.py --minutes 60 [--seed 0]``.

Each target (tests/fuzzing/targets.py) gets damaged bytes, text or values, and must read what is
right or refuse it in a sentence. Writes book/fuzz.json, one row a target, and prints what failed
with the seed that brings it back. The exit code is 1 where something failed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402

from aigc_teach.core.measured import write_measured  # noqa: E402
from fuzzing import targets as fuzz_targets  # noqa: E402
from fuzzing.case import Tally, Target, run_case  # noqa: E402

OUT = ROOT / "book/fuzz.json"
TURN = 1.0  # seconds of one target before the next has its turn


def fuzz(seconds: float, seed: int, say: Callable = print) -> tuple[dict[str, Tally], float]:
    """Damage all targets in turn for so long: what came of each, and the minutes it took."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = fuzz_targets.targets(Path(folder))
        tallies = {target.name: Tally() for target in found}
        first = seed * 1_000_000_000  # no two seeds share a case
        while time.monotonic() - start < seconds:
            for target in found:
                take_turn(target, tallies[target.name], first, say)
    return tallies, (time.monotonic() - start) / 60


def take_turn(target: Target, tally: Tally, first: int, say: Callable) -> None:
    """Damage one target for a second, and say at once what failed."""
    until = time.monotonic() + TURN
    while time.monotonic() < until:
        known = len(tally.faults)
        run_case(target, first + tally.cases, tally)
        for fault in tally.faults[known:]:
            say(fault)


def peak_megabytes() -> int | None:
    """The most memory that this process had; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


def as_rows(tallies: dict[str, Tally]) -> list[dict]:
    """One row a target, for the file and the screen."""
    return [
        {
            "target": name,
            "cases": tally.cases,
            "right": tally.right,
            "refused": tally.refused,
            "faults": len(tally.faults),
            "slowest_seconds": round(tally.slowest, 3),
        }
        for name, tally in tallies.items()
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="other seeds, other damage")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    tallies, minutes = fuzz(60 * options.minutes, options.seed)
    rows = as_rows(tallies)
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    facts = {
        "date": date.today().isoformat(),
        "command": "make fuzz",
        "minutes": round(minutes, 1),
        "seed": options.seed,
        "cases": sum(row["cases"] for row in rows),
        "faults": sum(row["faults"] for row in rows),
        "peak_megabytes": peak_megabytes(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    print("  ".join(f"{key} {value}" for key, value in facts.items()))
    write_measured(options.out, {"facts": facts}, rows)
    return int(facts["faults"] > 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
