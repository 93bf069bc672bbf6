"""CopyViewer in a page without a kernel: sliders, words, shades, and how it looks."""

from __future__ import annotations

import pytest

from aigc_teach.widgets import CopyViewer
from aigc_teach.widgets.copy_viewer import Written
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
BODY = ["The", "induced", "subgraph", "contains", "each", "edge", "in", "edges", "."]


def row(word, copied, place, invented=False):
    weights = [0.02] * len(BODY)
    weights[place] = 1 - 0.02 * (len(BODY) - 1)
    return Written(word, copied, weights, invented)


def viewer():
    copying = [row("Return", 0.02, 0), row("the", 0.4, 1), row("subgraph", 0.97, 2)]
    without = [row("Return", 0, 0), row("the", 0, 1), row("GPU", 0, 4, True)]
    writers = {"copies": [copying, copying], "does not copy": [without, without]}
    return CopyViewer([BODY, BODY], writers, title="Copies")


def test_a_word_shows_where_it_looked(show):
    page, watch = show(viewer())
    caption = page.locator("output.aigc-caption")
    assert "\u201cReturn\u201d: copied with probability 0.02" in caption.inner_text()
    page.get_by_role("button", name="subgraph (copied)").click()
    settle(page, 150)
    assert "0.97, looked at \u201csubgraph\u201d 0.84" in caption.inner_text()
    assert page.locator("mark[data-looked]").all_inner_texts() == ["subgraph"]
    page.get_by_role("slider", name="writer").press("ArrowRight")
    settle(page, 150)
    assert page.get_by_role("slider", name="writer").get_attribute("aria-valuetext") == (
        "does not copy"
    )
    page.get_by_role("button", name="GPU (invented)").click()
    settle(page, 150)
    assert "the body lacks this name" in caption.inner_text()
    page.get_by_role("slider", name="body").press("End")
    settle(page, 150)
    assert "\u201cReturn\u201d" in caption.inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    widget = viewer()
    widget.word = 2
    page, watch = show(widget, dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"copy-viewer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
