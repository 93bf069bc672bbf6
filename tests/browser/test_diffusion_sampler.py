"""The sampler in a page without a kernel: steps, guidance, noise, play, keyboard, less motion."""

from __future__ import annotations

import re

import pytest
import torch

from aigc_teach import data, train
from aigc_teach.core import make_generator
from aigc_teach.models import Diffusion
from aigc_teach.widgets import DiffusionSampler
from browser.looks import in_looks
from browser.play import play
from browser.speed import settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser
PIXELS = """(canvas) => [...canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data]
    .reduce((sum, v, i) => (sum * 31 + v * (i % 97)) % 1000003, 7)"""


@pytest.fixture(scope="module")
def halves():
    """Two moons, their left half one label, the right half the other; a net that knows them."""
    torch.manual_seed(0)
    points = data.toy2d("moons", 2000, generator=make_generator(0))
    points = (points - points.mean(0)) / points.std()
    side = (points[:, 0] > 0).long()
    made = Diffusion((2,), width=64, n_classes=2)
    batches = data.Batches(points, side, batch_size=256, seed=0)
    train.fit(made, batches, train.TrainConfig(steps=500, lr=3e-3))
    return made, points[:300], side[:300]


@pytest.fixture
def show(new_page, tmp_path, halves):
    """Open a page with the sampler; (page, watch)."""

    def make(*, dark=False, width=1000, **options):
        made, points, labels = halves
        widget = DiffusionSampler(
            made.net, made.abar, points=points, labels=labels, names=["left", "right"], steps=12
        )
        path = write_page(tmp_path, [widget], dark=dark)
        page, watch = new_page(viewport={"width": width, "height": 1000}, **options)
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelectorAll('.aigc').length === 1")
        reached(page, "12 of 12")
        return page, watch

    return make


def reached(page, words):
    page.wait_for_function(
        "(words) => document.querySelector('.aigc-readout').innerText.includes(words)", arg=words
    )
    settle(page, 100)


def row(page, name):
    """The number of a row of the table."""
    return (
        page.get_by_role("row", name=re.compile(f"^{re.escape(name)}")).locator("td").inner_text()
    )


def picture(page):
    return page.locator(".aigc-diffusion-sampler canvas").evaluate(PIXELS)


def slide(page, name, value):
    slider = page.get_by_role("slider", name=name, exact=True)
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", value)


def test_steps_guidance_and_samplers(show):
    page, watch = show()
    assert row(page, "Answers for a point") == "12" and float(row(page, "Obeys")) > 0.85
    plain = float(row(page, "Spread in a label"))
    slide(page, "Guidance", 6)
    reached(page, "\t24")
    assert float(row(page, "Spread in a label")) < plain
    slide(page, "Step", 0)
    reached(page, "0 of 12")
    assert row(page, "Time") == "1000 of 1000" and row(page, "Answers for a point") == "0"
    assert float(row(page, "Noise left, √(1 − ᾱ)")) == 1
    slide(page, "Steps in all", 30)
    page.get_by_role("button", name="Heun").click()
    reached(page, "0 of 30")
    page.get_by_role("button", name="Back to the start").click()
    reached(page, "12 of 12")
    assert page.get_by_role("button", name="DDPM").get_attribute("aria-pressed") == "true"
    watch.assert_quiet()


def test_the_same_noise_gives_the_same_points(show):
    page, watch = show()
    first = picture(page)
    page.get_by_role("button", name="Other noise").click()
    settle(page, 500)
    other = picture(page)
    assert other != first
    page.get_by_role("button", name="Back to the start").click()
    settle(page, 500)
    assert picture(page) == first
    page.get_by_role("button", name="what the net takes for the data").click()
    slide(page, "Step", 1)
    reached(page, "1 of 12")
    guess = picture(page)
    page.get_by_role("button", name="the points").click()
    settle(page, 200)
    assert picture(page) != guess
    watch.assert_quiet()


def test_keys_reach_everything(show):
    page, watch = show()
    button = page.get_by_role("button", name="Other noise")
    button.focus()
    for press, words in (
        ("Home", "0 of 12"),
        ("ArrowRight", "1 of 12"),
        ("End", "12 of 12"),
        ("ArrowLeft", "11 of 12"),
    ):
        page.keyboard.press(press)
        reached(page, words)
    before = picture(page)
    page.keyboard.press("n")
    settle(page, 500)
    assert picture(page) != before
    page.get_by_role("slider", name="Guidance").focus()
    page.keyboard.press("ArrowRight")  # belongs to the slider
    reached(page, "\t22")
    assert row(page, "Step") == "11 of 12"
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    reached(page, "12 of 12")
    page.get_by_role("button", name="Play").wait_for()
    settle(page, 700)
    assert "12 of 12" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_it_follows_within_a_frame(show):
    page, watch = show()
    play(page, page.locator(".aigc"))
    watch.assert_quiet()


def test_with_less_motion_only_the_end_is_painted(show):
    page, watch = show(reduced_motion="reduce")
    page.evaluate(
        """() => { window.seen = new Set();
        const table = document.querySelector(".aigc-readout");
        new MutationObserver(() => window.seen.add(table.querySelector("td").innerText))
            .observe(table, { subtree: true, childList: true }); }"""
    )
    slide(page, "Steps in all", 50)
    reached(page, "50 of 50")
    page.get_by_role("button", name="Other noise").click()
    settle(page, 900)
    assert page.evaluate("() => [...window.seen]") == ["50 of 50"]
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(dark=dark, width=width)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"diffusion-sampler-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
