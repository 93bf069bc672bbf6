"""What the end of a test run tells about its time: the slowest files, and the stage's minutes."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

MOST = 10


def seconds_of(reports) -> Counter:
    """Return the seconds that each file's tests took, set-up and clearing away included."""
    seconds = Counter()
    for report in reports:
        if hasattr(report, "nodeid") and hasattr(report, "duration"):
            seconds[report.nodeid.partition("::")[0]] += report.duration
    return seconds


def tell(terminal, took: float) -> None:
    """Write the ten slowest files, and the minutes that the run took, to pytest's terminal.

    Where the environment variable AIGC_SLOWEST names a file, all files' seconds go there as JSON.
    """
    seconds = seconds_of(report for reports in terminal.stats.values() for report in reports)
    if len(seconds) < 2:  # one file: pytest has said its seconds
        return
    terminal.section("the slowest files")
    for name, spent in seconds.most_common(MOST):
        terminal.write_line(f"{spent:8.1f} s  {name}")
    stage = terminal.config.getoption("markexpr") or "all tests"
    terminal.write_line(f"stage [{stage}]: {took / 60:.1f} minutes")
    if place := os.environ.get("AIGC_SLOWEST"):
        Path(place).write_text(json.dumps(dict(seconds.most_common())), "utf-8")
