"""Hand in every planted wrong answer, and write down what the checks say: `make teach`.

The tests of each lesson plant wrong answers (tests/course). What the checks say to them goes to
book/teach/mistakes.json, from which `make notebooks` makes the lecturer's pages; each lesson's own
test compares it with what the check says today. A minute or two.

python tools/teach.py [LESSON ...]      such as models/vae; else all
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from lessons.places import Places, here
from lessons.teach import mistakes_file, read_mistakes, worth_telling

TESTS = here().root / "tests"


def tables(wanted: list[str]) -> list[type]:
    """Return the classes of right and wrong answers of these lessons, or of all."""
    sys.path.insert(0, str(TESTS))
    answers = importlib.import_module("course.answers").Answers
    for path in sorted((TESTS / "course").rglob("test_*.py")):
        importlib.import_module(".".join(path.relative_to(TESTS).with_suffix("").parts))
    found = answers.__subclasses__()
    return [each for each in found if not wanted or lesson_of(each) in wanted]


def lesson_of(table: type) -> str:
    """Return the lesson that a table's exercises belong to."""
    return next(iter(table.right)).rpartition("/")[0]


def collect(wanted: list[str], places: Places) -> dict[str, list[str]]:
    """Judge the wrong answers; return every exercise's sentences, new ones and kept ones."""
    found = read_mistakes(places)
    for table in tables(wanted):
        judged = {}
        for name in table.right:
            found[name] = worth_telling(table.told(judged, name))
        print(f"{lesson_of(table)}: {len(judged)} wrong answers", flush=True)
    return dict(sorted(found.items()))


def write(found: dict[str, list[str]], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write the sentences down; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="such as models/vae; else all")
    asked, places = parser.parse_args(arguments), here()
    known = {lesson_of(table) for table in tables([])}
    for name in set(asked.lessons) - known:
        print(f"{name!r} is no lesson with exercises; there are {', '.join(sorted(known))}.")
        return 1
    write(collect(asked.lessons, places), mistakes_file(places))
    return 0


if __name__ == "__main__":
    sys.exit(main())
