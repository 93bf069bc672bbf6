"""FormulaJudge in a page without a kernel: nothing is given away before the reader judges."""

from __future__ import annotations

import pytest

from aigc_teach.course.mathematics import formula_clinic as formulas
from aigc_teach.widgets import FormulaJudge
from browser.chromium import picture_folder
from browser.looks import in_looks
from browser.speed import LISTEN, assert_quick, settle

pytestmark = pytest.mark.browser


def section(page, number):
    return page.locator(f"section[data-number='{number}']")


def test_nothing_is_given_away_before_the_reader_judges(show):
    page, watch = show(FormulaJudge(formulas.rows("losses")))
    assert page.locator(".aigc-formula").count() == 6
    assert page.locator(".aigc-formula-answer:visible").count() == 0
    assert "One closing bracket" not in page.locator(".aigc-formulas").inner_text()
    assert page.locator(".aigc-evidence").count() == 0
    assert "20 formulas to judge." in page.locator("output").inner_text()
    watch.assert_quiet()


def test_judging_reveals_verdict_numbers_correction_and_why(show):
    page, watch = show(FormulaJudge(formulas.rows("kl")))
    kl = section(page, "F43")
    kl.get_by_role("button", name="right").click()
    settle(page, 100)
    words = kl.inner_text()
    assert "Not right: wrong." in words and "The sign is reversed" in words
    assert "−1.447" in words and "0.4358" in words and "½ Σⱼ" in words
    assert kl.get_attribute("data-agreed") == "no"
    assert "0 of 1 so far; 2 still to judge." in page.locator("output").inner_text()
    section(page, "F44, F45").get_by_role("button", name="wrong").click()
    page.wait_for_function(
        "document.querySelector('.aigc-voice').textContent.includes('2 of 3. All are judged.')"
    )
    watch.assert_quiet()


def test_the_first_judgement_counts_and_can_be_cleared(show):
    page, watch = show(FormulaJudge(formulas.rows("kl")))
    kl = section(page, "F43")
    kl.get_by_role("button", name="right").click()
    kl.get_by_role("button", name="wrong").click(force=True)  # it says that it is disabled
    settle(page, 100)
    pressed = kl.locator("button[aria-pressed='true']")
    assert pressed.inner_text() == "right"
    page.get_by_role("button", name="Start again").click()
    settle(page, 100)
    assert page.locator(".aigc-formula-answer:visible").count() == 0
    assert page.locator("button[aria-pressed='true']").count() == 0
    assert "3 formulas to judge." in page.locator("output").inner_text()
    assert page.get_by_role("button", name="Start again").is_disabled()
    watch.assert_quiet()


def test_by_keyboard_alone(show):
    page, watch = show(FormulaJudge(formulas.rows("updates")))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    settle(page, 100)
    assert "2 of 2 so far" in page.locator("output").inner_text()
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "right"  # a judged button keeps the focus
    watch.assert_quiet()


def test_a_saved_page_reopens_where_it_was(show):
    judge = FormulaJudge(formulas.rows("kl"))
    judge.answers = {"F43": "wrong"}
    page, watch = show(judge)
    assert "Yes: wrong." in section(page, "F43").inner_text()
    assert "1 of 1 so far" in page.locator("output").inner_text()
    watch.assert_quiet()


def test_every_row_is_named_for_a_screen_reader(show):
    page, watch = show(FormulaJudge(formulas.rows("maps")))
    assert page.get_by_role("group", name="Your judgement of F27").count() == 1
    assert page.get_by_role("region", name="F27").count() == 1
    watch.assert_quiet()


def test_every_judgement_takes_less_than_a_frame(show):
    page, watch = show(FormulaJudge(formulas.rows(*formulas.GROUPS)))
    root = page.locator(".aigc-formulas")
    once = """async (root) => {
        for (const group of root.querySelectorAll(".aigc-choices")) {
            group.querySelectorAll("button")[1].click();
            await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
        }
    }"""

    def judge_all() -> None:  # a formula is judged once: a second round begins with a new page
        page.reload()
        page.wait_for_selector(".aigc-choices")
        root.evaluate(LISTEN)
        root.evaluate(once)

    assert_quick(page, root, judge_all, least=40)
    assert "26 of 65. All are judged." in page.locator("output").inner_text()
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, tmp_path, dark, width):
    """To look at; nothing is cut off at the side."""
    judge = FormulaJudge(formulas.rows("gan_gradients", "kl", "bound"))
    judge.answers = {"F51": "wrong", "F53": "right", "F43": "wrong", "F47": "incomplete"}
    page, watch = show(judge, dark=dark, viewport={"width": width, "height": 900})
    name = f"formulas-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=picture_folder(tmp_path) / name, full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{wide} pixels are cut off at the side"
    watch.assert_quiet()
