"""Words with numbers of their own row: there and back, strange scripts, and bad input."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError

WORDS = data.CopyWords(["the net is a net", "the cat"], known=6)


def test_every_source_comes_back_whatever_is_in_it():
    texts = ["the net", "\u4eca\u5929 rains torch.nn.Linear , don't !", "", "x " * 10_000]
    pairs = WORDS.encode(texts, texts)
    back = WORDS.decode(pairs.sources, pairs.strange)
    assert back == [" ".join(WORDS.cut(text)) for text in texts]
    assert WORDS.decode(pairs.targets, pairs.strange) == back
    assert pairs.strange[3] == ["x"]


def test_a_word_has_one_number_in_its_row_and_may_have_another_in_the_next():
    pairs = WORDS.encode(["dog cat dog", "bird dog"], ["dog", "dog"])
    dog = [row.tolist()[0] for row in pairs.targets]
    assert pairs.sources[0, 0] == pairs.sources[0, 2] == dog[0] == WORDS.known
    assert dog[1] == WORDS.known + 1


def test_texts_are_cut_where_asked():
    pairs = WORDS.encode(["the net is a net"], ["the net is"], longest=(3, 2))
    assert pairs.sources.shape == (1, 3) and pairs.targets.shape == (1, 2)
    assert pairs.sources[0, -1] == pairs.targets[0, -1] == 1  # the end stays


def test_the_commonest_words_are_known_first():
    counted = data.CopyWords(["b a b c a d"], known=5)
    assert counted.words[3:] == ["a", "b"] and counted.known == 5
    assert data.CopyWords(["a"], known=100).known == 4


def test_what_cannot_be_numbered_is_a_sentence():
    with pytest.raises(DtypeError, match="one text"):
        WORDS.encode("the net")
    with pytest.raises(DataError, match="at least one"):
        WORDS.encode([])
    with pytest.raises(ShapeError, match="1 sources and 2 targets"):
        WORDS.encode(["a"], ["b", "c"])
    with pytest.raises(DtypeError, match="must be text"):
        WORDS.encode([None])
    with pytest.raises(DataError, match="no texts"):
        data.CopyWords(["", " "], known=9)
    with pytest.raises(RangeError, match="known=3"):
        data.CopyWords(["a"], known=3)
    with pytest.raises(ShapeError, match="rows of numbers"):
        WORDS.decode(torch.tensor([[3]]), [])
    with pytest.raises(RangeError, match="0..6"):
        WORDS.decode(torch.tensor([[7]]), [["x"]])
