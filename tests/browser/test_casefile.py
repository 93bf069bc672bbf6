"""CaseFile in a page without a kernel: a whole case by mouse and by keyboard."""

from __future__ import annotations

import pytest

from aigc_teach.widgets import CaseFile
from browser.chromium import picture_folder
from browser.looks import in_looks
from browser.play import play
from browser.speed import assert_quick, settle

pytestmark = pytest.mark.browser

COMPLAINT = (
    "After 400 steps every sample is the same blurred blot. The critic's loss is near 0 from "
    "step 50 on; the generator's loss grows and never comes back."
)
ENTRIES = [
    {
        "claim": "The critic calls real pictures 0 and made ones 1.",
        "seen": "The critic gives 64 real digits 0.03 on average, and 64 samples 0.96.",
        "verdict": "The labels are turned round: the generator is paid for what looks wrong.",
        "true": True,
    },
    {
        "claim": "The generator learns too slowly, because its learning rate is too small.",
        "seen": "With a learning rate five times as large, the diversity goes from 0.11 to 0.12.",
        "verdict": "A larger rate changes nothing that one could see, so this is not the cause.",
        "true": False,
    },
    {
        "claim": "The real pictures come in [0, 1] and the generator draws in [−1, 1].",
        "seen": "The real batch reaches from −1.00 to 1.00; so do the samples.",
        "verdict": "Both live in the same range, so the critic cannot use it to tell them apart.",
        "true": False,
    },
    {
        "claim": "The generator's step does not move its weights.",
        "seen": "In one step the generator's weights move by 0.84 percent of their length.",
        "verdict": "They do move. Where they move to is another question.",
        "true": False,
    },
]
LABELS, RATE, RANGE, STEP = (entry["claim"] for entry in ENTRIES)


def case_file(**options):
    return CaseFile(COMPLAINT, ENTRIES, title="Case 1: the blot", **options)


def place(case, claim):
    return [entry["claim"] for entry in case.entries].index(claim)


def press(page, name):
    page.get_by_role("button", name=name).click(force=True)  # some say that they are disabled
    settle(page, 60)


def stand(page):
    return page.locator("output").inner_text()


def lines(page):
    return page.locator(".aigc-file li:visible").all_inner_texts()


def wait_for_voice(page, words):
    page.wait_for_function(
        "(words) => document.querySelector('.aigc-voice').textContent.includes(words)", arg=words
    )


def test_nothing_is_given_away_at_the_start(show):
    page, watch = show(case_file())
    words = page.locator(".aigc-casefile").inner_text()
    assert COMPLAINT in words and all(entry["claim"] in words for entry in ENTRIES)
    html = page.locator(".aigc-casefile").evaluate("(root) => root.outerHTML")
    assert not any(entry[key] in html for entry in ENTRIES for key in ("seen", "verdict"))
    assert lines(page) == [] and stand(page) == "No experiment yet."
    assert page.get_by_role("button", name="Start again").is_disabled()
    assert page.get_by_role("group", name="What might be the cause?").count() == 1
    watch.assert_quiet()


def test_a_case_by_mouse_wrong_then_right_then_again(show):
    page, watch = show(case_file())
    press(page, "Run its experiment")
    assert stand(page) == "Choose a hypothesis first." and lines(page) == []
    press(page, RATE)
    assert stand(page) == "No experiment yet."
    press(page, "Run its experiment")
    assert lines(page) == [f"Experiment: {RATE}\n{ENTRIES[1]['seen']}"]
    press(page, "Run its experiment")
    assert stand(page) == "That is in the file already." and len(lines(page)) == 1
    press(page, "This is it")
    assert lines(page)[1] == f"Not this: {RATE}\n{ENTRIES[1]['verdict']}"
    assert stand(page) == "1 experiment so far, 1 wrong diagnosis."
    assert "not this" in page.get_by_role("button", name=RATE).inner_text()
    wait_for_voice(page, "Not this. A larger rate changes nothing")
    press(page, LABELS)
    press(page, "Run its experiment")
    press(page, "This is it")
    assert lines(page)[3] == f"This is it: {LABELS}\n{ENTRIES[0]['verdict']}"
    assert stand(page) == "Found with 2 experiments and 1 wrong diagnosis."
    wait_for_voice(page, "Found with 2 experiments")
    press(page, STEP)
    press(page, "This is it")  # the case is closed
    assert len(lines(page)) == 4 and "found already" in stand(page)
    press(page, "Run its experiment")  # but the curious may look on
    assert len(lines(page)) == 5 and stand(page).startswith("Found with 2 experiments")
    press(page, "Start again")
    assert lines(page) == [] and stand(page) == "No experiment yet."
    assert page.locator(".aigc-casefile button[aria-pressed='true']").count() == 0
    assert page.evaluate("document.activeElement.classList.contains('aigc-choice')")
    watch.assert_quiet()


