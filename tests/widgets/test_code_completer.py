"""CodeCompleter: the table that goes to the page, what is suggested, the kernel's answer."""

from __future__ import annotations

import json
import zlib
from types import SimpleNamespace

import pytest

from aigc_teach.core import AigcError, DataError, DtypeError, RangeError
from aigc_teach.widgets import CodeCompleter
from aigc_teach.widgets.code_completer import suggested, word_table

SOURCE = "def name(self):\n    return self.name\n" * 9 + "import os\nimport sys\nimport os\n"
TABLE = word_table([SOURCE])


def test_the_table_counts_names_only_and_the_page_gets_it():
    assert TABLE["import"] == [3, "os", 2, "sys", 1]
    assert TABLE["self ."] == [9, "name", 9]
    assert TABLE[""][0] == sum(TABLE[""][2::2])
    box = CodeCompleter(TABLE, text="import o")
    assert json.loads(zlib.decompress(box.table)) == TABLE
    assert box.suggestions()[0][0] == "os" and "os" in box.alt


def test_probabilities_add_up_and_the_text_itself_is_a_cache():
    whole = word_table([SOURCE], each=50)
    everything = [name for name, _, _ in suggested(whole, "import ")]
    assert everything[0] == "os"
    head = "colour = 1\nprint(col"
    assert suggested(TABLE, head)[0][0] == "colour"
    assert suggested(TABLE, head)[0][2] == "this text"
    assert suggested(TABLE, "print(col") == []
    assert sum(p for _, p, _ in suggested(whole, "x.y(")) <= 1 + 1e-9


@pytest.mark.parametrize("head", ["", "1", "x = 12", "月", "x" * 10_000, "# why\n", "\t\n  ", "'"])
def test_strange_texts_are_no_fault(head):
    for _, p, source in suggested(TABLE, head):
        assert 0 < p <= 1 and source in ("source", "this text")


def test_a_completer_of_ones_own_answers_in_the_kernel():
    asked = []

    def suggest(text, k, *, typed=""):
        asked.append((text, typed))
        return [SimpleNamespace(text="ame", p=0.5, source="network")]

    box = CodeCompleter(TABLE, completer=SimpleNamespace(suggest=suggest))
    box.text, box.cursor = "return n", 8
    assert asked[-1] == ("return", " n")
    assert box.answer == ["return n", [["ame", 0.5, "network"]]]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: CodeCompleter({}), AigcError, "word_table"),
        (lambda: CodeCompleter(TABLE, completer=3), AigcError, "suggest"),
        (lambda: CodeCompleter(TABLE, text="x" * 20_001), AigcError, "20000"),
        (lambda: CodeCompleter(TABLE, text=1), DtypeError, "must be text"),
        (lambda: word_table([]), DataError, "no name"),
        (lambda: word_table(["1 + 2"]), DataError, "no name"),
        (lambda: word_table(["a"], each=0), RangeError, "each"),
    ],
)
def test_what_cannot_be_is_a_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()
