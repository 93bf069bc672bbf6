"""Words and cues on a timeline, and a film with aligned subtitles in the browser's own player."""

from __future__ import annotations

import pytest

from aigc_teach import data, metrics, models
from aigc_teach.core import make_generator
from aigc_teach.course.video import subtitles
from aigc_teach.widgets import CueTimeline, VideoPlayer
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

DATA = "document.querySelector('.aigc-cue-timeline').dataset"


@pytest.fixture(scope="module")
def clip():
    return subtitles.clip(data.speech("pairs")[:4], make_generator(0))


@pytest.fixture(scope="module")
def cues(clip):
    """Cues whose times were found by the aligner."""
    aligner = models.Aligner(data.speech("train")[:60], subtitles.levels, hop=subtitles.HOP)
    found = subtitles.word_times(aligner.align(clip.wave, clip.signs), clip.word)
    words = [subtitles.Said(*t, w.text) for t, w in zip(found, clip.words, strict=True)]
    return subtitles.best_cues(words, clip.first, metrics.Rules())


def timeline(clip, cues):
    words = [(w.start, w.end, w.text) for w in clip.words]
    return CueTimeline(
        clip.wave,
        rate=subtitles.RATE,
        words=words,
        truth=[w[:2] for w in words],
        cues=cues,
        rules=metrics.Rules(),
    )


def state(page) -> dict:
    settle(page, 100)
    return page.evaluate(f"() => ({{...{DATA}}})")


def test_keys_move_an_edge_and_the_error_follows(show, clip, cues):
    page, watch = show(timeline(clip, cues))
    before = state(page)
    assert before["row"] == "words" and float(before["error"]) == 0
    page.locator(".aigc-cue-timeline canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert float(state(page)["error"]) == pytest.approx(50, abs=1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    after = state(page)
    assert after["edge"] == "1" and float(after["error"]) == pytest.approx(-10, abs=1)
    page.get_by_role("button", name="Undo all").click()
    assert float(state(page)["error"]) == 0
    watch.assert_quiet()


def test_a_shorter_cue_is_read_faster_until_a_rule_breaks(show, clip, cues):
    page, watch = show(timeline(clip, cues))
    page.get_by_role("button", name="cues", exact=True).click()
    page.get_by_role("button", name="Next edge").click()
    before = state(page)
    assert before["row"] == "cues" and before["broken"] == "0"
    page.locator(".aigc-cue-timeline canvas").focus()
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft")
    after = state(page)
    assert float(after["speed"]) > max(17, float(before["speed"])) and int(after["broken"]) >= 1
    watch.assert_quiet()


def test_it_is_dragged_and_plays_on_request(show, clip, cues):
    page, watch = show(timeline(clip, cues))
    box = page.locator(".aigc-cue-timeline canvas").bounding_box()
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.62 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y)
    page.mouse.up()
    moved = state(page)
    assert float(moved["error"]) != 0 and moved["state"] == "paused"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => {DATA}.state === 'playing'")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"() => {DATA}.state === 'paused'")
    watch.assert_quiet()


@in_looks("width", 900, 420)
def test_pictures(show, pictures, clip, cues, dark, width):
    page, watch = show(timeline(clip, cues), dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"cue-timeline-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()


def test_aligned_cues_appear_at_their_time_in_a_real_film(show, clip, cues, tmp_path):
    """Time goes on, and each cue is the one of its moment, in both languages."""
    pytest.importorskip("av")
    lines = [(s.start, s.end, subtitles.chinese(s.text)) for s in clip.sentences]
    tracks = {"en": cues, "zh": subtitles.best_cues(lines, range(len(lines)), metrics.Rules())}
    path = tmp_path / "film.webm"
    film, fps = subtitles.film(clip, 32), subtitles.FPS
    data.write_film(path, film, fps, sound=clip.wave, rate=subtitles.RATE, subtitles=tracks)
    page, watch = show(VideoPlayer(path, subtitles=tracks))
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    found = page.evaluate("""async () => {
        const video = document.querySelector("video"), seen = [];
        for (const track of video.textTracks) track.mode = "hidden";
        await new Promise((done) => setTimeout(done, 300));
        video.muted = true;
        await video.play();
        const began = video.currentTime;
        await new Promise((done) => setTimeout(done, 1500));
        video.pause();
        const went = video.currentTime - began;
        for (const track of video.textTracks) {
            for (const cue of [...track.cues]) {
                video.currentTime = (cue.startTime + cue.endTime) / 2;
                await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
                await new Promise((done) => setTimeout(done, 100));
                const active = [...track.activeCues].map((one) => one.text);
                seen.push([track.language, cue.startTime, cue.endTime, cue.text, active]);
            }
        }
        return [went, seen];
    }""")
    went, seen = found
    assert went > 0.5
    assert all(active == [text] for _, _, _, text, active in seen)
    for language, track in tracks.items():
        shown = [tuple(cue[1:4]) for cue in seen if cue[0] == language]
        assert [text for _, _, text in shown] == [text for _, _, text in track]
        for (start, end, _), cue in zip(shown, track, strict=True):
            assert start == pytest.approx(cue[0], abs=2e-3)
            assert end == pytest.approx(cue[1], abs=2e-3)
    watch.assert_quiet()
