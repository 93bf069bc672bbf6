"""The instruments in a page without a kernel and without a network."""

from __future__ import annotations

import re
from functools import partial
from statistics import median

import pytest
import torch

from browser.instruments import (
    code_explorer,
    dense_explorer,
    digit_player,
    finished_monitor,
    label_explorer,
    map_explorer,
    point_player,
)
from browser.looks import in_looks
from browser.speed import assert_quick, assert_quick_drag, settle
from widgets.networks import build

pytestmark = pytest.mark.browser

PIXELS = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data]"""


def grey(page, selector):
    """The canvas's red channel as values in [-1, 1], [H, W]."""
    canvas = page.locator(selector)
    width = canvas.evaluate("(c) => c.width")
    rgba = torch.tensor(canvas.evaluate(PIXELS)).view(-1, width, 4)
    return rgba[..., 0] / 127.5 - 1


@pytest.mark.parametrize(("name", "make"), [("dense", dense_explorer), ("dcgan", label_explorer)])
def test_explorer_shows_what_torch_computes(show, name, make):
    explorer = make()
    page, watch = show(explorer)
    page.locator(".aigc-plane").focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    if explorer.n_classes:
        page.keyboard.press("7")
    settle(page, 200)
    network, latents, classes, output = build(name)
    x, y = 7 * 3 / 30, -3 / 6
    z = torch.tensor(explorer.origin) + x * torch.tensor(explorer.axes[0])
    z = z + y * torch.tensor(explorer.axes[1])
    z = torch.cat([z, torch.eye(10)[7]]) if classes else z
    with torch.no_grad():
        expected = network(z[None])[0, 0]
    if output == "logits":
        expected = 2 * torch.sigmoid(expected) - 1
    words = page.locator(".aigc-explorer output").inner_text()
    assert words.startswith("x 0.70, y \u22120.50"), words
    assert expected.std() > 0.05
    assert (grey(page, ".aigc-picture") - expected).abs().max() < 0.02
    watch.assert_quiet()


@pytest.mark.parametrize("make", [dense_explorer, label_explorer, code_explorer])
def test_explorer_follows_a_drag_within_a_frame(show, make):
    page, watch = show(make())
    before = grey(page, ".aigc-picture")
    settle(page, 1500)  # the map in the background is done
    assert_quick_drag(page, page.locator(".aigc-explorer"), page.locator(".aigc-plane"))
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert (grey(page, ".aigc-picture") - before).abs().max() > 0.05
    watch.assert_quiet()


@pytest.mark.parametrize("zoom", [1, 0.6, 1.5])
def test_a_click_in_a_scaled_page_lands_where_it_is_seen(show, zoom):
    page, watch = show(dense_explorer())  # the plane from -3 to 3
    page.evaluate(f"document.body.style.cssText += 'zoom: 1; transform: scale({zoom});'")
    page.evaluate("document.body.style.transformOrigin = '0 0'")
    box = page.locator(".aigc-plane").bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    settle(page, 200)
    words = page.locator(".aigc-explorer output").inner_text()
    x, y = (float(part.replace("\u2212", "-")) for part in re.findall(r"[\u2212\d.]+", words)[:2])
    assert abs(x - 1.5) < 0.1 and abs(y - 1.5) < 0.1, words
    watch.assert_quiet()


def test_explorer_keys_and_buttons(show):
    page, watch = show(label_explorer())
    words = page.locator(".aigc-explorer output")
    page.get_by_role("button", name="Label 4").click()
    settle(page, 100)
    assert words.inner_text().endswith("label 4")
    assert page.get_by_role("button", name="Label 4").get_attribute("aria-pressed") == "true"
    first = grey(page, ".aigc-picture")
    page.get_by_role("button", name="Another plane").click()
    settle(page, 200)
    other = grey(page, ".aigc-picture")
    assert (first - other).abs().max() > 0.05
    page.locator(".aigc-plane").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    settle(page, 200)
    assert words.inner_text().startswith("x 0.00, y 0.00")
    page.get_by_role("button", name="Back to the start").click()
    settle(page, 200)
    assert (grey(page, ".aigc-picture") - first).abs().max() == 0
    watch.assert_quiet()


