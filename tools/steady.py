"""Run the suite several times beside busy processes: ``tools/steady.py [--runs 3] [pytest ...]``.

A suite that fails on a busy machine says nothing there. What stands after ``--`` goes to pytest;
without it everything but the browser is run, or with ``--browser`` the browser's tests, which hold
the times of frames.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUITE = ["-m", "not browser", "-n", "2", "--dist", "loadfile", "--doctest-modules", "-q"]
BROWSER = ["-m", "browser", "-n", "2", "--dist", "loadfile", "-q"]
# It ends with whoever started it, however that one ends.
BUSY = "import os, sys\nwhile os.getppid() == int(sys.argv[1]):\n    sum(range(10**6))"


@dataclass
class Run:
    """How one run of the suite ended."""

    counts: dict[str, int]  # "passed", "failed", ...
    failed: list[str]  # names of tests
    minutes: float
    code: int

    def __str__(self) -> str:
        said = ", ".join(f"{n} {kind}" for kind, n in self.counts.items()) or "no test ran"
        return f"{said}, exit status {self.code}, {self.minutes:.1f} minutes"


@contextlib.contextmanager
def busy(n: int = 2) -> Iterator[list[subprocess.Popen]]:
    """Keep `n` processes at work, as another program would."""
    command = [sys.executable, "-c", BUSY, str(os.getpid())]
    processes = [subprocess.Popen(command) for _ in range(n)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def read_report(text: str) -> tuple[dict[str, int], list[str]]:
    r"""Return (counts, names of the tests that failed) of what pytest printed.

    >>> read_report("FAILED a.py::b - assert 0\n1 failed, 2 passed in 3.00s\n")
    ({'failed': 1, 'passed': 2}, ['a.py::b'])
    """
    lines = text.splitlines()
    closing = next((line for line in reversed(lines) if re.search(r" in [\d.]+s", line)), "")
    counts = re.findall(r"(\d+) (failed|passed|skipped|errors?|deselected)", closing)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    return {kind: int(n) for n, kind in counts}, failed


def run_once(arguments: Sequence[str]) -> Run:
    """Run pytest once and read its report."""
    start = time.monotonic()
    environment = {"OMP_NUM_THREADS": "1", "AIGC_FRESH": "1", **os.environ}  # notebooks run too
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    counts, failed = read_report(done.stdout)
    return Run(counts, failed, (time.monotonic() - start) / 60, done.returncode)


def steady(runs: int, busy_processes: int, arguments: Sequence[str]) -> bool:
    """Run the suite `runs` times beside busy processes; print each; return whether all passed."""
    whole = True
    with busy(busy_processes):
        for number in range(1, runs + 1):
            run = run_once(arguments)
            whole &= run.code == 0
            print(f"run {number} of {runs}: {run}", *run.failed, sep="\n  ", flush=True)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; 0 if every run passed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--busy", type=int, default=2, help="busy processes beside the suite")
    parser.add_argument("--browser", action="store_true", help="the tests in a browser instead")
    parser.add_argument("pytest", nargs="*", help="after --: what pytest is told")
    told = parser.parse_args(arguments)
    suite = BROWSER if told.browser else SUITE
    return 0 if steady(told.runs, told.busy, told.pytest or suite) else 1


if __name__ == "__main__":
    sys.exit(main())
