"""PipelineBreaker in a page without a kernel."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.widgets.pipeline import STAGES, PipelineBreaker
from browser.looks import in_looks
from browser.speed import assert_quick, settle
from browser.static_page import write_page

pytestmark = pytest.mark.browser

DIFFERENT = """(canvas) => {
  const values = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return values.reduce((sum, v, i) => (sum * 31 + v * (i % 7 + 1)) % 1000003, 0);
}"""


@pytest.fixture
def show(new_page, tmp_path):
    """Open a page with the breaker; (page, watch)."""

    def make(dark=False, choices=None, **options):
        train, held_out = data.digits("train"), data.digits("held_out")
        widget = PipelineBreaker(train.x, train.labels, held_out.x, held_out.labels)
        widget.choices = choices or {}
        path = write_page(tmp_path, [widget], dark=dark)
        page, watch = new_page(**options)
        page.goto(path.as_uri())
        page.wait_for_selector(".aigc-readout td")
        settle(page, 3000)  # all single breaks are fitted in the background
        return page, watch

    return make


def measures(page):
    rows = page.locator(".aigc-readout tr").all()[1:]
    return {r.locator("th").inner_text(): r.locator("td").all_inner_texts() for r in rows}


def mine(page):
    return page.locator("canvas").nth(1).evaluate(DIFFERENT)


def test_each_break_changes_what_it_should_within_a_frame(show):
    page, watch = show()
    root = page.locator(".aigc-pipeline")
    start, picture = measures(page), mine(page)
    assert all(yours == whole for yours, whole in start.values())
    assert "Nothing is broken" in root.inner_text()

    def break_everything() -> None:
        for place, (stage, options) in enumerate(STAGES.items(), 1):
            select = page.get_by_label(f"{place} {stage}")
            for choice, _, sentence in options[1:]:
                select.select_option(choice)
                root.get_by_text(sentence).wait_for()
                assert sentence in root.inner_text()
                assert f"{place} {stage}: broken" in root.inner_text()
                assert (mine(page) == picture) == (stage == "evaluate")
                assert measures(page) != start or choice == "seen"
            select.select_option(options[0][0])
            settle(page, 60)

    assert_quick(page, root, break_everything)
    assert measures(page) == start and mine(page) == picture
    watch.assert_quiet()


def test_keyboard_alone_breaks_and_mends(show):
    page, watch = show()
    page.get_by_label("4 generate").focus()
    page.keyboard.press("ArrowDown")
    settle(page, 150)
    assert measures(page)["variety within a class (real digits: 1)"][0] == "0.00"
    page.wait_for_function(
        "document.querySelector('.aigc-voice').textContent.startsWith('Broken: generate')"
    )
    mend = page.get_by_role("button", name="Mend everything")
    mend.focus()
    page.keyboard.press("Enter")
    settle(page, 150)
    assert mend.is_disabled() and "Nothing is broken" in page.locator("main").inner_text()
    before = mine(page)
    again = page.get_by_role("button", name="Draw others")
    again.focus()
    page.keyboard.press("Space")
    settle(page, 150)
    assert mine(page) != before
    watch.assert_quiet()


def test_everything_broken_at_once_and_a_saved_state_reopen(show):
    worst = {stage: options[-1][0] for stage, options in STAGES.items()}
    page, watch = show(choices=worst)
    assert page.locator("[data-broken]").count() == 7
    values = [value for pair in measures(page).values() for value in pair]
    assert not any("NaN" in value or "Infinity" in value for value in values)
    assert "Broken: data, preprocess" in page.locator("canvas").nth(1).get_attribute("aria-label")
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    """Pictures to look at; nothing is cut off at the side."""
    choices = {"preprocess": "unit", "feedback": "best"}
    page, watch = show(dark=dark, choices=choices, viewport={"width": width, "height": 900})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"pipeline-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