def test_a_case_by_keyboard_alone(show):
    case = case_file()
    page, watch = show(case)
    order = [*(entry["claim"] for entry in case.entries), "Run its experiment", "This is it"]
    spot = -1

    def go(name, key):
        nonlocal spot
        goal = order.index(name)
        for _ in range(abs(goal - spot)):
            page.keyboard.press("Tab" if goal > spot else "Shift+Tab")
        spot = goal
        assert page.evaluate("document.activeElement.textContent").startswith(name)
        page.keyboard.press(key)
        settle(page, 40)

    go(RANGE, "Space")
    go("Run its experiment", "Enter")
    go("This is it", "Space")
    assert [line.split(":")[0] for line in lines(page)] == ["Experiment", "Not this"]
    go(LABELS, "Enter")
    go("Run its experiment", "Space")
    go("This is it", "Enter")
    assert stand(page) == "Found with 2 experiments and 1 wrong diagnosis."
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    settle(page, 40)
    assert lines(page) == []
    assert page.evaluate("document.activeElement.textContent").startswith(order[0])
    watch.assert_quiet()


def test_a_guess_is_called_a_guess(show):
    page, watch = show(case_file())
    press(page, LABELS)
    press(page, "This is it")
    assert stand(page) == "A guess: run the experiment before you believe it."
    press(page, "Run its experiment")
    assert stand(page) == "A guess; now its experiment is in the file."
    watch.assert_quiet()


def test_a_saved_page_reopens_where_it_was(show):
    case = case_file()
    case.picked = place(case, STEP)
    case.log = [["experiment", place(case, RATE)], ["diagnosis", place(case, RATE)]]
    page, watch = show(case)
    assert page.locator("button[aria-pressed='true']").inner_text() == STEP
    assert [line.split(":")[0] for line in lines(page)] == ["Experiment", "Not this"]
    assert stand(page) == "1 experiment so far, 1 wrong diagnosis."
    press(page, "Run its experiment")
    assert ENTRIES[3]["seen"] in lines(page)[2]
    watch.assert_quiet()


def test_what_is_done_goes_into_the_state(show):
    """Two views of one widget share it, as a notebook that is saved would."""
    case = case_file()
    page, watch = show(case, case)
    views = page.locator(".aigc-casefile")
    views.nth(0).get_by_role("button", name=RANGE).click()
    views.nth(0).get_by_role("button", name="Run its experiment").click()
    settle(page, 150)
    assert ENTRIES[2]["seen"] in views.nth(1).inner_text()
    assert views.nth(1).locator("button[aria-pressed='true']").count() == 1
    watch.assert_quiet()


def test_every_press_takes_less_than_a_frame(show):
    page, watch = show(case_file())
    root = page.locator(".aigc-casefile")
    play(page, root)
    assert len(lines(page)) == 2  # the last claim is examined, and named as the cause

    def examine_all() -> None:
        for claim in (LABELS, RATE, RANGE, STEP):
            press(page, claim)
            press(page, "Run its experiment")

    assert_quick(page, root, examine_all, least=8)
    watch.assert_quiet()


CODE = "def share(training):\n    x = training.pictures(64)\n    return x.mean().item()"
ASKS = "Before the menu: what would you measure, and what would it show if you are right?"


