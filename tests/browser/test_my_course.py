"""What a person does with `make lab`: open a lesson, run it, save it. The course is unharmed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

import my_course
from browser.jupyter_lab import TOKEN, run_notebook, start_lab
from house.clone import clone, git, run_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

LEAD_PICTURE = """() => [...document.querySelectorAll(".jp-MarkdownOutput img")]
    .map((image) => image.complete && image.naturalWidth > 0)"""
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
CHECKS = ["tests/notebooks/test_pipeline.py", "-k", "odd_files or in_step"]


def listing(address: str, path: str) -> list[str]:
    """The names that JupyterLab shows in a folder."""
    url = f"{address}/api/contents/{path}?token={TOKEN}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return sorted(item["name"] for item in json.load(answer)["content"])


@pytest.fixture
def opened(chromium, tmp_path_factory):
    """A clone of the course in which `make lab`'s own command was given."""
    root = clone(tmp_path_factory.mktemp("clone"))
    command = (str(root / "tools" / "my_course.py"),)
    home = tmp_path_factory.mktemp("lab-home")
    server, address = start_lab(None, home, command, PYTHONPATH=str(root))
    yield root, address
    server.terminate()
    server.wait(timeout=20)


def test_a_lesson_is_run_and_saved_and_the_course_stays_as_it_was(opened, new_page):
    root, address = opened
    assert listing(address, "") == ["book", "notebooks"]  # the learner's; the stored lie above
    with pytest.raises(urllib.error.HTTPError):
        listing(address, "../notebooks")
    page, watch = new_page(viewport={"width": 1280, "height": 1000})
    run_notebook(page, address, my_course.FIRST, seconds=300)
    shown = page.evaluate(LEAD_PICTURE)
    assert shown and all(shown), "the lesson's picture is not found beside the copy"
    page.evaluate(SAVE)
    mine = root / "my_course" / my_course.FIRST
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert my_course.was_run(mine.read_bytes())
    page.get_by_role("link", name="the variational autoencoder").first.click()
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context?.path.endsWith('02_vae.ipynb')"
    )
    watch.assert_quiet()
    assert git(root, "status", "--porcelain") == ""
    done = run_in(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKS)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout[-4000:]
    saved = mine.read_bytes()
    assert my_course.make_copies(root, fresh="").fresh == [
        f"my_course/{my_course.FIRST.replace('.ipynb', '.fresh-2.ipynb')}"
    ]
    assert mine.read_bytes() == saved
