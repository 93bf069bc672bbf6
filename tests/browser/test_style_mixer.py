"""The mixer of styles in a page without a kernel: table, faces, truncation, noise, keyboard."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.models import StyleGAN
from aigc_teach.widgets import StyleMixer
from aigc_teach.widgets.style_mixer import pick_styles
from browser.looks import in_looks
from browser.speed import settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

PIXELS = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 !== 3)"""


def model() -> StyleGAN:
    torch.manual_seed(0)
    made = StyleGAN(mapping_rate=1.0).eval()
    for layer in made.generator.layers:
        layer.noise.strength.data.fill_(0.3)
    made.mean_style.normal_()
    return made


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one mixer of five faces; (page, watch, model, styles)."""

    def make(*, dark=False, width=1000):
        made = model()
        styles = made.style(torch.randn(5, 64)).detach()
        mixer = StyleMixer(made.generator, styles, mean=made.mean_style)
        path = write_page(tmp_path, [mixer], dark=dark)
        page, watch = new_page(viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('.aigc').length === 1")
        settle(page, 300)
        return page, watch, made, styles

    return make


def picture(page, which=0):
    """Bytes [3, 32, 32] of the large picture, or of a face (`which` from 1)."""
    settle(page, 150)
    canvases = page.locator(".aigc-style-mixer canvas.aigc-picture")
    shown = torch.tensor(canvases.nth(which).evaluate(PIXELS)).view(32, 32, 3)
    return shown.permute(2, 0, 1).float()


def told(page):
    settle(page, 150)
    return page.locator(".aigc-style-told").inner_text()


def expected(made, styles, picks, truncation=1.0):
    chosen = made.truncate(pick_styles(styles, picks), truncation)
    with torch.no_grad():
        return (made.synthesise(chosen)[0] + 1) * 127.5


def test_a_layer_takes_the_style_it_is_given(show):
    page, watch, made, styles = show()
    assert told(page).startswith("4 × 4 to 8 × 8 from A, 16 × 16 to 32 × 32 from B")
    assert (picture(page) - expected(made, styles, [0, 0, 1, 1])).abs().max() < 6
    page.get_by_role("radio", name="Layer 8 × 8 from face D").check()
    assert "8 × 8 from D" in told(page)
    assert (picture(page) - expected(made, styles, [0, 3, 1, 1])).abs().max() < 6
    page.get_by_role("button", name="All layers from face C").click()
    assert told(page).startswith("4 × 4 to 32 × 32 from C")
    assert (picture(page) - picture(page, 3)).abs().max() == 0
    watch.assert_quiet()


def test_keys_reach_everything(show):
    page, watch, made, styles = show()
    page.get_by_role("radio", name="Layer 4 × 4 from face A").focus()
    page.keyboard.press("ArrowRight")
    assert told(page).startswith("4 × 4 from B, 8 × 8 from A")
    page.keyboard.press("e")
    assert told(page).startswith("4 × 4 to 32 × 32 from E")
    assert (picture(page) - expected(made, styles, [4] * 4)).abs().max() < 6
    settle(page, 700)
    assert "from E" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_truncation_noise_other_faces_and_back(show):
    page, watch, made, styles = show()
    first = picture(page)
    slider = page.get_by_role("slider", name="Truncation")
    for value in (0, 0.5):
        slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", value)
        want = expected(made, styles, [0, 0, 1, 1], value)
        assert (picture(page) - want).abs().max() < 6
    page.get_by_role("button", name="Other noise").click()
    noisy = picture(page)
    page.get_by_role("button", name="Other noise").click()
    assert (picture(page) != noisy).any() and "noise fresh" in told(page)
    page.get_by_role("button", name="Other faces").click()
    assert (picture(page) != first).any()
    page.get_by_role("button", name="Back to the start").click()
    assert torch.equal(picture(page), first)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch, *_ = show(dark=dark, width=width)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"style-mixer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
