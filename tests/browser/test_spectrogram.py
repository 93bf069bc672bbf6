"""The spectrogram viewer in a page without a kernel: every control, dragged, keyed, measured."""

from __future__ import annotations

import re

import pytest
import torch

from aigc_teach.data import sound
from aigc_teach.widgets.spectrogram import SpectrogramViewer
from browser.looks import in_looks
from browser.speed import assert_quick, assert_quick_drag, settle

pytestmark = pytest.mark.browser

PICTURE = "(canvas) => canvas.toDataURL()"


def viewer():
    clicks = torch.zeros(16_000)
    clicks[[6000, 6400]] = 0.9
    return SpectrogramViewer(
        {
            "chirp": sound.chirp(100, 7000, 1.5),
            "two tones": (sound.tone(1000.0) + sound.tone(1100.0)) / 2,
            "two clicks": clicks,
            "pluck": sound.pluck(220.0, 1.5),
        },
        title="Spectrogram viewer",
    )


def plane(page):
    return page.locator(".aigc-spectrogram canvas[tabindex]")


def row(page, name):
    return page.locator(".aigc-readout tr", has_text=name).inner_text().replace("\t", " ")


def test_controls_change_picture_and_numbers_at_both_ends(show):
    page, watch = show(viewer())
    assert "32.0 ms" in row(page, "Window") and "125 Hz" in row(page, "A pure tone")
    assert row(page, "Product").rstrip().endswith("= 4")
    for slider in page.get_by_role("slider").all():
        seen = []
        slider.focus()
        for key in ("Home", "End"):
            page.keyboard.press(key)
            settle(page, 150)
            seen.append(plane(page).evaluate(PICTURE))
            assert "NaN" not in page.locator(".aigc-spectrogram").inner_text()
        assert seen[0] != seen[1]
    assert "128.0 ms" in row(page, "Window")  # the length slider stands at its end
    for name in ("Hamming", "rectangular", "Hann", "whole window", "1/2", "1/8", "1/4"):
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        settle(page, 80)
        assert button.get_attribute("aria-pressed") == "true"
        if name == "rectangular":
            assert row(page, "Product").rstrip().endswith("= 2")
    for name in ("two tones", "two clicks", "pluck", "chirp"):
        before = plane(page).evaluate(PICTURE)
        page.get_by_role("button", name=name, exact=True).click()
        settle(page, 120)
        assert plane(page).evaluate(PICTURE) != before
        assert f"Spectrogram of {name}." in plane(page).get_attribute("aria-label")
    watch.assert_quiet()


def test_the_cursor_reads_the_tone_it_stands_on(show):
    page, watch = show(viewer())
    page.get_by_role("button", name="two tones", exact=True).click()
    plane(page).focus()
    page.keyboard.press("Home")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    for _ in range(60):
        page.keyboard.press("Shift+ArrowDown")
    for _ in range(32):  # 32 bins of 31.25 Hz
        page.keyboard.press("ArrowUp")
    settle(page, 150)
    said = row(page, "Cursor")
    assert "0.320 s" in said and "1.00 kHz" in said, said
    level = float(re.search(r"([\u2212\d.]+) dB", said)[1].replace("\u2212", "-"))
    assert -7 < level < -5  # each of the two tones has amplitude 1/2: 20 log10(0.5) = -6.02
    page.keyboard.press("End")
    settle(page, 700)
    assert "1.000 s" in row(page, "Cursor")
    assert "1.000 seconds" in page.locator(".aigc-voice").inner_text()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    settle(page, 150)
    assert "1.000 s" in row(page, "Cursor")
    watch.assert_quiet()


def test_a_click_moves_the_cursor(show):
    page, watch = show(viewer())
    box = plane(page).bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.3 * box["height"])
    settle(page, 150)
    said = row(page, "Cursor")
    assert re.search(r"1\.1\d\d s", said) and re.search(r"5\.\d\d kHz", said), said
    watch.assert_quiet()


def test_playing_makes_no_complaint(show):
    page, watch = show(viewer())
    page.get_by_role("button", name="Play").click()
    settle(page, 200)
    watch.assert_quiet()


def test_a_drag_follows_within_a_frame(show):
    page, watch = show(viewer())
    page.get_by_role("button", name="1/8", exact=True).click()
    settle(page, 300)
    assert_quick_drag(page, page.locator(".aigc-spectrogram"), plane(page))
    watch.assert_quiet()


def test_sliders_are_quick(show):
    page, watch = show(viewer())
    root = page.locator(".aigc-spectrogram")

    def slide() -> None:
        for slider in page.get_by_role("slider").all():
            slider.evaluate(
                """async (slider) => {
                for (let k = 0; k < 60; k++) {
                    const low = Number(slider.min), n = (slider.max - low) / slider.step + 1;
                    slider.value = low + (k % n) * slider.step;
                    slider.dispatchEvent(new Event("input"));
                    await new Promise(requestAnimationFrame);
                }
            }"""
            )

    assert_quick(page, root, slide)
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(viewer(), dark=dark, viewport={"width": width, "height": 900})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"spectrogram-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
