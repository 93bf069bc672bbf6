"""Tokenizers: any text comes back, ids are checked, and what is shown is escaped."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from aigc_teach.core import DataError, DtypeError, RangeError
from aigc_teach.data import tokens
from aigc_teach.data.tokens import BPE, ByteTokenizer, CharacterTokenizer, Coloured, prompt

TRAINING = "the cat sat on the mat; the rat sat on the cat.\n牀前明月光，疑是地上霜。" * 4
STRANGE = [
    "",
    " ",
    "  \n\n\t ",
    "naïve café",
    "牀前明月光",
    "👩‍🏫 ok",
    "\u3000全形",
    "\x00\x7f",
    "a\r\nb",
]


@pytest.fixture(scope="module")
def bpe():
    return BPE.train(TRAINING, size=300)


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_comes_back(bpe, text):
    for tokenizer in (ByteTokenizer(), bpe):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert b"".join(tokenizer.token(i) for i in ids) == text.encode()
        assert [number for number, _ in tokenizer.pieces(text)] == ids


def test_random_text_comes_back(bpe):
    draw = random.Random(1)
    for _ in range(50):
        points = [draw.choice([draw.randrange(0xD800), draw.randrange(0xE000, 0x110000)])]
        points += [draw.randrange(32, 127) for _ in range(20)]
        text = "".join(map(chr, points))
        assert bpe.decode(bpe.encode(text)) == text


def test_words_lose_nothing():
    for text in [*STRANGE, TRAINING]:
        assert "".join(tokens.WORD.findall(text)) == text


def test_bpe_is_shorter_than_bytes_and_a_merge_is_its_parts(bpe):
    assert bpe.size == 300 == 256 + len(bpe.merges)
    assert len(bpe.encode(TRAINING)) < 0.6 * len(TRAINING.encode())
    for k, (a, b) in enumerate(bpe.merges):
        assert bpe.token(256 + k) == bpe.token(a) + bpe.token(b)
    assert all(" " not in bpe.token(i).decode(errors="ignore")[1:] for i in range(256, 300))


def test_training_ends_where_nothing_repeats():
    assert BPE.train("abc", size=500).size == 256
    assert BPE.train("abab", size=500).merges == [(97, 98)]


def test_merges_are_applied_in_the_order_they_were_learnt():
    bpe = BPE([(98, 99), (97, 98)])  # bc first, then ab
    assert bpe.encode("abc") == [97, 256]
    assert BPE([(97, 98), (98, 99)]).encode("abc") == [256, 99]


def test_characters_and_what_they_do_not_know():
    letters = CharacterTokenizer("hello")
    assert letters.size == 5 and letters.decode(letters.encode("hole")) == "hole"
    assert letters.encode("x") == [0] and letters.decode([0]) == "\ufffd"
    assert letters.token(0).decode() == "\ufffd"


def test_ids_of_numpy_and_torch_are_read(bpe):
    ids = bpe.encode(TRAINING)
    assert bpe.decode(torch.tensor(ids)) == bpe.decode(np.array(ids)) == TRAINING
    assert bpe.token(torch.tensor(97)) == bpe.token(np.uint8(97)) == b"a"
    assert BPE(np.array([[97, 98]])).merges == BPE(torch.tensor([[97, 98]])).merges == [(97, 98)]


def test_broken_bytes_show_as_such():
    assert ByteTokenizer().decode([230, 156]) == "\ufffd"


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: CharacterTokenizer(""), DataError, "empty"),
        (lambda: CharacterTokenizer(5), DtypeError, "you gave a int"),
        (lambda: BPE.train(b"bytes"), DtypeError, "you gave a bytes"),
        (lambda: BPE.train("abc", size=255), RangeError, "at least 256"),
        (lambda: BPE([(300, 1)]), RangeError, "does not exist yet"),
        (lambda: ByteTokenizer().decode([256]), RangeError, "0 to 255"),
        (lambda: ByteTokenizer().encode("\ud800"), DataError, "surrogate"),
        (lambda: CharacterTokenizer("a").decode([-1]), RangeError, "0 to 1"),
        (lambda: ByteTokenizer().token(999), RangeError, "no id"),
        (lambda: ByteTokenizer().decode([97.9, "98"]), DtypeError, "number 0 of them"),
        (lambda: ByteTokenizer().decode(["x"]), DtypeError, "whole numbers"),
        (lambda: ByteTokenizer().decode("98"), DtypeError, "whole numbers"),
        (lambda: ByteTokenizer().decode([98, None]), DtypeError, "number 1 of them"),
        (lambda: ByteTokenizer().decode(98), DtypeError, "you gave 98"),
        (lambda: ByteTokenizer().decode([True]), DtypeError, "number 0"),
        (lambda: ByteTokenizer().decode(torch.tensor([97.0])), DtypeError, "whole numbers"),
        (lambda: ByteTokenizer().decode(torch.tensor(97)), DtypeError, "whole numbers"),
        (lambda: ByteTokenizer().decode(torch.ones(2, 2).long()), DtypeError, "whole numbers"),
        (lambda: CharacterTokenizer("a").token("a"), DtypeError, "whole numbers"),
        (lambda: BPE([(None, 1)]), DtypeError, "merge must be whole numbers"),
        (lambda: BPE([(1.5, 1)]), DtypeError, "merge must be whole numbers"),
        (lambda: BPE([1, 2]), DtypeError, "merge must be a list of whole numbers"),
        (lambda: BPE(None), DtypeError, "list of pairs"),
        (lambda: BPE("abcd"), DtypeError, "list of pairs"),
        (lambda: BPE([(1, 2, 3)]), DataError, "joins two ids"),
        (lambda: BPE([(1, 2), (1, 2)]), DataError, "twice"),
        (lambda: BPE([(i, i) for i in (97, *range(256, 300))]), RangeError, "100000 bytes"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error, match=words):
        do()


def test_ids_may_come_from_numpy_and_torch():
    for ids in ([97, 98], np.array([97, 98]), torch.tensor([97, 98]), (97, np.uint8(98)), b"ab"):
        assert ByteTokenizer().decode(ids) == "ab"
    assert BPE(np.array([[97, 98]])).decode([256]) == "ab"


def test_the_view_escapes_and_reads_aloud(bpe):
    view = Coloured(ByteTokenizer(), '<b>"')
    page = view._repr_html_()
    assert "<b>" not in page and "&lt;" in page and "&quot;" in page
    assert repr(view) == '<·60 | b·98 | >·62 | "·34'
    assert "E7 89 80"[:2] in repr(Coloured(ByteTokenizer(), "牀"))


def test_a_prompt_names_the_characters_that_nobody_knows(recwarn):
    letters = CharacterTokenizer("abc")
    assert prompt(letters, "cab").tolist() == [3, 1, 2] and not recwarn.list
    assert prompt(letters, "").shape == (0,) and prompt(letters, "").dtype == torch.int64
    with pytest.warns(UserWarning, match="never saw: '☃', 'é'. Each is read as id 0"):
        assert prompt(letters, "a☃é☃").tolist() == [1, 0, 0, 0]
    with pytest.warns(UserWarning, match="and 6 others"):
        prompt(letters, "ABCDEFGHIJKLMNOP")
    with pytest.raises(DataError, match="surrogate"):
        prompt(letters, "\ud800")
    assert prompt(ByteTokenizer(), "☃").tolist() == [226, 152, 131]
