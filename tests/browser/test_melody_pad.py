"""MelodyPad in a page without a kernel: mouse, keys, what it counts, sound; and with one."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.metrics import music
from aigc_teach.widgets import MelodyPad
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
BARS = [[(67, 6), (71, 2), (74, 4)], [(79, 4), (78, 2), (76, 4), (74, 2)], [(72, 12)], [(67, 12)]]


def told(page):
    settle(page, 120)
    seen = page.locator(".aigc-pad .aigc-readout, .aigc-pad-kernel")  # the voice says it later
    return "\n".join(seen.all_inner_texts())


def test_it_counts_bars_and_names_the_key(show):
    page, watch = show(MelodyPad(BARS))
    notes = [note for bar in BARS for note in bar]
    assert "all 4 bars add up" in told(page)
    assert music.key_of(notes).name in told(page)
    assert f"{music.key_of(notes).fit:.2f}" in told(page)


@pytest.mark.parametrize("tune", range(0, 60, 20))
def test_the_page_finds_the_key_that_python_finds(show, tune):
    bars = [
        [(p, n) for p, n in bar]
        for bar in data.tunes()[tune].parts[0].bars
        if all(n % 2 == 0 and p and 62 <= p <= 83 for p, n in bar)
    ][:4]
    page, watch = show(MelodyPad(bars))
    key = music.key_of([note for bar in bars for note in bar])
    assert f"{key.fit:.2f}" in told(page)


def test_keys_place_and_take_away(show):
    page, watch = show(MelodyPad([[(67, 12)], [(67, 12)], [(67, 12)], [(67, 12)]]))
    page.get_by_role("button", name="Clear").click()
    assert "bar 1 has 0 of 6 eighths" in told(page) and "none yet" in told(page)
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    assert "bar 1 has 3 of 6 eighths" in told(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")  # a dotted quarter at the sixth eighth: too long for the bar
    assert "bar 1" not in told(page)
    assert "bar 1, eighth 6" in canvas.get_attribute("aria-label")
    page.keyboard.press("Enter")
    assert "bar 1 has 3 of 6 eighths" in told(page)
    page.get_by_role("button", name="Back to the start").click()
    assert "all 4 bars add up" in told(page)


def test_the_mouse_places_a_note(show):
    page, watch = show(MelodyPad([[(67, 12)]] * 4))
    page.get_by_role("button", name="Clear").click()
    box = page.get_by_role("application").bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 40)
    assert "bar 1 has 1 of 6 eighths" in told(page)
    page.mouse.click(box["x"] + 60, box["y"] + 40)
    assert "bar 1 has 0 of 6 eighths" in told(page)


def test_nothing_sounds_before_it_is_asked_for_and_it_can_be_stopped(show):
    page, watch = show(MelodyPad(BARS))
    page.evaluate(
        """() => {
            window.made = 0;
            const Real = window.AudioContext;
            window.AudioContext = class extends Real {
                constructor() { super(); window.made += 1; }
            };
        }"""
    )
    settle(page, 120)
    assert page.evaluate("window.made") == 0
    page.get_by_role("button", name="Play").click()
    assert page.evaluate("window.made") == 1
    page.get_by_role("button", name="Stop").click()
    assert page.get_by_role("button", name="Play").count() == 1


def test_without_a_kernel_it_says_so(show):
    page, watch = show(MelodyPad(BARS))
    page.get_by_role("button", name="Let the model go on").click()
    page.get_by_text("No kernel answers here").wait_for(timeout=8000)


def test_a_bar_that_does_not_add_up_is_not_sent(show):
    page, watch = show(MelodyPad(BARS))
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Let the model go on").click()
    assert "asked once all bars add up" in told(page)


def test_a_stored_continuation_is_shown_until_the_notes_change(show):
    page, watch = show(MelodyPad(BARS, answer=[(67, 6), (None, 2), (71, 4)]))
    assert "2 notes (orange, framed)" in told(page)
    page.get_by_role("button", name="Clear").click()
    assert "nothing" in told(page)


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    widget = MelodyPad(BARS, answer=[(67, 6), (71, 2), (74, 4), (79, 12), (78, 6), (74, 6)])
    page, watch = show(widget, dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"melody-pad-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
