"""The sound grid in a page without a kernel: two sliders, and a voice on request."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.widgets import SoundGrid
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

DATA = "document.querySelector('.aigc-sound-grid').dataset"


def grid():
    t = torch.arange(4000) / 8000
    sounds = [[0.4 * torch.sin(900.0 * (r + 1) * t[: 1500 * c]) for c in (1, 2)] for r in range(3)]
    return SoundGrid(sounds, rate=8000, rows=("pitch", (35, 50, 65)), columns=("speed", (1, 0.5)))


def test_sliders_choose_and_nothing_speaks_by_itself(show):
    page, watch = show(grid())
    assert page.evaluate(f"() => {DATA}.setting") == "1,1"
    page.get_by_role("slider", name="pitch").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("slider", name="speed").focus()
    page.keyboard.press("ArrowLeft")
    settle(page, 200)
    assert page.evaluate(f"() => {DATA}.setting") == "2,0"
    assert page.get_by_role("slider", name="pitch").get_attribute("aria-valuetext") == "65"
    assert page.evaluate(f"() => {DATA}.state") == "quiet"
    page.get_by_role("button", name="Speak", exact=True).click()
    page.wait_for_function(f"() => {DATA}.state === 'speaking'")
    page.wait_for_function(f"() => {DATA}.state === 'quiet'")
    watch.assert_quiet()


def test_it_speaks_after_each_change_where_that_was_chosen(show):
    page, watch = show(grid())
    page.get_by_role("button", name="Speak after each change").click()
    page.get_by_role("slider", name="pitch").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"() => {DATA}.state === 'speaking'")
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(grid(), dark=dark, viewport={"width": width, "height": 600})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"sound-grid-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
