"""MetricBreaker in a page without a kernel: sliders to both ends, keyboard, theme, in time."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach import data
from aigc_teach.metrics import damage
from aigc_teach.widgets import MetricBreaker
from browser.looks import in_looks
from browser.speed import assert_quick, settle

pytestmark = pytest.mark.browser

FAULTS = {
    "blur": ["none", "1 px", "2 px"],
    "drop modes": ["none", "3 digits", "7 digits"],
    "add noise": ["none", "0.1", "0.3"],
}
REAL = {"good share": 0.98, "Frechet": 20.0, "nearest": 10.5, "copies": 0.02}
NOISE = {"good share": (0.95, 1.0), "Frechet": (13, 28), "nearest": (10, 11), "copies": (0, 0.04)}


def spoilt_digits() -> MetricBreaker:
    """Real digits, really spoilt; the scores are invented, so that each fault has its measure."""
    x, labels = data.digits("held_out")
    random = torch.Generator().manual_seed(0)
    table, strips = torch.zeros(3, 3, 3, 4), torch.zeros(3, 3, 3, 20, 28, 28)
    for b, d, z in itertools.product(range(3), repeat=3):
        kept, _ = damage.drop(x[:20], labels[:20], (0, 3, 7)[d], generator=random)
        spoilt = damage.noise(damage.blur(kept, b), (0, 0.1, 0.3)[z], generator=random)
        strips[b, d, z] = spoilt.squeeze(1)
        scores = [0.98 - 0.4 * z, 20 + 300 * b + 100 * d, 10.5 + 3 * z - 2 * b, 0.02 - 0.01 * b]
        table[b, d, z] = torch.tensor(scores)
    better = {"good share": 1, "Frechet": -1, "copies": -1}
    return MetricBreaker(table, strips, faults=FAULTS, real=REAL, noise=NOISE, better=better)


def says(page, name):
    """The score that a row shows, and the word at its end."""
    row = page.locator(
        ".aigc-bars tbody tr", has=page.get_by_role("rowheader", name=name, exact=True)
    )
    cells = row.locator("td").all_inner_texts()
    return cells[0].replace("\u2212", "-"), cells[-1]


def picture(page):
    return page.locator("canvas").evaluate(
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height)"
        ".data.reduce((s, v, i) => s + v * (i % 97), 0)"
    )


def press(page, slider, key):
    slider.focus()
    page.keyboard.press(key)
    settle(page, 80)


def test_each_slider_goes_to_both_ends_and_the_page_follows(show):
    page, watch = show(spoilt_digits())
    before, sliders = picture(page), page.locator("input[type=range]").all()
    assert len(sliders) == 3 and says(page, "Frechet") == ("20.0", "same")
    for slider in sliders:
        press(page, slider, "End")
        assert picture(page) != before
        text = page.locator(".aigc-breaker").inner_text()
        assert "NaN" not in text and "undefined" not in text and "Infinity" not in text
        press(page, slider, "Home")
        assert picture(page) == before
    press(page, sliders[2], "ArrowRight")
    assert says(page, "good share") == ("0.58", "worse") and says(page, "Frechet")[1] == "same"
    watch.assert_quiet()


def test_it_names_who_noticed_who_did_not_and_who_was_fooled(show):
    page, watch = show(spoilt_digits())
    aim = page.locator(".aigc-aim")
    assert "Nothing is broken" in aim.inner_text()
    press(page, page.locator("input[type=range]").nth(0), "End")
    lines = aim.locator("p").all_inner_texts()
    assert lines[0] == "Noticed it: Frechet, nearest"
    assert lines[1] == "Did not notice: good share, copies"
    assert lines[2].endswith("none")
    settle(page, 700)
    assert "blur 2 px" in page.locator(".aigc-voice").inner_text()
    assert "blur 2 px" in page.locator("canvas").get_attribute("aria-label")
    watch.assert_quiet()


def test_buttons_break_and_mend_everything(show):
    page, watch = show(spoilt_digits())
    mend = page.get_by_role("button", name="Mend everything")
    assert mend.is_disabled()
    page.get_by_role("button", name="Everything at once").click()
    settle(page, 100)
    sliders = page.locator("input[type=range]")
    assert [sliders.nth(i).input_value() for i in range(3)] == ["2", "2", "2"]
    assert [sliders.nth(i).get_attribute("aria-valuetext") for i in range(3)] == [
        "2 px",
        "7 digits",
        "0.3",
    ]
    mend.click()
    settle(page, 100)
    assert sliders.first.input_value() == "0" and says(page, "good share")[1] == "same"
    watch.assert_quiet()


def test_a_saved_page_reopens_where_it_was(show):
    widget = spoilt_digits()
    widget.levels = [1, 0, 2]
    page, watch = show(widget)
    assert page.locator("input[type=range]").nth(2).input_value() == "2"
    assert says(page, "good share") == ("0.18", "worse")
    watch.assert_quiet()


def test_a_frame_takes_less_than_a_frame(show):
    page, watch = show(spoilt_digits())
    root, slider = page.locator(".aigc-breaker"), page.locator("input[type=range]").first

    def press_keys() -> None:
        slider.focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Home")
        settle(page)

    assert_quick(page, root, press_keys)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_it_fits(show, pictures, dark, width):
    widget = spoilt_digits()
    widget.levels = [2, 1, 0]
    page, watch = show(widget, dark=dark, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(
        path=pictures / f"breaker_{width}_{'dark' if dark else 'light'}.png", full_page=True
    )
    watch.assert_quiet()
