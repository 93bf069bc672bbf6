"""The suite tells what took long: files, stages, and the status page."""

from __future__ import annotations

import json
import re
from collections import Counter
from types import SimpleNamespace

import slowest
import stages
import status


def report(nodeid: str, seconds: float) -> SimpleNamespace:
    return SimpleNamespace(nodeid=nodeid, duration=seconds)


def test_a_file_takes_what_its_tests_take_and_their_preparation():
    reports = [report("a.py::x", 1.0), report("a.py::x", 2.0), report("b.py::y[::]", 4.0), object()]
    assert slowest.seconds_of(reports) == {"a.py": 3.0, "b.py": 4.0}


def test_the_ten_slowest_are_told_and_all_are_written(monkeypatch, tmp_path):
    lines = []
    terminal = SimpleNamespace(
        stats={"passed": [report(f"{k}.py::x", k) for k in range(12)], "": [report("3.py::x", 20)]},
        section=lines.append,
        write_line=lines.append,
        config=SimpleNamespace(getoption=lambda name: "browser"),
    )
    monkeypatch.setenv("AIGC_SLOWEST", str(tmp_path / "told.json"))
    slowest.tell(terminal, 90.0)
    assert len(lines) == 12  # a heading, ten files, the stage
    assert "3.py" in lines[1] and "11.py" in lines[2]
    assert lines[-1] == "stage [browser]: 1.5 minutes"
    assert len(json.loads((tmp_path / "told.json").read_text())) == 12


def test_the_first_stage_that_fails_ends_the_run(monkeypatch, tmp_path, capfd):
    (tmp_path / "Makefile").write_text("good:\n\t@echo ran\nbad:\n\t@exit 3\nlate:\n\t@echo late\n")
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    assert stages.main(["good", "bad", "late", "--store"]) != 0
    told = capfd.readouterr().out
    assert "ran" in told and "bad failed." in told and "late" not in told
    assert "together" in told
    assert not (tmp_path / "book").exists()  # nothing is stored of a run that failed


def test_stages_joined_run_at_once_and_are_told_one_after_the_other(monkeypatch, tmp_path, capfd):
    """The first waits for the second, so one after the other they would never end."""
    (tmp_path / "Makefile").write_text(
        "one:\n\t@echo one begins; until test -e made; do sleep .05; done; echo one ends\n"
        "two:\n\t@echo two beside $$AIGC_BESIDE; touch made; exit 4\nlate:\n\t@echo late\n"
    )
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    assert stages.main(["one+two", "late"]) != 0
    told = capfd.readouterr().out
    assert re.search(r"one begins\none ends\ntwo beside \d+\n", told)
    assert "two failed." in told and "one failed." not in told and "late" not in told
    assert re.search(r"^one .*\ntwo .*\ntogether", told, re.MULTILINE)


def test_the_status_page_shows_the_stages(course, monkeypatch):
    monkeypatch.setattr(stages, "ROOT", course.root)
    stored = course.book / "suite.json"
    figures = {**status.machine(), "lessons": []}
    assert "The suite" not in status.page(figures, stored)
    took = [stages.Stage("lint", 0.4, 0.3), stages.Stage("test", 6.5, 12.0)]
    stages.store(took, 6.9, Counter({"tests/a.py": 30.4, "tests/b.py": 61.6}), stored)
    page = status.page(figures, stored)
    assert "| test | 6.5 | 12.0 |" in page
    assert page.index("`tests/b.py` | 62") < page.index("`tests/a.py` | 30")
    assert "2 lessons" in page and "Together 6.9 minutes" in page
