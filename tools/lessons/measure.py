"""Run a notebook and measure it: minutes, work, and the peak memory of all its processes."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from lessons.kept import load, place, write_whole
from lessons.pace import REFERENCE_SECONDS, reference_seconds
from lessons.places import Places
from offline import offline_command

MOST_MEMORY = 2.0  # GB, for any lesson
TORCH_MEMORY = 0.24  # GB that the import of torch's CPU build takes; a CUDA build's 0.4 to 0.56
MOST_MINUTES = 60  # what is still running then will never end
SAMPLE_SECONDS = 0.2
FINE = 1_000_000  # bytes: a family that has changed by less is not weighed again
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # a traceback's colours, noise in a report
PIPELINE = Path(__file__).resolve().parents[1] / "notebooks.py"


@dataclass
class Measured:
    """What running a notebook took, and how it ended.

    Attributes
    ----------
    minutes, memory_gb : float
        By the clock; at the peak, of all processes.
    cpu_seconds : float
        Spent by all processes.
    reference : float
        CPU seconds that a fixed piece of work took just before and after (see `lessons.pace`).
    torch_gb : float
        What the import of torch alone takes here.
    threads : int
        That torch was told to compute with; while one of them works alone the others wait busily.
    """

    name: str
    minutes: float
    memory_gb: float
    passed: bool
    offline: bool
    cpu_seconds: float = 0.0
    reference: float = REFERENCE_SECONDS
    torch_gb: float = TORCH_MEMORY
    threads: int = 1
    output: str = ""

    @property
    def budget_minutes(self) -> float:
        """Minutes of work on the machine that the budgets were set on, however busy this is."""
        return self.cpu_seconds / self.threads / self.reference * REFERENCE_SECONDS / 60

    def complaint(self, *, minutes: float, memory_gb: float) -> str:
        """Return what is wrong against these limits as one sentence, or "".

        The limits are for torch's CPU build; what another build takes more by its import alone
        is no lesson's fault.
        """
        limit = min(memory_gb, MOST_MEMORY) + max(0.0, self.torch_gb - TORCH_MEMORY)
        if not self.passed:
            return f"{self.name} failed:\n{COLOUR.sub('', self.output)[-6000:]}"
        if self.memory_gb > limit:
            return (
                f"{self.name} took {self.memory_gb:.2f} GB of memory; its limit is {limit:.3g} GB."
            )
        if self.budget_minutes > minutes:
            return (
                f"{self.name} took {self.budget_minutes:.2f} minutes of work; its budget is "
                f"{minutes:g}. ({self.cpu_seconds:.1f} s of CPU time of {self.threads} thread"
                f"{'s' * (self.threads > 1)}, "
                f"{self.cpu_seconds / self.reference:.0f} times the reference work of "
                f"{self.reference:.2f} s here and now; a minute is "
                f"{60 / REFERENCE_SECONDS:.0f} times.)"
            )
        return ""


def measure(
    command: list[str], name: str, *, budget: str, offline: bool = True, **settings: str
) -> Measured:
    """Run `command` with ``AIGC_BUDGET=budget`` and `settings`, offline where that is allowed."""
    refused = ""
    if offline:
        command, refused = offline_command(command)
    quiet = {"AIGC_BUDGET": budget, "AIGC_PROGRESS": "off", "PYTEST_ADDOPTS": ""}
    environment = {"OMP_NUM_THREADS": "1", **os.environ, **quiet, **settings}
    before = reference_seconds()
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    peak, cpu, output = watch(process)
    return Measured(
        name=name,
        minutes=(time.monotonic() - started) / 60,
        memory_gb=peak / 1e9,
        passed=process.returncode == 0,
        offline=offline and not refused,
        cpu_seconds=cpu,
        reference=(before + reference_seconds()) / 2,
        torch_gb=torch_gb(),
        threads=max(1, int(environment["OMP_NUM_THREADS"])),
        output=output,
    )


@functools.cache
def torch_gb() -> float:
    """Return the GB of memory that a process holds which has imported torch and nothing else."""
    code = "import psutil, torch; print(psutil.Process().memory_info().rss / 1e9)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout)


def watch(process: subprocess.Popen, minutes: float = MOST_MINUTES) -> tuple[int, float, str]:
    """Wait for `process`; return its family's peak bytes, CPU seconds, and what it printed.

    What has not ended after `minutes` is stuck: the family is ended, and the output says so.
    """
    usage, until = Usage(), time.monotonic() + 60 * minutes
    while True:
        members = family(process.pid)
        usage.look(members)
        try:
            output, _ = process.communicate(timeout=SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() < until:
                continue
            for member in members:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            output, _ = process.communicate()
            output += f"\nIt was stuck: still running after {minutes:g} minutes, and was ended.\n"
        return usage.peak, usage.cpu_seconds, output


class Usage:
    """What a family of processes takes, looked at again and again.

    Attributes
    ----------
    peak : int
        Bytes of all at once, the most that was seen.
    cpu_seconds : float
        Of all that were ever seen.
    """

    def __init__(self):
        self.peak = 0
        self._cpu: dict[int, float] = {}
        self._weighed: dict[int, int] = {}

    @property
    def cpu_seconds(self) -> float:
        return sum(self._cpu.values())

    def look(self, members: list[psutil.Process]) -> None:
        """Take note of what `members` hold and have spent now."""
        now = {member.pid: resident(member) // FINE for member in members}
        if now != self._weighed:  # weighing shared pages costs milliseconds, and adds up
            self._weighed, self.peak = now, max(self.peak, sum(map(held, members)))
        self._cpu |= {member.pid: seconds for member in members if (seconds := spent(member))}


def family(pid: int) -> list[psutil.Process]:
    """Return a process and everything it started that still lives."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def spent(process: psutil.Process) -> float:
    """Return the CPU seconds that a process has used, its children's not counted."""
    try:
        times = process.cpu_times()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return times.user + times.system


