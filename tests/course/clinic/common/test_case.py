"""What a case says and what it does are joined by name; what does not fit is refused in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aigc_teach.core import ChoiceError, DataError
from aigc_teach.course.clinic import (
    it_crashes,
    it_is_judged_wrongly,
    it_runs_and_lies,
    the_protocol_is_wrong,
)
from aigc_teach.course.clinic.common.case import Case, join_texts, pick

LESSONS = (it_crashes, it_runs_and_lies, the_protocol_is_wrong, it_is_judged_wrongly)
EVERY = [(lesson, name) for lesson in LESSONS for name in lesson.CASES]

WHOLE = """
[claims]
shared = "Two cases could
 claim this."

[grey]
complaint = '''
All samples
are grey.'''
shared.verdict = "No."
own.claim = "It is the rate."
own.verdict = "Yes."
""".replace('"Two cases could\n claim this."', '"""\nTwo cases could\nclaim this."""')


def experiment(subject):
    return f"{subject} of 2."


def joined(tmp_path, text, names=("shared", "own"), cases=("grey",)):
    file = tmp_path / "cases.toml"
    file.write_text(text, "utf-8")
    case = Case(experiments=dict.fromkeys(names, experiment), truth=names[-1])
    return join_texts(file, dict.fromkeys(cases, case))


def test_a_case_gets_its_name_and_its_words(tmp_path):
    case = joined(tmp_path, WHOLE)["grey"]
    assert (case.name, case.complaint) == ("grey", "All samples are grey.")
    words = {key: (h.claim, h.verdict) for key, h in case.hypotheses.items()}
    assert words == {
        "shared": ("Two cases could claim this.", "No."),
        "own": ("It is the rate.", "Yes."),
    }
    assert case.hypotheses["own"].experiment("1") == "1 of 2."


def test_hypotheses_keep_the_order_of_the_experiments(tmp_path):
    assert list(joined(tmp_path, WHOLE, ("own", "shared"))["grey"].hypotheses) == ["own", "shared"]


def test_an_own_claim_goes_before_the_shared_one(tmp_path):
    text = WHOLE.replace("shared.verdict", 'shared.claim = "Mine."\nshared.verdict')
    assert joined(tmp_path, text)["grey"].hypotheses["shared"].claim == "Mine."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[grey]", "[gray]", "no case called 'grey'"),
        ("own.verdict", "other.verdict", "of case 'grey' called 'other', and no code of this"),
        ('own.verdict = "Yes."\n', "", "no text of 'own' in case 'grey' called 'verdict'"),
        ('own.claim = "It is the rate."\n', "", "no text of 'own' in case 'grey' called 'claim'"),
        ('shared.verdict = "No."\n', "", "no hypothesis of case 'grey' called 'shared'"),
        ("complaint =", "complain =", "no text of case 'grey' called 'complaint'"),
        ("[grey]", '[grey]\ntitle = "Grey"', "a text of case 'grey' called 'title', and no code"),
        ("own.claim", 'own.why = "So."\nown.claim', "called 'why', and no code of this name"),
        ("own.claim", 'third.verdict = "So."\nown.claim', "called 'third', and no code"),
        ("[claims]", '[claims]\nunused = "Nobody says it."', "called 'unused', and no code"),
        ("[grey]", "[grey", "cannot be read"),
        ('own.verdict = "Yes."', "own.verdict = 3", "a sentence in quotes; 3 is none"),
        ('own.verdict = "Yes."', 'own.verdict = " "', "a sentence in quotes; ' ' is none"),
        ("own.verdict", 'own.verdict = "a"\nown.verdict', "cannot be read"),  # twice
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(tmp_path, old, new, words):
    assert old in WHOLE
    if new.startswith("[gray"):
        words = f"{words}|called 'gray'"
    with pytest.raises(DataError, match=words):
        joined(tmp_path, WHOLE.replace(old, new, 1))


def test_a_text_without_its_case_is_refused(tmp_path):
    with pytest.raises(DataError, match="a case called 'white', and no code of this name"):
        joined(tmp_path, WHOLE + "\n[white]\ncomplaint = 'All is white.'\n")


def test_a_case_without_its_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="no case called 'white'"):
        joined(tmp_path, WHOLE, cases=("grey", "white"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cases\.toml, cannot be read"):
        join_texts(tmp_path / "cases.toml", {})


def test_unknown_names_in_the_code_are_refused():
    with pytest.raises(ChoiceError, match="truth='rate'"):
        Case(experiments={"own": experiment}, truth="rate")
    with pytest.raises(ChoiceError, match="hypothesis='rate'"):
        pick({"own": experiment}, "rate")


@pytest.mark.parametrize(("lesson", "name"), EVERY)
def test_every_case_of_the_course_is_whole(lesson, name):
    case = lesson.CASES[name]
    assert case.name == name and list(case.hypotheses) == list(case.experiments)
    for text in (case.complaint, *(h.claim for h in case.hypotheses.values())):
        assert text == " ".join(text.split()) and text[-1] in ".?"
    assert len({h.claim for h in case.hypotheses.values()}) == len(case.hypotheses) >= 3


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_line_of_a_text_is_too_long_to_read(lesson):
    text = Path(lesson.__file__).with_name("cases.toml").read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 100


SHOWN = [  # where a key can be read before the case is solved
    Path(__file__).parents[4] / "book/04_clinic" / f"0{k}_{lesson.__name__.split('.')[-1]}.md"
    for k, lesson in enumerate(LESSONS, 1)
]


@pytest.mark.parametrize(("lesson", "page"), list(zip(LESSONS, SHOWN, strict=True)))
def test_lessons_name_cases_that_exist(lesson, page):
    named = set(re.findall(r'CASES\["(\w+)"\]', page.read_text("utf-8")))
    known = {name for every in LESSONS for name in every.CASES}
    assert named and named <= known
    assert named & set(lesson.CASES)


@pytest.mark.parametrize(("lesson", "name"), EVERY)
def test_the_name_of_a_case_does_not_say_what_is_wrong(lesson, name):
    """Lessons show it: it says what is seen, never the right hypothesis or the faulty function."""
    case = lesson.CASES[name]
    faulty = getattr(case, "faulty", None)
    if hasattr(case, "piece"):
        faulty = getattr(faulty, case.piece)
    telling = [case.truth, getattr(faulty, "__name__", case.truth)]
    assert not any(word in name or name in word for word in telling)
