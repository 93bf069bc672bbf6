"""What is passed, what comes next, what to repeat: said from the record, and nothing invented."""

import datetime
import json

import pytest

from aigc_teach import lab
from aigc_teach.core import AigcError, ChoiceError
from aigc_teach.lab import record, way

pytestmark = pytest.mark.usefixtures("demo")


def put(folder, exercises=None, questions=None):
    known = {"exercises": exercises or {}, "questions": questions or {}}
    (folder / "progress.json").write_text(json.dumps(known))


def entry(tries, solved=None, **more):
    return {"tries": tries, "solved": solved, **more}


ALL_SOLVED = {name: entry(1, "2026-01-01") for name in ("99/number", "99/tensor", "99/function")}


def shown(capsys, *args, **kwargs):
    capsys.readouterr()
    assert lab.progress(*args, **kwargs) is None
    return capsys.readouterr().out


def test_a_beginner_is_sent_to_the_first_lesson(capsys):
    said = shown(capsys)
    assert "Passed: 0 of 3 lessons" in said and "To go: 156 of 156 minutes" in said
    assert "Next: begin 00_a/01_98 (98), about 51 minutes" in said
    assert "To repeat: nothing." in said


def test_a_lesson_is_passed_when_each_exercise_is_solved(own_folder, capsys):
    put(own_folder, ALL_SOLVED)
    said = shown(capsys)
    assert "Passed: 1 of 3 lessons" in said and "To go: 104 of 156 minutes" in said
    row = next(line for line in said.splitlines() if "00_a/02_99" in line)
    assert row.split()[0] == "passed" and "exercises 3/3" in row and "questions 0/1" in row
    put(own_folder, {k: v for k, v in ALL_SOLVED.items() if k != "99/tensor"})
    assert "Passed: 0 of 3" in shown(capsys)


def test_a_begun_lesson_is_gone_on_with(own_folder, capsys):
    put(own_folder, questions={"99/q1": entry(1)})
    assert "Next: go on with 00_a/02_99" in shown(capsys, "short", "artists")
    said = shown(capsys, "short")
    assert "Next: go on with 00_a/02_99" in said and "Then: begin 00_a/01_98" in said


def test_a_path_lists_its_own_lessons_and_minutes(own_folder, capsys):
    put(own_folder, ALL_SOLVED)
    said = shown(capsys, "short")
    assert "Passed: 1 of 2" in said and "To go: 51 of 103 minutes" in said
    assert "97" not in said
    said = shown(capsys, "short", "artists")
    assert "Passed: 1 of 2" in said and "Next: begin 00_a/03_97" in said and "01_98" not in said


def test_when_all_is_passed_nothing_is_next(own_folder, monkeypatch, capsys):
    put(own_folder, ALL_SOLVED)
    only = {**way.course_list(), "lessons": way.course_list()["lessons"][1:2]}
    monkeypatch.setattr(way, "course_list", lambda: only)
    said = shown(capsys)
    assert "every lesson is passed" in said and "To go: 0 of 52" in said


def test_to_repeat_is_what_was_tried_in_vain_or_came_late(own_folder):
    exercises = {
        "99/number": entry(4, "2026-01-01"),
        "99/tensor": entry(2),
        "99/function": entry(2, "2026-01-01"),  # the second try: no trouble
        "gone/long/ago": entry(9),  # an exercise that there is no more
    }
    put(own_folder, exercises, {"99/q1": entry(3)})
    known = record.read_progress(own_folder / "progress.json")
    assert way.to_repeat(known) == [
        ("99/q1", "not solved yet, tries: 3"),
        ("99/tensor", "not solved yet, tries: 2"),
        ("99/number", "right only at try 4"),
    ]


def test_a_right_answer_on_a_later_day_strikes_it_off(own_folder, monkeypatch, capsys):
    for answer in (3, 5, 6, 4, 4):
        lab.check("99/number", answer)
    assert "right only at try 4" in shown(capsys)  # twice on one day is no repetition
    today = datetime.date.today()

    class Tomorrow(datetime.date):
        @classmethod
        def today(cls):
            return today + datetime.timedelta(days=1)

    monkeypatch.setattr(record.datetime, "date", Tomorrow)
    lab.check("99/number", 5)
    assert "right only at try 4" in shown(capsys)
    lab.check("99/number", 4)
    assert "To repeat: nothing." in shown(capsys)
    stored = json.loads((own_folder / "progress.json").read_text())["exercises"]["99/number"]
    assert stored == {"tries": 4, "solved": str(today), "again": str(Tomorrow.today())}


def test_a_long_list_is_cut(own_folder, monkeypatch, capsys):
    monkeypatch.setattr(way, "SHOWN", 1)
    put(own_folder, {"99/number": entry(4), "99/tensor": entry(2)})
    said = shown(capsys)
    assert "99/number" in said and "99/tensor" not in said and "and 1 more." in said


def test_unknown_paths_and_audiences_are_refused_with_a_list():
    with pytest.raises(ChoiceError, match="'short'"):
        lab.progress("shrt")
    with pytest.raises(ChoiceError, match="'artists'"):
        lab.progress("short", "painters")
    with pytest.raises(AigcError, match="name the path"):
        lab.progress(audience="artists")