def resident(process: psutil.Process) -> int:
    """Return a process's resident bytes, pages that it shares with others counted in full."""
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def held(process: psutil.Process) -> int:
    """Return a process's proportional memory, or its resident one where the system has no other."""
    try:
        return getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def run_tests_of(notebook: Path, root: Path, keep: Path | None = None) -> Measured:
    """Run every cell of a notebook under nbval, in ``ci`` budget and offline.

    Where all pass and `keep` is given, the executed notebook is written there.
    """
    command = [sys.executable, str(PIPELINE), "run", str(notebook)]
    name = notebook.relative_to(root).as_posix()
    return measure([*command, *(["--keep", str(keep)] if keep else [])], name, budget="ci")


def run_lesson_tests(source: Path, places: Places) -> tuple[Measured, bool]:
    """Run a lesson's notebook under nbval, or recall how it went when nothing has changed since.

    Returns what was measured, and whether it is from an earlier run. Only a run that passed and
    left its notebook is recalled; none is where the environment variable AIGC_FRESH is set.
    """
    keep = place(source, places, "ci")
    measurement = keep.with_suffix(".json")
    if not os.environ.get("AIGC_FRESH") and load(keep, source) and (old := recall(measurement)):
        return old, True
    measurement.unlink(missing_ok=True)
    measured = run_tests_of(places.notebook_of(source), places.root, keep)
    if measured.passed:
        write_whole(measurement, as_json(measured))
    return measured, False


def recall(measurement: Path) -> Measured | None:
    """Return a stored measurement, or None."""
    try:
        return Measured(**json.loads(measurement.read_text("utf-8")))
    except (OSError, ValueError, TypeError):  # absent, damaged, or of another version
        return None


def as_json(measured: Measured) -> str:
    """Return a measurement as text, without what the run printed."""
    values = {key: value for key, value in asdict(measured).items() if key != "output"}
    return json.dumps(values, indent=1) + "\n"


def record(measured: Measured, folder: Path) -> Path:
    """Write a measurement as JSON: one file a notebook, so that parallel tests do not collide."""
    path = folder / (measured.name.replace("/", "__") + ".json")
    write_whole(path, as_json(measured))
    return path
