"""The editor of attributes in a page without a kernel: pictures, controls, table, keyboard."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.models import AttributeVAE
from aigc_teach.widgets import AttributeEditor
from browser.looks import in_looks
from browser.speed import settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

PIXELS = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 !== 3)"""
TOLD = ["smile", "glasses"]


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one editor of three faces; (page, watch, model, x, table)."""

    def make(*, dark=False, width=1000):
        torch.manual_seed(0)
        made = AttributeVAE(amounts=1, choices=(3,), latent_size=6, width=8)
        with torch.no_grad():
            for _ in range(3):
                made.decode(torch.randn(16, 6), made.draw_attributes(16))
        made.eval()
        x, shown = data.faces(3)
        table = torch.stack([(shown.smile + 1) / 2, shown.glasses.float()], 1)
        reader = zoo.load("face_reader")
        editor = AttributeEditor(made, x, table, told=TOLD, kinds=data.FACE, reader=reader)
        path = write_page(tmp_path, [editor], dark=dark)
        page, watch = new_page(viewport={"width": width, "height": 1100})
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('.aigc-editor table').length === 1")
        settle(page, 300)
        return page, watch, made, x, table

    return make


def picture(page, name):
    """Bytes [3, 32, 32] of the large picture ``before`` or ``after`` the edit."""
    settle(page, 200)
    canvas = page.get_by_role("img", name=f"{name} the edit")
    return torch.tensor(canvas.evaluate(PIXELS)).view(32, 32, 3).permute(2, 0, 1).float()


def expected(made, x, table, asked, *, carry=True):
    with torch.no_grad():
        z = made.encode(x)[0]
        was, now = made.decode(z, table), made.decode(z, asked)
    return (((x + now - was).clamp(-1, 1) if carry else now) + 1) * 127.5


def test_asking_for_glasses_edits_the_picture(show):
    page, watch, made, x, table = show()
    original = (x + 1) * 127.5
    assert (picture(page, "before") - original[0]).abs().max() < 2
    assert (picture(page, "after") - original[0]).abs().max() < 2
    page.get_by_role("button", name="square", exact=True).click()
    asked = table.clone()
    asked[:, 1] = 2
    assert (picture(page, "after") - expected(made, x, table, asked)[0]).abs().max() < 6
    page.get_by_role("button", name="left out").click()
    plain = expected(made, x, table, asked, carry=False)
    assert (picture(page, "after") - plain[0]).abs().max() < 6
    watch.assert_quiet()


def test_keys_faces_and_back(show):
    page, watch, made, x, table = show()
    page.get_by_role("button", name="Picture C").focus()
    page.keyboard.press("Enter")
    assert (picture(page, "before") - (x[2] + 1) * 127.5).abs().max() < 2
    page.get_by_role("slider", name="smile").focus()
    page.keyboard.press("End")
    asked = table.clone()
    asked[2, 0] = 1.0
    assert (picture(page, "after") - expected(made, x, table, asked)[2]).abs().max() < 6
    settle(page, 700)
    assert "Asked for and there" in page.locator(".aigc-voice").inner_text()
    page.get_by_role("button", name="Back to what it was").click()
    assert (picture(page, "after") - picture(page, "before")).abs().max() == 0
    watch.assert_quiet()


def test_the_table_names_every_attribute(show):
    page, watch, *_ = show()
    rows = page.locator(".aigc-editor-table tbody tr")
    assert rows.count() == len(data.FACE)
    assert "hair colour" in page.locator(".aigc-editor-table").inner_text()
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch, *_ = show(dark=dark, width=width)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"attribute-editor-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
