"""SceneWriter in a page without a kernel: what is drawn, unknown words, keys, how it looks."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.nn import WordUNet
from aigc_teach.widgets import SceneWriter
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
WORDS = ["", "<begin>", "a", "red", "blue", "circle", "left", "of", "four"]
CHIPS = {"how many": ["a", "four"], "colour": ["red", "blue"], "thing": ["circle"]}
CHIPS |= {"where": ["left", "of"]}


def writer() -> SceneWriter:
    torch.manual_seed(0)
    sentences = torch.tensor([[1, 2, 3, 5, 0, 0, 0, 0]])
    net = WordUNet((3, 16, 16), sentences, vocabulary=9, width=8, depth=1, context=8)
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.05 * torch.randn(weight.shape)
    return SceneWriter(
        net, vocabulary=WORDS, chips=CHIPS, sentence="a red circle", steps=4, untrained=["four"]
    )


def told(page):
    settle(page, 250)
    return page.locator(".aigc-scene-told").inner_text()


def pixels(page):
    settle(page, 600)
    return page.evaluate("() => document.querySelector('canvas').toDataURL()")


def test_words_are_added_and_drawn_and_unknown_ones_named(show):
    page, watch = show(writer())
    assert told(page) == "a red circle"
    first = pixels(page)
    page.get_by_role("button", name="left").click()
    page.get_by_role("button", name="of", exact=True).click()
    assert told(page) == "a red circle left of" and pixels(page) != first
    line = page.get_by_role("textbox", name="Sentence")
    line.fill("A purple, blue cow")
    line.press("Enter")
    assert told(page) == "Unknown words: purple, cow."
    line.fill("four blue circle")
    line.press("Enter")
    assert "no training sentence held" in told(page)
    page.get_by_role("button", name="Back to the start").click()
    assert told(page) == "a red circle" and pixels(page) == first
    page.get_by_role("button", name="Clear").click()
    assert "anything" in told(page)
    watch.assert_quiet()


def test_noise_guidance_and_looks_change_the_picture(show):
    page, watch = show(writer())
    first = pixels(page)
    page.get_by_role("button", name="Other noise").click()
    second = pixels(page)
    page.get_by_role("slider", name="Guidance").press("End")
    third = pixels(page)
    spoken = page.get_by_role("group", name="Where the net looks")
    spoken.get_by_role("button", name="red").click()
    looked = pixels(page)
    assert len({first, second, third, looked}) == 4
    spoken.get_by_role("button", name="red").click()
    assert pixels(page) == third
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(writer(), dark=dark, viewport={"width": width, "height": 800})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    settle(page, 600)
    name = f"scene-writer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
