"""Time in tests: compared with the same machine in the same moment, never with a constant alone."""

from __future__ import annotations

import statistics
import time

QUIET = 0.02  # s: `_work` on one quiet core of 2025


def within(took: float, quiet: float) -> bool:
    """Return whether `took` seconds are no more than `quiet` ones of a quiet core.

    A machine that is slow now is asked how slow: the same seconds may be more of them.
    """
    return took <= quiet or took <= quiet * reference_seconds() / QUIET


def reference_seconds(rounds: int = 5) -> float:
    """Return the processor seconds that a fixed piece of work takes right now."""
    return statistics.median(seconds(_work) for _ in range(rounds))


def seconds(work) -> float:
    """Return the processor seconds that ``work()`` takes in this process.

    Another process's load adds nothing to them. What it slows down (caches, clock rate), it slows
    down for `reference_seconds`, too.
    """
    start = time.process_time()
    work()
    return time.process_time() - start


def _work() -> int:
    table = {}
    for i in range(100_000):
        table[i % 1000] = table.get(i % 1000, 0) + i
    return len(table)
