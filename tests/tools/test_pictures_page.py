"""The pictures' sections of the pages of quality and of speed show what is stored."""

from __future__ import annotations

import pytest

import pictures_page as pictures


def section_of(page: str) -> str:
    text = (pictures.BOOK / page).read_text("utf-8")
    assert pictures.TITLE in text
    return text


def test_the_page_of_quality_shows_the_stored_numbers():
    text = section_of("quality.md")
    assert pictures.with_section(text, pictures.quality_section()) == text


def test_the_page_of_speed_shows_the_stored_seconds():
    text = section_of("bench.md")
    assert pictures.with_section(text, pictures.speed_section(pictures.stored_speed())) == text


def test_what_is_asked_for_of_part_5_has_a_row():
    rows = pictures.quality_rows()
    asked = ("enlarging 2", "enlarging 4", "noise", "holes", "half a digit", "style", "editing")
    for words in asked:
        assert any(words in row.what for row in rows), words
    assert all(row.seeds >= 3 for row in rows if row.by != pictures.ZOO)
    large = [row for row in pictures.stored_speed()["rows"] if row["picture"]]
    assert large and all(row["seconds"] > 0 for row in large)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({}, "|  |  |"),
        ({"at_least": 2.0}, "| at least 2 | NO, by 0.5 |"),
        ({"at_least": 1.5}, "| at least 1.5 | yes |"),
        ({"at_most": 1.25}, "| at most 1.25 | NO, by 0.25 |"),
        ({"at_most": 1.5}, "| at most 1.5 | yes |"),
    ],
)
def test_a_missed_target_is_said_with_how_much_is_missing(target, said):
    row = pictures.Row("x", "y", 3, 1.5, 1.0, 2.0, **target)
    assert row.line().startswith("| x | y | 3 | 1.5 (1 to 2) |")
    assert row.line().endswith(said)


def test_a_slow_picture_is_said():
    row = {"what": "x", "seconds": 1.5, "made": 1, "of": "pictures", "picture": True}
    facts = {"rounds": 1, "date": "2026-01-01", "processor": "p"}
    assert "| NO, by 0.5 s |" in pictures.speed_section({"facts": facts, "rows": [row]})


def test_a_section_replaces_itself_and_leaves_the_next_alone():
    page = pictures.with_section("# A\n", f"{pictures.TITLE}\n\nold\n") + "\n## B\n\nb\n"
    again = pictures.with_section(page, f"{pictures.TITLE}\n\nnew\n")
    assert "old" not in again and again.endswith("new\n\n## B\n\nb\n")
