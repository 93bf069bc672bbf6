"""The adversarial game in a page without a kernel: buttons, keys, drawing, both ends, speed."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.widgets.game import AdversarialGame
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


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one game; (page, watch)."""

    def make(dark=False, options=None, **kwargs):
        path = write_page(tmp_path, [AdversarialGame(**kwargs)], dark=dark)
        page, watch = new_page(**(options or {}))
        page.goto(path.as_uri())
        page.wait_for_selector(".aigc-game canvas")
        settle(page, 300)
        return page, watch

    return make


def plane(page):
    return page.locator(".aigc-game canvas").first


def numbers(page):
    """The table as {name: [values]}, after a frame."""
    settle(page, 150)
    rows = page.locator(".aigc-readout tr").all()
    cells = [
        row.evaluate("(r) => [...r.children].map((c) => c.textContent.replace('\\u2212', '-'))")
        for row in rows
    ]
    return {name: values for name, *values in cells}


def press(page, name, times=1):
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()


def test_one_player_at_a_time(show):
    page, watch = show()
    start = plane(page).evaluate(PICTURE)
    first = numbers(page)
    assert first["steps"] == ["0", "0"]
    press(page, "Step critic", 30)
    sure = numbers(page)
    assert sure["steps"] == ["30", "0"]
    assert float(sure["loss"][0]) < float(first["loss"][0]) - 0.1  # the critic got better,
    assert sure["energy distance"] == first["energy distance"]  # and no point moved
    press(page, "Step generator", 10)
    moved = numbers(page)
    assert moved["steps"] == ["30", "10"]
    assert moved["energy distance"] != sure["energy distance"]
    assert plane(page).evaluate(PICTURE) != start
    press(page, "Both")
    assert numbers(page)["steps"] == ["31", "11"]
    press(page, "Reset")
    assert numbers(page) == first and plane(page).evaluate(PICTURE) == start
    press(page, "New start")
    assert numbers(page)["loss"] != first["loss"]
    page.wait_for_function("document.querySelector('.aigc-voice').textContent.includes('distance')")
    watch.assert_quiet()


def test_a_run_learns_the_ring_within_a_frame_each(show):
    page, watch = show()
    first = float(numbers(page)["energy distance"][0])

    def run() -> None:
        press(page, "Reset")
        press(page, "Run")
        page.wait_for_function(FRAMES, arg=[".aigc-game", 100], timeout=600_000)
        press(page, "Pause")

    assert_quick(page, page.locator(".aigc-game"), run, least=100)
    now = numbers(page)
    assert int(now["steps"][0]) > 50 and float(now["energy distance"][0]) < 0.5 * first
    held = numbers(page)
    settle(page, 400)
    assert numbers(page) == held  # paused is paused
    watch.assert_quiet()


@pytest.mark.parametrize("key, end", [("Home", "0.00010"), ("End", "0.10")])
def test_both_ends_of_the_slider(show, key, end):
    page, watch = show(dataset="blobs", loss="saturating")
    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    page.keyboard.press(key)
    assert slider.get_attribute("aria-valuetext") == end
    press(page, "Both", 25)
    press(page, "Step critic", 25)
    after = numbers(page)
    assert after["steps"] == ["50", "25"]
    assert all(abs(float(value)) < 100 for value in after["loss"])
    watch.assert_quiet()


def test_choices_change_the_game(show):
    page, watch = show()
    loss, before = numbers(page)["loss"], plane(page).evaluate(PICTURE)
    press(page, "saturating")
    other = numbers(page)["loss"]
    assert other[0] == loss[0] and float(other[1]) < 0 < float(loss[1])
    press(page, "line")
    settle(page, 150)
    assert plane(page).evaluate(PICTURE) != before
    assert page.get_by_role("button", name="line").get_attribute("aria-pressed") == "true"
    press(page, "your own")
    assert numbers(page)["energy distance"] == ["\u2013"]
    press(page, "Both")
    press(page, "Run")  # with nothing drawn neither does anything
    assert numbers(page)["steps"] == ["0", "0"]
    watch.assert_quiet()


def test_drawing_with_the_mouse(show):
    page, watch = show()
    box = plane(page).bounding_box()
    before = plane(page).evaluate(PICTURE)
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 240, box["y"] + 220, steps=15)
    page.mouse.up()
    settle(page, 200)
    assert page.get_by_role("button", name="your own").get_attribute("aria-pressed") == "true"
    assert plane(page).evaluate(PICTURE) != before
    first = float(numbers(page)["energy distance"][0])
    press(page, "Both", 60)
    assert float(numbers(page)["energy distance"][0]) < first
    press(page, "Clear drawing")
    assert numbers(page)["energy distance"] == ["\u2013"]
    watch.assert_quiet()


def test_everything_by_keyboard(show):
    page, watch = show(dataset="own")
    canvas = plane(page)
    assert canvas.get_attribute("role") == "application"
    assert "No data yet" in canvas.get_attribute("aria-label")
    canvas.focus()
    for key in ("Enter", "Shift+ArrowRight", "ArrowUp", "Enter", "ArrowLeft", "Enter", "Backspace"):
        page.keyboard.press(key)
    settle(page, 200)
    assert "energy" not in numbers(page)["energy distance"][0]
    assert float(numbers(page)["energy distance"][0]) > 0
    for key in "ccgb":
        page.keyboard.press(key)
    assert numbers(page)["steps"] == ["3", "2"]
    assert "Critic 3 steps, generator 2 steps" in canvas.get_attribute("aria-label")
    page.keyboard.press("p")
    settle(page, 400)
    page.keyboard.press("p")
    assert int(numbers(page)["steps"][0]) > 3
    page.keyboard.press("r")
    assert numbers(page)["steps"] == ["0", "0"]
    for _ in range(80):
        page.keyboard.press("Shift+ArrowLeft")  # the edge holds
    page.keyboard.press("Enter")
    assert numbers(page)["steps"] == ["0", "0"]
    watch.assert_quiet()


def test_own_points_and_a_finger(show):
    page, watch = show(
        dataset="own", points=torch.tensor([[1.0, 1.0], [1.2, 1.0]]), options={"has_touch": True}
    )
    before = numbers(page)["energy distance"]
    box = plane(page).bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    assert numbers(page)["energy distance"] != before
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(dark=dark, options={"viewport": {"width": width, "height": 900}})
    press(page, "Both", 20)
    settle(page, 200)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"game-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
