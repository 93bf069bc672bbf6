"""Play with an instrument as a reader would: sliders, lists, canvases, buttons."""

from __future__ import annotations

import math

from browser.chromium import LISTEN

DRAGGABLE = "canvas[tabindex='0']"
ROUNDS = 3  # other jobs only ever make a round slower: the best of so many counts
FAST = 16.0  # ms a frame, 95 of 100; a round that holds it ends the search for a better one
SWEEP = """async (slider) => {
    const low = Number(slider.min), high = Number(slider.max), start = slider.value;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (let k = 0; k <= 24; k++) {
        slider.value = low + (k / 24) * (high - low);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await frame();
    }
    slider.value = start;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
}"""
CHOOSE_ALL = """async (list) => {
    const start = list.value;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (const value of [...[...list.options].map((option) => option.value), start]) {
        list.value = value;
        list.dispatchEvent(new Event("change", { bubbles: true }));
        await frame();
    }
}"""
UNNAMED = """(root) => [...root.querySelectorAll("input, select, button, canvas[role]")]
    .filter((e) => !e.closest("[hidden]"))
    .filter((e) => !(e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent))
    .map((e) => e.outerHTML.slice(0, 120))"""


def play(page, root) -> list[float]:
    """Move all that moves in one instrument; the best round's frame times in ms, sorted."""
    assert root.evaluate(UNNAMED) == [], "controls without a name"
    rounds = []
    while len(rounds) < ROUNDS and min(map(p95, rounds), default=math.inf) > FAST:
        rounds.append(_round(page, root))
    return min(rounds, key=p95)


def p95(times: list[float]) -> float:
    """The 95th percentile of sorted times; infinite if nothing was drawn."""
    return times[int(0.95 * len(times))] if times else math.inf


def _round(page, root) -> list[float]:
    root.evaluate(LISTEN)
    for slider in root.locator("input[type=range]:visible:enabled").all():
        slider.evaluate(SWEEP)
    for choice in root.locator("select:visible:enabled").all():
        choice.evaluate(CHOOSE_ALL)
    for canvas in root.locator(DRAGGABLE).all():
        canvas.scroll_into_view_if_needed()
        _drag(page, canvas.bounding_box())
    if not root.locator(f"input[type=range], {DRAGGABLE}").count():  # one made of buttons only
        for button in root.locator("button:visible:enabled").all()[:12]:
            button.evaluate("(button) => button.click()")  # one judged already is locked
    return sorted(root.evaluate("(root) => root.frameTimes"))


def _drag(page, box: dict, moves: int = 40) -> None:
    middle_x, middle_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle_x, middle_y)
    page.mouse.down()
    for k in range(moves):
        turn = 2 * math.pi * k / moves
        x = middle_x + 0.4 * box["width"] * math.sin(turn)
        page.mouse.move(x, middle_y + 0.4 * box["height"] * math.sin(2 * turn))
    page.mouse.up()
