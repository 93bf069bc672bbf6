"""CutFinder in a page without a kernel: it counts as Python does, by slider, key and click."""

from __future__ import annotations

import pytest

from aigc_teach.core import make_generator
from aigc_teach.course.video import cutting_and_effects as cutting
from aigc_teach.data import shots
from aigc_teach.metrics import match_events
from aigc_teach.widgets import CutFinder
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

DATA = "document.querySelector('.aigc-cut-finder').dataset"
FILM = shots.cut_film(5, generator=make_generator(3))
CURVES = {
    "frames": cutting.frame_difference(FILM.frames),
    "colours": cutting.histogram_difference(FILM.frames),
}


def finder(**options):
    return CutFinder(FILM.frames, CURVES, FILM.transitions, threshold=0.1, **options)


def counts(page) -> list[int]:
    settle(page, 150)
    return [int(n) for n in page.evaluate(f"() => {DATA}.counts").split(",")]


def expected(name: str, threshold: float) -> list[int]:
    found = cutting.peaks(CURVES[name], threshold)
    spans = [(t.first, t.last) for t in FILM.transitions]
    right = len(match_events(found, spans, tolerance=2).pairs)
    return [right, len(spans) - right, len(found) - right]


def test_it_counts_as_python_does(show):
    page, watch = show(finder())
    assert counts(page) == expected("frames", 0.1)
    slider = page.get_by_role("slider", name="Threshold")
    slider.press("Home")
    assert counts(page) == expected("frames", 0.0)
    slider.press("End")
    assert counts(page) == [0, len(FILM.transitions), 0]
    page.get_by_role("button", name="colours").click()
    assert counts(page) == expected("colours", float(CURVES["colours"].max()) / 2)
    watch.assert_quiet()


def test_a_click_on_the_curve_shows_the_frames_there(show):
    page, watch = show(finder())
    box = page.locator(".aigc-cut-finder canvas.aigc-drawing").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    settle(page, 150)
    words = page.locator(".aigc-strip canvas.aigc-now").get_attribute("aria-label")
    assert 0.4 < int(words.split()[1]) / len(FILM.frames) < 0.6
    watch.assert_quiet()


@in_looks("width", 900, 380)
def test_pictures(show, pictures, dark, width):
    page, watch = show(finder(), dark=dark, viewport={"width": width, "height": 800})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"cut-finder-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
