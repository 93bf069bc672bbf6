"""Run stages of the suite, and say what each took: `python tools/stages.py lint test ...`.

Each stage is a target of the Makefile. The first that fails ends the run with its exit code.
With `--store` the minutes, and the ten slowest files, are written to book/suite.json for the
status page (`make suite`).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = 10


@dataclass
class Stage:
    """One stage: its target, minutes by the clock, and minutes of all its processes together."""

    name: str
    minutes: float
    cpu_minutes: float


def cpu_seconds() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    import resource  # Windows has none, and no make either

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_stage(name: str, slowest: Counter) -> tuple[Stage, int]:
    """Run ``make name``; return what it took and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "slowest.json"
        clock, cpu = time.monotonic(), cpu_seconds()
        done = subprocess.run(
            ["make", "--no-print-directory", name],
            cwd=ROOT,
            env={**os.environ, "AIGC_SLOWEST": str(file)},
        )
        if file.exists():
            slowest.update(json.loads(file.read_text("utf-8")))
    took = Stage(name, (time.monotonic() - clock) / 60, (cpu_seconds() - cpu) / 60)
    return took, done.returncode


def table(stages: list[Stage]) -> str:
    """Return the stages' minutes as text.

    >>> print(table([Stage("lint", 0.25, 0.2), Stage("test", 5.0, 9.5)]))
    stage           minutes  CPU minutes
    lint                0.2          0.2
    test                5.0          9.5
    together            5.2          9.7
    """
    rows = [*stages, Stage("together", sum(s.minutes for s in stages), 0.0)]
    rows[-1].cpu_minutes = sum(s.cpu_minutes for s in stages)
    lines = [f"{row.name:14} {row.minutes:8.1f} {row.cpu_minutes:12.1f}" for row in rows]
    return "\n".join([f"{'stage':14} {'minutes':>8} {'CPU minutes':>12}", *lines])


def store(stages: list[Stage], slowest: Counter, path: Path) -> None:
    """Write what was measured for the status page."""
    from lessons.pace import processor
    from lessons.places import Places

    figures = {
        "date": datetime.date.today().isoformat(),
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "lessons": len(Places(ROOT).sources()),
        "stages": [asdict(stage) for stage in stages],
        "slowest": dict(slowest.most_common(MOST)),
    }
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the stages named; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="+", metavar="TARGET")
    parser.add_argument("--store", action="store_true", help="write book/suite.json")
    given = parser.parse_args(arguments)
    stages, slowest, code = [], Counter(), 0
    for name in given.stages:
        stage, code = run_stage(name, slowest)
        stages.append(stage)
        if code:
            print(f"{name} failed.")
            break
    print(table(stages), flush=True)
    if given.store and not code:
        store(stages, slowest, ROOT / "book" / "suite.json")
    return code


if __name__ == "__main__":
    sys.exit(main())
