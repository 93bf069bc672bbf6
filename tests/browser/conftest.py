"""Pages, and a JupyterLab that is started once for all browser tests."""

from __future__ import annotations

import subprocess

import pytest

from browser.chromium import Watch, picture_folder
from browser.jupyter_lab import start_lab
from browser.speed import settle
from browser.static_page import write_page

PATIENCE = 200_000  # ms, only for what never comes: the usual 30 s is a clock


def pytest_collection_modifyitems(items):
    """A browser test ends some day; how busy the machine is, is not its fault."""
    for item in items:
        if "browser" in item.keywords and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(1500))


@pytest.fixture
def new_page(chromium):
    """A function that opens an empty page and watches it: ``page, watch = new_page()``."""
    contexts = []

    def make(**options):
        options = {"viewport": {"width": 1000, "height": 900}, **options}
        contexts.append(chromium.new_context(**options))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        return page, Watch(page)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def kept_page(chromium):
    """(page, watch) for the tests of a module, one after another."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page, Watch(page)
    context.close()


@pytest.fixture
def blank_page(new_page, kept_page):
    """A function that gives a blank page and watches it: ``page, watch = blank_page()``.

    A test's first one is the module's: a new page has a process of its own, which would compile
    megabytes of scripts again, three times the work of showing them. One with options is new.
    """
    given = []

    def make(viewport=None, **options):
        viewport = viewport or {"width": 1000, "height": 900}
        if given or options:
            return new_page(viewport=viewport, **options)
        given.append(kept_page)
        page, watch = kept_page
        page.mouse.up()
        page.mouse.move(0, 0)
        page.set_viewport_size(viewport)
        page.goto("about:blank")
        watch.forget()
        return page, watch

    return make


@pytest.fixture
def show(blank_page, tmp_path):
    """A function that opens a page with the given widgets and no kernel: (page, watch)."""

    def make(*widgets, dark=False, **options):
        path = write_page(tmp_path, list(widgets), dark=dark)
        page, watch = blank_page(**options)
        page.goto(path.as_uri())
        page.wait_for_function(f"document.querySelectorAll('.aigc').length === {len(widgets)}")
        settle(page, 300)
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
    try:
        server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        server.kill()


@pytest.fixture(scope="module")
def lab_window(lab, chromium):
    """(page, watch, address) of one window in which a module's notebooks are run one by one."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page, Watch(page), lab
    context.close()


@pytest.fixture
def lab_page(lab, new_page):
    """(page, watch, address) of a page in which a notebook can be run."""
    page, watch = new_page(viewport={"width": 1280, "height": 1000})
    yield page, watch, lab
    if "jupyterapp" in page.evaluate("() => Object.keys(window).filter((k) => k === 'jupyterapp')"):
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
