"""PrivacyExplorer: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import pytest

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import PrivacyExplorer

PAIR = (["1.0", "<b>"], ["1.0", "no"], 0.25)
RUN = ("none", {"epsilon": "no promise", "accuracy": "0.95"}, [PAIR, PAIR])


def test_the_page_gets_the_runs_and_a_still_record():
    widget = PrivacyExplorer(["age", "insured"], [RUN, RUN], typical=2.0, run=1, record=1)
    assert widget.runs[1]["figures"] == [["epsilon", "no promise"], ["accuracy", "0.95"]]
    assert widget.runs[0]["records"][0] == [["1.0", "<b>"], ["1.0", "no"], 0.25]
    assert "2 stored synthetic records of 2 runs" in widget.alt
    still = widget.still()
    assert "<td>&lt;b&gt;</td><td>no</td>" in still and "noise none: epsilon no promise" in still


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"runs": []}, ShapeError, "equally many records"),
        ({"runs": [("a", {}, [])]}, ShapeError, "at least 1"),
        ({"runs": [RUN, ("b", {}, [PAIR])]}, ShapeError, r"\[1, 2\]"),
        ({"runs": ["none"]}, ShapeError, "triple: its name"),
        ({"runs": [("a", {}, [PAIR[:2]])]}, ShapeError, "synthetic, nearest real, distance"),
        ({"columns": ["age"]}, ShapeError, "does not fit 1 columns"),
        ({"runs": [("a", {"x": 3}, [PAIR])]}, DtypeError, "must be text"),
        ({"runs": [("a", {}, [(["1", 2], ["1", "2"], 0.0)])]}, DtypeError, "a value"),
        ({"runs": [("a", {}, [(["1", "2"], ["1", "2"], -1.0)])]}, RangeError, "a distance"),
        ({"runs": [("a", {}, [PAIR] * 20_000)]}, DataError, "too many"),
        ({"typical": 0.0}, RangeError, "typical=0.0"),
        ({"run": 1}, RangeError, "run=1"),
        ({"record": 2}, RangeError, "record=2"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    given = {"columns": ["age", "insured"], "runs": [RUN], "typical": 1.0, **options}
    with pytest.raises(error, match=words):
        PrivacyExplorer(given.pop("columns"), given.pop("runs"), **given)
