"""HolePainter in a page without a kernel: mouse, keys, undo, and what it says; and with one."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.widgets import HolePainter
from browser.jupyter_lab import run_notebook
from browser.looks import in_looks
from browser.speed import settle
from browser.test_lab import run_cell, write_notebook

pytestmark = pytest.mark.browser

ALIEN = """([canvas, [w, h]]) => {  // where the canvas is orange or white: [w h] of 0 and 1
    const d = canvas.getContext("2d").getImageData(0, 0, w, h).data, out = [];
    for (let i = 0; i < d.length; i += 4) {
        const white = d[i] === 255 && d[i + 1] === 255 && d[i + 2] === 255;
        out.push(white || (d[i] === 213 && d[i + 1] === 94 && d[i + 2] === 0) ? 1 : 0);
    }
    return out;
}"""


def painter(**options):
    x = data.photographs("train")[0].x[:, 60:180, 100:260].clamp(max=0.9)
    return HolePainter(x, radius=5, **options)


def hole(page):
    settle(page, 120)
    canvas = page.locator(".aigc-holes-picture").element_handle()
    return torch.tensor(page.evaluate(ALIEN, [canvas, [160, 120]])).view(120, 160)


def disc(*centres, radius=5):
    rows, columns = torch.meshgrid(torch.arange(120), torch.arange(160), indexing="ij")
    inside = [(rows - y) ** 2 + (columns - x) ** 2 <= radius**2 for x, y in centres]
    return torch.stack(inside).any(0).int()


def test_keys_paint_undo_erase_and_clear(show):
    page, watch = show(painter())
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    page.keyboard.press("Shift+ArrowDown")
    assert hole(page).equal(disc((80, 60), (81, 60), (82, 60)))
    assert "Brush at 82, 65, lifted" in canvas.get_attribute("aria-label")
    text = page.locator(".aigc-holes").inner_text()
    assert f"{100 * disc((80, 60), (81, 60), (82, 60)).sum() / 19200:.1f} %" in text
    page.get_by_role("button", name="erase").click()
    canvas.focus()
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    erased = disc((80, 60), (81, 60), (82, 60)) * (1 - disc((82, 65)))
    assert hole(page).equal(erased)
    page.get_by_role("button", name="Undo").click()
    assert hole(page).equal(disc((80, 60), (81, 60), (82, 60)))
    page.get_by_role("button", name="Clear").click()
    assert hole(page).sum() == 0
    assert "nothing is missing" in page.locator(".aigc-holes").inner_text()
    watch.assert_quiet()


def test_the_mouse_paints_a_line_without_gaps(show):
    page, watch = show(painter())
    box = page.get_by_role("application").bounding_box()
    scale = box["width"] / 160
    page.mouse.move(box["x"] + 20.5 * scale, box["y"] + 30.5 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 120.5 * scale, box["y"] + 30.5 * scale)
    page.mouse.up()
    painted = hole(page)
    assert painted[30, 15:126].all() and not painted[30, :15].any() and not painted[37:].any()
    watch.assert_quiet()


def test_it_says_that_no_kernel_answers(show):
    page, watch = show(painter())
    page.wait_for_function("document.querySelector('.aigc-holes-kernel').textContent !== ''")
    assert "No kernel answers here" in page.locator(".aigc-holes-kernel").inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    mask = data.degrade.scratch_mask(120, 160, generator=torch.Generator().manual_seed(1))
    page, watch = show(painter(mask=mask), dark=dark, viewport={"width": width, "height": 800})
    page.wait_for_function("document.querySelector('.aigc-holes-kernel').textContent !== ''")
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"hole-painter-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()


PAINT = """
import torch
from aigc_teach.widgets import HolePainter
painter = HolePainter(torch.zeros(1, 40, 60), radius=2)
painter
"""
MASK = """
print("mask:", painter.mask.dtype, painter.mask[0, 0, 20].nonzero().flatten().tolist())
"""


def test_the_mask_comes_back_to_a_kernel(lab_page, lab_folder):
    page, watch, address = lab_page
    run_notebook(page, address, write_notebook(lab_folder, "paint.ipynb", PAINT, MASK))
    page.wait_for_selector(".aigc-holes")
    cells = page.locator(".jp-Cell").count()
    page.locator(".aigc-holes-picture").focus()
    for key in (" ", "ArrowRight", " ", "ArrowDown"):
        page.keyboard.press(key)
    settle(page, 5000)  # longer than the page waits for an answer
    assert page.locator(".aigc-holes-kernel").inner_text() == ""
    assert page.locator(".jp-Cell").count() == cells
    assert run_cell(page, 1).strip() == "mask: torch.bool [28, 29, 30, 31, 32, 33]"
    watch.assert_quiet()
