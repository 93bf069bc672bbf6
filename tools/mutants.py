"""Make wrong answers from every stored solution, and count how many the checks refuse.

python tools/mutants.py             all lessons (minutes), then write book/mutants.json
python tools/mutants.py NAME ...    these lessons only, for example 03_models/02_vae
python tools/mutants.py --show EXERCISE
                                    print each mutant of one exercise with what its reader is told

A mutant that is accepted is either right all the same, and then stands with a reason in
tests/lab/equivalents.toml, or the check must learn to refuse it. At most 1 % may survive.
"""

from __future__ import annotations

import argparse
import sys

from lessons.places import Places, here
from lessons.source import Lesson, read_lesson
from mutation import records
from mutation.equivalents import read_equivalents
from mutation.mutants import mutants_of
from mutation.solutions import solutions_in
from mutation.trial import prepare, try_all, try_mutants


def run_lessons(lessons: list[Lesson], processes: int = 2) -> dict[str, dict[str, dict]]:
    """Try all mutants of these lessons, say what survives, and return the records."""
    table = read_equivalents()
    of = {s.exercise: lesson.name for lesson in lessons for s in solutions_in(lesson)}
    solutions = [solution for lesson in lessons for solution in solutions_in(lesson)]
    tasks = [(solution, mutants_of(solution)) for solution in solutions]
    found: dict[str, dict[str, dict]] = {lesson.name: {} for lesson in lessons}
    for solution, outcomes in try_all(tasks, processes):
        record = records.count(solution.exercise, outcomes, table)
        found[of[solution.exercise]][solution.exercise] = record
        alive = "".join(f"\n    accepted: {line}" for line in record["survived"])
        print(
            f"{solution.exercise}: {record['refused']} of {record['made']} refused{alive}",
            flush=True,
        )
    return found


def show(exercise: str, lessons: list[Lesson]) -> int:
    """Print what the check says to each mutant of one exercise."""
    prepare()
    solutions = [s for lesson in lessons for s in solutions_in(lesson) if s.exercise == exercise]
    if not solutions:
        sys.exit(f"There is no exercise {exercise!r} with a stored solution.")
    for outcome in try_mutants((solutions[0], mutants_of(solutions[0]))):
        print(f"{outcome.mutant.change} | {outcome.mutant.line}\n    {outcome.message}")
    return 0


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Try the mutants of the lessons named, or of all; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", metavar="EXERCISE", help="print its mutants and the messages")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes; default: 2")
    parser.add_argument("names", nargs="*", metavar="NAME", help="lessons; default: all")
    given = parser.parse_args(arguments)
    lessons = {lesson.name: lesson for lesson in map(read_lesson, (places or here()).sources())}
    lessons = {name: lesson for name, lesson in lessons.items() if not lesson.draft}
    if given.show:
        return show(given.show, list(lessons.values()))
    if unknown := [name for name in given.names if name not in lessons]:
        sys.exit(f"There is no lesson {unknown[0]!r}. There are: {', '.join(lessons)}.")
    names = given.names or list(lessons)
    known = records.read_records() | run_lessons([lessons[name] for name in names], given.jobs)
    records.write_records({name: known[name] for name in lessons if name in known})
    sums = records.total({e: r for name in names for e, r in known[name].items()})
    print(", ".join(f"{key} {value}" for key, value in sums.items()))
    return int(records.share_survived(sums) > records.MOST)


if __name__ == "__main__":
    sys.exit(main())
