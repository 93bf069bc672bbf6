"""Pages, and a JupyterLab that is started once for all browser tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from browser.chromium import Watch, picture_folder
from browser.jupyter_lab import start_lab
from browser.static_page import write_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def book_under_way(request, tmp_path_factory):
    """The real book, built on the second core from the first browser test on.

    A function that waits for its end and gives the folder of pages; they are built as
    `make book` builds them, in ``ci`` budget. Nothing is built where no test asks for it.
    """
    if not any("test_real_book" in item.nodeid for item in request.session.items):
        yield None
        return
    target = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-b", "html"]
    folders = ["-d", str(target / "doctrees"), str(ROOT / "book"), str(target / "html")]
    environment = os.environ | {"AIGC_BUDGET": "ci", "OMP_NUM_THREADS": "1"}
    with (target / "log").open("w+") as log:
        building = subprocess.Popen([*command, *folders], stdout=log, stderr=log, env=environment)

        def wait() -> Path:
            assert building.wait(timeout=1100) == 0, (target / "log").read_text()[-4000:]
            return target / "html"

        yield wait
        building.kill()  # where the tests ended before it did


@pytest.fixture
def new_page(chromium):
    """A function that opens an empty page and watches it: ``page, watch = new_page()``."""
    contexts = []

    def make(**options):
        options = {"viewport": {"width": 1000, "height": 900}, **options}
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        return page, Watch(page)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def show(new_page, tmp_path):
    """A function that opens a page with the given widgets and no kernel: (page, watch)."""

    def make(*widgets, dark=False, **options):
        path = write_page(tmp_path, list(widgets), dark=dark)
        page, watch = new_page(**options)
        page.goto(path.as_uri())
        page.wait_for_function(f"document.querySelectorAll('.aigc').length === {len(widgets)}")
        page.wait_for_timeout(300)
        return page, watch

    return make


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """The folder of screenshots: $AIGC_SCREENSHOTS, or a temporary one."""
    return picture_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    """The folder that JupyterLab serves; put notebooks here."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab(chromium, lab_folder, tmp_path_factory):
    """The address of a real JupyterLab on loopback."""
    server, address = start_lab(lab_folder, tmp_path_factory.mktemp("lab-home"))
    yield address
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def lab_page(lab, new_page):
    """(page, watch, address) of a page in which a notebook can be run."""
    page, watch = new_page(viewport={"width": 1280, "height": 1000})
    yield page, watch, lab
    if "jupyterapp" in page.evaluate("() => Object.keys(window).filter((k) => k === 'jupyterapp')"):
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
