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

from lessons.measure import Usage, family
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
    usage = Usage()
    while any(thread.is_alive() for thread in threads):
        usage.look([member for client in clients for member in kernel_of(client)])
        threads[-1].join(SAMPLE_SECONDS)
    if failures:
        raise failures[0]
    return Together(name, kernels, round(usage.peak / 1e9, 2), round(usage.cpu_seconds, 1))


def kernel_of(client: NotebookClient) -> list[psutil.Process]:
    """The client's kernel and what that started; nothing before it runs and after it ended.

    Asked by its number: all children of this process would be more, for a moment even a second
    one of its own size, which is about to become a kernel.
    """
    provisioner = getattr(client.km, "provisioner", None)
    number = getattr(provisioner, "pid", None)
    return family(number) if number else []


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


PAGE = """<!-- Made by `make notebooks` from hub.json: do not edit. -->

# A hub for a class

A JupyterHub gives each student a server and a kernel of their own on one machine. How many does
yours hold? Here {counts} kernels ran a lesson from its first cell to its last at the same time,
in `ci` budget (few steps), one thread each. Memory is the proportional one of all kernels at their
common peak. Minutes are those of two cores that do nothing else, computed from the processor
seconds that the kernels took: nobody waits less.

| lesson | kernels | memory (GB) | a kernel (GB) | processor (s) | minutes of two cores |
|---|---:|---:|---:|---:|---:|
{rows}

Kernels share next to nothing: {most} take {ratio:.1f} times the memory of one. Reckon with the
peak memory that the [status page](../status.md) measured for your lesson in full budget, and add
0.14 GB for each student's own JupyterLab server. Time is what runs out first: a lesson that takes
three minutes alone takes {wait:.0f} minutes for {most} students on two cores if all press *Run All*
in the same moment. With `AIGC_BUDGET=lecture` weights are loaded where a lesson has them.

In `jupyterhub_config.py` (names checked with JupyterHub 6.1.1):

```python
c.Spawner.environment = {{"AIGC_BUDGET": "lecture", "OMP_NUM_THREADS": "1"}}
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = "2G"  # kept by spawners of containers and systemd; the plain one ignores it
c.Spawner.cpu_limit = 1
```

* Install the course once for all (`requirements.lock` and the package), read-only. Each student's
  notebooks and progress lie in their own home; `make student` writes the folder to copy there.
* One thread a kernel: so the lessons are measured, and so was the table.
* A kernel keeps its memory until it ends: `jupyterhub-idle-culler` ends the idle ones.
* `aigc-teach doctor` in a student's terminal says in one sentence what is missing.
"""


def page(places: Places, titles: dict[str, str]) -> str:
    """Return the lecturer's page on hubs; `titles` are those of the lessons by their names."""
    rows = [Together(**row) for row in stored(places)]
    lines = [
        f"| [{titles[row.lesson]}](../{row.lesson}.md) | {row.kernels} | {row.memory_gb:.2f} "
        f"| {row.memory_gb / row.kernels:.2f} | {row.cpu_seconds:.0f} | {row.minutes:.1f} |"
        for row in rows
    ]
    counts = sorted({row.kernels for row in rows})
    of_one = {row.lesson: row.memory_gb for row in rows if row.kernels == 1}
    ratios = [row.memory_gb / of_one[row.lesson] for row in rows if row.kernels == counts[-1]]
    return PAGE.format(
        counts=f"{', '.join(map(str, counts[:-1]))} and {counts[-1]}",
        rows="\n".join(lines),
        ratio=sum(ratios) / len(ratios),
        most=counts[-1],
        wait=3 * counts[-1] / CORES,
    )
