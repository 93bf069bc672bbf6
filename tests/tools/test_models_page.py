"""The section of part 3 on the page of quality shows what is stored."""

from __future__ import annotations

import models_page
import pictures_page


def test_the_page_shows_the_stored_numbers():
    text = (pictures_page.BOOK / "quality.md").read_text("utf-8")
    assert models_page.TITLE in text
    assert pictures_page.with_section(text, models_page.section()) == text


def test_what_is_asked_for_of_texts_has_a_row_and_its_target():
    rows = models_page.text_rows()
    asked = {
        (row.what, row.at_most or row.at_least)
        for row in rows
        if row.at_most is not None or row.at_least is not None
    }
    assert {(models_page.ENGLISH, 1.95), (models_page.VERSE, 8.4)} <= asked
    assert len([target for _, target in asked if target == 0.1]) == 3
    for kind in ("LSTM", "GPT", "count"):
        assert any(kind in row.by for row in rows), kind
    assert all(word in models_page.HEAD for word in ("1.88", "a GPT on quatrains"))


def test_every_family_of_pictures_has_a_row():
    rows = models_page.picture_rows()
    for words in ("diffusion", "flow", "VQ-VAE", "style-based"):
        assert any(words in row.by or words in row.what for row in rows), words
    assert all(row.low <= row.middle <= row.high and row.seeds >= 3 for row in rows)


def test_bits_of_verse_are_those_of_the_count_and_the_gap_to_it():
    (row,) = (row for row in models_page.text_rows() if row.by == "LSTM, 2,400 steps")
    told = pictures_page.values_of(models_page.RECURRENT, "count, told the form")[0]
    assert row.middle < told and row.seeds >= 3


def test_sections_live_side_by_side():
    page = pictures_page.with_section("# A\n", pictures_page.quality_section())
    page = pictures_page.with_section(page, models_page.section())
    again = pictures_page.with_section(page, pictures_page.quality_section())
    assert again == page == pictures_page.with_section(again, models_page.section())
