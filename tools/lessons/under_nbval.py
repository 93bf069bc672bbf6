"""Run a notebook under nbval, and keep what its kernel sent: outputs and widgets.

nbval is the judge, and reads the kernel's messages one by one. The plugin below hands each of
them to nbclient as well, which knows how to make a notebook of them. So a lesson runs once.
"""

from __future__ import annotations

import contextlib
import copy
import time
from pathlib import Path
from queue import Empty

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbval.plugin import IPyNbCell, IPyNbFile

from lessons.kept import save

CELL_SECONDS = 600  # nobody's cell takes as long; a stuck one must end some day
OPTIONS = [
    *("-p", "nbval"),  # left out of all other runs (pyproject.toml)
    *("--nbval-lax", "--nbval-cell-timeout", str(CELL_SECONDS)),
    *("--nbval-kernel-startup-timeout", "300"),
    *("-p", "no:cacheprovider", "-o", "timeout=0", "-q", "-x"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # this module has imported nbval
]
MESSAGE_SECONDS = 60  # for an output to arrive after its cell has ended (nbval's own: 5)


class KernelDied(Exception):
    """The kernel's process ended while a cell ran."""


class Keeper:
    """A pytest plugin that listens to nbval's kernel.

    Parameters
    ----------
    target : Path or None
        Where the executed notebook goes once all its cells have passed.
    """

    def __init__(self, target: Path | None):
        self.target = target
        self.client: NotebookClient | None = None
        self.cells: list = []
        self.finished: set[int] = set()
        self.at = 0
        self.message: str | None = None  # the request that the current cell was sent with

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item) -> None:
        """Attach to the kernel before the first cell runs."""
        if not isinstance(item, IPyNbCell):
            return
        item.output_timeout = MESSAGE_SECONDS
        self.at = item.cell_num
        if self.client is None:
            self.attach(item.parent)
        self.client.clear_before_next_output = False

    def attach(self, file: IPyNbFile) -> None:
        """Listen to everything that passes between nbval and its kernel."""
        notebook = copy.deepcopy(file.nb)  # nbval compares with its own
        self.client = NotebookClient(notebook, record_timing=False)
        self.client.kc = file.kernel.kc
        self.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        receive = file.kernel.get_message

        def get_message(stream, timeout=None):
            message = self.receive(file.kernel, receive, stream, timeout)
            self.take(stream, message)
            return message

        def execute_cell_input(code, allow_stdin=None):
            # as JupyterLab does: cells are numbered, and tracebacks name the number
            self.message = file.kernel.kc.execute(
                code, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
            )
            return self.message

        file.kernel.get_message = get_message
        file.kernel.execute_cell_input = execute_cell_input

    def receive(self, kernel, receive, stream: str, timeout: float | None):
        """Wait for a message as `receive` does, but notice at once when the kernel is dead."""
        until = time.monotonic() + (CELL_SECONDS if timeout is None else timeout)
        while True:
            left = until - time.monotonic()
            try:
                return receive(stream, timeout=max(0.0, min(1.0, left)))
            except Empty:
                if not kernel.is_alive():
                    raise KernelDied(self.obituary(kernel)) from None
                if left <= 1.0:
                    raise

    def obituary(self, kernel) -> str:
        """Return what is known of a kernel's end, as a sentence."""
        process = getattr(getattr(kernel.km, "provisioner", None), "process", None)
        code = getattr(process, "returncode", None)
        how = f" by signal {-code}" if code is not None and code < 0 else ""
        how += " (often: the system ran out of memory)" if code == -9 else ""
        return f"the kernel died{how} while it ran code cell {self.at + 1}."

    def take(self, stream: str, message: dict) -> None:
        """Hand a message that answers the current cell to nbclient."""
        if stream != "iopub" or message["parent_header"].get("msg_id") != self.message:
            return
        try:
            self.client.process_message(message, self.cells[self.at], self.at)
        except CellExecutionComplete:
            self.finished.add(self.at)

    def pytest_sessionfinish(self, session, exitstatus) -> None:
        """Keep the notebook if every cell ran and passed."""
        if self.target is None or self.client is None or exitstatus != 0:
            return
        if self.finished == set(range(len(self.cells))):
            self.client.set_widgets_metadata()
            save(self.client.nb, self.target)


def run_under_nbval(notebook: Path, target: Path | None = None) -> int:
    """Run every cell of `notebook`; return pytest's exit code. Passed, it is kept at `target`."""
    if target is not None:
        with contextlib.suppress(FileNotFoundError):
            target.unlink()
    return int(pytest.main([*OPTIONS, str(notebook)], plugins=[Keeper(target)]))
