"""PrivacyExplorer in a page without a kernel: its sliders by keyboard, and how it looks."""

from __future__ import annotations

import pytest

from aigc_teach.widgets import PrivacyExplorer
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser
NAMES = ["mean radius", "mean texture", "diagnosis"]


def explorer():
    near = (["14.2", "19.1", "benign"], ["14.2", "19.3", "benign"], 0.1)
    far = (["11.0", "25.4", "malignant"], ["14.2", "19.3", "benign"], 2.4)
    runs = [
        ("none", {"epsilon": "no promise", "accuracy": "0.95"}, [near, far]),
        ("1.0", {"epsilon": "12.3", "accuracy": "0.90"}, [far, far]),
    ]
    return PrivacyExplorer(NAMES, runs, typical=1.2, name="noise")


def test_sliders_choose_the_run_and_the_record(show):
    page, watch = show(explorer())
    pair = page.locator(".aigc-privacy-pair tbody tr")
    assert pair.first.inner_text().split() == ["mean", "radius", "14.2", "14.2"]
    same = page.locator(".aigc-privacy-same")
    assert same.count() == 2  # radius and diagnosis
    caption = page.locator("output.aigc-caption")
    assert "almost the same record" in caption.inner_text()
    page.get_by_role("slider", name="noise").press("ArrowRight")
    settle(page, 150)
    assert "no nearer than a stranger" in caption.inner_text() and same.count() == 0
    assert "12.3" in page.locator(".aigc-readout").inner_text()
    page.get_by_role("slider", name="noise").press("Home")
    page.get_by_role("slider", name="synthetic record").press("End")
    settle(page, 150)
    assert "11.0" in pair.first.inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(explorer(), dark=dark, viewport={"width": width, "height": 700})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"privacy-explorer-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
