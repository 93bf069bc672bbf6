"""BeforeAfter in a page without a kernel: the line by mouse and keys, and how it looks."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.data import degrade
from aigc_teach.widgets import BeforeAfter
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

ROW = """(canvas) => [...canvas.getContext("2d").getImageData(0, 60, canvas.width, 1).data]
    .filter((_, i) => i % 4 === 0)"""


def wipe(**options):
    import torch

    x = data.photographs("train")[0].x[None, :, 60:260, 100:340]
    rough = degrade.noise(x, 0.3, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    return x, rough, BeforeAfter(rough, x, names=("noisy", "clean"), title="A cat", **options)


def row(page):
    settle(page, 120)
    return page.locator(".aigc-wipe-picture").evaluate(ROW)


def wanted(x):
    return ((x[0, 0, 60] + 1) * 127.5).round().int().tolist()


def test_the_line_is_dragged_and_moved_by_keys(show):
    clean, rough, widget = wipe()
    page, watch = show(widget)
    noisy, plain = wanted(rough), wanted(clean)
    assert row(page) == noisy[:120] + plain[120:]
    line = page.get_by_role("slider")
    box = line.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.up()
    assert row(page) == noisy[:60] + plain[60:]
    assert line.get_attribute("aria-valuetext") == "25 % noisy, 75 % clean"
    page.keyboard.press("Home")
    assert row(page) == plain
    page.keyboard.press("End")
    assert row(page) == noisy
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowLeft")
    settle(page, 100)
    assert line.get_attribute("aria-valuenow") == "88"
    page.get_by_role("button", name="clean alone").press("Enter")
    assert row(page) == plain
    settle(page, 700)
    assert page.locator(".aigc-voice").inner_text() == "0 % noisy, 100 % clean"
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(wipe()[2], dark=dark, viewport={"width": width, "height": 800})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"before-after-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
