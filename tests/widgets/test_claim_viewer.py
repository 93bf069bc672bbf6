"""ClaimViewer: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from aigc_teach.core import AigcError, ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import ClaimViewer
from aigc_teach.widgets.claim_viewer import pieces


def claim(begin, end, verdict="right"):
    return SimpleNamespace(begin=begin, end=end, verdict=verdict)


def test_a_text_is_cut_at_its_claims_and_joins_again():
    text = "It was sunny, up to 9 °C."
    cut = pieces(text, [claim(20, 24, "wrong"), claim(7, 12)])
    assert "".join(words for words, _ in cut) == text
    assert [part for part in cut if part[1]] == [["sunny", "right"], ["9 °C", "wrong"]]
    assert pieces("", []) == [] and pieces("ab", [claim(0, 2)]) == [["ab", "right"]]


def test_the_page_gets_the_table_and_a_still_text():
    cell = [("a <b>", [claim(2, 5, "wrong")]), ("c", [])]
    widget = ClaimViewer(["r1", "r2"], ["0", "1"], [[cell, cell], [cell, cell]], setting=1)
    assert widget.table[1][0] == [[["a ", ""], ["<b>", "wrong"]], [["c", ""]]]
    assert "2 records at 2 settings" in widget.alt and "Stored" in widget.alt
    assert widget.still() == "<p>r1; temperature 1</p><p>a <mark>&lt;b&gt; \u2717</mark></p>"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"texts": [[]]}, ShapeError, "for each of 1 records"),
        ({"texts": []}, ShapeError, "for each of 1 records"),
        ({"texts": [[[]]]}, ShapeError, "at least 1"),
        ({"texts": [[[(3, [])]]], "records": ["a"]}, (TypeError, DtypeError), ""),
        ({"texts": [[[("ab", [claim(0, 3)])]]]}, RangeError, "leaves its text"),
        ({"texts": [[[("abc", [claim(0, 2), claim(1, 3)])]]]}, RangeError, "overlaps"),
        ({"texts": [[[("ab", [claim(0, 1, "true")])]]]}, ChoiceError, "right"),
        ({"texts": [[[("a" * 2_000_001, [])]]]}, DataError, "too long"),
        ({"records": [1]}, DtypeError, "a record must be text"),
        ({"setting": 1}, RangeError, "setting=1"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    given = {"records": ["a"], "settings": ["0"], "texts": [[[("a", [])]]], **options}
    with pytest.raises(error, match=words):
        ClaimViewer(**given)
    assert issubclass(ShapeError, AigcError)
