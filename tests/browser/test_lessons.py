"""Lessons as a learner meets them: opened in JupyterLab, run to the end, played with.

Which ones, browser/sample.py says.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from browser.jupyter_lab import run_notebook
from browser.play import play
from browser.sample import lessons_in_jupyterlab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(3000)]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [ROOT / "notebooks" / f"{name}.ipynb" for name in lessons_in_jupyterlab()]
PICTURES_WITHOUT_ALT = """() => [...document.querySelectorAll(".jp-OutputArea img")]
    .filter((image) => !image.alt || image.alt.length < 15).length"""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_to_its_end_and_its_instruments_follow(
    lab_window, lab_folder, pictures, path
):
    page, watch, address = lab_window
    watch.forget()
    place = lab_folder / path.relative_to(ROOT)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)
    figures = ROOT / "book" / path.parent.name / "figures"
    shutil.copytree(figures, lab_folder / figures.relative_to(ROOT), dirs_exist_ok=True)
    run_notebook(page, address, place.relative_to(lab_folder).as_posix())
    page.wait_for_selector(".aigc")
    assert page.locator(".jp-OutputArea img").count() >= 3
    assert page.evaluate(PICTURES_WITHOUT_ALT) == 0
    for monitor in page.locator(".aigc-monitor").all():
        assert "Done" in monitor.inner_text()
    instruments = page.locator(".aigc:not(.aigc-monitor)").all()
    for number, instrument in enumerate(instruments):
        kind = instrument.get_attribute("class").split()[-1].removeprefix("aigc-")
        print(f"{path.stem}, {kind}", end=": ")
        play(page, instrument)
        instrument.scroll_into_view_if_needed()
        page.screenshot(path=pictures / f"lesson-{path.stem}-instrument-{number}-{kind}.png")
    for number in range(page.locator(".jp-OutputArea img").count()):
        page.locator(".jp-OutputArea img").nth(number).scroll_into_view_if_needed()
        page.screenshot(path=pictures / f"lesson-{path.stem}-{number:02}.png")
    watch.assert_quiet()
