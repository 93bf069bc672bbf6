"""The checks refuse wrong answers: the stored count is whole, and a sample is made anew.

`make mutants` makes them all. Where a stored solution or a check has changed since, it says so
here: run it for that lesson.
"""

from __future__ import annotations

import random

import pytest

from lessons.places import here
from lessons.source import read_lesson
from mutation.equivalents import idle, is_equivalent, read_equivalents
from mutation.mutants import mutants_of
from mutation.records import MOST, read_records, share_survived, total
from mutation.solutions import solutions_in
from mutation.trial import try_mutant

LESSONS = [lesson for lesson in map(read_lesson, here().sources()) if not lesson.draft]
SOLUTIONS = {s.exercise: s for lesson in LESSONS for s in solutions_in(lesson)}
STORED = read_records()
RECORDS = {name: record for exercises in STORED.values() for name, record in exercises.items()}
SECONDS = 0.15  # of work for the sample of one exercise: 10 seconds for 70 of them
MANY = 3


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_exercise_of_a_lesson_has_met_all_of_its_mutants(lesson):
    stored = STORED.get(lesson.name, {})
    made = {s.exercise: len(mutants_of(s)) for s in solutions_in(lesson)}
    assert {name: record["made"] for name, record in stored.items()} == made, (
        f"run make mutants LESSONS={lesson.name}"
    )
    for record in stored.values():
        assert record["made"] == (
            record["refused"] + record["equivalent"] + len(record["survived"])
        )


def test_at_most_one_wrong_answer_in_a_hundred_is_accepted():
    sums = total(RECORDS)
    alive = [f"{name}: {line}" for name, record in RECORDS.items() for line in record["survived"]]
    assert share_survived(sums) <= MOST, "\n".join(alive)


def test_no_line_of_an_exercise_is_excused_twice():
    excused = [
        (exercise, entry.change, line)
        for entry in read_equivalents()
        for exercise in entry.exercises
        for line in entry.lines or (None,)
    ]
    assert len(set(excused)) == len(excused)


def test_no_entry_of_the_table_is_idle():
    mutants = {name: mutants_of(solution) for name, solution in SOLUTIONS.items()}
    assert idle(read_equivalents(), mutants) == []


@pytest.mark.parametrize("exercise", SOLUTIONS)
def test_some_mutants_chosen_by_chance_are_refused(exercise, monkeypatch):
    monkeypatch.setenv("AIGC_CHECK_SECONDS", "1")  # an endless loop costs no more
    record = RECORDS.get(exercise, {"seconds": SECONDS, "survived": []})
    table, solution = read_equivalents(), SOLUTIONS[exercise]
    wrong = [
        mutant
        for mutant in mutants_of(solution)
        if not is_equivalent(exercise, mutant, table)
        and f"{mutant.change} | {mutant.line}" not in record["survived"]
    ]
    many = max(1, min(MANY, int(SECONDS / max(1e-3, record["seconds"]))))
    for mutant in random.Random(exercise).sample(wrong, min(many, len(wrong))):
        outcome = try_mutant(solution, mutant)
        assert outcome.void or outcome.refused, f"accepted: {mutant.change} | {mutant.line}"
