"""The lecturer's pages: from the lessons alone, whole, and in step."""

from __future__ import annotations

import itertools

import pytest

from aigc_teach.lab.register import course_list
from lessons.places import here
from lessons.plans import spread
from lessons.source import LessonError
from lessons.teach import course, escape, read_mistakes, worth_telling

PLACES = here()


def test_every_exercise_has_sentences_on_its_mistakes():
    known, finished = read_mistakes(PLACES), {row["name"] for row in course_list()["lessons"]}
    assert set(known) == {name for name in course()[0] if name.rpartition("/")[0] in finished}
    assert all(len(told) >= 2 for told in known.values()), [
        k for k, v in known.items() if len(v) < 2
    ]


@pytest.mark.parametrize("lesson", [row["lesson"] for row in course_list()["lessons"]])
def test_a_page_holds_all_of_its_lesson(lesson):
    page = (PLACES.book / "teach" / f"{lesson}.md").read_text("utf-8")
    name = page.partition('lab.quiz("')[2].partition("/q1")[0]
    exercises, questions = course()
    for exercise in exercises.values():
        if exercise.name.rpartition("/")[0] == name:
            assert escape(exercise.right) in page
    mine = [q for q in questions.values() if q.name.rpartition("/")[0] == name]
    assert len(mine) == page.count("**Right.**") == 5
    for question in mine:
        assert all(escape(reason) in page for _, reason in question.options.values())


def test_what_python_says_is_no_mistake_to_tell_a_class():
    told = ["Not quite. Sort first.", "Not quite. For inputs 1 and 2 your result is 3; too large."]
    assert worth_telling([*told, told[0], "Not quite. Your function stopped with KeyError: 3"]) == [
        "Sort first."
    ]


@pytest.mark.parametrize("weeks", [1, 2, 3, 5])
def test_weeks_are_as_even_as_every_other_cut(weeks):
    minutes = [51, 77, 42, 90, 30, 65, 80, 20]
    counts = spread(minutes, weeks)
    assert sum(counts) == len(minutes) and min(counts) >= 1

    def uneven(cuts):
        ends = [0, *cuts, len(minutes)]
        return sum(sum(minutes[a:b]) ** 2 for a, b in itertools.pairwise(ends))

    ours = list(itertools.accumulate(counts))[:-1]
    every = itertools.combinations(range(1, len(minutes)), weeks - 1)
    assert uneven(ours) == min(map(uneven, every))


def test_too_few_lessons_for_the_weeks_is_a_sentence():
    with pytest.raises(LessonError, match="2 lessons do not fill 3 weeks"):
        spread([50, 60], 3)
