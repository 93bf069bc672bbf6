"""Begin a lesson: ``make lesson PART=05_images NAME=restore_and_inpaint``.

It makes every place that a lesson has, filled with a small lesson on three numbers that runs and
keeps every rule. The lesson is a draft until you take ``draft: true`` out of its front matter;
what is still to be written is marked ``[draft]``. A release holds no draft.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import notebooks
import status
import where
from lessons.pictures import store_picture
from lessons.places import Places, here
from lessons.source import LessonError, parse_lesson, read_lesson

TEMPLATE = Path(__file__).with_name("lesson_template")
LONGEST_NAME = 50  # of part and lesson together: a line that checks an exercise fits the page
README_ROW = re.compile(r"^\|[^|]*\| \[[^]]*\]\(notebooks/(\d\d_\w+/\d\d_\w+)\.ipynb\)")
CONTENTS = re.compile(r"```\{toctree\}\n[^`]*?(\d\d_\w+)/\*\n```\n")


@dataclass(frozen=True)
class Plan:
    """A lesson that is to be made: ``05_images``, ``restore_and_inpaint`` and its number."""

    folder: str
    name: str
    number: int

    @property
    def part(self) -> str:
        return self.folder[3:]

    @property
    def file(self) -> str:
        return f"{self.number:02d}_{self.name}"

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def fill(self, text: str) -> str:
        """Put the lesson's names into a template."""
        lesson = f"{self.part}/{self.name}"
        words = {"FOLDER": self.folder, "FILE": self.file, "LESSON": lesson, "TITLE": self.title}
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        return text


def plan(folder: str, name: str, number: int | None, places: Places) -> Plan:
    """Look whether the names will do, and choose the next free number unless one is given.

    Raises
    ------
    LessonError
        With a sentence: a name of the wrong form, or one that is taken.
    """
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", folder):
        raise LessonError(f"The part {folder!r} should look like 05_images: number, name.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise LessonError(f"The name {name!r} should look like restore_and_inpaint, unnumbered.")
    if len(folder[3:]) + len(name) > LONGEST_NAME:
        raise LessonError(f"{folder[3:]}/{name} is too long: {LONGEST_NAME} letters at most.")
    sources = places.sources()
    for part in sorted({source.parent.name for source in sources}):
        if part != folder and (part[:2] == folder[:2] or part[3:] == folder[3:]):
            raise LessonError(f"There is a part {part}: {folder} would have its number or name.")
    mine = [source.stem for source in sources if source.parent.name == folder]
    if taken := [stem for stem in mine if stem[3:] == name]:
        raise LessonError(f"The lesson {folder}/{taken[0]} is there: make where LESSON={name}")
    used = {int(stem[:2]) for stem in mine}
    if number in used:
        raise LessonError(
            f"Number {number:02d} is taken in {folder}: leave it out, or say another."
        )
    free = next(n for n in range(1, 100) if n not in used)
    return Plan(folder, name, free if number is None else number)


def new_files(plan: Plan, places: Places) -> dict[Path, str]:
    """The files that are written by hand, with the text they begin with."""
    root, lesson = places.root, (TEMPLATE / "lesson.md").read_text("utf-8")
    source = places.book / plan.folder / f"{plan.file}.md"
    budget = parse_lesson(lesson, source).budget.sentence()
    course, tests = root / "aigc_teach/course" / plan.part, root / "tests/course" / plan.part
    files = {
        source: plan.fill(lesson).replace("@BUDGET@", budget),
        course / f"{plan.name}.py": plan.fill((TEMPLATE / "course.txt").read_text("utf-8")),
        tests / f"test_{plan.name}.py": plan.fill((TEMPLATE / "test.txt").read_text("utf-8")),
    }
    if not (course / "__init__.py").exists():
        words = plan.part.replace("_", " ")
        files[course / "__init__.py"] = f'"""The part on {words}."""\n'
    return files


def with_contents(index: str, plan: Plan) -> str:
    """The landing page's text with a table of contents for the lesson's part."""
    parts = {match[1]: match for match in CONTENTS.finditer(index)}
    if plan.folder in parts:
        return index
    caption = plan.part.replace("_", " ").capitalize()
    block = "```{toctree}\n:hidden:\n:caption: " + caption + f"\n:glob:\n\n{plan.folder}/*\n```\n"
    earlier = [match for part, match in parts.items() if part < plan.folder]
    if earlier:
        return index[: earlier[-1].end()] + "\n" + block + index[earlier[-1].end() :]
    first = next(iter(parts.values())).start() if parts else len(index)
    return index[:first] + block + "\n" + index[first:]


def with_row(readme: str, plan: Plan) -> str:
    """The README's text with a row for the lesson, in reading order."""
    lines = readme.splitlines()
    rows = [(n, match[1]) for n, line in enumerate(lines) if (match := README_ROW.match(line))]
    lesson = f"{plan.folder}/{plan.file}"
    if not rows or lesson in (name for _, name in rows):
        return readme
    at = max((n + 1 for n, name in rows if name < lesson), default=rows[0][0])
    own = [n for n, name in rows if name.startswith(f"{plan.folder}/")]
    label = "" if own and own[0] < at else f"{plan.part.replace('_', ' ')} "
    if own and own[0] >= at:  # the part's name stands in its first row
        label = lines[own[0]].split("|")[1].strip() + " "
        lines[own[0]] = "| |" + lines[own[0]].split("|", 2)[2]
    title = plan.title[0].lower() + plan.title[1:]
    lines.insert(at, f"| {label}| [{title}](notebooks/{lesson}.ipynb) | – | *draft* |")
    return "\n".join(lines) + "\n"


def add_status(source: Path, places: Places) -> None:
    """Give the lesson a row on the status page: a draft, not measured yet."""
    stored = places.book / "status.json"
    figures = json.loads(stored.read_text("utf-8"))
    rows = {row["lesson"]: row for row in figures["lessons"]}
    lesson = read_lesson(source)
    rows.setdefault(lesson.name, status.draft_row(lesson))
    figures["lessons"] = [rows[name] for name in sorted(rows)]
    stored.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (places.book / "status.md").write_text(status.page(figures), "utf-8")


def make(plan: Plan, places: Places) -> Path:
    """Write every place of the lesson, run it once for its picture; return its source."""
    files = new_files(plan, places)
    if there := [path for path in files if path.exists()]:
        name = there[0].relative_to(places.root)
        raise LessonError(f"{name} is there already; nothing was made.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    lists = {places.book / "index.md": with_contents, places.root / "README.md": with_row}
    for path, change in lists.items():
        path.write_text(change(path.read_text("utf-8"), plan), "utf-8")
    source = next(iter(files))
    add_status(source, places)
    notebooks.generate(places)
    store_picture(source, places, budget="ci")
    return source


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Make the lesson, and print where its files lie."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", help="the part's folder, for example 05_images")
    parser.add_argument("name", help="the lesson's name, for example restore_and_inpaint")
    parser.add_argument("--number", type=int, help="else the next free one of the part")
    parser.add_argument("--root", type=Path, help="the course's folder; else this checkout")
    asked = parser.parse_args(arguments)
    places = places or (Places(asked.root.resolve()) if asked.root else here())
    try:
        source = make(plan(asked.part, asked.name, asked.number, places), places)
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    for what, path in where.files_of(source, places):
        print(f"{what:9} {path}")
    print("Now write what is marked [draft], then `make notebooks` and `make lint`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
