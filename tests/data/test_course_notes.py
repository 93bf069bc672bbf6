"""The course's notes are what the book says, and a damaged file is told."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError

home = importlib.import_module("aigc_teach.data.course_notes")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def maker():
    path = ROOT / "tools/make_course_notes.py"
    spec = importlib.util.spec_from_file_location("make_course_notes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_they_are_in_step_with_the_book(maker):
    again = "The glossary, faq or symptoms changed: run python tools/make_course_notes.py"
    assert maker.main(["--check"]) == 0, again


def test_a_changed_page_is_noticed(maker, tmp_path):
    for page in maker.PAGES:
        (tmp_path / f"{page}.md").write_text((ROOT / f"book/{page}.md").read_text("utf-8"), "utf-8")
    assert maker.make(tmp_path) == maker.make()
    with (tmp_path / "faq.md").open("a", encoding="utf-8") as faq:
        faq.write("\n### New?\n\nYes. → [there](01_x/02_y.md#z)\n")
    assert maker.make(tmp_path) != maker.make()
    entry = list(maker.entries((tmp_path / "faq.md").read_text("utf-8"), "question"))[-1]
    assert entry == {"kind": "question", "title": "New?", "text": "Yes.", "page": "01_x/02_y.md#z"}


def test_every_entry_is_whole_and_plain():
    notes = data.course_notes()
    assert {note.kind for note in notes} == set(home.KINDS) - {"all"}
    assert all(note.title and note.text for note in notes)
    assert not [note for note in notes if "](" in note.text or "`" in note.text]
    headings = (ROOT / "book/symptoms.md").read_text("utf-8").count("\n### ")
    assert len(data.course_notes("symptom")) == headings


def test_places_in_the_book_are_there():
    for note in data.course_notes():
        assert not note.page or (ROOT / "book" / note.page.split("#")[0]).is_file(), note.page


def test_unknown_kinds_and_damaged_files_are_told(monkeypatch, tmp_path):
    with pytest.raises(ChoiceError, match="'term', 'question', 'symptom'"):
        data.course_notes("joke")
    monkeypatch.setattr(home, "FILE", tmp_path / "course_notes.json")
    with pytest.raises(DataError, match=r"course_notes\.json is missing"):
        data.course_notes()
    home.FILE.write_bytes(b"[]")
    with pytest.raises(DataError, match="damaged"):
        data.course_notes()
