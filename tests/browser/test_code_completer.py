"""CodeCompleter in a page without a kernel: Tab, Escape, the buttons, and Python's own sums."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.widgets import CodeCompleter
from aigc_teach.widgets.code_completer import suggested, word_table
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
FILES = data.python_source("held_out").files
TABLE = word_table(FILES.values(), contexts=500)
TEXT = "def total(numbers):\n    result = 0\n    for number in num"


def rows(page) -> list[list[str]]:
    settle(page, 200)
    found = page.get_by_role("list", name="Suggestions", exact=True).locator("button")
    return [[s.inner_text() for s in row.locator("code, span").all()] for row in found.all()]


def test_the_page_suggests_what_python_does(show):
    page, watch = show(CodeCompleter(TABLE, text=TEXT))
    box = page.get_by_role("textbox", name="Your code")
    for head in (
        TEXT,
        "import ",
        "self.",
        "x = 1\nprint(x",
        "re",
        "",
        "'ab",
        "月 = s",
        "for i in r",
    ):
        box.fill(head)
        wanted = [[n, f"{p:.2f}", s] for n, p, s in suggested(TABLE, head)]
        assert rows(page) == wanted, head
    watch.assert_quiet()


def test_keys_take_leave_and_count(show):
    page, watch = show(CodeCompleter(TABLE, text=TEXT))
    box = page.get_by_role("textbox", name="Your code")
    box.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")
    settle(page, 200)
    assert box.input_value() == TEXT + "ber" or box.input_value() == TEXT + "bers"
    assert "1 key," in page.locator(".aigc-completer-count").inner_text()
    page.keyboard.type(" + self.")
    settle(page, 200)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    settle(page, 200)
    assert box.evaluate("(box) => box === document.activeElement")
    assert "10 keys" in page.locator(".aigc-completer-count").inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(
        CodeCompleter(TABLE, text=TEXT), dark=dark, viewport={"width": width, "height": 800}
    )
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"code-completer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
