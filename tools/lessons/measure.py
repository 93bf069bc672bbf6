"""Run a notebook and measure it: minutes, and the peak memory of all its processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from offline import offline_command

MOST_MEMORY = 2.0  # GB, for any lesson
SAMPLE_SECONDS = 0.2
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # a traceback's colours, noise in a report
NBVAL = [
    *(
        "-p",
        "nbval",
        "--nbval-lax",
        "--nbval-cell-timeout",
        "300",
        "--nbval-kernel-startup-timeout",
        "120",
    ),
    *("-p", "no:cacheprovider", "-o", "timeout=0", "-q"),
]


@dataclass
class Measured:
    """What running a notebook took, and how it ended."""

    name: str
    minutes: float
    memory_gb: float
    passed: bool
    offline: bool
    output: str = ""

    def complaint(self, *, minutes: float, memory_gb: float) -> str:
        """Return what is wrong against these limits as one sentence, or ""."""
        limit = min(memory_gb, MOST_MEMORY)
        if not self.passed:
            return f"{self.name} failed:\n{COLOUR.sub('', self.output)[-6000:]}"
        if self.memory_gb > limit:
            return f"{self.name} took {self.memory_gb:.2f} GB of memory; its limit is {limit:g} GB."
        if self.minutes > minutes:
            return f"{self.name} took {self.minutes:.2f} minutes; its budget is {minutes:g}."
        return ""


def measure(
    command: list[str], name: str, *, budget: str, offline: bool = True, **settings: str
) -> Measured:
    """Run `command` with ``AIGC_BUDGET=budget`` and `settings`, offline where that is allowed."""
    refused = ""
    if offline:
        command, refused = offline_command(command)
    quiet = {"AIGC_BUDGET": budget, "AIGC_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **quiet, **settings, "PYTEST_ADDOPTS": ""}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    peak, output = watch(process)
    return Measured(
        name=name,
        minutes=(time.monotonic() - started) / 60,
        memory_gb=peak / 1e9,
        passed=process.returncode == 0,
        offline=offline and not refused,
        output=output,
    )


def watch(process: subprocess.Popen) -> tuple[int, str]:
    """Wait for `process`; return (peak bytes of it and its children, what it printed)."""
    peak = 0
    while True:
        peak = max(peak, tree_memory(process.pid))
        try:
            output, _ = process.communicate(timeout=SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return peak, output


def tree_memory(pid: int) -> int:
    """Return the bytes held by a process and everything it started (shared pages once)."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(held, family))


def held(process: psutil.Process) -> int:
    """Return a process's proportional memory, or its resident one where the system has no other."""
    try:
        return getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def run_tests_of(notebook: Path, root: Path) -> Measured:
    """Run every cell of a notebook under nbval, in ``ci`` budget and offline."""
    command = [sys.executable, "-m", "pytest", *NBVAL, str(notebook)]
    name = notebook.relative_to(root).as_posix()
    return measure(command, name, budget="ci")


def record(measured: Measured, folder: Path) -> Path:
    """Write a measurement as JSON: one file a notebook, so that parallel tests do not collide."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (measured.name.replace("/", "__") + ".json")
    values = {key: value for key, value in asdict(measured).items() if key != "output"}
    path.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    return path
