"""TrainingReplay in a page without a kernel: slider, drag, keys, layers, play, speed."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core.random import make_generator
from aigc_teach.widgets.replay import ReplayFrame, TrainingReplay
from browser.looks import in_looks
from browser.speed import LISTEN, assert_quick_drag, settle

pytestmark = pytest.mark.browser

PICTURE = """(c) => {
    const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    let sum = 7;
    for (let i = 0; i < d.length; i++) sum = (sum * 31 + d[i]) % 1000000007;
    return sum;
}"""


def replay(n=21, **options):
    """A made-up training: a cloud that shrinks onto a ring, under a ground that fades."""
    random = make_generator(0)
    start = 2 * torch.randn(200, 2, generator=random)
    angle = 6.3 * torch.rand(200, generator=random)
    goal = 2 * torch.stack([angle.cos(), angle.sin()], dim=1)
    side = torch.linspace(-3, 3, 31)
    y, x = torch.meshgrid(side, side, indexing="ij")
    frames = []
    for t in range(n):
        share = t / max(1, n - 1)
        points = (1 - share) * start + share * goal
        readouts = {"critic's loss": 1 + share, "generator's loss": 1 - 0.5 * share, "blobs": t % 9}
        surface = torch.sigmoid((1 - share) * (x + 0.3 * y))
        pushes = (goal - points)[:48]
        frames.append(ReplayFrame(30 * t, points, surface, points[:48], pushes, readouts))
    return TrainingReplay(frames, real=goal[:100], title="A made-up training", **options)


def canvases(page):
    plane, scale, curves = page.locator(".aigc-replay canvas").all()
    return plane, scale, curves


def numbers(page):
    settle(page, 120)
    rows = page.locator(".aigc-readout tr").all()
    return dict(row.evaluate("(r) => [...r.children].map((c) => c.textContent)") for row in rows)


def test_it_opens_at_the_last_step(show):
    page, watch = show(replay())
    assert numbers(page) == {
        "step": "600",
        "critic's loss": "2.00",
        "generator's loss": "0.50",
        "blobs": "2",
    }
    label = canvases(page)[0].get_attribute("aria-label")
    assert "21 frames" in label and "Step 600" in label
    watch.assert_quiet()


def test_both_ends_of_the_slider(show):
    page, watch = show(replay())
    last = canvases(page)[0].evaluate(PICTURE)
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("Home")
    assert numbers(page)["step"] == "0" and numbers(page)["critic's loss"] == "1.00"
    assert slider.get_attribute("aria-valuetext") == "0"
    assert canvases(page)[0].evaluate(PICTURE) != last
    page.keyboard.press("ArrowLeft")  # the edge holds
    assert numbers(page)["step"] == "0"
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert numbers(page)["step"] == "600"
    assert canvases(page)[0].evaluate(PICTURE) == last
    slider.fill("7")
    assert numbers(page)["step"] == "210"
    watch.assert_quiet()


def test_dragging_in_the_losses_scrubs_within_a_frame(show):
    page, watch = show(replay(41))
    curves = canvases(page)[2]
    assert_quick_drag(page, page.locator(".aigc-replay"), curves)
    box = curves.bounding_box()
    for share, low, high in [(0.02, 0, 0), (0.55, 500, 700), (0.99, 1200, 1200)]:
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        assert low <= int(numbers(page)["step"]) <= high
    watch.assert_quiet()


def test_everything_by_keyboard(show):
    page, watch = show(replay())
    curves = canvases(page)[2]
    assert curves.get_attribute("role") == "application"
    curves.focus()
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert numbers(page)["step"] == "180"
    assert "Step 180" in curves.get_attribute("aria-label")
    page.keyboard.press("Space")
    settle(page, 700)
    page.keyboard.press("Space")
    now = numbers(page)["step"]
    assert int(now) > 180
    settle(page, 500)
    assert numbers(page)["step"] == now  # paused is paused
    page.wait_for_function("document.querySelector('.aigc-voice').textContent.includes('Step')")
    watch.assert_quiet()


def test_play_runs_to_the_end_and_starts_anew(show):
    page, watch = show(replay(5, frames_per_second=20))
    page.locator(".aigc-replay").evaluate(LISTEN)
    play = page.get_by_role("button", name="Play", exact=True)
    play.click()
    settle(page, 900)
    assert numbers(page)["step"] == "120"
    assert play.inner_text() == "Play"
    assert len(page.locator(".aigc-replay").evaluate("(r) => r.frameTimes")) >= 5
    page.get_by_role("button", name="One frame back").click()
    assert numbers(page)["step"] == "90"
    page.get_by_role("button", name="One frame on").click()
    assert numbers(page)["step"] == "120"
    watch.assert_quiet()


def test_each_layer_can_be_hidden(show):
    page, watch = show(replay())
    page.get_by_role("slider", name="Step").fill("6")
    settle(page, 120)
    seen = {canvases(page)[0].evaluate(PICTURE)}
    for name in ("critic's opinion", "real points", "generated points", "arrows"):
        button = page.get_by_role("button", name=name, exact=True)
        assert button.get_attribute("aria-pressed") == "true"
        button.click()
        settle(page, 120)
        assert button.get_attribute("aria-pressed") == "false"
        seen.add(canvases(page)[0].evaluate(PICTURE))
    assert len(seen) == 5
    watch.assert_quiet()


def test_a_single_frame_without_real_points_or_arrows(show):
    half, none = torch.full((2, 2), 0.5), torch.zeros(0, 2)
    still = ReplayFrame(0, torch.zeros(1, 2), half, none, none, {})
    page, watch = show(TrainingReplay([still], extent=(0, 4, -1, 1)))
    page.get_by_role("button", name="Play", exact=True).click()
    page.keyboard.press("End")
    assert numbers(page) == {"step": "0"}
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    page, watch = show(replay(), dark=dark, viewport={"width": width, "height": 900})
    page.get_by_role("slider", name="Step").fill("9")
    settle(page, 200)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"replay-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    print(f"look at {pictures / name}")
    watch.assert_quiet()
