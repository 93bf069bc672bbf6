"""The shape calculator in a page without a kernel: every slider, the keyboard, the mouse."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.nn.shapes import overlap_counts
from aigc_teach.widgets import ShapeCalculator
from aigc_teach.widgets.shapes import LIMITS
from browser.looks import in_looks
from browser.speed import assert_quick, assert_quick_drag, settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

RED = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0)"""
LABELS = {name: name.replace("_", " ").capitalize() for name in LIMITS} | {
    "size": "Input size",
    "layers": "Equal layers",
}


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one calculator; (page, watch)."""

    def make(*, dark=False, width=1000, **settings):
        path = write_page(tmp_path, [ShapeCalculator(**settings)], dark=dark)
        page, watch = new_page(viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('.aigc').length === 1")
        settle(page, 300)
        return page, watch

    return make


def red(page, which):
    """The red channel of one of the three pictures, [H, W]."""
    canvas = page.locator(".aigc-shapes canvas").nth(which)
    width = canvas.evaluate("(c) => c.width")
    return torch.tensor(canvas.evaluate(RED)).view(-1, width)


def answer(page):
    settle(page, 100)
    return page.locator(".aigc-shapes-answer").inner_text()


def move(page, label, value):
    slider = page.get_by_role("slider", name=label, exact=True)
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", str(value))
    settle(page, 80)


def test_the_presets_say_what_they_are_called(show):
    page, watch = show()
    words = page.locator(".aigc-shapes-problem")
    assert answer(page) == "7 → 14 → 28"
    assert "the size of the data" in words.inner_text()
    page.get_by_role("button", name="7 → 56").click()
    assert answer(page) == "7 → 14 → 28 → 56"
    assert "refuses" in words.inner_text()
    page.get_by_role("button", name="7 → 112").click()
    assert answer(page).endswith("→ 112")
    page.get_by_role("button", name="28 → 14 → 7").click()
    assert answer(page) == "28 → 14 → 7"
    assert "⌊(28 + 2·1 − 1·(4 − 1) − 1) / 2⌋ + 1 = 14" in page.locator(".aigc").inner_text()
    page.get_by_role("button", name="7 → 14 → 28 (right)").click()
    assert answer(page) == "7 → 14 → 28"
    assert "(7 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 14" in page.locator(".aigc").inner_text()
    watch.assert_quiet()


def test_both_ends_of_every_slider(show):
    page, watch = show()
    for kind in ("Transposed convolution", "Convolution"):
        page.get_by_role("button", name=kind, exact=True).click()
        for name, ends in LIMITS.items():
            start = page.get_by_role("slider", name=LABELS[name], exact=True).input_value()
            for value in ends:
                move(page, LABELS[name], value)
                text = page.locator(".aigc-shapes").inner_text()
                assert "NaN" not in text and "undefined" not in text, (kind, name, value)
            move(page, LABELS[name], start)
    for corner in (0, 1):  # everything at its lower, then at its upper end
        for kind in ("Transposed convolution", "Convolution"):
            page.get_by_role("button", name=kind, exact=True).click()
            for name, ends in LIMITS.items():
                move(page, LABELS[name], ends[corner])
            text = page.locator(".aigc-shapes").inner_text()
            assert "NaN" not in text and "undefined" not in text
    watch.assert_quiet()


def test_an_impossible_combination_is_told(show):
    page, watch = show(transposed=False, size=3, kernel=3, stride=2, padding=0, layers=2)
    assert answer(page) == "3 → 1 → ?"
    assert "Layer 2: A kernel that reaches over 3 pixels" in page.locator(".aigc").inner_text()
    move(page, "Kernel", 7)
    assert answer(page) == "3 → ?"
    assert page.locator(".aigc-shapes canvas:visible").count() == 0
    page.get_by_role("button", name="checkerboard").click()
    assert answer(page) == "7 → 14 → 28"
    assert "1 or 2: uneven" in page.locator(".aigc").inner_text()
    watch.assert_quiet()


def test_the_output_picture_shows_the_counts(show):
    page, watch = show(size=4, kernel=3, stride=2, padding=0, layers=1, row=0, column=0)
    drawn, counts = red(page, 1), overlap_counts(4, 3, 2)
    cell = drawn.shape[0] / len(counts)
    middles = [int((n + 0.5) * cell) for n in range(len(counts))]
    shades = {}
    for i, row in enumerate(middles):
        for j, column in enumerate(middles):
            shades.setdefault(int(counts[i] * counts[j]), set()).add(int(drawn[row, column]))
    assert sorted(shades) == [1, 2, 4] and all(len(s) == 1 for s in shades.values()), shades
    assert min(shades[1]) > min(shades[2]) > min(shades[4])  # more taps are darker (less red)
    watch.assert_quiet()


def test_arrow_keys_and_a_drag_mark_the_inputs(show):
    page, watch = show(layers=1)
    before = red(page, 0)
    grid = page.get_by_role("application")
    grid.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    settle(page, 100)
    assert "row 6, column 2 is made of 4 taps" in grid.get_attribute("aria-label")
    assert (red(page, 0) != before).any()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 2)
    settle(page, 100)
    assert "row 0, column 13 is made of 1 tap." in grid.get_attribute("aria-label")
    page.keyboard.press("Home")
    settle(page, 700)
    assert "row 0, column 0" in grid.get_attribute("aria-label")
    assert "row 0, column 0" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_it_is_quick(show):
    page, watch = show(size=28, kernel=5, stride=4, padding=0, layers=4)
    root = page.locator(".aigc-shapes")
    assert_quick_drag(page, root, page.get_by_role("application"))

    def slide() -> None:
        for k in range(40):
            move(page, "Kernel", 1 + k % 7)

    assert_quick(page, root, slide)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(dark=dark, width=width, kernel=3, output_padding=1)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"shapes-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
