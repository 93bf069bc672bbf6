"""AlignmentViewer in a page without a kernel: words, lines, keys, the map, and how it looks."""

from __future__ import annotations

import pytest

from aigc_teach.widgets import AlignmentViewer
from aigc_teach.widgets.alignment_viewer import Written
from browser.looks import in_looks
from browser.play import play
from browser.speed import settle

pytestmark = pytest.mark.browser
BODY = ["The", "induced", "subgraph", "contains", "each", "edge", "in", "edges", "."]
ENGLISH, FRENCH = "October 25, 2031", "25 octobre 2031"
LOOKS = [8, 9, 10, 0, 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15]  # which place each letter looks at


def row(word, copied, place, invented=False):
    weights = [0.02] * len(BODY)
    weights[place] = 1 - 0.02 * (len(BODY) - 1)
    return Written(word, weights, copied, invented)


def copier():
    copying = [row("Return", 0.02, 0), row("the", 0.4, 1), row("subgraph", 0.97, 2)]
    without = [row("Return", 0, 0), row("the", 0, 1), row("GPU", 0, 4, True)]
    writers = {"copies": [copying, copying], "does not copy": [without, without]}
    return AlignmentViewer([BODY, BODY], writers, title="Copies", names=("body", "summary"))


def translator():
    eye = [[float(place == k) * 0.9 for k in range(len(ENGLISH))] for place in LOOKS]
    text = [Written(letter, weights) for letter, weights in zip(FRENCH, eye, strict=True)]
    return AlignmentViewer([list(ENGLISH)] * 3, {"net": [text] * 3}, letters=True, word=11)


def chosen(page):
    return page.evaluate(
        "() => [...document.querySelectorAll('line[data-chosen]')].map((e) => +e.dataset.chosen)"
    )


def test_a_word_shows_where_it_looked(show):
    page, watch = show(copier())
    caption = page.locator("output.aigc-caption")
    assert "\u201cReturn\u201d: copied with probability 0.02" in caption.inner_text()
    page.get_by_role("button", name="subgraph (copied)").click()
    settle(page, 150)
    assert "0.97, looked at \u201csubgraph\u201d 0.84" in caption.inner_text()
    assert page.locator("mark[data-looked]").all_inner_texts() == ["subgraph"]
    assert chosen(page) == [2]
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


def test_the_mouse_and_the_arrow_keys_walk_over_the_letters(show):
    page, watch = show(translator())
    caption, letters = page.locator("output.aigc-caption"), page.locator("button[data-kind]")
    assert "\u201c2\u201d: looked at \u201c2\u201d at place 13 0.90" in caption.inner_text()
    letters.nth(3).hover()
    settle(page, 150)
    assert chosen(page) == [0] and "\u201cO\u201d at place 1" in caption.inner_text()
    letters.nth(3).focus()
    page.keyboard.press("ArrowRight")
    settle(page, 150)
    assert chosen(page) == [1]
    assert letters.nth(4).evaluate("(e) => e === document.activeElement")
    page.keyboard.press("End")
    settle(page, 150)
    assert chosen(page) == [15] and letters.nth(14).get_attribute("aria-pressed") == "true"
    assert page.get_by_role("slider", name="writer").count() == 0
    watch.assert_quiet()


def test_a_line_ends_under_the_word_that_was_looked_at(show):
    page, watch = show(translator())
    off = page.evaluate(
        """() => {
            const line = document.querySelector("line[data-chosen]").getBoundingClientRect();
            const mark = document.querySelectorAll("mark")[12].getBoundingClientRect();
            const button = document.querySelector("[aria-pressed=true]").getBoundingClientRect();
            return [mark.left + mark.width / 2, button.left + button.width / 2].map((x) =>
                Math.min(Math.abs(line.left - x), Math.abs(line.right - x)));
        }"""
    )
    assert max(off) < 1
    watch.assert_quiet()


def test_the_map_is_walked_with_the_same_keys(show):
    page, watch = show(translator())
    page.get_by_role("button", name="a map").click()
    settle(page, 150)
    assert not page.locator(".aigc-alignment-stage").is_visible()
    drawn = page.get_by_role("img", name="Map of weights")
    drawn.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    settle(page, 150)
    assert "\u201c5\u201d: looked at" in page.locator("output.aigc-caption").inner_text()
    box = drawn.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 12)
    settle(page, 150)
    assert "at place 16" in page.locator("output.aigc-caption").inner_text()
    watch.assert_quiet()


@pytest.mark.parametrize("view", ["lines", "map"])
def test_it_follows_within_a_frame(show, view):
    widget = copier()
    widget.view = view
    page, watch = show(widget)
    play(page, page.locator(".aigc-alignment"))
    watch.assert_quiet()


@in_looks("width", 1000, 375)
@pytest.mark.parametrize("view", ["lines", "map"])
@pytest.mark.parametrize("make", [copier, translator])
def test_pictures(show, pictures, dark, width, view, make):
    widget = make()
    widget.view = view
    page, watch = show(widget, dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"alignment-{make.__name__}-{view}-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
