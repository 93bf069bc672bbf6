"""The house rules of a lesson, each a short function that yields sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lessons.bibliography import Entry, read_bibliography
from lessons.deck_tags import OWN_TAGS
from lessons.link_checks import check_citations, check_images, check_links
from lessons.links import IMAGE
from lessons.places import Places
from lessons.source import (
    Lesson,
    LessonError,
    Section,
    headings,
    read_lesson,
    section,
    sections,
)

TAGS = {
    "setup": "the cell that calls lab.setup",
    "exercise": "a stub and its check",
    "solution": "a stored solution, folded",
    "hide-input": "folded in the book",
    "hide-output": "its output is folded in the book",
    "picture": "its figure is the lesson's lead picture",
    "raises-exception": "meant to raise",
    "remove-cell": "runs, but is not shown in the book",
    **OWN_TAGS,  # what a deck shows
}
LONGEST_CELL = 30  # lines
FIRST = ("You will be able to", "Before you start", "Set-up")
LAST = ("What goes wrong", "Exercises", "Recap", "Questions", "References")
DIRECTIVE = re.compile(r"^\s*(:::|```\{(?!code-cell\}))|(?<!`)\{(cite|ref|doc|term|eq|numref)[:}]")


def check_all(places: Places) -> list[str]:
    """Return every problem of every lesson, as "file:line: sentence"."""
    problems = []
    try:
        entries = read_bibliography(places.bibliography)
    except ValueError as problem:
        return [str(problem)]
    for source in places.sources():
        try:
            lesson = read_lesson(source)
            found = sorted(set(check_lesson(lesson, places, entries)))
        except LessonError as problem:
            problems.append(str(problem))
            continue
        name = source.relative_to(places.root)
        problems += [f"{name}:{line}: {sentence}" for line, sentence in found]
    return problems


def check_lesson(lesson: Lesson, places: Places, entries: dict[str, Entry]) -> Iterator[tuple]:
    """Yield (line, sentence) for everything wrong with one lesson."""
    parts = sections(lesson)
    yield from check_cells(lesson)
    yield from check_anatomy(lesson, parts)
    yield from check_title(parts[0])
    yield from check_budget(lesson, parts)
    yield from check_rounds(parts)
    yield from check_exercises(lesson, parts)
    yield from check_questions(lesson, parts)
    yield from check_images(lesson)
    yield from check_links(lesson, places)
    yield from check_citations(lesson, parts, entries)


def check_cells(lesson: Lesson) -> Iterator[tuple]:
    """Tags known, cells short, no installs, no directives, one set-up cell and it comes first."""
    for cell in lesson.cells:
        for tag in cell.tags:
            if tag not in TAGS:
                yield cell.line, f"the tag {tag!r} is unknown; known are {', '.join(TAGS)}."
        if ("solution" in cell.tags) != ("hide-input" in cell.tags):
            yield cell.line, "a solution, and only a solution, has the tags [solution, hide-input]."
        lines = cell.text.splitlines()
        if cell.kind == "code":
            if len(lines) > LONGEST_CELL:
                yield (
                    cell.line,
                    f"this cell has {len(lines)} lines; at most {LONGEST_CELL}: cut it.",
                )
            if any(line.startswith(("!", "%")) for line in lines):
                yield cell.line, "a cell holds no ! or % command: it must run anywhere, offline."
        for offset, line in enumerate(lines):
            if cell.kind == "markdown" and DIRECTIVE.search(line):
                yield (
                    cell.line + offset,
                    "directives show as raw text in Jupyter: use plain Markdown.",
                )
    code = [cell for cell in lesson.cells if cell.kind == "code"]
    if not code or "setup" not in code[0].tags or "lab.setup(" not in code[0].text:
        line = code[0].line if code else 1
        yield line, "the first code cell has the tag setup and calls lab.setup(...)."
    if sum("setup" in cell.tags for cell in code) > 1:
        yield 1, "only one cell has the tag setup."
    if sum("picture" in cell.tags for cell in code) != 1:
        yield 1, "one cell has the tag picture: its figure is the lesson's lead picture."


def check_anatomy(lesson: Lesson, parts: list[Section]) -> Iterator[tuple]:
    """The headings a reader finds in every lesson, in order, with three rounds or more between."""
    titles = [part.title for part in parts[1:]]
    position = 0
    for wanted in (*FIRST, *LAST):
        at = next((i for i, t in enumerate(titles) if t.startswith(wanted)), None)
        if at is None:
            yield 1, f"the heading '## {wanted}' is missing."
        elif at < position:
            yield (
                parts[at + 1].line,
                f"'## {wanted}' stands too early: the order is a lesson's own.",
            )
        else:
            position = at
    between = rounds(parts)
    if len(between) < 3:
        yield 1, f"{len(between)} rounds between Set-up and What goes wrong; three are the least."
    named = any(part.title.startswith("From nothing") for part in between)
    if lesson.budget.from_nothing and not named:
        yield (
            1,
            "no round begins '## From nothing' (or say from_nothing: false in the front matter).",
        )


def rounds(parts: list[Section]) -> list[Section]:
    """Return the sections between Set-up and What goes wrong that run code."""
    titles = [part.title for part in parts]
    begin = next((i + 1 for i, t in enumerate(titles) if t.startswith("Set-up")), len(parts))
    end = next((i for i, t in enumerate(titles) if t.startswith("What goes wrong")), len(parts))
    return [part for part in parts[begin:end] if part.code]


def check_title(opening: Section) -> Iterator[tuple]:
    """One title, a promise and one picture before the first section."""
    titles = [line for line in opening.prose.splitlines() if line.startswith("# ")]
    if len(titles) != 1:
        yield 1, "a lesson has one title, '# ...', before its first section."
    if len(IMAGE.findall(opening.prose)) != 1:
        yield 1, "the opening shows one picture of the end result: ![alt](figures/NAME.png)."


def check_budget(lesson: Lesson, parts: list[Section]) -> Iterator[tuple]:
    """The budget line says what the front matter promises."""
    before = section(parts, "Before you start")
    if lesson.budget.sentence() not in before.prose:
        yield before.line, f"'Before you start' must hold this line: {lesson.budget.sentence()}"
    if lesson.budget.memory_gb > 2 or lesson.budget.learn > 5:
        yield 1, "a lesson keeps to 2 GB and to 5 minutes on two CPU cores."


def check_rounds(parts: list[Section]) -> Iterator[tuple]:
    """A question before the code, an answer after it."""
    wrong = [part for part in parts if part.title.startswith("What goes wrong") and part.code]
    for part in rounds(parts) + wrong:
        kinds = [cell.kind for cell in part.cells]
        before = "\n".join(cell.text for cell in part.cells[: kinds.index("code")])
        if "**Predict" not in before:
            yield (
                part.line,
                f"the round '{part.title}' asks no '**Predict.**' before its first cell.",
            )
        if kinds[-1] == "code":
            yield part.line, f"the round '{part.title}' ends in code: say what it showed."


def check_exercises(lesson: Lesson, parts: list[Section]) -> Iterator[tuple]:
    """Enough exercises, each a stub with a check followed by a folded solution."""
    part = section(parts, "Exercises")
    asked = [title for cell in part.cells for _, level, title in headings(cell) if level == 3]
    least = lesson.budget.exercises
    if len([title for title in asked if title.startswith("Exercise ")]) < least:
        yield part.line, f"at least {least} headings '### Exercise N: ...' are needed."
    stubs = [cell for cell in part.code if "exercise" in cell.tags]
    solutions = [cell for cell in part.code if "solution" in cell.tags]
    if len(stubs) < least or len(solutions) < len(stubs):
        yield part.line, "each exercise has a cell tagged exercise and one tagged solution."
    for cell in stubs:
        if "lab.check(" not in cell.text:
            yield cell.line, "an exercise's cell ends in lab.check(...)."
    for cell in solutions:
        if not cell.text.startswith("# @title Solution"):
            yield cell.line, "a solution's first line is '# @title Solution N' (Colab folds on it)."


def check_questions(lesson: Lesson, parts: list[Section]) -> Iterator[tuple]:
    """Enough questions with folded answers, each closed inside its own cell."""
    part = section(parts, "Questions")
    if part.prose.count("<details>") < lesson.budget.questions:
        yield (
            part.line,
            f"at least {lesson.budget.questions} answers folded in <details> are needed.",
        )
    for cell in lesson.cells:
        if cell.kind == "markdown" and cell.text.count("<details") != cell.text.count("</details>"):
            yield cell.line, "a <details> must close in the cell that opens it."
