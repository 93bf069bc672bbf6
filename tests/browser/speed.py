"""Time in a page: wait for what it has begun, and hold its frames against work of known size.

No test waits by the clock of another process, and none fails by a clock alone: a frame that takes
longer than a sixtieth of a second fails only where a fixed piece of work, timed in the same page
right afterwards, takes less, and where the page's thread was not kept waiting by other processes.
One that was is judged by the processor time of its frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable

FRAME = 16.0  # ms: sixty pictures a second
ROUNDS = 3  # other jobs only ever make a round slower: one that holds is enough
REPEATS = 10  # a busy browser merges moves into few frames: then a round acts again
MOVES = 120
ALONE = 0.9  # of its tasks' time on a processor: the page's thread had a core to itself

LISTEN = """(root) => {
    if (!root.frameTimes)
        root.addEventListener("aigc-frame", (event) => root.frameTimes.push(event.detail));
    root.frameTimes = [];
}"""
# Whether an instrument has drawn so many frames since it was listened to.
FRAMES = """([place, n]) => document.querySelector(place).frameTimes.length >= n"""
# Timers of a page fire in order, however busy the machine is: what it began before is done.
SETTLE = """(ms) => new Promise((done) => setTimeout(
    () => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))), ms))"""
# About a frame's worth on two quiet cores: products of a network's size, and a picture drawn.
WORK = """async () => {
    const rows = 400, columns = 784, times = [];
    const weights = Float32Array.from({ length: rows * columns }, (_, k) => (k % 17) - 8);
    const input = Float32Array.from({ length: columns }, (_, k) => (k % 5) - 2);
    const output = new Float32Array(rows);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 280;
    const context = canvas.getContext("2d");
    for (let n = 0; n < 24; n++) {
        await new Promise(requestAnimationFrame);
        const begun = performance.now();
        for (let repeat = 0; repeat < PRODUCTS; repeat++)
            for (let i = 0; i < rows; i++) {
                let sum = 0;
                for (let j = 0; j < columns; j++) sum += weights[i * columns + j] * input[j];
                output[i] = sum;
            }
        const picture = context.createImageData(280, 280);
        for (let k = 0; k < picture.data.length; k++) picture.data[k] = output[k % rows];
        context.putImageData(picture, 0, 0);
        times.push(performance.now() - begun);
    }
    return times;
}""".replace("PRODUCTS", "40")


def settle(page, milliseconds: int = 100) -> None:
    """Wait until the page has done what it had begun, timers up to `milliseconds` included."""
    page.evaluate(SETTLE, milliseconds)


def p95(times: list[float]) -> float:
    """The 95th percentile of times; infinite if nothing was drawn."""
    return sorted(times)[int(0.95 * len(times))] if times else math.inf


def assert_quick(
    page, root, act: Callable[[], None], *, least: int = 10, percentile: Callable = p95
) -> list[float]:
    """Do `act` and require that the frames it causes in `root` take no longer than a frame.

    Returns the frame times of the round that held, in ms.
    """
    told = []
    for _ in range(ROUNDS):
        times, took, worked, share = _cost(page, lambda: _frames(root, act, least), percentile)
        told.append(f"{took:.1f} ms a frame, {worked:.1f} at work ({share:.0%} of its tasks' time)")
        held = took <= FRAME or (share < ALONE and worked <= FRAME)
        if not held:
            _, same, work, _ = _cost(page, lambda: page.evaluate(WORK), percentile)
            told[-1] += f", reference {same:.1f}, {work:.1f} at work"
            held = took <= same or (share < ALONE and worked <= work)
        if held:
            print(f"{len(times)} frames: {'; '.join(told)}")
            return times
    raise AssertionError(f"slower than a frame, and than the reference work: {'; '.join(told)}")


def _cost(page, work: Callable[[], list[float]], percentile: Callable) -> tuple:
    """(frame times, their percentile, mean processor time of a frame in ms, the thread's share)."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = _tasks(session)
    times = work()
    worked, took = (b - a for a, b in zip(before, _tasks(session), strict=True))
    session.detach()
    share = worked / max(took, 1e-9)
    return times, percentile(times), share * sum(times) / len(times), share


def _tasks(session) -> tuple[float, float]:
    """How long the page's thread has worked, and how long its tasks have taken, in seconds."""
    told = session.send("Performance.getMetrics")["metrics"]
    values = {each["name"]: each["value"] for each in told}
    return values["ThreadTime"], values["TaskDuration"]


def _frames(root, act: Callable[[], None], least: int) -> list[float]:
    """The times of at least so many frames that `act` causes, done again where it causes few."""
    root.evaluate(LISTEN)
    times = []
    for _ in range(REPEATS):
        act()
        times = root.evaluate("(root) => root.frameTimes")
        if len(times) >= least:
            return times
    raise AssertionError(f"only {len(times)} frames were drawn, {REPEATS} times over")


def drag(page, target, *, moves: int = MOVES) -> None:
    """Drag with the mouse over `target` in a figure of eight."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    middle_x, middle_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle_x, middle_y)
    page.mouse.down()
    for k in range(moves):
        turn = 2 * math.pi * k / moves
        x = middle_x + 0.4 * box["width"] * math.sin(turn)
        page.mouse.move(x, middle_y + 0.4 * box["height"] * math.sin(2 * turn))
    page.mouse.up()


def assert_quick_drag(page, root, target) -> list[float]:
    """Require that the instrument `root` follows a drag over `target` within a frame."""
    return assert_quick(page, root, lambda: drag(page, target))
