"""A lesson fits into one sitting: words, visible code and predictions before the exercises.

What is more stands in an appendix after the references, or in a lesson of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.places import Places
from lessons.source import Lesson, parse_lesson, read_lesson, sections

ROOT = Path(__file__).resolve().parents[2]
WORDS, CODE, PREDICTIONS = 2600, 260, 10
# Lessons with more code than that; they may get shorter, not longer.
MORE_CODE = {
    "03_models/01_autoencoder": 378,
    "03_models/03_gan_mlp": 276,
    "03_models/04_dcgan": 351,
    "03_models/06_conditional_generation": 277,
}
WORD = re.compile(r"\S*\w\S*")  # a bar of a table or a lone sign is no word


def sitting(lesson: Lesson) -> tuple[int, int, int]:
    """Words of prose, lines of code and predictions before the exercises.

    Folded asides count, formulas too; blank lines of code do not.
    """
    words = code = predictions = 0
    for part in sections(lesson):
        if part.title.startswith("Exercises"):
            break
        words += len(WORD.findall(part.prose))
        predictions += part.prose.count("**Predict.**")
        code += sum(bool(line.strip()) for cell in part.code for line in cell.text.splitlines())
    return words, code, predictions


@pytest.mark.parametrize("source", Places(ROOT).sources(), ids=lambda source: source.stem)
def test_a_lesson_fits_into_one_sitting(source):
    lesson = read_lesson(source)
    words, code, predictions = sitting(lesson)
    assert words <= WORDS, f"{words} words before the exercises; at most {WORDS}"
    most = MORE_CODE.get(lesson.name, CODE)
    assert code <= most, f"{code} lines of code before the exercises; at most {most}"
    assert predictions <= PREDICTIONS, f"{predictions} predictions; at most {PREDICTIONS}"


def test_the_lessons_named_are_there_and_longer():
    counted = {
        lesson.name: sitting(lesson)[1] for lesson in map(read_lesson, Places(ROOT).sources())
    }
    assert all(counted[name] > CODE for name in MORE_CODE)


def test_code_and_exercises_take_their_own_minutes(sample_text):
    few = parse_lesson(sample_text, ROOT / "01_sample.md").budget
    code = "```{code-cell} python\n" + 150 * "x = 1\n" + "```\n\n## Exercises"
    longer = parse_lesson(sample_text.replace("## Exercises", code, 1), ROOT / "01_sample.md")
    assert longer.budget.reading_minutes == few.reading_minutes
    assert longer.budget.work_minutes == few.work_minutes + 10  # 15 lines a minute
    assert few.work_minutes >= few.reading_minutes + 4 * few.exercises


def test_what_stands_after_the_exercises_is_not_counted(sample_text):
    lesson = parse_lesson(sample_text, ROOT / "01_sample.md")
    before = sitting(lesson)
    more = sample_text.replace("## Exercises", "Three more words | $$ -\n\n## Exercises", 1)
    assert sitting(parse_lesson(more, lesson.path))[0] == before[0] + 3
    after = (
        sample_text + "\n## Appendix\n\n**Predict.** Much more.\n\n```{code-cell} python\n1\n```\n"
    )
    assert sitting(parse_lesson(after, lesson.path)) == before
