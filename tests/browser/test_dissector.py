"""The bound dissector in a page without a kernel: handles, sliders, keys, both ends."""

from __future__ import annotations

import re

import pytest

from aigc_teach.widgets import BoundDissector
from browser.looks import in_looks
from browser.speed import LISTEN, assert_quick_drag, settle

pytestmark = pytest.mark.browser

CURVES = ".aigc-dissector canvas[role=application]"
ENDS = {"q's mean": "mean", "q's spread": "spread", "observation x": "x", "weight w": "weight"}
ENDS |= {"noise s": "noise", "β": "beta", "K draws": "draws"}


def rows(page) -> list[list[str]]:
    """The cells of the table of terms, with plain minus signs."""
    text = page.locator(".aigc-readout tr").evaluate_all(
        "(trs) => trs.map((tr) => [...tr.cells].map((cell) => cell.textContent))"
    )
    return [[cell.replace("\u2212", "-") for cell in row] for row in text]


def results(page) -> list[float]:
    return [float(row[2].removeprefix("= ")) for row in rows(page)]


def gap(page) -> float:
    return float(rows(page)[0][1].split(" - ")[-1])


def test_opens_with_the_exact_terms(show):
    page, watch = show(BoundDissector())
    table = rows(page)
    assert table[0][1:] == ["-2.35 - 0.51", "= -2.85"]
    assert table[1][1:] == ["-2.48 - 0.37", "= -2.85"]
    assert table[2][1:] == ["-3.76 + 0.91", "= -2.85"]
    assert -2.85 < results(page)[3] < -2.3
    watch.assert_quiet()


def test_buttons_put_q_where_they_say(show):
    page, watch = show(BoundDissector())
    page.get_by_role("button", name="Put q on the posterior").click()
    settle(page, 150)
    assert gap(page) == 0 and results(page) == [-2.35] * 4
    label = page.locator(CURVES).get_attribute("aria-label")
    assert label.startswith("q has mean 1.00 and spread 0.45")
    page.get_by_role("button", name="Put q on the prior").click()
    settle(page, 150)
    assert rows(page)[1][1].endswith("- 0.00")  # the KL to the prior
    page.get_by_role("slider", name="β").fill("4")
    page.get_by_role("button", name="Best q for this β").click()
    settle(page, 150)
    label = page.locator(CURVES).get_attribute("aria-label")
    assert label.startswith("q has mean 0.63 and spread 0.71")  # 5 / 8 and sqrt(4 / 8)
    watch.assert_quiet()


def test_every_slider_at_both_ends(show):
    page, watch = show(BoundDissector())
    for name in ENDS:
        slider = page.get_by_role("slider", name=name, exact=True)
        before = slider.input_value()
        for key in ("Home", "End"):
            slider.focus()
            page.keyboard.press(key)
            settle(page, 120)
            text = page.locator(".aigc-dissector").inner_text()
            assert "NaN" not in text and "Infinity" not in text, (name, key)
            first, _, third, _ = results(page)
            assert first == third  # the writings agree, whatever is moved
        slider.fill(before)
    settle(page, 120)
    assert results(page)[0] == -2.85
    watch.assert_quiet()


def test_all_sliders_at_their_ends_together(show):
    page, watch = show(BoundDissector())
    for key in ("Home", "End"):
        for name in ENDS:
            page.get_by_role("slider", name=name, exact=True).focus()
            page.keyboard.press(key)
        settle(page, 150)
        assert "NaN" not in page.locator(".aigc-dissector").inner_text()
        for button in page.locator(".aigc-dissector .aigc-button").all():
            button.click()
            settle(page, 80)
            assert "NaN" not in page.locator(".aigc-dissector").inner_text()
    watch.assert_quiet()


def test_more_draws_tighten_the_bound(show):
    page, watch = show(BoundDissector())
    found = []
    for draws in ("1", "5", "50"):
        page.get_by_role("slider", name="K draws").fill(draws)
        settle(page, 120)
        found.append(results(page)[3])
    assert found[0] == -2.85 and found == sorted(found) and found[2] > -2.4
    watch.assert_quiet()


def test_keyboard_moves_mean_and_spread(show):
    page, watch = show(BoundDissector())
    canvas = page.locator(CURVES)
    canvas.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    settle(page, 150)
    assert canvas.get_attribute("aria-label").startswith("q has mean 0.70 and spread 0.85")
    page.keyboard.press("Home")
    settle(page, 150)
    assert gap(page) == 0
    page.wait_for_function(
        "document.querySelector('.aigc-dissector .aigc-voice').textContent.includes('gap 0.00')"
    )
    watch.assert_quiet()


def place(page, z: float) -> tuple[float, float]:
    """Where on the screen z lies, at the height of the handles (chart of 330 by 268)."""
    box = page.locator(CURVES).bounding_box()
    zoom = box["width"] / 330
    return box["x"] + zoom * (48 + 270 * (z + 4) / 8), box["y"] + zoom * 208


def test_the_handles_can_be_dragged(show):
    page, watch = show(BoundDissector())
    for start, end, expected in [(0.6, 1.6, (1.6, 0.6)), (2.2, 2.9, (1.6, 1.3))]:
        page.mouse.move(*place(page, start))
        page.mouse.down()
        page.mouse.move(*place(page, end), steps=5)
        page.mouse.up()
        settle(page, 150)
        words = page.locator(CURVES).get_attribute("aria-label")
        mean, spread = (float(v) for v in re.findall(r"\d\.\d\d", words)[:2])
        assert (mean, spread) == pytest.approx(expected, abs=0.06), words
    watch.assert_quiet()


def test_a_frame_is_quick(show):
    page, watch = show(BoundDissector(draws=64))
    root = page.locator(".aigc-dissector")
    assert_quick_drag(page, root, page.locator(CURVES))
    watch.assert_quiet()


def test_a_change_of_theme_is_followed(show):
    page, watch = show(BoundDissector())
    page.locator(".aigc-dissector").evaluate(LISTEN)
    page.evaluate(
        "() => { document.body.style.background = '#111'; document.body.style.color = '#eee';"
        " document.documentElement.style.setProperty('--pst-color-text-base', '#eee');"
        " document.documentElement.dataset.theme = 'dark'; }"
    )
    settle(page, 300)
    assert len(page.locator(".aigc-dissector").evaluate("(root) => root.frameTimes")) >= 1
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    """Nothing is wider than the window; a picture of it to look at."""
    page, watch = show(BoundDissector(), dark=dark, viewport={"width": width, "height": 900})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"dissector-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
