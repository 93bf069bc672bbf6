"""LevelPlayer in a page without a kernel: keys, buttons, both games, and how it looks."""

from __future__ import annotations

import json

import pytest

from aigc_teach import data
from aigc_teach.core.levels import BOXES, read_level
from aigc_teach.metrics import level_solver
from aigc_teach.widgets import LevelPlayer
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
ROOM = read_level("#######/#@$--.#/#-----#/#######", BOXES)

SHORT_PRESS = """(button) => { // within a tick, however busy the machine is
    for (const name of ["pointerdown", "pointerup"]) button.dispatchEvent(new PointerEvent(name));
}"""


def state(page):
    return json.loads(page.locator(".aigc-level").get_attribute("data-state"))


def player(**options):
    levels = {"short": read_level("......../S......F/########"), "long": data.hand_made_levels()[0]}
    ways = {name: level_solver.solve(level).actions for name, level in levels.items()}
    return LevelPlayer(levels, ways=ways, told={"short": "7 ticks at best"}, **options)


def test_holding_a_key_runs_to_the_flag(show):
    page, watch = show(player())
    page.get_by_role("application").focus()
    page.keyboard.down("ArrowRight")
    page.get_by_text("won", exact=True).wait_for()
    page.keyboard.up("ArrowRight")
    assert state(page)["fate"] == "won" and state(page)["ticks"] == 7
    assert "1 of 1" in page.locator(".aigc-readout").inner_text()
    page.keyboard.press("r")
    settle(page, 150)
    assert state(page) == {"x": 0, "y": 1, "rise": 0, "fate": None, "ticks": 0}
    watch.assert_quiet()


def test_a_short_press_is_one_tick_and_the_buttons_do_the_same(show):
    page, watch = show(player())
    page.get_by_role("button", name="right").evaluate(SHORT_PRESS)
    settle(page, 400)
    assert state(page)["x"] == 1
    page.get_by_role("button", name="jump").dispatch_event("pointerdown")
    page.wait_for_function(
        """() => document.querySelector(".aigc-level").dataset.state.includes('"y":0')"""
    )  # held: up, down, up again
    watch.assert_quiet()


def test_the_solvers_way_is_shown_and_does_not_count(show):
    page, watch = show(player())
    page.get_by_role("button", name="long").click()
    page.get_by_role("button", name="Show a way").click()
    page.get_by_text("won", exact=True).wait_for()
    assert state(page)["ticks"] == 29
    assert "0 of 0" in page.locator(".aigc-readout").inner_text()


def test_a_level_without_a_way_says_so(show):
    levels = {"no way": read_level("S.......F/#.......#")}
    page, watch = show(LevelPlayer(levels, ways={"no way": ()}))
    page.get_by_role("button", name="Show a way").click()
    page.get_by_text("there is no way").wait_for()


def test_boxes_are_pushed_taken_back_and_home(show):
    page, watch = show(LevelPlayer({"room": ROOM}, game="boxes"))
    page.get_by_role("application").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Take back").click()
    settle(page, 150)
    assert state(page)["x"] == 2
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    settle(page, 150)
    assert state(page)["fate"] == "won"
    assert "won" in page.locator(".aigc-readout").inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    both = [player(), LevelPlayer({"room": ROOM}, game="boxes")]
    page, watch = show(*both, dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"level-player-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
