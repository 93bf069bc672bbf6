"""``quiz``: questions to check yourself, in plain text, so that they work everywhere."""

from __future__ import annotations

import textwrap

from ..core.errors import ChoiceError
from .record import record
from .register import Question, find_question
from .words import WIDTH, kind, say


def quiz(name: str, answer: object = None) -> None:
    """Show question `name`, or judge the letter you chose, with the reason.

    Parameters
    ----------
    name : str
        The question, for example ``"02/q1"``.
    answer : str, optional
        The letter of your option. Without it the question and its options are shown.
    """
    try:
        found = find_question(name)
    except ChoiceError as error:
        say(str(error))
        return
    if answer is None or answer is Ellipsis:
        say(question_text(found))
        return
    letter = _letter(answer)
    if letter not in found.options:
        say(_not_an_option(found, answer))
        return
    right = letter == found.answer
    record("questions", name, solved=right, tried=True)
    reason = found.options[letter][1]
    say(f"Right: {letter}. {reason}" if right else f"Not {letter}. {reason} Try another letter.")


def question_text(question: Question) -> str:
    """The question, its options and how to answer, as one block of text."""
    lines = textwrap.wrap(question.text, WIDTH)
    for letter, (text, _) in question.options.items():
        lines += textwrap.wrap(
            text, WIDTH, initial_indent=f"  {letter}) ", subsequent_indent="     "
        )
    letter = next(iter(question.options))
    lines.append(f'Answer with a letter: lab.quiz("{question.name}", "{letter}")')
    return "\n".join(lines)


def _letter(answer: object) -> str | None:
    return answer.strip().strip("().").casefold() if type(answer) is str else None


def _not_an_option(question: Question, answer: object) -> str:
    letters = ", ".join(question.options)
    given = "That" if type(answer) is str else f"That is {kind(answer)}; it"
    return f'{given} is none of the letters. Choose one of {letters}, in quotes: "a".'
