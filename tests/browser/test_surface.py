"""LossSurface in a page without a kernel: dragged, by keyboard, at both ends, in time."""

from __future__ import annotations

import pytest

from aigc_teach.widgets.surface import LOSSES, LossSurface
from browser.looks import in_looks
from browser.speed import assert_quick_drag, settle

pytestmark = pytest.mark.browser


def row(page, name):
    """Value, slope and best place that the table shows for one loss."""
    cells = page.locator(
        ".aigc-readout tr", has=page.get_by_role("rowheader", name=name, exact=True)
    )
    return [cell.replace("\u2212", "-") for cell in cells.locator("td").all_inner_texts()]


def sum_of_pixels(page):
    return page.locator("canvas").evaluate(
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height)"
        ".data.reduce((s, v) => s + v, 0)"
    )


def test_a_drag_moves_the_prediction_and_the_table_within_a_frame(show):
    page, watch = show(LossSurface([0.0, 1.0], loss="mse"))
    assert row(page, "squared error")[2] == "0.50"
    before = sum_of_pixels(page)
    assert_quick_drag(page, page.locator(".aigc-surface"), page.locator("canvas"))
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.up()
    settle(page, 100)
    value, slope, best = row(page, "squared error")
    assert float(slope) > 0.3 and best == "0.50" and float(value) > 0.25
    assert sum_of_pixels(page) != before
    watch.assert_quiet()


def test_a_target_is_dragged_and_the_minimum_follows(show):
    page, watch = show(LossSurface([0.5], loss="bce"))
    box = page.locator("canvas").bounding_box()
    zoom = box["width"] / 640
    left, inner = 48 * zoom, 580 * zoom
    rail = box["y"] + (26 + (350 - 70) * (2.2 + 0.8) / 3.2) * zoom
    page.mouse.move(box["x"] + left + 0.5 * inner, rail)
    page.mouse.down()
    page.mouse.move(box["x"] + left + 0.8 * inner, rail, steps=5)
    page.mouse.up()
    settle(page, 150)
    assert float(row(page, LOSSES["bce"])[2]) == pytest.approx(0.8, abs=0.011)
    assert float(row(page, LOSSES["cb"])[2]) > 0.95  # its parameter is no grey
    watch.assert_quiet()


def test_sliders_go_to_both_ends_in_every_loss_and_axis(show):
    page, watch = show(LossSurface([0.3, 1.0]))
    buttons = page.locator(".aigc-choices").first.locator("button")
    assert buttons.count() == 5
    for axis in ("prediction", "logit"):
        page.get_by_role("button", name=axis, exact=True).click()
        for i in range(5):
            buttons.nth(i).click()
            for slider in page.locator("input[type=range]").all():
                for key in ("Home", "End"):
                    slider.focus()
                    page.keyboard.press(key)
                    settle(page, 40)
                    text = page.locator(".aigc-readout").inner_text()
                    assert "NaN" not in text and "Infinity" not in text and "undefined" not in text
    watch.assert_quiet()


def test_everything_by_keyboard(show):
    page, watch = show(LossSurface([1.0], prediction=0.5, loss="bce"))
    canvas = page.locator("canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    settle(page, 100)
    assert "at x\u0302 0.56" in canvas.get_attribute("aria-label")
    page.keyboard.press("1")  # the target
    page.keyboard.press("Shift+ArrowLeft")
    settle(page, 100)
    assert "targets 0.95" in canvas.get_attribute("aria-label")
    page.keyboard.press("ArrowDown")  # back to the prediction
    page.keyboard.press("ArrowLeft")
    settle(page, 700)
    label = canvas.get_attribute("aria-label")
    assert "at x\u0302 0.55" in label and "lowest at 0.95" in label
    assert "lowest at 0.95" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_twenty_steps_get_nowhere_where_the_sigmoid_is_applied_twice(show):
    page, watch = show(LossSurface([1.0], prediction=0.001, loss="bce"))
    page.locator("canvas").focus()
    page.keyboard.press("Enter")
    settle(page, 100)
    right = float(row(page, LOSSES["bce"])[0])
    assert right < 0.4
    page.get_by_role("button", name=LOSSES["twice"]).click()
    page.locator("input[type=range]").first.fill("-6.9")
    page.get_by_role("button", name="20 steps down").click()
    settle(page, 100)
    assert float(row(page, LOSSES["twice"])[0]) > 0.69
    assert "20 taken" in page.get_by_role("button", name="20 steps down").inner_text()
    watch.assert_quiet()


def test_targets_are_added_and_removed_and_the_median_is_an_interval(show):
    page, watch = show(LossSurface([1.0], loss="l1"))
    page.get_by_role("button", name="0 or 1").click()
    settle(page, 100)
    assert row(page, "absolute error")[2] == "0.00 to 1.00"
    add, remove = (page.get_by_role("button", name=n) for n in ("Add a target", "Remove it"))
    for _ in range(5):
        add.click()
    settle(page, 100)
    assert add.is_disabled()
    for _ in range(6):
        remove.click()
    settle(page, 100)
    assert remove.is_disabled()
    page.get_by_role("button", name="skewed").click()
    settle(page, 100)
    assert row(page, "absolute error")[2] == "0.00" and row(page, "squared error")[2] == "0.26"
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_it_fits(show, pictures, dark, width):
    page, watch = show(
        LossSurface([0, 0, 0, 0.3, 1], loss="mse"),
        dark=dark,
        viewport={"width": width, "height": 900},
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(
        path=pictures / f"surface_{width}_{'dark' if dark else 'light'}.png", full_page=True
    )
    watch.assert_quiet()
