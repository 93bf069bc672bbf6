"""Films in a page without a kernel: they play, keep step with sound and subtitles, by keys too."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.data import moving_digits, sound, write_film
from aigc_teach.widgets import FilmPlayer, VideoPlayer
from browser.accessible import violations
from browser.looks import in_looks
from browser.play import play
from browser.speed import settle

pytestmark = pytest.mark.browser

PLAYER = "document.querySelector('.aigc-film-player').dataset"
CUES = {"en": [(0.0, 0.6, "one"), (0.6, 2.0, "two")], "zh": [(0.0, 2.0, "\u4e00\u4e8c")]}


def clip(frames=20):
    square = torch.ones(1, 1, 12, 12)
    seed = torch.Generator().manual_seed(0)
    return moving_digits(1, square, frames=frames, size=32, generator=seed)[0]


def player(**options):
    film = clip()
    return FilmPlayer({"true": film, "copied": film[:1].expand_as(film)}, fps=10, **options)


def state(page) -> tuple[str, int]:
    return page.evaluate(f"() => {PLAYER}.state"), int(page.evaluate(f"() => {PLAYER}.frame"))


def test_it_plays_when_asked_steps_by_keys_and_stops_at_the_end(show):
    page, watch = show(player())
    assert state(page) == ("paused", 0)
    page.locator(".aigc-film-player input").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert state(page) == ("paused", 2)
    page.keyboard.press("Space")
    page.wait_for_function(f"() => Number({PLAYER}.frame) > 6")
    assert state(page)[0] == "playing"
    page.wait_for_function(f"() => {PLAYER}.state === 'paused'")
    settle(page, 100)
    assert state(page) == ("paused", 19)
    pictures = page.locator(".aigc-film-player canvas").evaluate_all(
        "(all) => all.map((canvas) => canvas.toDataURL())"
    )
    assert pictures[0] != pictures[1]
    watch.assert_quiet()


def test_sound_and_subtitles_keep_step(show):
    page, watch = show(player(sound=sound.tone(440.0, 1.0), subtitles=CUES))
    assert page.evaluate(f"() => {PLAYER}.cue") == "one"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => {PLAYER}.cue === 'two'")
    assert float(page.evaluate(f"() => {PLAYER}.time")) >= 0.6
    page.wait_for_function(f"() => Number({PLAYER}.time) > 1.4")  # on beyond the sound's end
    page.get_by_role("button", name="zh").click()
    page.wait_for_function(f"() => {PLAYER}.cue === '\u4e00\u4e8c'")
    page.get_by_role("button", name="off").click()
    page.wait_for_function(f"() => {PLAYER}.cue === ''")
    watch.assert_quiet()


def test_a_film_file_plays_and_its_subtitles_come_at_their_time(show, tmp_path):
    pytest.importorskip("av")
    write_film(
        tmp_path / "film.webm",
        clip(40),
        20,
        sound=sound.tone(330.0, 2.0),
        subtitles=CUES,
        enlarge=4,
    )
    page, watch = show(VideoPlayer(tmp_path / "film.webm", subtitles=CUES, alt="A square."))
    video = "document.querySelector('.aigc-video')"
    assert page.evaluate(f"() => {video}.paused")
    play(page, page.locator(".aigc-video-player"))
    assert violations(page, ".aigc-video-player") == []
    page.evaluate(f"() => {{ {video}.muted = true; return {video}.play(); }}")
    page.wait_for_function(f"() => {video}.currentTime > 0.7")
    cue = page.evaluate(f"() => {video}.textTracks[0].activeCues[0].text")
    time = page.evaluate(f"() => {video}.currentTime")
    assert cue == "two" and time > 0.6
    assert page.evaluate(f"() => [...{video}.textTracks].map((t) => t.language)") == ["en", "zh"]
    page.wait_for_function(f"() => {video}.ended")
    assert abs(page.evaluate(f"() => {video}.duration") - 2) < 0.2
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    options = {"subtitles": CUES, "sound": sound.tone(440.0, 1.0)}
    page, watch = show(player(**options), dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"film-player-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
