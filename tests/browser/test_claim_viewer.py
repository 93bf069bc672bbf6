"""ClaimViewer in a page without a kernel: sliders, the next draw, and how it looks."""

from __future__ import annotations

from datetime import date

import pytest

from aigc_teach import metrics
from aigc_teach.data import WeatherDay
from aigc_teach.widgets import ClaimViewer
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
DAY = WeatherDay(date(2015, 3, 12), 4.3, 12.8, -1.5, 6.1, "rain")


def viewer():
    def told(text):
        return text, metrics.find_claims(text, DAY)

    calm = [told("Thursday was rainy. The high was 12.8 °C."), told("Rain. The low was -1.5 °C.")]
    wild = [told("Thursday was sunny, the warmest day of the year."), told("A high of 18.2 °C.")]
    records = ["Thursday, 12 March: rain, high 12.8 °C", "the same again"]
    return ClaimViewer(records, ["0.5", "1.5"], [[calm, wild], [calm, wild]], title="Claims")


def test_sliders_and_the_button_choose_the_text(show):
    page, watch = show(viewer())
    text = page.locator(".aigc-claims-text")
    assert text.inner_text() == "Thursday was rainy. The high was 12.8 °C."
    signs = "(all) => all.map((m) => m.dataset.verdict + getComputedStyle(m, '::after').content)"
    assert text.locator("mark").evaluate_all(signs) == ['right"\u2713"'] * 3
    slider = page.get_by_role("slider", name="temperature")
    slider.press("ArrowRight")
    settle(page, 150)
    assert slider.get_attribute("aria-valuetext") == "1.5"
    verdicts = text.locator("mark").evaluate_all("(all) => all.map((m) => m.dataset.verdict)")
    assert verdicts == ["right", "wrong", "unknown"]
    assert "1 right, 1 wrong, 1 unknown" in page.locator("output.aigc-caption").inner_text()
    page.get_by_role("button", name="Another draw").click()
    settle(page, 150)
    assert text.inner_text() == "A high of 18.2 °C."
    page.get_by_role("slider", name="record").press("End")
    settle(page, 150)
    assert page.locator(".aigc-claims-record").inner_text() == "the same again"
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    widget = viewer()
    widget.setting = 1
    page, watch = show(widget, dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"claim-viewer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
