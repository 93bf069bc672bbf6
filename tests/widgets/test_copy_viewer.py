"""CopyViewer: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import pytest

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import CopyViewer
from aigc_teach.widgets.copy_viewer import Written

BODY = ["a", "<graph>"]
SUMMARY = [Written("The", 0.1, [0.5, 0.5]), Written("<graph>", 0.9, [0.0, 1.0])]


def test_the_page_gets_the_words_with_their_kinds():
    summary = [*SUMMARY, Written("GPU", 0.2, [1, 0], invented=True)]
    widget = CopyViewer([BODY, BODY], {"one": [SUMMARY, summary], "two": [summary, SUMMARY]})
    assert [row[1] for row in widget.table[0][1]] == ["own", "copied", "invented"]
    assert widget.table[0][0][1] == ["<graph>", "copied", 0.9, [0.0, 1.0]]
    assert "2 bodies by one, two" in widget.alt
    still = widget.still()
    assert "<p>a &lt;graph&gt;</p>" in still and "one: The &lt;graph&gt;\u2193" in still


def test_a_word_beyond_the_end_is_the_last():
    assert CopyViewer([BODY], {"one": [SUMMARY]}, word=9).word == 1


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"bodies": []}, DataError, "at least one body"),
        ({"bodies": [[]]}, DataError, "at least one body"),
        ({"summaries": {}}, DataError, "one writer"),
        ({"summaries": {"one": []}}, ShapeError, "0 summaries for 1 bodies"),
        ({"summaries": {"one": [[]]}}, DataError, "empty summary"),
        ({"summaries": {"one": [[Written("a", 0.5, [1.0])]]}}, ShapeError, "1 weights for 2"),
        ({"summaries": {"one": [[Written("a", 0.5, [2.0, 0])]]}}, RangeError, "between 0 and 1"),
        ({"summaries": {"one": [[Written(3, 0.5, [1.0, 0])]]}}, DtypeError, "must be text"),
        ({"bodies": [["a"] * 400_001], "summaries": None}, DataError, "one page takes"),
        ({"body": 1}, RangeError, "body=1"),
    ],
)
def test_what_cannot_be_is_a_sentence(given, error, words):
    given = {"bodies": [BODY], "summaries": {"one": [SUMMARY]}, **given}
    if given["summaries"] is None:
        given["summaries"] = {"one": [[Written("a", 0.5, [0.0] * 400_001)]]}
    with pytest.raises(error, match=words):
        CopyViewer(**given)
