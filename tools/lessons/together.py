"""Several kernels that run one lesson at the same time, as a class does on a hub: what they take.

Memory is the proportional one: a page that several kernels share is counted once in all. Time is
the processor's: on a machine that does nothing else, so many seconds on its cores.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from lessons.measure import family, held, spent
from lessons.pictures import CELL_TIMEOUT
from lessons.places import Places

SAMPLE_SECONDS = 0.5
BUDGET = "ci"
CORES = 2  # of the machine that the page speaks of


@dataclass(frozen=True)
class Together:
    """What `kernels` kernels took that ran `lesson` at once.

    Attributes
    ----------
    memory_gb : float
        Of all kernels at their common peak.
    cpu_seconds : float
        Of all kernels.
    """

    lesson: str
    kernels: int
    memory_gb: float
    cpu_seconds: float

    @property
    def minutes(self) -> float:
        """On `CORES` cores that do nothing else; a kernel computes on one of them."""
        return self.cpu_seconds / min(self.kernels, CORES) / 60


def run_together(notebook: Path, name: str, kernels: int) -> Together:
    """Run so many copies of `notebook` at once, each in a kernel of its own.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails in one of them.
    """
    clients = [
        NotebookClient(
            nbformat.read(notebook, as_version=4),
            timeout=CELL_TIMEOUT,
            resources={"metadata": {"path": str(notebook.parent)}},
        )
        for _ in range(kernels)
    ]
    failures: list[BaseException] = []

    def run(client: NotebookClient) -> None:
        try:
            client.execute()
        except BaseException as failure:  # a thread's own would be printed and forgotten
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    peak, cpu = 0, {}
    while any(thread.is_alive() for thread in threads):
        members = family(psutil.Process().pid)[1:]
        peak = max(peak, sum(map(held, members)))
        cpu |= {member.pid: seconds for member in members if (seconds := spent(member))}
        threads[-1].join(SAMPLE_SECONDS)
    if failures:
        raise failures[0]
    return Together(name, kernels, round(peak / 1e9, 2), round(sum(cpu.values()), 1))


def stored_file(places: Places) -> Path:
    return places.book / "hub.json"


def store(rows: Sequence[Together], places: Places) -> None:
    """Write what was measured, beside what other lessons took."""
    new = {(row.lesson, row.kernels): asdict(row) for row in rows}
    old = {(row["lesson"], row["kernels"]): row for row in stored(places)}
    told = [row for _, row in sorted((old | new).items())]
    stored_file(places).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def stored(places: Places) -> list[dict]:
    """Return the rows of book/hub.json; none where it is not there."""
    path = stored_file(places)
    return json.loads(path.read_text("utf-8")) if path.exists() else []
