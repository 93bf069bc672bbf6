"""Play with an instrument as a reader would: sliders, lists, canvases, buttons."""

from __future__ import annotations

from browser.speed import assert_quick, drag

DRAGGABLE = "canvas[tabindex='0']"
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
# A film's frames are the browser's: it plays if its clock moves.
PLAYED = """async (video) => {
    const start = video.currentTime;
    const latest = performance.now() + 20_000;
    video.muted = true;
    await video.play();
    while (video.currentTime === start && performance.now() < latest)
        await new Promise((done) => requestAnimationFrame(done));
    video.pause();
    return video.currentTime - start;
}"""
UNNAMED = """(root) => [...root.querySelectorAll("input, select, button, canvas[role]")]
    .filter((e) => !e.closest("[hidden]"))
    .filter((e) => !(e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent))
    .map((e) => e.outerHTML.slice(0, 120))"""


def play(page, root) -> list[float]:
    """Move all that moves in one instrument, and require that it follows within a frame.

    Returns the frame times in ms; none for a film, which is only played.
    """
    assert root.evaluate(UNNAMED) == [], "controls without a name"
    films = root.locator("video").all()
    if films:
        assert min(film.evaluate(PLAYED) for film in films) > 0, "a film stands still"
        return []
    return assert_quick(page, root, lambda: _move_all(page, root), least=1)


def _move_all(page, root) -> None:
    for slider in root.locator("input[type=range]:visible:enabled").all():
        slider.evaluate(SWEEP)
    for choice in root.locator("select:visible:enabled").all():
        choice.evaluate(CHOOSE_ALL)
    for canvas in root.locator(DRAGGABLE).all():
        drag(page, canvas, moves=40)
        canvas.press("ArrowRight")  # a game is played by keys alone
    if not root.locator(f"input[type=range], {DRAGGABLE}").count():  # one made of buttons only
        for button in root.locator("button:visible:enabled").all()[:12]:
            if button.count():  # one judged already is locked, one that was taken is gone
                button.evaluate("(button) => button.click()")
