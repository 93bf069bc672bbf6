"""A deck in a real Chromium with the network off: keys, notes, pictures, instruments, paper."""

from __future__ import annotations

import pytest
from ipywidgets.embed import dependency_state
from nbformat.v4 import new_output

from browser.accessible import violations
from browser.instruments import dense_explorer
from browser.speed import settle
from lessons.deck import make_deck
from lessons.deck_page import copy_static, write_deck
from lessons.kept import code_cells
from sample_deck import ran, sample_course

pytestmark = pytest.mark.browser

INDICES = "() => { const at = Reveal.getIndices(); return [at.h, at.v]; }"
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture
def deck_page(tmp_path):
    """The page of the sample lesson's deck, with an instrument where its second cell is."""
    course, lesson = sample_course(tmp_path / "course")
    notebook = ran(lesson, course)
    explorer = dense_explorer()
    view = {"model_id": explorer.model_id, "version_major": 2, "version_minor": 1}
    code_cells(notebook)[1].outputs = [new_output("display_data", {WIDGET: view})]
    state = dependency_state([explorer], drop_defaults=False)
    notebook.metadata["widgets"] = {
        STATE: {"version_major": 2, "version_minor": 0, "state": state},
    }
    folder = tmp_path / "out"
    copy_static(folder)
    return write_deck(make_deck(lesson, notebook, "lecture"), notebook, course, folder)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_a_deck_lives_without_a_network(new_page, deck_page, pictures, width, height):
    page, watch = new_page(viewport={"width": width, "height": height})
    page.goto(deck_page.as_uri())
    page.wait_for_function("window.Reveal?.isReady() && document.querySelector('.aigc-plane')")
    page.wait_for_function("document.querySelector('mjx-container')")
    page.wait_for_function("deckOverflows().length === 0")
    settle(page, 1000)
    assert page.evaluate("deckOverflows()") == []
    assert violations(page) == []
    page.screenshot(path=pictures / f"slides-{width}-title.png")

    assert page.evaluate(INDICES) == [0, 0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(INDICES) == [2, 0]
    assert "Predict." in page.locator("section.present:not(.stack)").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(INDICES) == [1, 0]
    total = page.evaluate("Reveal.getTotalSlides()")
    assert page.locator("aside.notes").count() == total
    assert "minutes" in page.evaluate("Reveal.getSlideNotes()")

    shown = "(image) => image.complete && image.naturalWidth > 0 && image.alt.length > 3"
    assert all(image.evaluate(shown) for image in page.locator("img").all())
    assert page.locator("img").count() == 2

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.locator(".aigc-plane").focus()
    before = page.locator(".aigc-explorer output").inner_text()
    page.keyboard.press("ArrowRight")  # the instrument's key now
    settle(page, 200)
    assert page.evaluate(INDICES) == [3, 0]
    assert page.locator(".aigc-explorer output").inner_text() != before
    box = page.locator(".aigc-plane").bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    settle(page, 200)
    words = page.locator(".aigc-explorer output").inner_text()
    assert words.startswith("x 1.5") and ", y 1.5" in words, words
    page.screenshot(path=pictures / f"slides-{width}-instrument.png")
    page.keyboard.press("Escape")  # gives the keys back
    page.keyboard.press("ArrowRight")
    assert page.evaluate(INDICES)[0] == 4
    watch.assert_quiet()


def test_a_deck_can_be_printed(new_page, deck_page, tmp_path):
    page, watch = new_page(viewport={"width": 1280, "height": 720})
    page.goto(deck_page.as_uri() + "?print-pdf")
    page.wait_for_function("document.querySelectorAll('.pdf-page').length > 0")
    settle(page, 1000)
    pages, total = page.locator(".pdf-page").count(), page.evaluate("Reveal.getTotalSlides()")
    assert pages == total
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") == total
    watch.assert_quiet()
