"""Exams: numbers found in two ways, other seeds other exams, nothing of the key on the paper."""

from __future__ import annotations

import pytest

from aigc_teach.lab.register import course_list, lessons
from exam import main
from exams.template import TEMPLATES, Template, TwoAnswers, shown, variant
from lessons.teach import course

ALL = [one for of_lesson in TEMPLATES.values() for one in of_lesson]


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.lesson}-{one.name}")
def test_both_ways_agree_for_many_seeds(one):
    drawn = [variant(one, seed) for seed in range(300)]  # raises where they do not
    assert len({each.text for each in drawn}) > 4
    assert len({shown(each.answer) for each in drawn}) > 4
    assert variant(one, 3) == variant(one, 3)


def test_a_wrong_formula_writes_no_key():
    one = ALL[0]
    parts = {k: getattr(one, k) for k in ("draw", "ask", "solve", "why")}
    wrong = Template(one.lesson, one.name, formula=lambda **n: one.formula(**n) + 0.01, **parts)
    with pytest.raises(TwoAnswers, match="is not"):
        variant(wrong, 0)


def test_the_questions_belong_to_lessons_that_exist():
    assert set(TEMPLATES) <= set(lessons())


def test_every_finished_lesson_has_one():
    assert {row["name"] for row in course_list()["lessons"]} <= set(TEMPLATES)


def test_an_exam_and_its_key(tmp_path, capsys):
    for seed in ("7", "8"):
        assert main(["vae", "--seed", seed, "--to", str(tmp_path)]) == 0
    capsys.readouterr()
    paper, key = ((tmp_path / f"models_vae_7{end}.md").read_text() for end in ("", "_key"))
    assert paper.count("\n## ") == 6 and key.count("point") == 6
    for one in TEMPLATES["models/vae"]:
        assert (answer := shown(variant(one, 7).answer)) in key and answer not in paper
    reasons = [why for q in course()[1].values() for _, why in q.options.values()]
    assert not any(why in paper for why in reasons)
    assert (tmp_path / "models_vae_8.md").read_text() != paper
    before = paper
    main(["models/vae", "--seed", "7", "--to", str(tmp_path)])
    assert (tmp_path / "models_vae_7.md").read_text() == before


def test_an_unknown_lesson_is_a_sentence(tmp_path, capsys):
    assert main(["no_such", "--to", str(tmp_path)]) == 1
    assert "name one of" in capsys.readouterr().err
