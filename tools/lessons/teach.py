"""What a lecturer is told about a lesson: pages under book/teach, made from the lesson's own data.

Objectives and timing come from the source, questions from the course module, and what goes wrong
in class from the planted wrong answers of the lesson's tests: `make teach` hands each of them in,
and writes down what the check says (book/teach/mistakes.json).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lessons import plans, together
from lessons.places import Places
from lessons.source import WORDS_A_MINUTE, Lesson, Section, headings, section, sections
from lessons.ways import needs, row_of

if TYPE_CHECKING:
    from aigc_teach.lab.register import Exercise, Question

WRONG = "Not quite. "
# Sentences that name no mistake: what Python says, and how far a number is from the right one.
NO_MISTAKE = ("For input", "Your function stopped", "Your answer is", "Your answer has")
MADE = "<!-- Made by `make notebooks` from {}: do not edit. -->"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>$#|~^])")


def worth_telling(messages: Sequence[str]) -> list[str]:
    """Return the messages that name a mistake, without their first words, each once.

    >>> worth_telling(["Not quite. Sort first.", "Not quite. For input 2 it is 3."])
    ['Sort first.']
    """
    told = [message.removeprefix(WRONG) for message in messages]
    return list(dict.fromkeys(words for words in told if not words.startswith(NO_MISTAKE)))


def mistakes_file(places: Places) -> Path:
    return places.book / "teach" / "mistakes.json"


def read_mistakes(places: Places) -> dict[str, list[str]]:
    """Return the sentences on each exercise's mistakes, as `make teach` last wrote them."""
    path = mistakes_file(places)
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def derived(lessons: Sequence[Lesson], places: Places) -> dict[Path, str]:
    """Return every page for the lecturer with its text; nothing in a tree that has none."""
    folder = mistakes_file(places).parent
    if not mistakes_file(places).exists():
        return {}
    finished = [lesson for lesson in lessons if not lesson.draft]
    titles = {lesson.name: row_of(lesson)["title"] for lesson in finished}
    pages = {folder / f"{each.name}.md": page_of(each, places, titles) for each in finished}
    pages[folder / "plan.md"] = plans.page(places, finished)
    if together.stored(places):
        pages[folder / "hub.md"] = together.page(places, titles)
    return pages | {folder / "index.md": index(finished, hub=folder / "hub.md" in pages)}


def index(lessons: Sequence[Lesson], *, hub: bool) -> str:
    """Return the page that lists the others."""
    rows = [row_of(lesson) for lesson in lessons]
    listed = [
        f"| [{row['title']}]({row['lesson']}.md) | {row['work']:g} | {row['run']:g} |"
        for row in rows
    ]
    pages = ["plan", *["hub"] * hub, *(row["lesson"] for row in rows)]
    room = " [A hub for a class](hub.md) says how many students a machine holds." * hub
    return "\n".join(
        [
            MADE.format("the lessons"),
            "",
            "# For the lecturer",
            "",
            "For each lesson: objectives, timing, what the checks say to a class that errs, and "
            "the questions with the reason for every option. [Plans](plan.md) spread the lessons "
            "over 6, 10 or 14 weeks." + room,
            "",
            "| lesson | work (minutes) | run |",
            "|---|---:|---:|",
            *listed,
            "",
            "```{toctree}",
            ":hidden:",
            "",
            *pages,
            "```",
            "",
        ]
    )


def page_of(lesson: Lesson, places: Places, titles: dict[str, str]) -> str:
    """Return the lecturer's page on one lesson; `titles` are those of all lessons."""
    parts, row = sections(lesson), row_of(lesson)
    pieces = [
        f"{MADE.format(f'{lesson.name}.md')}\n\n# Teach: {row['title']}",
        about(lesson, row, titles),
        "## Objectives\n\n" + section(parts, "You will be able to").prose.partition("\n\n")[2],
        timing(lesson, parts),
        exercises(lesson, parts, row["name"], read_mistakes(places)),
        questions(row["name"]),
    ]
    return "\n\n".join(piece.strip() for piece in pieces) + "\n"


