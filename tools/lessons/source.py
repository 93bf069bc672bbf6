"""Read a lesson source: front matter, cells, and the sections its headings cut it into."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^(#{1,6}) +(.*?)\s*$")
WORDS_A_MINUTE = 80  # prose with formulas in it
LINES_A_MINUTE = 15  # code read and run
MINUTES_AN_EXERCISE = 4

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class LessonError(Exception):
    """A lesson source that cannot be read; the message says where and why."""


@dataclass
class Cell:
    """One cell of a lesson: its kind ("markdown" or "code"), text, tags and first line."""

    kind: str
    text: str
    tags: tuple[str, ...] = ()
    line: int = 0


@dataclass
class Section:
    """What stands between one heading of level two and the next, as cells in order."""

    title: str
    line: int
    cells: list[Cell] = field(default_factory=list)

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def prose(self) -> str:
        return "\n\n".join(cell.text for cell in self.cells if cell.kind == "markdown")


@dataclass(frozen=True)
class Budget:
    """What a lesson promises: minutes to read and to run, memory, least number of tasks.

    Minutes are counted, not promised. `reading_minutes`: the prose before the exercises at 80
    words a minute. `work_minutes`: that, the code before them at 15 lines a minute, and four
    minutes an exercise; over the course about twice the first, as fresh readers needed.
    """

    reading_minutes: float
    work_minutes: float
    learn: float
    ci: float
    memory_gb: float
    exercises: int = 3
    questions: int = 5
    from_nothing: bool = True

    def sentence(self) -> str:
        """Return the budget line that the lesson must show."""
        minutes = "minute" if self.learn == 1 else "minutes"
        return (
            f"**Budget.** About {self.reading_minutes:g} minutes to read, "
            f"{self.work_minutes:g} with code and exercises; {self.learn:g} {minutes} "
            f"to run on two CPU cores; at most {self.memory_gb:.1f} GB of memory."
        )


@dataclass
class Lesson:
    """A lesson source, parsed."""

    path: Path
    header: str  # the front matter as it stands, dashes included
    front: dict
    cells: list[Cell]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def draft(self) -> bool:
        """Whether it is being written: `draft: true` stands in the front matter."""
        return self.front.get("draft") is True

    @property
    def budget(self) -> Budget:
        return read_budget(self.front, self.path.name, *count_minutes(self))


def read_lesson(path: Path) -> Lesson:
    """Parse the lesson source at `path`; the same text is parsed once, and each gets its own."""
    return copy.deepcopy(parsed(path.read_text("utf-8"), path))


@functools.lru_cache(maxsize=256)
def parsed(text: str, path: Path) -> Lesson:
    return parse_lesson(text, path)


def parse_lesson(text: str, path: Path) -> Lesson:
    """Parse lesson `text`; `path` names it in messages."""
    from jupytext.myst import myst_to_notebook  # loads a server, which a run does not need

    match = FRONT_MATTER.match(text)
    if match is None:
        raise LessonError(f"{path.name} has no front matter: it must begin with a line ---.")
    front = yaml.safe_load(match[1])
    if not isinstance(front, dict) or front.get("kernelspec") != KERNEL:
        raise LessonError(f"{path.name}: the front matter must hold the kernelspec {KERNEL}.")
    notebook = myst_to_notebook(text, code_directive="{code-cell}", add_source_map=True)
    begins = notebook.metadata["source_map"]
    lines = text.splitlines()
    cells = [
        Cell(
            cell.cell_type,
            cell.source,
            tuple(cell.metadata.get("tags", ())),
            line_of(cell.source, lines, begin),
        )
        for cell, begin in zip(notebook.cells, begins, strict=True)
    ]
    return Lesson(path, match[0], front, cells)


def line_of(text: str, lines: list[str], begin: int) -> int:
    """Return the number of the line where `text` begins: a fence may stand before it."""
    first = text.partition("\n")[0]
    found = (number for number in range(begin, len(lines)) if lines[number] == first)
    return next(found, begin) + 1


def count_minutes(lesson: Lesson) -> tuple[int, int]:
    """Return how long a lesson takes: its prose alone, and with code and exercises.

    Both count what stands before the exercises, to the nearest 5 minutes.
    """
    words = lines = 0
    for part in sections(lesson):
        if part.title.startswith("Exercises"):
            break
        words += len(part.prose.split())
        lines += sum(bool(line.strip()) for cell in part.code for line in cell.text.splitlines())
    reading = nearest_five(words / WORDS_A_MINUTE)
    exercises = sum("exercise" in cell.tags for cell in lesson.cells)
    work = reading + lines / LINES_A_MINUTE + MINUTES_AN_EXERCISE * exercises
    return reading, nearest_five(work)


def nearest_five(minutes: float) -> int:
    """Return minutes to the nearest five, at least five."""
    return max(5, 5 * round(minutes / 5))


def read_budget(front: dict, name: str, reading: int, work: int) -> Budget:
    """Return the ``aigc`` part of a front matter as a `Budget`; the minutes were counted."""
    values = dict(front.get("aigc") or {})
    minutes = values.pop("budget", None) or {}
    try:
        return Budget(reading, work, learn=minutes["learn"], ci=minutes["ci"], **values)
    except (KeyError, TypeError) as problem:
        raise LessonError(
            f"{name}: the front matter's aigc part must hold budget (learn, ci) and memory_gb, "
            f"and may hold exercises, questions, from_nothing ({problem})."
        ) from None


def markdown_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, line) for every line of Markdown that stands outside fenced code."""
    fenced = False
    for offset, line in enumerate(text.splitlines()):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield offset, line


def headings(cell: Cell) -> list[tuple[int, int, str]]:
    """Return (line, level, title) of every heading in a Markdown cell."""
    found = []
    for offset, line in markdown_lines(cell.text) if cell.kind == "markdown" else ():
        if match := HEADING.match(line):
            found.append((cell.line + offset, len(match[1]), match[2]))
    return found


def sections(lesson: Lesson) -> list[Section]:
    """Cut a lesson at its headings of level two; the first section is the title's."""
    cut = [Section("", 1)]
    for cell in lesson.cells:
        marks = [(line, title) for line, level, title in headings(cell) if level == 2]
        lines = cell.text.splitlines()
        begin = 0
        for line, title in marks:
            add_piece(cut[-1], cell, lines[begin : line - cell.line])
            begin = line - cell.line
            cut.append(Section(title, line))
        add_piece(cut[-1], cell, lines[begin:] if marks else lines)
    return cut


def section(parts: list[Section], title: str) -> Section:
    """Return the section whose title begins so, or an empty one."""
    return next((part for part in parts if part.title.startswith(title)), Section(title, 1))


def add_piece(section: Section, cell: Cell, lines: list[str]) -> None:
    """Put these lines of `cell` into `section`, unless they are blank."""
    text = "\n".join(lines)
    if text.strip():
        section.cells.append(Cell(cell.kind, text, cell.tags, cell.line))
