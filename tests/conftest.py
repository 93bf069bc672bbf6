"""What every test gets: one thread, and a home of its own."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter
from pathlib import Path

# One font cache for all tests and kernels; each would build its own in a fresh home.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).parents[1] / ".cache" / "matplotlib"))
# Before torch is imported anywhere: small models are faster on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# nbformat's checker of schemas would compile 38 grammars of addresses that no notebook holds.
sys.modules.setdefault("rfc3987_syntax", None)

import pytest

from slowest import tell


def one_thread() -> None:
    """Let a forked process compute alone: its parent's OpenMP threads are not there, and it waits
    for them for ever where the tests run with two.
    """
    os.environ["AIGC_THREADS"] = "1"  # what `fit` asks for
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


if hasattr(os, "fork"):
    os.register_at_fork(after_in_child=one_thread)

BEGUN = time.monotonic()
LONGEST = ("test_execute.py", "test_real_book.py", "test_lessons.py")  # minutes each


def pytest_terminal_summary(terminalreporter):
    """Tell what took long, at the end of a run."""
    tell(terminalreporter, time.monotonic() - BEGUN)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With ``--dist loadfile``, share the notebooks out one by one: each is a kernel of its own."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # by its controller alone

    class ByFileOrNotebook(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if "test_execute.py::" in nodeid else super()._split_scope(nodeid)

    config.option.loadscopereorder = False  # in the order of pytest_collection_modifyitems
    return ByFileOrNotebook(config, log)


def pytest_ignore_collect(collection_path, config):
    """With ``-m browser``, leave alone a file that marks no test so: importing all takes long."""
    if config.option.markexpr == "browser" and collection_path.match("test_*.py"):
        return "mark.browser" not in collection_path.read_text("utf-8") or None
    return None


def pytest_collection_modifyitems(items):
    """Begin with what takes long, so that no core waits at the end."""
    size = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item):
        path = item.path
        return path.name not in LONGEST, path not in slow, -size[path], str(path)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without the garbage collector: what is made here lives to the end of the session."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_make_parametrize_id(val, argname):
    """Name a test by what a person can read and type, and every process writes alike.

    Bytes may hold a time stamp and floats a processor's last digits; they, long texts and texts
    of several lines or in another script, are called by the argument's name and counted.
    """
    if isinstance(val, float):
        return f"{val:.6g}"
    if isinstance(val, bytes | bytearray):
        return argname
    if isinstance(val, str) and not (val.isascii() and val.isprintable() and len(val) <= 80):
        return argname
    return None


@pytest.fixture(autouse=True, scope="module")
def forget(request):
    """Let go of what a module's cached functions keep (trained models), once its tests are over."""
    yield
    module = getattr(request.node, "obj", None)
    for value in list(vars(module).values()) if module else []:
        if callable(getattr(value, "cache_clear", None)):
            value.cache_clear()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep progress files and caches out of the real home folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium, one for all browser tests; skips, and says so, where there is none."""
    from browser.chromium import FLAGS, find_chromium  # by the few tests that need it only

    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
