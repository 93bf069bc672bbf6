"""The sound player in a page without a kernel: it plays, by mouse and keys, and keeps secrets."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.data import sound
from aigc_teach.widgets import SoundPlayer
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

PICTURE = "(canvas) => canvas.toDataURL()"
CLOCK = "document.querySelector('.aigc-sound-player').dataset"


def player(**options):
    clean = 0.7 * sound.tune(beat=0.125)
    noise = 0.1 * torch.randn(len(clean), generator=make_generator(0))
    return SoundPlayer({"clean": clean, "noisy": clean + noise}, **options)


def chart(page):
    return page.locator(".aigc-sound-player canvas[tabindex]")


def state(page) -> tuple[str, float]:
    return page.evaluate(f"() => {CLOCK}.state"), float(page.evaluate(f"() => {CLOCK}.time"))


def wait_until_after(page, seconds: float) -> None:
    page.wait_for_function(f"() => Number({CLOCK}.time) > {seconds}")


def test_nothing_plays_by_itself_and_the_cursor_moves_when_it_does(show):
    page, watch = show(player())
    assert state(page) == ("paused", 0.0)
    before = chart(page).evaluate(PICTURE)
    page.get_by_role("button", name="Play").click()
    wait_until_after(page, 0.2)
    assert state(page)[0] == "playing"
    assert chart(page).evaluate(PICTURE) != before
    page.get_by_role("button", name="Pause").click()
    settle(page, 100)
    still, at = state(page)
    settle(page, 300)
    assert still == "paused" and state(page)[1] == at > 0.2
    watch.assert_quiet()


def test_keys_play_choose_and_move(show):
    page, watch = show(player())
    chart(page).focus()
    page.keyboard.press("Space")
    wait_until_after(page, 0.15)
    page.keyboard.press("2")
    wait_until_after(page, 0.4)
    noisy = page.get_by_role("button", name="noisy", exact=True)
    assert noisy.get_attribute("aria-pressed") == "true" and state(page)[0] == "playing"
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    settle(page, 100)
    assert state(page) == ("paused", 0.8)
    assert chart(page).get_attribute("aria-valuetext") == "0.8 of 2.0 s"
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert state(page) == ("paused", 2.0)
    page.keyboard.press("Space")  # from the end: once more from the beginning
    page.wait_for_function(f"() => {CLOCK}.state === 'playing' && Number({CLOCK}.time) < 1.5")
    watch.assert_quiet()


def test_it_stops_at_the_end(show):
    page, watch = show(SoundPlayer(sound.tone(440.0, 0.3)))
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => {CLOCK}.state === 'playing'")
    page.wait_for_function(f"() => {CLOCK}.state === 'paused'")
    assert state(page)[1] == 0
    watch.assert_quiet()


def test_one_player_at_a_time(show):
    page, watch = show(player(), player())
    for button in page.get_by_role("button", name="Play").all():
        button.click()
        settle(page, 100)
    states = (
        "() => [...document.querySelectorAll('.aigc-sound-player')].map((e) => e.dataset.state)"
    )
    assert sorted(page.evaluate(states)) == ["paused", "playing"]
    watch.assert_quiet()


def test_blind_hides_names_and_pictures_until_asked(show):
    page, watch = show(player(blind=True))
    words = page.locator(".aigc-sound-player").inner_text()
    assert "clean" not in words and "noisy" not in words
    assert "Wave and spectrogram come with the names." in words
    seen = []
    for name in ("A", "B"):
        page.get_by_role("button", name=name, exact=True).click()
        settle(page, 100)
        seen.append(chart(page).evaluate(PICTURE))
    assert seen[0] == seen[1]
    page.get_by_role("button", name="Show the names").click()
    settle(page, 100)
    words = page.locator(".aigc-sound-player").inner_text()
    assert "clean" in words and "noisy" in words and chart(page).evaluate(PICTURE) != seen[1]
    watch.assert_quiet()


def test_a_click_moves_the_cursor(show):
    page, watch = show(player())
    box = chart(page).bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    settle(page, 100)
    still, at = state(page)
    assert still == "paused" and 0.8 < at < 1.1
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(player(), dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"sound-player-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
