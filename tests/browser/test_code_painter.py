"""CodePainter in a page without a kernel: mouse, keys, palette, and what the decoder draws."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.models import VQVAE
from aigc_teach.widgets import CodePainter
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

PIXELS = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0)"""


@pytest.fixture(scope="module")
def model() -> VQVAE:
    torch.manual_seed(0)
    made = VQVAE(codes=12, prior_width=16, prior_layers=1).eval()
    made.codec.quantizer.codebook.normal_()
    return made


@pytest.fixture
def start() -> torch.Tensor:
    return torch.randint(12, (7, 7), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def painter(show, model, start):
    """A page with one painter, by look: (page, watch)."""

    def make(dark=False, **options):
        quantizer = model.codec.quantizer
        shown = CodePainter(model.codec.decoder, quantizer.codebook, start, output="logits")
        return show(shown, dark=dark, **options)

    return make


def seen(page):
    """Grey levels [28, 28] of the decoded picture."""
    settle(page, 150)
    return torch.tensor(page.locator("canvas[aria-label^=Decoded]").evaluate(PIXELS)).view(28, 28)


def drawn(model, codes):
    """The same by the decoder here."""
    with torch.no_grad():
        return (model.decode(codes[None])[0, 0] + 1) * 127.5


def test_a_code_is_painted_by_mouse_and_the_decoder_draws_it(painter, model, start):
    page, watch = painter()
    assert (seen(page) - drawn(model, start)).abs().max() < 3
    page.get_by_role("button", name="Paint with code 9", exact=True).click()
    pad = page.locator("canvas[role=application]")
    box = pad.bounding_box()
    pad.click(position={"x": box["width"] * 4.5 / 7, "y": box["height"] * 2.5 / 7})
    codes = start.clone()
    codes[2, 4] = 9
    assert (seen(page) - drawn(model, codes)).abs().max() < 3
    assert "row 3, column 5: code 9" in pad.get_attribute("aria-label")
    page.get_by_role("button", name="Empty paper").click()
    assert (seen(page) - drawn(model, 0 * start)).abs().max() < 3
    page.get_by_role("button", name="Back to the start").click()
    assert (seen(page) - drawn(model, start)).abs().max() < 3
    watch.assert_quiet()


def test_keys_move_paint_pick_and_change_the_code(painter, model, start):
    page, watch = painter()
    page.locator("canvas[role=application]").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "p", "]", "Enter", "ArrowUp", " "):
        page.keyboard.press(key)
        settle(page, 60)
    codes = start.clone()
    codes[2, 1] = codes[1, 1] = (start[2, 1] + 1) % 12
    assert (seen(page) - drawn(model, codes)).abs().max() < 3
    settle(page, 700)
    assert "row 2, column 2" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


@in_looks("width", 760, 400)
def test_it_fits(painter, pictures, dark, width):
    page, watch = painter(dark=dark, viewport={"width": width, "height": 900})
    settle(page, 600)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"code-painter-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
