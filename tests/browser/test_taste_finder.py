"""TasteFinder in a page without a kernel: likes by click and key, the step, empty pages, looks."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import torch
from torch import nn

from aigc_teach.models import SearchGaussian
from aigc_teach.widgets import TasteFinder
from aigc_teach.widgets.base import STATIC
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser


def finder(**more):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 3 * 32 * 32), nn.Tanh(), nn.Unflatten(1, (3, 32, 32)))
    return TasteFinder(net, **more)


def told(page):
    settle(page, 150)
    return page.locator(".aigc-taste").inner_text()


def faces(page):
    return page.get_by_role("group", name="Pictures to like").get_by_role("button")


def test_likes_by_click_and_by_key(show):
    page, watch = show(finder())
    assert faces(page).count() == 9
    faces(page).nth(2).click()
    assert faces(page).nth(2).get_attribute("aria-pressed") == "true"
    page.keyboard.press("5")
    assert faces(page).nth(4).get_attribute("aria-pressed") == "true"
    page.keyboard.press("5")
    assert faces(page).nth(4).get_attribute("aria-pressed") == "false"
    page.keyboard.press("7")
    page.keyboard.press("n")
    text = told(page)
    assert "You liked 2 of 9. The mean moved by" in text
    assert faces(page).nth(2).get_attribute("aria-pressed") == "false"
    watch.assert_quiet()


def test_no_like_one_like_and_all(show):
    page, watch = show(finder(count=4))
    page.get_by_role("button", name="Next page").click()
    assert "You liked none" in told(page) and "from the start\t0.00" in told(page)
    faces(page).nth(0).click()
    page.get_by_role("button", name="Next page").click()
    assert "One like says little" in told(page)
    for k in range(4):
        faces(page).nth(k).click()
    page.get_by_role("button", name="Next page").click()
    assert "all 4: that tells no difference" in told(page)
    page.get_by_role("button", name="Forget everything").click()
    assert "Which do you like?" in told(page) and "from the start\t0.00" in told(page)
    watch.assert_quiet()


def test_the_same_likes_narrow_it_and_the_tab_key_reaches_all(show):
    page, watch = show(finder(spread_rate=1.0))
    for _ in range(8):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    for _ in range(12):
        faces(page).nth(3).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("n")
    text = told(page)
    assert "Page\t13" in text
    slider = page.get_by_role("slider", name="Least spread")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("n")
    wide = float(told(page).split("Spread of the Gaussian\t")[1].split("\n")[0])
    assert wide >= 1, "the floor lifts every spread"
    watch.assert_quiet()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_step_is_the_package_s():
    g = torch.Generator().manual_seed(1)
    start = SearchGaussian(torch.randn(4, generator=g), torch.rand(4, generator=g) + 0.5)
    shown = start.draw(5, generator=g)
    for likes in ([1, 0, 0, 1, 0], [0] * 5, [1] * 5, [0, 1, 0, 0, 0]):
        call = json.dumps([start.mean.tolist(), start.spread.tolist(), shown.tolist(), likes])
        code = (
            (STATIC / "taste_finder.js").read_text().replace("export default", "const widget =")
            + f"\nconst [m, s, z, r] = {call};"
            + "\nconst out = tasteStep({ mean: m, spread: s }, z, r, 0.5, 0.15, 0.2);"
            + "\nconsole.log(JSON.stringify([out.mean, out.spread]));"
        )
        done = subprocess.run(["node", "-e", code], check=True, capture_output=True, text=True)
        mine = torch.tensor(json.loads(done.stdout))
        want = start.follow(shown, torch.tensor(likes), floor=0.2)
        assert torch.allclose(mine, torch.stack([want.mean, want.spread]), atol=1e-5)


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(finder(), dark=dark, viewport={"width": width, "height": 900})
    for _ in range(3):
        faces(page).nth(1).click()
        page.keyboard.press("n")
    faces(page).nth(1).click()
    settle(page, 200)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"taste-finder-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