def asking_file(**options):
    entries = [{**entry, "code": CODE} for entry in ENTRIES]
    return CaseFile(COMPLAINT, entries, title="Case 1: the blot", asks=True, **options)


def test_the_menu_waits_for_a_plan_in_words(show):
    page, watch = show(asking_file())
    menu = page.get_by_role("group", name="What might be the cause?")
    assert not menu.is_visible() and not page.get_by_role("button", name=RATE).is_visible()
    press(page, "Write it into the file")
    assert stand(page) == "Write a few words first, or ask for the menu." and not menu.is_visible()
    page.get_by_label(ASKS).fill("How far apart two samples are.")
    press(page, "Write it into the file")
    assert menu.is_visible() and not page.get_by_label(ASKS).is_visible()
    assert lines(page) == ["Your plan\nHow far apart two samples are."]
    wait_for_voice(page, "Your plan: How far apart two samples are. Here is the menu.")
    press(page, RATE)
    press(page, "Run its experiment")
    assert [line.split("\n")[0] for line in lines(page)] == ["Your plan", f"Experiment: {RATE}"]
    press(page, "Start again")
    assert lines(page) == [] and page.get_by_label(ASKS).is_visible() and not menu.is_visible()
    watch.assert_quiet()


def test_the_menu_can_be_asked_for_and_an_experiment_of_ones_own_opens_it(show):
    page, watch = show(asking_file(own="On this training it stopped with ZeroDivisionError."))
    assert lines(page) == ["Your experiment\nOn this training it stopped with ZeroDivisionError."]
    press(page, "Show me the menu")
    assert page.get_by_role("button", name=RATE).is_visible() and len(lines(page)) == 1
    assert page.evaluate("document.activeElement.classList.contains('aigc-choice')")
    page, watch = show(case_file(own="On this training: 0.31."))
    assert page.get_by_role("button", name=RATE).is_visible()
    assert lines(page) == ["Your experiment\nOn this training: 0.31."]
    watch.assert_quiet()


def test_what_is_typed_is_text_and_no_command_of_the_notebook(show):
    page, watch = show(asking_file())
    page.evaluate("document.addEventListener('keydown', () => { window.heard = true; })")
    page.get_by_label(ASKS).press_sequentially("dd")
    assert page.get_by_label(ASKS).input_value() == "dd"
    assert not page.evaluate("Boolean(window.heard)")
    watch.assert_quiet()


def test_the_lines_of_an_experiment_are_shown_when_it_is_run(show):
    page, watch = show(asking_file())
    press(page, "Show me the menu")
    press(page, RATE)
    assert page.locator("pre").count() == 0
    press(page, "Run its experiment")
    assert page.locator("pre").inner_text() == CODE
    press(page, "This is it")
    assert page.locator("pre").count() == 1
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, tmp_path, dark, width):
    """To look at; nothing is cut off at the side."""
    case = case_file()
    page, watch = show(case, dark=dark, viewport={"width": width, "height": 900})
    theme, folder = "dark" if dark else "light", picture_folder(tmp_path)
    page.screenshot(path=folder / f"casefile-start-{theme}-{width}.png", full_page=True)
    for claim, *names in (
        (RATE, "Run its experiment", "This is it"),
        (RANGE, "Run its experiment"),
        (LABELS, "Run its experiment", "This is it"),
    ):
        for name in (claim, *names):
            press(page, name)
    page.mouse.move(5, 5)
    page.screenshot(path=folder / f"casefile-found-{theme}-{width}.png", full_page=True)
    asking, watch_asking = show(
        asking_file(own="On this training: 0.31. On its mended twin: 0.98."),
        dark=dark,
        viewport={"width": width, "height": 900},
    )
    asking.screenshot(path=folder / f"casefile-asks-{theme}-{width}.png", full_page=True)
    for name in ("Show me the menu", RATE, "Run its experiment"):
        press(asking, name)
    asking.mouse.move(5, 5)
    asking.screenshot(path=folder / f"casefile-code-{theme}-{width}.png", full_page=True)
    for one in (page, asking):
        wide = one.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels are cut off at the side"
    watch_asking.assert_quiet()
    watch.assert_quiet()
