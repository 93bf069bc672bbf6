"""Run a lesson once as a lecturer would, and note the seconds that every cell took."""

from __future__ import annotations

import contextlib
import os

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from lessons.kept import load, place, save
from lessons.pictures import CELL_TIMEOUT
from lessons.places import Places
from lessons.source import LessonError

SECONDS = "aigc_seconds"  # the name in a cell's metadata


def executed(source, places: Places, budget: str):
    """Return the lesson's executed notebook in `budget`: a kept one, or it is run and kept.

    A kept notebook may be without seconds (the tests keep theirs so); `seconds_of` then says None.
    A notebook that runs in ``lecture`` budget is kept with them.
    """
    keep = place(source, places, budget)
    found = load(keep, source)
    if found is not None:
        return found
    notebook = run_timed(source, places, budget)
    save(notebook, keep)
    return notebook


def run_timed(source, places: Places, budget: str):
    """Run the lesson's notebook; each code cell gets its seconds into its metadata.

    The seconds are processor time of the kernel, as everywhere in this course: how busy the
    machine is, is no lesson's fault. One thread computes, so that is the clock of an idle machine.
    """
    path = places.notebook_of(source)
    notebook = nbformat.read(path, as_version=4)
    settings = {"AIGC_BUDGET": budget, "AIGC_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
    os.environ.update(settings)
    before: dict[int, float] = {}

    def start(cell, cell_index, **_):
        before[cell_index] = spent(client)

    def end(cell, cell_index, **_):
        cell.metadata[SECONDS] = round(spent(client) - before[cell_index], 2)

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=start,
        on_cell_executed=end,
    )
    try:
        client.execute()
    except CellExecutionError as failure:
        raise LessonError(f"{path.name}: a cell failed.\n{failure}") from None
    return notebook


def spent(client: NotebookClient) -> float:
    """Return the processor seconds of the client's kernel and of all that it started."""
    root = psutil.Process(client.km.provisioner.pid)
    seconds = 0.0
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


def seconds_of(cell) -> float | None:
    """Return the seconds that an executed cell took, or None where nobody measured."""
    return cell.metadata.get(SECONDS)
