"""The label mixer in a page without a kernel: sliders, plane, buttons, keyboard, speed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach import data
from aigc_teach.widgets import LabelMixer
from browser.looks import in_looks
from browser.speed import assert_quick, assert_quick_drag, settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

RED = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0)"""


SLIDE = """async () => { // every displayed frame moves another slider
    const root = document.querySelector(".aigc-mixer");
    const sliders = [...root.querySelectorAll(".aigc-mixer-sliders input")];
    for (let k = 0; k < 120; k++) {
        const slider = sliders[k % 10];
        slider.value = (Number(slider.value) + 0.35) % 2;
        slider.dispatchEvent(new Event("input"));
        await new Promise((done) => requestAnimationFrame(done));
    }
    return root.frameTimes;
}"""


def mean_decoder() -> nn.Sequential:
    """Draws the mean picture of each class, moved by two directions of style.

    As wide as the lesson's decoder, so that a frame costs as much.
    """
    x, labels = data.digits("held_out")
    flat = x.flatten(1)  # [N, 784]
    means = torch.stack([flat[labels == k].mean(0) for k in range(10)])  # [10, 784]
    torch.manual_seed(0)
    _, spread, directions = torch.pca_lowrank(flat - means[labels], q=2, niter=4)
    first, last = nn.Linear(12, 256), nn.Linear(256, 784)
    with torch.no_grad():
        first.weight.zero_()
        first.bias.zero_()
        last.weight.zero_()
        last.bias.fill_(-1.0)
        for k in range(2):  # a style and its negative: a ReLU passes only one of the two
            first.weight[2 * k, k], first.weight[2 * k + 1, k] = 1, -1
            last.weight[:, 2 * k] = directions[:, k] * spread[k] / len(flat) ** 0.5
            last.weight[:, 2 * k + 1] = -last.weight[:, 2 * k]
        for k in range(10):
            first.weight[4 + k, 2 + k] = 1
            last.weight[:, 4 + k] = means[k] + 1
    return nn.Sequential(first, nn.ReLU(), last, nn.Unflatten(1, (1, 28, 28)))


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one mixer; (page, watch)."""

    def make(*, dark=False, width=1000, **settings):
        mixer = LabelMixer(mean_decoder(), latent_size=2, **settings)
        path = write_page(tmp_path, [mixer], dark=dark)
        page, watch = new_page(viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('.aigc').length === 1")
        settle(page, 300)
        return page, watch

    return make


def picture(page, which=0):
    """Bytes [28, 28] of the large picture, or of a small one (`which` from 1)."""
    canvases = page.locator(".aigc-mixer canvas.aigc-picture")
    return torch.tensor(canvases.nth(which).evaluate(RED)).view(28, 28).float()


def expected(condition, style=(0.0, 0.0)):
    net = mean_decoder()
    with torch.no_grad():
        image = net(torch.cat([torch.tensor(style), torch.as_tensor(condition).float()])[None])
    return ((image[0, 0] + 1) * 127.5).clamp(0, 255)


def told(page):
    settle(page, 120)
    return page.locator(".aigc-mixer-told").inner_text()


def move(page, label, value):
    slider = page.get_by_role("slider", name=label, exact=True)
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", str(value))
    settle(page, 60)


def test_it_draws_what_it_is_asked_for(show):
    page, watch = show()
    assert told(page) == "told: 1.00 of 9; sum 1.00"
    for k in (7, 0):
        page.get_by_role("button", name=f"Draw me a {k}").click()
        assert told(page) == f"told: 1.00 of {k}; sum 1.00"
        assert (picture(page) - expected(torch.eye(10)[k])).abs().max() < 4
        assert (picture(page) - picture(page, 1 + k)).abs().max() == 0
        pressed = page.get_by_role("button", name=f"Draw me a {k}").get_attribute("aria-pressed")
        assert pressed == "true"
    watch.assert_quiet()


def test_a_mixture_is_divided_by_its_sum_or_not(show):
    page, watch = show(mix=[0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    move(page, "Weight of 9", 1)
    assert told(page) == "told: 0.50 of 4, 0.50 of 9; sum 1.00"
    half = torch.zeros(10)
    half[[4, 9]] = 0.5
    assert (picture(page) - expected(half)).abs().max() < 4
    assert "50 %" in page.get_by_text("Weight of 9").locator("..").inner_text()
    page.get_by_role("button", name="the weights themselves").click()
    assert told(page) == "told: 1.00 of 4, 1.00 of 9; sum 2.00"
    assert (picture(page) - expected(2 * half)).abs().max() < 4
    page.get_by_role("button", name="Back to the start").click()
    assert told(page) == "told: 1.00 of 4; sum 1.00"
    watch.assert_quiet()


def test_both_ends_of_every_slider(show):
    page, watch = show()
    for rule in ("the weights themselves", "weights ÷ their sum"):
        page.get_by_role("button", name=rule).click()
        for value in (2, 0):
            for k in range(10):
                move(page, f"Weight of {k}", value)
            text = page.locator(".aigc-mixer").inner_text()
            assert "NaN" not in text and "Infinity" not in text
        words = "no label at all; sum 0.00" if "them" in rule else "all sliders at 0: equal parts"
        assert words in told(page)
        share = 0.0 if "them" in rule else 0.1
        assert (picture(page) - expected(torch.full((10,), share))).abs().max() < 4
    watch.assert_quiet()


def test_the_style_moves_by_mouse_and_keys_and_keeps_the_label(show):
    page, watch = show(mix=[0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    pad = page.get_by_role("application")
    before, small = picture(page), picture(page, 1)
    pad.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    settle(page, 100)
    assert pad.get_attribute("aria-label") == "Plane of styles, x 0.10, y 0.50"
    assert told(page) == "told: 1.00 of 3; sum 1.00"
    assert (picture(page) - expected(torch.eye(10)[3], (0.1, 0.5))).abs().max() < 4
    assert (picture(page) != before).any() and (picture(page, 1) != small).any()
    box = pad.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 1, box["y"] + 1)
    settle(page, 100)
    assert "x 2.4" in pad.get_attribute("aria-label") or "x 2.5" in pad.get_attribute("aria-label")
    page.keyboard.press("Home")
    page.keyboard.press("8")
    assert told(page) == "told: 1.00 of 8; sum 1.00"
    assert pad.get_attribute("aria-label") == "Plane of styles, x 0.00, y 0.00"
    settle(page, 700)
    assert "1.00 of 8" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_another_z_is_another_style_and_back_is_the_first(show):
    page, watch = show()
    first = picture(page)
    page.get_by_role("button", name="Another z").click()
    settle(page, 100)
    other = picture(page)
    assert (other != first).any()
    page.get_by_role("button", name="Another z").click()
    settle(page, 100)
    assert (picture(page) != other).any()
    page.get_by_role("button", name="Back to the start").click()
    settle(page, 100)
    assert torch.equal(picture(page), first)
    watch.assert_quiet()


def test_it_is_quick(show):
    page, watch = show()
    root = page.locator(".aigc-mixer")
    assert_quick_drag(page, root, page.get_by_role("application"))
    assert_quick(page, root, lambda: page.evaluate(SLIDE), least=60)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(dark=dark, width=width, mix=[0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1.2])
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"mixer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
