"""The lessons as a learner meets them: opened in JupyterLab, run to the end, played with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from browser.chromium import drag_times
from browser.jupyter_lab import run_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
SECONDS = 200 if os.environ.get("AIGC_BUDGET", "ci") == "ci" else 800
PICTURES_WITHOUT_ALT = """() => [...document.querySelectorAll(".jp-OutputArea img")]
    .filter((image) => !image.alt || image.alt.length < 15).length"""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_to_its_end_and_its_explorer_follows_the_pointer(
    lab_page, lab_folder, pictures, path
):
    page, watch, address = lab_page
    place = lab_folder / path.relative_to(ROOT)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)
    figures = ROOT / "book" / path.parent.name / "figures"
    shutil.copytree(figures, lab_folder / figures.relative_to(ROOT), dirs_exist_ok=True)
    run_notebook(page, address, place.relative_to(lab_folder).as_posix(), seconds=SECONDS)
    page.wait_for_selector(".aigc-explorer")
    page.wait_for_selector(".aigc-monitor")
    assert "Done" in page.locator(".aigc-monitor").first.inner_text()
    assert page.locator(".jp-OutputArea img").count() >= 3
    assert page.evaluate(PICTURES_WITHOUT_ALT) == 0
    explorer, plane = page.locator(".aigc-explorer").first, page.locator(".aigc-plane").first
    rounds = [drag_times(page, explorer, plane) for _ in range(3)]
    p50, p95 = min(rounds, key=lambda times: times[1])
    print(f"{path.stem}: p50 {p50:.1f} ms, p95 {p95:.1f} ms a frame while dragging")
    assert p95 <= 16
    for number in range(page.locator(".jp-OutputArea img").count()):
        page.locator(".jp-OutputArea img").nth(number).scroll_into_view_if_needed()
        page.screenshot(path=pictures / f"lesson-{path.stem}-{number:02}.png")
    explorer.scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"lesson-{path.stem}-explorer.png")
    page.locator(".aigc-monitor").first.scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"lesson-{path.stem}-monitor.png")
    watch.assert_quiet()
