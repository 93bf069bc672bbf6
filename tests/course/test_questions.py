"""The form of an option tells nothing: not its length, not its place, not its first word."""

from __future__ import annotations

import collections
import dataclasses
import re

import pytest

from aigc_teach.lab.register import QUESTIONS, Question, load_all

MOST = 0.45  # of all questions; a third of them would be chance
MOST_IN_A_LESSON = 3  # of five


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    load_all()
    return list(QUESTIONS.values())


def is_alone(question: Question, extreme) -> bool:
    """Whether the right option alone has the `extreme`, the greatest or the least, length."""
    lengths = {letter: len(text) for letter, (text, _) in question.options.items()}
    most = extreme(lengths.values())
    return [letter for letter, length in lengths.items() if length == most] == [question.answer]


def tells(questions: list[Question]) -> list[str]:
    """Say what the form of these questions' options tells, one sentence for each fault."""
    said = []
    for name, extreme in (("longest", max), ("shortest", min)):
        right = [question.name for question in questions if is_alone(question, extreme)]
        if len(right) > MOST * len(questions):
            said.append(f"The {name} option is right in {len(right)} of {len(questions)}.")
        lessons = collections.Counter(each.rpartition("/")[0] for each in right)
        for lesson, count in lessons.items():
            if count > MOST_IN_A_LESSON:
                said.append(f"In {lesson} the {name} option is right {count} times.")
    letters = collections.Counter(question.answer for question in questions)
    for letter in "abc":
        if not 0.2 <= letters[letter] / len(questions) <= 0.5:
            said.append(f"{letter} is right in {letters[letter]} of {len(questions)}.")
    for word in ("Yes", "No"):
        starts = [
            letter == question.answer
            for question in questions
            for letter, (text, _) in question.options.items()
            if re.match(rf"{word}\b", text)
        ]
        if starts and not 0.15 <= sum(starts) / len(starts) <= 0.6:
            said.append(f"{word!r} is right in {sum(starts)} of {len(starts)}.")
    return said


def faults(question: Question) -> list[str]:
    """Say what is wrong with one question by itself."""
    texts = [text.strip().rstrip(".").casefold() for text, _ in question.options.values()]
    said = [f"{question.name} has an option twice."] if len(set(texts)) < len(texts) else []
    if not all(reason.strip() for _, reason in question.options.values()):
        said.append(f"{question.name} has an option without a reason.")
    return said


def test_the_form_of_an_option_tells_nothing(questions):
    assert tells(questions) == []


def test_every_option_is_there_once_and_has_its_reason(questions):
    assert [fault for question in questions for fault in faults(question)] == []


def with_right(questions: list[Question], text) -> list[Question]:
    """Return the questions with the right option's text changed by `text`."""
    return [
        dataclasses.replace(
            each,
            options=each.options
            | {each.answer: (text(each.options[each.answer][0]), each.options[each.answer][1])},
        )
        for each in questions
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (lambda right: right + " and more, as is well known in all cases of this kind", "longest"),
        (lambda right: "", "shortest"),
    ],
)
def test_a_right_option_that_stands_out_is_found(questions, text, named):
    said = tells(with_right(questions, text))
    assert any(sentence.startswith(f"The {named}") for sentence in said)
    assert any(sentence.startswith("In models/vae the " + named) for sentence in said)


def test_a_letter_that_is_always_right_is_found(questions):
    always_b = [
        dataclasses.replace(
            each,
            options=each.options | {each.answer: each.options["b"], "b": each.options[each.answer]},
            answer="b",
        )
        for each in questions
    ]
    assert {f"{letter} is right" for letter in "abc"} <= {said[:10] for said in tells(always_b)}


def test_a_yes_that_is_never_right_is_found():
    options = {"a": ("Yes: x.", "x"), "b": ("No: y.", "y"), "c": ("No: zz.", "z")}
    never = [Question(f"a/lesson{n}/q1", "Is it?", options, "bc"[n % 2]) for n in range(9)]
    assert any(sentence.startswith("'Yes'") for sentence in tells(never))


def test_a_text_twice_and_a_missing_reason_are_found():
    options = {"a": ("The seed.", "x"), "b": ("the seed", " ")}
    assert len(faults(Question("a/b/q1", "Why?", options, "a"))) == 2