def about(lesson: Lesson, row: dict, titles: dict[str, str]) -> str:
    """Return the opening: the lesson, what it takes, what it needs."""
    needed = ", ".join(f"[{titles[name]}](../../{name}.md)" for name in sorted(needs(lesson)))
    slug = row["name"].rpartition("/")[2]
    return (
        f"The lesson is [{row['title']}](../../{lesson.name}.md). "
        f"{row['work']:g} minutes of work with code and exercises, {row['run']:g} to run. "
        + (f"It needs: {needed}. " if needed else "It needs no other lesson. ")
        + f"`make slides LESSON={slug}` makes 45 minutes of slides; their first one says how long "
        "their cells take to run."
    )


def timing(lesson: Lesson, parts: list[Section]) -> str:
    """Return a table of the sections: minutes to read, cells, questions to predict."""
    lines = [
        "## Timing",
        "",
        f"Minutes to read the prose aloud once, at {WORDS_A_MINUTE} words a minute; a class needs "
        "as much again for its predictions and for the code.",
        "",
        "| section | minutes | cells | predictions |",
        "|---|---:|---:|---:|",
    ]
    rows = []
    for part in parts[1:]:
        if part.title.startswith("Exercises"):
            break
        words, asked = len(part.prose.split()), part.prose.count("**Predict.**")
        rows.append((part.title, words / WORDS_A_MINUTE, len(part.code), asked))
    rows.append(("**together**", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    lines += [
        f"| {title} | {read:.1f} | {cells} | {asked or ''} |" for title, read, cells, asked in rows
    ]
    return "\n".join(lines)


def exercises(
    lesson: Lesson, parts: list[Section], name: str, mistakes: dict[str, list[str]]
) -> str:
    """Return what goes wrong in class: each exercise, and what the check says to wrong answers."""
    lines = [
        "## What goes wrong in class",
        "",
        "For each exercise: what the check tells those who are wrong, in the order of the lesson's "
        "tests. Every sentence answers one mistake that was planted there.",
    ]
    titles = titles_of_exercises(section(parts, "Exercises"))
    for title, exercise in zip(titles, in_order(lesson, name), strict=True):
        told = mistakes.get(exercise.name, [])
        lines += ["", f"### {title}", "", f"*Right, because:* {escape(exercise.right)}", ""]
        lines += [f"* {escape(words)}" for words in told]
    return "\n".join(lines)


def in_order(lesson: Lesson, name: str) -> Iterator[Exercise]:
    """Yield a lesson's exercises in the order in which its page checks them."""
    registered = course()[0]
    text = "\n".join(cell.text for cell in lesson.cells if "exercise" in cell.tags)
    seen = re.findall(rf'lab\.check\(\s*"({re.escape(name)}/\w+)"', text)
    yield from (registered[each] for each in dict.fromkeys(seen))


def titles_of_exercises(part: Section) -> list[str]:
    """Return the headings of level three, such as "Exercise 1: decibels"."""
    found = [headings(cell) for cell in part.cells]
    return [title for each in found for _, level, title in each if level == 3]


def questions(name: str) -> str:
    """Return the lesson's questions with every option and its reason."""
    lines = ["## Questions", "", f'`lab.quiz("{name}/q1")` asks the first in a notebook.']
    for question in course()[1].values():
        if question.name.rpartition("/")[0] == name:
            lines += ["", *one_question(question)]
    return "\n".join(lines)


def one_question(question: Question) -> Iterator[str]:
    """Yield the lines of one question; the right option is marked by a word, not by colour."""
    yield f"**{escape(question.text)}**"
    yield ""
    for letter, (option, reason) in question.options.items():
        mark = " **Right.**" if letter == question.answer else ""
        yield f"* {letter}: {escape(option)}{mark} {escape(reason)}"


@functools.cache
def course() -> tuple[dict[str, Exercise], dict[str, Question]]:
    """Return every exercise and question of the course by name."""
    from aigc_teach.lab.register import EXERCISES, QUESTIONS, load_all  # brings torch in

    load_all()
    return EXERCISES, QUESTIONS


def escape(text: str) -> str:
    r"""Return plain text so that Markdown shows every character of it.

    >>> print(escape("x * y_i"))
    x \* y\_i
    """
    return SPECIAL.sub(r"\\\1", text)