def test_explorer_by_touch(show):
    page, watch = show(dense_explorer(), has_touch=True)
    box = page.locator(".aigc-plane").bounding_box()
    page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    settle(page, 200)
    words = page.locator(".aigc-explorer output").inner_text()
    assert words.startswith("x 1.5") and ", y 1.5" in words, words
    watch.assert_quiet()


def test_player_by_keyboard_and_slider(show):
    page, watch = show(digit_player())
    caption, slider = page.locator(".aigc-caption"), page.get_by_role("slider")
    assert caption.inner_text() == "step 950"  # a still page shows the result
    last = grey(page, ".aigc-canvas")
    slider.focus()
    page.keyboard.press("Home")
    settle(page, 100)
    assert caption.inner_text() == "step 0"
    assert (grey(page, ".aigc-canvas") - last).abs().max() > 0.5
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert slider.get_attribute("aria-valuetext") == "step 50"
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('.aigc-caption').textContent === 'step 200'")
    page.get_by_role("button", name="Pause").click()
    stopped = caption.inner_text()
    settle(page, 500)
    assert caption.inner_text() == stopped
    page.wait_for_function(
        "document.querySelector('.aigc-voice').textContent.startsWith('Paused at step')"
    )
    watch.assert_quiet()


def test_player_shows_the_frames_it_was_given(show):
    film = digit_player()
    page, watch = show(film)
    from aigc_teach import data

    x, _ = data.digits("held_out")
    drawn = grey(page, ".aigc-canvas")  # 2 rows of 8, with gaps of 2
    assert drawn.shape == (2 * 28 + 2, 8 * 28 + 14)
    assert (drawn[30:58, 90:118] - x[11, 0]).abs().max() < 0.01
    watch.assert_quiet()


def test_player_is_quick(show):
    page, watch = show(digit_player(), point_player())
    for root in page.locator(".aigc-player").all():
        slide = """async (root) => {
            const slider = root.querySelector("input");
            for (let k = 0; k < 120; k++) {
                slider.value = k % Number(slider.max);
                slider.dispatchEvent(new Event("input"));
                await new Promise(requestAnimationFrame);
            }
        }"""
        assert_quick(page, root, partial(root.evaluate, slide), percentile=median)
    watch.assert_quiet()


def test_monitor_revives_where_the_training_ended(show):
    page, watch = show(finished_monitor())
    root = page.locator(".aigc-monitor")
    assert "Done: 900 of 900 steps" in root.inner_text()
    bar = page.get_by_role("progressbar")
    assert bar.get_attribute("aria-valuenow") == "900"
    assert "critic.total 0." in page.locator("canvas").first.get_attribute("aria-label")
    assert page.locator(".aigc-legend li").count() == 2
    assert grey(page, ".aigc-gallery canvas").shape == (4 * 28 + 6, 4 * 28 + 6)
    watch.assert_quiet()


@in_looks("zoom", 1, 2)
def test_pictures(show, pictures, dark, zoom):
    """One picture of everything, to look at; at 200 % nothing is cut off at the side."""
    widgets = [
        map_explorer(),
        code_explorer(),
        label_explorer(),
        digit_player(),
        point_player(),
        finished_monitor(),
    ]
    page, watch = show(
        *widgets,
        dark=dark,
        viewport={"width": 1000 // zoom, "height": 800 // zoom},
        device_scale_factor=zoom,
    )
    settle(page, 2500)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"static-{'dark' if dark else 'light'}-{100 * zoom}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()


def test_less_motion_is_respected(show):
    page, watch = show(digit_player(), reduced_motion="reduce")
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    begun = page.evaluate("performance.now()")
    page.keyboard.press("Space")
    settle(page, 900)  # at 8 frames a second it would be seven frames on
    frame = int(page.locator(".aigc-caption").inner_text().removeprefix("step ")) // 50
    seconds = (page.evaluate("performance.now()") - begun) / 1000  # more on a busy machine
    assert frame <= 1 + 1.2 * (seconds - 0.9)
    watch.assert_quiet()
