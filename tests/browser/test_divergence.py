"""DivergenceExplorer in a page without a kernel: dragged, driven by keys, followed downhill."""

from __future__ import annotations

import re

import pytest

from aigc_teach.widgets import DivergenceExplorer
from browser.looks import in_looks
from browser.speed import assert_quick_drag, settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

TOP, PLANE, PARTS = 0, 1, 2  # the canvases, in the order of the page


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with one explorer; (page, watch)."""

    def make(explorer, *, dark=False, **options):
        path = write_page(tmp_path, [explorer], dark=dark)
        page, watch = new_page(**options)
        page.goto(path.as_uri())
        page.wait_for_selector(".aigc-divergence")
        settle(page, 300)
        return page, watch

    return make


def table(page):
    """{measure: [value, slope by mean, slope by width]} as the page shows them."""
    rows = page.locator(".aigc-readout tr").all()[1:]
    shown = {}
    for row in rows:
        name = row.locator("th").inner_text().replace("\u25b8 ", "")
        numbers = [cell.replace("\u2212", "-") for cell in row.locator("td").all_inner_texts()]
        shown[name] = [float(number) for number in numbers]
    return shown


def state(page):
    """Means and widths from the plane's description: (p's mean, width, q's mean, width)."""
    words = page.locator("canvas").nth(PLANE).get_attribute("aria-label").replace("\u2212", "-")
    return [float(v) for v in re.findall(r"(?:mean|width) (-?[\d.]+\d)", words)]


def paint(page, index):
    return page.locator("canvas").nth(index).evaluate("(c) => c.toDataURL()")


def place(page, mean, width):
    """Where (mean, width) lies in the plane, in the window's pixels."""
    box = page.locator("canvas").nth(PLANE).bounding_box()
    left, right, top, bottom = 36, 324 - 10, 8 + 16, 190 - 24 - 16
    x = left + (mean + 7) / 14 * (right - left)
    y = bottom - width / 2.2 * (bottom - top)
    return box["x"] + x * box["width"] / 324, box["y"] + y * box["width"] / 324


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
    settle(page, 150)


def explorer(**options):
    given = {"p_mean": -1.0, "p_width": 0.5, "q_mean": 2.0, "q_width": 0.8, **options}
    return DivergenceExplorer("kl_pq", title="How far apart?", **given)


def test_drag_both_handles_to_every_corner(show):
    page, watch = show(explorer())
    before = [paint(page, k) for k in (TOP, PLANE, PARTS)]
    drag(page, place(page, 2.0, 0.8), place(page, 0.0, 1.5))
    assert state(page) == pytest.approx([-1, 0.5, 0, 1.5], abs=0.06)
    assert all(paint(page, k) != old for k, old in zip((TOP, PLANE, PARTS), before, strict=True))
    drag(page, place(page, -1.0, 0.5), place(page, -6.9, 0.01))
    assert state(page)[:2] == [-5, 0.2]
    for corner in ((6.9, 2.19), (6.9, 0.01), (-6.9, 2.19)):
        drag(page, place(page, *state(page)[2:]), place(page, *corner))
        shown = table(page)
        assert all(abs(number) < 1e5 for row in shown.values() for number in row)
        assert 0 <= shown["JS"][0] <= 0.694 and 0 <= shown["Total variation"][0] <= 1
    watch.assert_quiet()


def test_drag_a_density_in_the_upper_chart(show):
    page, watch = show(explorer())
    box = page.locator("canvas").nth(TOP).bounding_box()
    x = place(page, 2.0, 0)[0]
    y = box["y"] + box["height"] / 2
    drag(page, (x, y), (x + 40, y - 30))
    _, _, mean, width = state(page)
    assert mean == pytest.approx(4.0, abs=0.1) and width == pytest.approx(1.3, abs=0.05)
    watch.assert_quiet()


def test_keyboard(show):
    page, watch = show(explorer())
    plane = page.locator("canvas").nth(PLANE)
    plane.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    settle(page, 100)
    assert state(page) == pytest.approx([-1, 0.5, 1.9, 1.05])
    page.keyboard.press("p")
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert state(page) == pytest.approx([-0.9, 0.5, 1.9, 1.05])
    assert "Handle of p chosen" in plane.get_attribute("aria-label")
    value = table(page)["KL(p\u2016q)"][0]
    page.keyboard.press("g")
    settle(page, 100)
    assert table(page)["KL(p\u2016q)"][0] < value
    for _ in range(30):
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Shift+ArrowLeft")
    settle(page, 100)
    assert state(page)[:2] == [-5, 0.2]
    watch.assert_quiet()


@pytest.mark.parametrize(
    "name", ["KL(q\u2016p)", "JS", "Total variation", "Wasserstein", "MMD\u00b2"]
)
def test_every_measure_draws_its_own_region(show, name):
    page, watch = show(explorer())
    before = paint(page, PARTS)
    button = page.get_by_role("button", name=name)
    button.click()
    settle(page, 150)
    assert button.get_attribute("aria-pressed") == "true"
    assert paint(page, PARTS) != before
    marked = [row.inner_text() for row in page.locator(".aigc-readout th").all()]
    assert f"\u25b8 {name}" in marked
    watch.assert_quiet()


def test_follow_the_gradient(show):
    page, watch = show(explorer())
    page.get_by_role("button", name="Follow the gradient").click()
    page.wait_for_function(
        "document.querySelector('.aigc-voice').textContent.startsWith('At rest')", timeout=600_000
    )
    assert state(page)[2:] == pytest.approx([-1, 0.5], abs=0.02)
    assert table(page)["KL(p\u2016q)"][0] < 0.002
    page.get_by_role("button", name="Start again").click()
    settle(page, 150)
    assert state(page)[2:] == [2, 0.8]
    watch.assert_quiet()


def test_js_far_apart_does_not_move(show):
    page, watch = show(explorer(p_mean=-3.0, q_mean=3.0, q_width=0.5))
    page.get_by_role("button", name="JS").click()
    page.get_by_role("button", name="One step").click()
    page.wait_for_function(
        "document.querySelector('.aigc-voice').textContent.includes('The gradient is 0')"
    )
    assert table(page)["JS"] == [0.693, 0, 0] and table(page)["Wasserstein"][:2] == [6, 1]
    assert state(page)[2:] == [3, 0.5]
    watch.assert_quiet()


def test_two_modes(show):
    page, watch = show(explorer(p_mean=0.0, q_mean=0.5))
    before = paint(page, TOP)
    page.get_by_role("button", name="two modes").click()
    settle(page, 150)
    assert paint(page, TOP) != before
    watch.assert_quiet()


def test_quick_enough(show):
    page, watch = show(explorer(modes=2))
    page.get_by_role("button", name="JS").click()
    root, plane = page.locator(".aigc-divergence"), page.locator("canvas").nth(PLANE)
    assert_quick_drag(page, root, plane)
    watch.assert_quiet()


def test_less_motion_goes_straight_to_the_end(show):
    page, watch = show(explorer(), reduced_motion="reduce")
    page.get_by_role("button", name="Follow the gradient").click()
    settle(page, 1500)
    assert state(page)[2:] == pytest.approx([-1, 0.5], abs=0.02)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    """To look at; and nothing is wider than the window."""
    page, watch = show(explorer(modes=2), dark=dark, viewport={"width": width, "height": 900})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"divergence-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
