"""AlignmentViewer: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import pytest

from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import AlignmentViewer
from aigc_teach.widgets.alignment_viewer import Written

SOURCE = ["a", "<graph>"]
TEXT = [Written("The", [0.5, 0.5], 0.1), Written("<graph>", [0.0, 1.0], 0.9)]


def test_the_page_gets_the_words_with_their_kinds():
    text = [*TEXT, Written("GPU", [1, 0], 0.2, invented=True)]
    widget = AlignmentViewer([SOURCE, SOURCE], {"one": [TEXT, text], "two": [text, TEXT]})
    assert [row[1] for row in widget.table[0][1]] == ["own", "copied", "invented"]
    assert widget.table[0][0][1] == ["<graph>", "copied", 0.9, [0.0, 1.0]]
    assert "2 sources by one, two" in widget.alt
    still = widget.still()
    assert "<p>a &lt;graph&gt;</p>" in still and "one: The &lt;graph&gt;\u2193" in still


def test_a_word_beyond_the_end_is_the_last():
    assert AlignmentViewer([SOURCE], {"one": [TEXT]}, word=9).word == 1


def test_a_model_that_cannot_copy_has_no_signs_and_letters_no_gaps():
    letters = [Written("1", [0.0, 1.0]), Written(" ", [0.5, 0.5])]
    widget = AlignmentViewer([["2", "1"]], {"net": [letters]}, letters=True)
    assert [row[1:3] for row in widget.table[0][0]] == [["own", None], ["own", None]]
    assert widget.still() == "<p>21</p><p>net: 1 </p>" and "cross" not in widget.alt


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"sources": []}, DataError, "at least one source"),
        ({"sources": [[]]}, DataError, "at least one source"),
        ({"texts": {}}, DataError, "one writer"),
        ({"texts": {"one": []}}, ShapeError, "0 texts for 1 sources"),
        ({"texts": {"one": [[]]}}, DataError, "empty text"),
        ({"texts": {"one": [[Written("a", [1.0])]]}}, ShapeError, "1 weights for 2"),
        ({"texts": {"one": [[Written("a", [2.0, 0])]]}}, RangeError, "between 0 and 1"),
        ({"texts": {"one": [[Written(3, [1.0, 0])]]}}, DtypeError, "must be text"),
        ({"sources": [["a"] * 400_001], "texts": None}, DataError, "one page takes"),
        ({"texts": {"one": [[Written("a", [1.0, 0], copied=1.5)]]}}, RangeError, "between 0 and 1"),
        ({"source": 1}, RangeError, "source=1"),
        ({"view": "knot"}, ChoiceError, "'lines', 'map'"),
    ],
)
def test_what_cannot_be_is_a_sentence(given, error, words):
    given = {"sources": [SOURCE], "texts": {"one": [TEXT]}, **given}
    if given["texts"] is None:
        given["texts"] = {"one": [[Written("a", [0.0] * 400_001)]]}
    with pytest.raises(error, match=words):
        AlignmentViewer(**given)
