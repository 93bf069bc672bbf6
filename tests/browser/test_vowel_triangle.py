"""The vowel triangle in a page without a kernel: drag, keys, sliders, and a voice on request."""

from __future__ import annotations

import pytest

from aigc_teach.models import formant
from aigc_teach.widgets import VowelTriangle
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

DATA = "document.querySelector('.aigc-vowel-triangle').dataset"


def triangle(**options):
    return VowelTriangle(formant.VOWELS, start="hud", **options)


def plane(page):
    return page.locator(".aigc-vowel-triangle canvas[tabindex]")


def formants(page) -> list[int]:
    settle(page, 100)
    return [int(part) for part in page.evaluate(f"() => {DATA}.formants").split(",")]


def test_nothing_speaks_before_it_is_asked(show):
    page, watch = show(triangle())
    settle(page, 300)
    assert page.evaluate(f"() => {DATA}.state") == "quiet"
    page.get_by_role("button", name="heed", exact=True).click()
    assert formants(page) == [270, 2290, 3010]
    assert page.evaluate(f"() => {DATA}.state") == "quiet"
    page.get_by_role("button", name="Speak", exact=True).click()
    page.wait_for_function(f"() => {DATA}.state === 'speaking'")
    assert float(page.evaluate(f"() => {DATA}.peak")) <= 0.891
    page.wait_for_function(f"() => {DATA}.state === 'quiet'")
    watch.assert_quiet()


def test_it_speaks_after_each_change_where_that_was_chosen(show):
    page, watch = show(triangle())
    page.get_by_role("button", name="Speak after each change").click()
    page.get_by_role("button", name="who'd", exact=True).click()
    page.wait_for_function(f"() => {DATA}.state === 'speaking'")
    watch.assert_quiet()


def test_drag_keys_and_sliders_move_the_formants(show):
    page, watch = show(triangle())
    box = plane(page).bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    first, second, third = formants(page)
    assert first < 400 and second > 2000 and third == 2390  # a close front vowel
    plane(page).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert formants(page) == [first + 10, second - 50, third]
    page.get_by_label("Formant 3").focus()
    page.keyboard.press("ArrowRight")
    assert formants(page)[2] == third + 10
    page.get_by_role("button", name="Whisper").click()
    settle(page, 100)
    assert page.get_by_role("button", name="Whisper").get_attribute("aria-pressed") == "true"
    watch.assert_quiet()


@in_looks("width", 900, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(triangle(), dark=dark, viewport={"width": width, "height": 900})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"vowel-triangle-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
