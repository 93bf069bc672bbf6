"""The real book, built from the real lessons, with the network off: every instrument alive.

The book shows what nbval has run and kept; a lesson that was not run yet is run by the build.
Where the other tests run beside these (tools/stages.py), the build waits for what they keep.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from browser.accessible import violations
from browser.play import play
from browser.speed import settle
from lessons.kept import place
from lessons.places import here

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(4000)]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.relative_to(ROOT / "book") for path in here().sources()]
NUMBERS = """() => [...document.querySelectorAll("article div.text_html:has(> img)")]
    .map((figure) => getComputedStyle(figure, "::after").content)"""
# What axe-core looks at: the whole of the first page, the other pages' own text, one lesson's (with
# AIGC_ALL=1 each one's); each kind of instrument where it is played first. More would take minutes.
PAGES = ("index", "status", "quality", "listings", "bench", "glossary", "references", "symptoms")
PAGES += ("faq", "paths", "errata", "diagnose", "teach/index", "teach/03_models/02_vae")
PART = {"index": "body", "listings": "article table"}
LESSON = "02_subtitles"
NARROW = ("index", "glossary", "status", "symptoms")
LARGEST = 2.5e6  # bytes of a lesson's page
# in the page's own text; the theme shows its logo twice, once without words
WITHOUT_ALT = """() => [...document.querySelectorAll("article img")]
    .filter((image) => !image.alt || image.alt.length < 4).length"""


def wait_for_the_notebooks() -> None:
    """Wait until the tests that run beside these have kept every lesson, or have ended."""
    beside, kept = os.environ.get("AIGC_BESIDE"), [place(s, here(), "ci") for s in here().sources()]
    while beside and psutil.pid_exists(int(beside)) and not all(path.exists() for path in kept):
        time.sleep(1)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of the real book's pages, built as `make book` does, in ``ci`` budget."""
    wait_for_the_notebooks()
    target = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-b", "html"]
    folders = ["-d", str(target / "doctrees"), str(ROOT / "book"), str(target / "html")]
    environment = os.environ | {"AIGC_BUDGET": "ci", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, *folders], capture_output=True, text=True, env=environment)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-4000:]
    print(f"{told.count('Executed notebook in')} lessons were run by the build")
    return target / "html"


@pytest.fixture(scope="module")
def played():
    """The kinds of instrument that were played on a page; each is once, or all with AIGC_ALL=1."""
    return set()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_lives_in_the_book_without_kernel_and_network(
    blank_page, book, pictures, played, lesson
):
    page, watch = blank_page(viewport={"width": 1300, "height": 1000})
    page.goto((book / lesson.with_suffix(".html")).as_uri())
    page.wait_for_selector(".aigc", timeout=600_000)
    page.wait_for_selector("mjx-container", state="attached")
    settle(page, 1000)
    for number, instrument in enumerate(page.locator(".aigc:not(.aigc-monitor)").all()):
        kind = instrument.get_attribute("class").split()[-1].removeprefix("aigc-")
        assert instrument.bounding_box()["height"] > 50 and instrument.inner_text().strip(), kind
        if kind in played and not os.environ.get("AIGC_ALL"):
            continue
        played.add(kind)
        print(f"{lesson.stem} in the book, {kind}", end=": ")
        play(page, instrument)
        instrument.evaluate("(e) => e.setAttribute('data-played', '')")
        assert violations(page, "[data-played]") == []
        instrument.evaluate("(e) => e.removeAttribute('data-played')")
        instrument.scroll_into_view_if_needed()
        page.screenshot(path=pictures / f"book-{lesson.stem}-instrument-{number}-{kind}.png")
    assert page.evaluate(WITHOUT_ALT) == 0
    if lesson.stem == LESSON or os.environ.get("AIGC_ALL"):
        assert violations(page, "article") == []
    assert (book / lesson.with_suffix(".html")).stat().st_size <= LARGEST
    assert page.locator(".cell_output img").count() >= 3
    numbers = page.evaluate(NUMBERS)
    assert len(numbers) >= 3 and all("Figure" in number for number in numbers)
    page.evaluate("() => window.scrollTo(0, 0)")
    page.screenshot(path=pictures / f"book-{lesson.stem}-top.png")
    watch.assert_quiet()


@pytest.mark.parametrize("name", PAGES)
def test_the_other_pages_ask_nobody_for_anything(blank_page, book, pictures, name):
    page, watch = blank_page(viewport={"width": 1300, "height": 1000})
    page.goto((book / f"{name}.html").as_uri())
    assert page.locator("article h1").count() == 1
    assert violations(page, PART.get(name, "article")) == []
    page.screenshot(path=pictures / f"book-{name.replace('/', '-')}.png")
    if name in NARROW:
        page.set_viewport_size({"width": 390, "height": 800})
        settle(page, 300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=pictures / f"book-{name}-phone.png")
    watch.assert_quiet()
