"""An exam on one lesson, and its key: `make exam LESSON=vae SEED=7`.

python tools/exam.py LESSON [--seed 7] [--to FOLDER]

Another seed draws other numbers, another choice of questions and another order of their options;
the same seed gives the same exam. A key is written only if each number was found in two ways that
agree. Both files are Markdown with formulas; JupyterLab shows and prints them (right click, Open
With, Markdown Preview).
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from exams import applications, failures, questions, screens  # noqa: F401  (they register theirs)
from exams.template import TEMPLATES, TwoAnswers, Variant, shown, variant
from lessons.named import find_one
from lessons.places import Places, here
from lessons.source import LessonError, read_lesson
from lessons.teach import course, escape
from lessons.ways import row_of

LETTERS = "abcdefgh"
CHOICES = 4  # questions with options, of the lesson's five
ROUNDING = (
    "Numbers count as right within one in the third digit. A calculator or Python is allowed."
)


def choices(lesson: str, stream: random.Random) -> list[tuple[str, list, str]]:
    """Draw questions and the order of their options: (text, [(option, reason)], right letter)."""
    known = [q for q in course()[1].values() if q.name.rpartition("/")[0] == lesson]
    drawn = []
    for question in stream.sample(known, min(CHOICES, len(known))):
        letters = stream.sample(list(question.options), len(question.options))
        options = [question.options[letter] for letter in letters]
        drawn.append((question.text, options, LETTERS[letters.index(question.answer)]))
    return drawn


def paper(title: str, seed: int, numbers: list[Variant], asked: list) -> str:
    """Return the exam: what a student gets."""
    points = sum(one.points for one in numbers) + len(asked)
    lines = [f"# {title}: exam, variant {seed}", "", "Name:", ""]
    lines += [f"{len(numbers) + len(asked)} questions, {points} points. {ROUNDING}", ""]
    for number, one in enumerate(numbers, 1):
        lines += [f"## {number}. ({one.points} points)", "", one.text, "", "Answer:", ""]
    for number, (text, options, _) in enumerate(asked, len(numbers) + 1):
        lines += [f"## {number}. (1 point)", "", escape(text), ""]
        lines += [f"- {LETTERS[k]}) {escape(option)}" for k, (option, _) in enumerate(options)]
        lines.append("")
    return "\n".join(lines)


def key(title: str, seed: int, numbers: list[Variant], asked: list) -> str:
    """Return the key: answers and reasons."""
    lines = [f"# {title}: key of variant {seed}", ""]
    for number, one in enumerate(numbers, 1):
        lines.append(f"{number}. **{shown(one.answer)}** ({one.points} points). {one.why}")
    for number, (_, options, letter) in enumerate(asked, len(numbers) + 1):
        option, reason = options[LETTERS.index(letter)]
        lines.append(f"{number}. **{letter}** (1 point): {escape(option)} {escape(reason)}")
    return "\n".join(lines) + "\n"


def write(name: str, seed: int, places: Places, folder: Path) -> list[Path]:
    """Write exam and key of one lesson; return the two files."""
    row = row_of(read_lesson(find_one(name, places)))
    numbers = [variant(one, seed) for one in TEMPLATES.get(row["name"], [])]
    asked = choices(row["name"], random.Random(f"{row['name']}/{seed}"))
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{row['name'].replace('/', '_')}_{seed}"
    files = {folder / f"{stem}.md": paper, folder / f"{stem}_key.md": key}
    for path, make in files.items():
        path.write_text(make(row["title"], seed, numbers, asked), "utf-8")
    return list(files)


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Write one exam; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, help="the folder; else classroom/exams")
    asked = parser.parse_args(arguments)
    places = places or here()
    folder = (asked.to or places.root / "classroom" / "exams").resolve()
    try:
        written = write(asked.lesson, asked.seed, places, folder)
    except (LessonError, TwoAnswers) as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(map(str, written)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
