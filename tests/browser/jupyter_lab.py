"""A real JupyterLab for the tests: start it, open a notebook, run it, wait for its end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from browser.speed import settle

TOKEN = "tests-only"
SETTINGS = {
    # all cells are in the page at once, so that a test finds every output
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}
READY = """() => window.jupyterapp && window.jupyterapp.shell.currentWidget
    && window.jupyterapp.shell.currentWidget.sessionContext
    && window.jupyterapp.shell.currentWidget.sessionContext.session
    && window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    && window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === "idle" """
# asked of the notebook itself: a folded cell shows no number
FINISHED = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const code = cells.filter((cell) => cell.model.type === "code");
    return code.length > 0 && code.every((cell) => cell.model.executionCount);
}"""
# asked of the notebook too: how an error is drawn differs between versions of JupyterLab
ERRORS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    return cells.filter((cell) => cell.model.type === "code")
        .filter((cell) => !(cell.model.getMetadata("tags") || []).includes("raises-exception"))
        .flatMap((cell) => cell.model.outputs.toJSON())
        .filter((output) => output.output_type === "error")
        .map((output) => `${output.ename}: ${output.evalue}`);
}"""
DIALOG = ".jp-Dialog"  # "Kernel Restarting": it died
# The window that is open shows another notebook; what it showed before is closed, its kernel ended.
SHOW_NEXT = """async (path) => {
    const app = window.jupyterapp;
    for (const widget of [...app.shell.widgets("main")]) {
        if (widget.sessionContext) await widget.sessionContext.shutdown();
        widget.dispose();
    }
    for (const button of document.querySelectorAll(".jp-Dialog .jp-mod-accept")) button.click();
    await app.commands.execute("docmanager:open", { path });
}"""
POLL = 500  # ms between two questions to the page; each frame, the default, keeps a core busy
# the end, good or bad: nobody waits for cells that will never run
ENDED = f"""() => ({ERRORS})().length || document.querySelector("{DIALOG}") || ({FINISHED})()"""


def start_lab(
    folder: Path | None,
    home: Path,
    program: tuple[str, ...] = ("-m", "jupyterlab"),
    **environment: str,
) -> tuple[subprocess.Popen, str]:
    """Serve `folder` on loopback with a token; returns the process and its address.

    Another `program` that opens JupyterLab makes its own choices; `folder` is None then.
    """
    settings = home / "settings"
    for name, values in SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "OMP_NUM_THREADS": "1",
        "AIGC_BUDGET": os.environ.get("AIGC_BUDGET", "ci"),
        "AIGC_PROGRESS": "off",
        **environment,
    }
    choices = ["--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly"]
    choices.append(f"--ServerApp.root_dir={folder}")
    command = [
        *(sys.executable, *program, "--no-browser", "--allow-root"),
        "--expose-app-in-browser",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        *(choices if folder else []),
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]
    log = (home / "lab.log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    _wait_for(server, address, home / "lab.log")
    return server, address


def _wait_for(server: subprocess.Popen, address: str, log: Path, *, seconds: float = 600) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=5):
            return
        time.sleep(0.3)
    server.kill()
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def open_notebook(page, address: str, path: str, *, seconds: float = 600) -> None:
    """Open `path` (relative to the served folder) and wait for its kernel to be idle.

    A page in which this JupyterLab is open keeps it: loading it takes ten times a notebook's work.
    """
    if page.url.startswith(address):
        page.evaluate(SHOW_NEXT, path)
    else:
        page.goto(f"{address}/lab/tree/{path}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=1000 * seconds)
    page.wait_for_function(READY, timeout=1000 * seconds, polling=POLL)


def start_running(page) -> None:
    """Run all cells, without waiting for them."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


def interrupt(page) -> None:
    """Press the notebook's stop button."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")


def run_notebook(page, address: str, path: str, *, seconds: float = 2000) -> None:
    """Open `path`, run all its cells, wait until the last one has its number.

    Raises AssertionError with the error's text if a cell failed, and with JupyterLab's own
    words if the kernel died.
    """
    open_notebook(page, address, path)
    start_running(page)
    page.wait_for_function(ENDED, timeout=1000 * seconds, polling=POLL)
    assert (failed := page.evaluate(ERRORS)) == [], f"a cell failed: {failed}"
    told = page.locator(DIALOG)
    assert told.count() == 0, told.first.inner_text()


def set_theme(page, name: str) -> None:
    """Switch to "JupyterLab Light" or "JupyterLab Dark"."""
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name
    )
    light = "true" if name.endswith("Light") else "false"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
    settle(page, 500)
