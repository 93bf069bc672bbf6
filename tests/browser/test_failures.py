"""The failure laboratory in a page without a kernel: buttons, keys, both ends, speed."""

from __future__ import annotations

import pytest

from aigc_teach.widgets.failures import FailureLab
from browser.looks import in_looks
from browser.speed import FRAMES, assert_quick, settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

PICTURE = """(c) => {
    const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    let sum = 7;
    for (let i = 0; i < d.length; i++) sum = (sum * 31 + d[i]) % 1000000007;
    return sum;
}"""
REST = """(steps) => [...document.querySelectorAll(".aigc-readout tr")]
    .some((r) => r.children[0].textContent === "steps" && +r.children[1].textContent >= steps)
    && [...document.querySelectorAll("button")].some((b) => b.textContent === "Play")"""


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one laboratory; (page, watch)."""

    def make(dark=False, options=None, **kwargs):
        path = write_page(tmp_path, [FailureLab(**kwargs)], dark=dark)
        page, watch = new_page(**(options or {}))
        page.goto(path.as_uri())
        page.wait_for_selector(".aigc-failures canvas")
        settle(page, 300)
        return page, watch

    return make


def plane(page):
    return page.locator(".aigc-failures canvas").first


def numbers(page):
    """The table as {name: value}, after a frame."""
    settle(page, 150)
    rows = page.locator(".aigc-readout tr").all()
    cells = [row.evaluate("(r) => [...r.children].map((c) => c.textContent)") for row in rows]
    return dict(cells)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def wait(page, steps):
    page.wait_for_function(REST, arg=steps, timeout=600_000)
    return numbers(page)


def group(page, name):
    return page.get_by_role("group", name=name, exact=True)


def test_steps_reset_and_repeat(show):
    page, watch = show()
    start, first = plane(page).evaluate(PICTURE), numbers(page)
    assert first["steps"] == "0" and first["generator's gradient"] == "\u2013"
    press(page, "50 steps")
    after = wait(page, 50)
    assert after["steps"] == "50" and plane(page).evaluate(PICTURE) != start
    assert float(after["critic's loss"].replace("\u2212", "-")) > 0
    press(page, "1 step")
    assert wait(page, 51)["steps"] == "51"
    press(page, "Reset")
    assert numbers(page) == first and plane(page).evaluate(PICTURE) == start
    press(page, "50 steps")
    assert wait(page, 50) == after  # the same seed gives the same game
    page.wait_for_function("document.querySelector('.aigc-voice').textContent.includes('modes')")
    watch.assert_quiet()


def test_a_run_covers_both_clusters_within_a_frame_each(show):
    page, watch = show(target="clusters")

    def run() -> None:
        press(page, "Play")
        page.wait_for_function(FRAMES, arg=[".aigc-failures", 60], timeout=600_000)
        press(page, "Pause")

    assert_quick(page, page.locator(".aigc-failures"), run, least=60)
    held = numbers(page)
    settle(page, 400)
    assert numbers(page) == held  # paused is paused
    assert int(held["steps"]) > 50
    watch.assert_quiet()


def test_a_failure_starts_afresh_and_a_cure_goes_on(show):
    page, watch = show()
    press(page, "50 steps")
    wait(page, 50)
    group(page, "Cure").get_by_role("button", name="WGAN-GP").click()
    assert numbers(page)["steps"] == "50"
    press(page, "50 steps")
    cured = wait(page, 100)
    assert cured["steps"] == "100"
    group(page, "Failure").get_by_role("button", name="one latent number").click()
    assert numbers(page)["steps"] == "0"
    group(page, "Target").get_by_role("button", name="grid of 25").click()
    assert numbers(page)["modes covered"].endswith("of 25")
    for name in ("two time scales", "R1", "spectral norm", "hinge loss", "minibatch statistic"):
        group(page, "Cure").get_by_role("button", name=name).click()
        press(page, "1 step")
    assert int(wait(page, 5)["steps"]) == 5
    watch.assert_quiet()


@pytest.mark.parametrize("key, end", [("Home", "0"), ("End", "20")])
def test_both_ends_of_the_slider(show, key, end):
    page, watch = show(seed=3)
    before = plane(page).evaluate(PICTURE)
    slider = page.get_by_role("slider", name="Seed")
    slider.focus()
    page.keyboard.press(key)
    assert slider.get_attribute("aria-valuetext") == end
    settle(page, 200)
    assert plane(page).evaluate(PICTURE) != before
    press(page, "1 step")
    assert wait(page, 1)["steps"] == "1"
    watch.assert_quiet()


def test_everything_by_keyboard(show):
    page, watch = show(target="clusters", failure="saturating", cure="spectral")
    canvas = plane(page)
    assert canvas.get_attribute("role") == "application"
    canvas.focus()
    page.keyboard.press("s")
    assert wait(page, 10)["steps"] == "10"
    assert "10 steps" in canvas.get_attribute("aria-label")
    page.keyboard.press("p")
    settle(page, 600)
    page.keyboard.press("p")
    assert int(numbers(page)["steps"]) > 10
    page.keyboard.press("r")
    assert numbers(page)["steps"] == "0"
    page.keyboard.press("ArrowUp")
    settle(page, 200)
    assert "seed 1" in canvas.get_attribute("aria-label")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    settle(page, 200)
    assert "seed 0" in canvas.get_attribute("aria-label")
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(dark=dark, options={"viewport": {"width": width, "height": 900}})
    press(page, "50 steps")
    wait(page, 50)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"failures-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
