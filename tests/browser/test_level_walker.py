"""LevelWalker in a page without a kernel: keys, drags, the map where WebGL is off, how it looks."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.core.levels import BOXES, read_level
from aigc_teach.widgets import LevelWalker
from browser.looks import in_looks
from browser.play import play
from browser.speed import settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser
ROOM = read_level("#######/#@-$.-#/#-----#/#######", BOXES)
CORNER = read_level("####/#@$#/#-.#/####", BOXES)
NO_WEBGL = """() => {
    const usual = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : usual.call(this, kind, ...rest);
    };
}"""


def state(page):
    settle(page, 350)
    return json.loads(page.locator(".aigc-walker").get_attribute("data-state"))


def raised(page):
    page.wait_for_function("document.querySelector('.aigc-walker').dataset.state.includes('scene')")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        settle(page, 300)


def walker(**options):
    return LevelWalker({"room": ROOM, "corner": CORNER}, told={"room": "1 push"}, **options)


def test_a_walk_by_keys_pushes_the_crate_home(show):
    page, watch = show(walker())
    raised(page)
    page.get_by_role("application").focus()
    assert state(page)["heading"] == 1  # where most is to be seen
    assert "1 free tile, then a crate" in page.locator(".aigc-readout").inner_text()
    press(page, "ArrowUp")
    assert "a crate, to push" in page.locator(".aigc-readout").inner_text()
    press(page, "w")
    now = state(page)
    assert (now["x"], now["pushes"], now["steps"], now["fate"]) == (3, 1, 2, "won")
    assert page.get_by_text("Won: every crate is home.").first.is_visible()
    assert "every crate is home" in page.get_by_role("application").get_attribute("aria-label")
    press(page, "r")
    assert state(page)["steps"] == 0 and not state(page)["fate"]
    watch.assert_quiet()


def test_walls_block_and_a_push_is_taken_back(show):
    page, watch = show(walker())
    raised(page)
    page.get_by_role("button", name="corner").click()
    page.get_by_role("application").focus()
    while state(page)["heading"] != 1:
        press(page, "ArrowRight")
    press(page, "ArrowUp")  # the crate stands at the wall
    assert state(page)["steps"] == 0
    assert "which does not move" in page.locator(".aigc-readout").inner_text()
    press(page, "ArrowLeft", "ArrowUp")
    assert state(page)["heading"] == 0 and state(page)["steps"] == 0  # a wall
    press(page, "s")
    assert state(page)["y"] == 2 and state(page)["heading"] == 0  # a step back
    page.get_by_role("button", name="Take back").click()
    assert state(page)["y"] == 1 and state(page)["steps"] == 0
    page.get_by_role("button", name="room").click()
    page.get_by_role("button", name="turn right").click()
    page.get_by_role("button", name="forward").click()
    watch.assert_quiet()


def test_a_drag_turns_and_the_map_can_be_hidden(show):
    page, watch = show(walker())
    raised(page)
    before = state(page)["heading"]
    box = page.get_by_role("application").bounding_box()
    x, y = box["x"] + 300, box["y"] + 250
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(12):
        page.mouse.move(x - 20 * k, y)
    page.mouse.up()
    assert state(page)["heading"] == (before + 1) % 4
    assert page.locator(".aigc-walker-map").is_visible()
    page.get_by_role("button", name="Hide the map").click()
    settle(page, 100)
    assert not page.locator(".aigc-walker-map").is_visible()
    watch.assert_quiet()


def test_it_follows_a_drag_within_a_frame(show):
    page, watch = show(walker())
    raised(page)
    settle(page, 500)
    print(play(page, page.locator(".aigc-walker")))
    watch.assert_quiet()


def test_the_library_is_started_once_a_page_and_only_in_view(show):
    page, watch = show(walker(), walker())
    raised(page)
    assert page.evaluate("() => globalThis.aigcThree170.then((three) => three.REVISION)") == "170"
    page.locator(".aigc-walker").nth(1).scroll_into_view_if_needed()
    page.wait_for_function(
        "document.querySelectorAll('.aigc-walker')[1].dataset.state.includes('scene')"
    )
    scripts = [url for url in watch.requests if url.startswith("blob:")]
    assert len(scripts) <= 3, scripts  # two instruments and one library
    watch.assert_quiet()


def test_without_webgl_the_same_walk_is_drawn_from_above(new_page, tmp_path):
    page, watch = new_page()
    page.add_init_script(f"({NO_WEBGL})()")
    page.goto(write_page(tmp_path, [walker()]).as_uri())
    page.get_by_text("This browser has no WebGL").wait_for()
    assert state(page)["view"] == "map"
    assert page.evaluate("() => globalThis.aigcThree170 === undefined")
    page.get_by_role("application").focus()
    while state(page)["heading"] != 1:
        press(page, "ArrowLeft")
    press(page, "ArrowUp", "ArrowUp")
    assert state(page)["fate"] == "won"
    watch.assert_quiet()


def test_a_reader_who_wants_less_motion_gets_none(show):
    page, watch = show(walker(), reduced_motion="reduce")
    raised(page)
    page.get_by_role("application").focus()
    frames = page.evaluate("""() => new Promise((done) => {
        const root = document.querySelector(".aigc-walker");
        let frames = 0;
        root.addEventListener("aigc-frame", () => { frames += 1; });
        root.querySelector("[role=application]")
            .dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
        setTimeout(() => done(frames), 400);
    })""")
    assert frames == 1
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    level = data.box_levels(12, generator=make_generator(0)).levels[9]
    page, watch = show(
        LevelWalker({"generated": level}), dark=dark, viewport={"width": width, "height": 900}
    )
    raised(page)
    settle(page, 500)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"level-walker-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    with Image.open(pictures / name) as picture:
        colours = picture.convert("RGB").quantize(64).getcolors()
    assert len(colours) > 20, "the scene is a plain area"
    watch.assert_quiet()
