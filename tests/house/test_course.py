"""What belongs to a lesson carries the lesson's name, and nothing else stands in the course."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigc_teach.lab import register
from lessons.places import here

ROOT = Path(__file__).resolve().parents[2]
SOURCES = here().sources()


def lesson_of(source: Path) -> str:
    """``book/03_models/02_vae.md`` is the lesson ``models/vae``."""
    return f"{source.parent.name[3:]}/{source.stem[3:]}"


@pytest.fixture(scope="module")
def names():
    """The names of all exercises and questions."""
    register.load_all()
    return [*register.EXERCISES, *register.QUESTIONS]


def test_every_lesson_has_its_room_and_every_room_its_lesson():
    assert sorted(register.lessons()) == sorted(map(lesson_of, SOURCES))


def test_every_part_and_lesson_has_its_own_name_once():
    lessons = [lesson_of(source) for source in SOURCES]
    assert len(set(lessons)) == len(lessons)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_has_exercises_questions_and_a_test_under_its_name(source, names):
    lesson = lesson_of(source)
    own = [name for name in names if name.rpartition("/")[0] == lesson]
    assert len(own) >= 7, own  # two exercises or more, and five questions
    part, name = lesson.split("/")
    assert (ROOT / "tests" / "course" / part / f"test_{name}.py").is_file()


def test_no_exercise_is_called_after_a_lesson_that_is_not_there(names):
    lessons = set(map(lesson_of, SOURCES))
    assert {name.rpartition("/")[0] for name in names} == lessons


def test_an_exercise_stands_in_the_module_that_its_name_says():
    register.load_all()
    for name, exercise in register.EXERCISES.items():
        lesson = name.rpartition("/")[0].replace("/", ".")
        module = exercise.checker.__module__
        assert f"{module}.".startswith(f"aigc_teach.course.{lesson}."), (name, module)


@pytest.mark.parametrize("earlier", register.EARLIER_NAMES)
def test_an_earlier_name_goes_on_working(earlier, names):
    lesson = register.EARLIER_NAMES[earlier]
    old = [f"{earlier}/{name.rpartition('/')[2]}" for name in names if name.startswith(lesson)]
    assert old
    for name in old:
        find = register.find_question
        if register.current_name(name) in register.EXERCISES:
            find = register.find_exercise
        assert find(name).name == register.current_name(name)


def test_every_test_of_the_course_belongs_to_a_lesson():
    lessons = [lesson_of(source) for source in SOURCES]
    for path in (ROOT / "tests" / "course").glob("*/test_*.py"):
        part, stem = path.parent.name, path.stem.removeprefix("test_")
        assert any(f"{part}/{stem}_".startswith(f"{lesson}_") for lesson in lessons), path
