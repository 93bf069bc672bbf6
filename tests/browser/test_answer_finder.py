"""AnswerFinder in a page without a kernel: keys, threshold, what it says, and Python's scores."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.models import BM25
from aigc_teach.models.retrieval import content
from aigc_teach.widgets import AnswerFinder
from browser.looks import in_looks
from browser.speed import settle

pytestmark = pytest.mark.browser

NOTES = data.course_notes()
INDEX = BM25([f"{note.title} {note.text}" for note in NOTES], split=content)
QUESTIONS = ["What is a GAN?", "Why is my loss NaN?", "What is the weather like?"]


def finder(**options):
    return AnswerFinder(INDEX, NOTES, questions=QUESTIONS, threshold=2.0, **options)


def told(page) -> str:
    settle(page, 200)
    return page.locator(".aigc-finder-answer").inner_text()


def test_typed_questions_get_the_answer_that_python_gives(show):
    page, watch = show(finder())
    box = page.get_by_role("textbox", name="Your question")
    strange = ["mode collapse", "Fréchet distance ² of 损失 KL's", "zebra", "x" * 9_000, "0.693"]
    for question in [*QUESTIONS, *strange]:
        box.fill(question)
        box.press("Enter")
        best = INDEX.top(question, 1)[0]
        if best.score >= 2:
            assert NOTES[best.number].text in told(page).replace("\n", " "), question
        else:
            assert "I do not know." in told(page), question
        if best.score > 0:
            first = page.locator(".aigc-finder-list li").first.inner_text()
            assert first.startswith(f"{best.score:.1f}"), (question, first)
    watch.assert_quiet()


def test_keys_reach_everything_and_the_threshold_refuses(show):
    page, watch = show(finder())
    page.get_by_role("textbox", name="Your question").focus()
    for _ in range(3):  # over "Ask" to the second example
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "NaN" in told(page)
    slider = page.get_by_role("slider", name="Threshold")
    slider.focus()
    page.keyboard.press("End")
    assert "I do not know." in told(page)
    page.keyboard.press("Home")
    assert "I do not know." not in told(page)
    settle(page, 800)
    voice = page.locator(".aigc-voice")
    assert voice.get_attribute("aria-live") == "polite" and "NaN" in voice.inner_text()
    watch.assert_quiet()


@in_looks("width", 1000, 375)
def test_pictures(show, pictures, dark, width):
    page, watch = show(finder(), dark=dark, viewport={"width": width, "height": 800})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"answer-finder-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()
