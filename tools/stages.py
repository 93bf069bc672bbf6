"""Run stages of the suite, and say what each took: `python tools/stages.py lint a+b ...`.

Each stage is a target of the Makefile; those joined by + run at once, and what the second and
later ones print follows when all have ended. The first that fails ends the run with its exit code.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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


def run_stages(names: list[str], slowest: Counter) -> tuple[list[Stage], int]:
    """Run ``make`` for each of `names` at once; return what each took and the first bad exit code.

    A later stage finds the process number of the first in ``AIGC_BESIDE``, so that it can wait for
    what that one makes.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        clock, processes, outputs = time.monotonic(), [], []
        for name in names:
            environment = {**os.environ, "AIGC_SLOWEST": str(Path(folder) / f"{name}.json")}
            output = None  # the first one's is seen at once
            if processes:
                output = stack.enter_context(open(Path(folder) / f"{name}.txt", "w+"))
                outputs.append(output)
                environment["AIGC_BESIDE"] = str(processes[0].pid)
            command = ["make", "--no-print-directory", name]
            processes.append(
                subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
            )
        with ThreadPoolExecutor(len(names)) as pool:
            ended = list(pool.map(lambda process: wait(process, clock), processes))
        for output in outputs:
            output.seek(0)
            print(output.read(), end="", flush=True)
        for file in Path(folder).glob("*.json"):
            slowest.update(json.loads(file.read_text("utf-8")))
    for name, process in zip(names, processes, strict=True):
        if process.returncode:
            print(f"{name} failed.")
    stages = [Stage(name, *took) for name, took in zip(names, ended, strict=True)]
    return stages, next((p.returncode for p in processes if p.returncode), 0)


def wait(process: subprocess.Popen, clock: float) -> tuple[float, float]:
    """Wait for a stage; return (minutes since `clock`, CPU minutes of all its processes)."""
    _, status, used = os.wait4(process.pid, 0)  # Windows has none, and no make either
    process.returncode = os.waitstatus_to_exitcode(status)
    return (time.monotonic() - clock) / 60, (used.ru_utime + used.ru_stime) / 60


def table(stages: list[Stage], minutes: float) -> str:
    """Return the stages' minutes as text; `minutes` passed for all of them.

    >>> print(table([Stage("lint", 0.25, 0.2), Stage("test", 5.0, 9.5)], 5.25))
    stage           minutes  CPU minutes
    lint                0.2          0.2
    test                5.0          9.5
    together            5.2          9.7
    """
    rows = [*stages, Stage("together", minutes, sum(stage.cpu_minutes for stage in stages))]
    lines = [f"{row.name:14} {row.minutes:8.1f} {row.cpu_minutes:12.1f}" for row in rows]
    return "\n".join([f"{'stage':14} {'minutes':>8} {'CPU minutes':>12}", *lines])


def store(stages: list[Stage], minutes: float, slowest: Counter, path: Path) -> None:
    """Write what was measured for the status page."""
    from lessons.pace import processor
    from lessons.places import Places

    figures = {
        "date": datetime.date.today().isoformat(),
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "lessons": len(Places(ROOT).sources()),
        "minutes": minutes,
        "stages": [asdict(stage) for stage in stages],
        "slowest": dict(slowest.most_common(MOST)),
    }
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the stages named; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="+", metavar="TARGET[+TARGET]")
    parser.add_argument("--store", action="store_true", help="write book/suite.json")
    given = parser.parse_args(arguments)
    stages, slowest, code, clock = [], Counter(), 0, time.monotonic()
    for names in given.stages:
        ended, code = run_stages(names.split("+"), slowest)
        stages += ended
        if code:
            break
    minutes = (time.monotonic() - clock) / 60
    print(table(stages, minutes), flush=True)
    if given.store and not code:
        store(stages, minutes, slowest, ROOT / "book" / "suite.json")
    return code


if __name__ == "__main__":
    sys.exit(main())
