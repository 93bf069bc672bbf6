"""Texts as rows and back: ends, padding, placeholders whole, and what is refused."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import AigcError

TEXTS = ["Open %1", "%2 of %1: {name}", "已打开 %s", "", "naïve 🙂"]


def test_texts_come_back_and_the_rest_is_padding():
    rows = data.RowTokenizer(TEXTS)
    table = rows.encode(TEXTS)
    assert rows.decode(table) == TEXTS
    assert ((table == 1).sum(1) == 1).all()  # one end each
    assert (table[table.cumsum(1) == table.sum(1, keepdim=True)] <= rows.size).all()
    assert table[3].tolist() == [1] + [0] * (table.shape[1] - 1)


def test_a_placeholder_is_one_piece():
    rows = data.RowTokenizer(TEXTS)
    assert {"%1", "%2", "%s", "{name}"} <= set(rows.pieces)
    assert rows.cut("100 %") == list("100 %")


def test_words_are_cut_without_their_blanks():
    rows = data.RowTokenizer(["Open the file: %1"], words=True)
    assert rows.cut("Open  the file: %1") == ["Open", "the", "file", ":", "%1"]
    assert rows.decode(rows.encode(["Open the %1"])) == ["Open the %1"]


def test_what_was_never_seen_is_named_and_marked():
    rows = data.RowTokenizer(["abc"])
    assert rows.unknown("abcđ中中") == ["đ", "中"]
    assert rows.encode(["中"]).tolist() == [[2, 1]]
    assert rows.decode(torch.tensor([[2, 1]])) == ["\ufffd"]


def test_a_very_long_text_is_a_very_long_row():
    rows = data.RowTokenizer(["ab"])
    assert rows.encode(["ab" * 5000]).shape == (1, 10_001)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: data.RowTokenizer([]), "no texts"),
        (lambda: data.RowTokenizer(["", ""]), "no texts"),
        (lambda: data.RowTokenizer([None]), "NoneType"),
        (lambda: data.RowTokenizer(["a"]).encode("a"), "a list"),
        (lambda: data.RowTokenizer(["a"]).encode([]), "no text"),
        (lambda: data.RowTokenizer(["a"]).encode(["a", 3]), "int"),
        (lambda: data.RowTokenizer(["a"]).decode(torch.tensor([3])), r"\[N, L\]"),
        (lambda: data.RowTokenizer(["a"]).decode([[3]]), "list"),
        (lambda: data.RowTokenizer(["a"]).decode(torch.tensor([[9, 1]])), r"0\.\.3"),
    ],
)
def test_bad_input_is_one_sentence(ask, words):
    with pytest.raises(AigcError, match=words):
        ask()


def test_placeholders_of_all_kinds():
    assert data.placeholders("%1%2 %d {} {a_b} %%") == ["%1", "%2", "%d", "{a_b}", "{}"]
    assert data.placeholders("50 % of it") == []
