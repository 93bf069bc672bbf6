"""One million characters that everybody uses: their counts, their ids, and bits by another count.

nanoGPT's data/shakespeare_char/prepare.py prints what it finds in the text, and A. Karpathy's
lecture "Let's build GPT" (2023) encodes "hii there". The bits of n-grams are counted a second
time here, with arrays and a search instead of dictionaries.
"""

from __future__ import annotations

import numpy as np
import pytest

from aigc_teach.data.tokens import BPE, CharacterTokenizer
from aigc_teach.models import ngram

LENGTH, FOR_TRAINING, FOR_VALIDATION = 1_115_394, 1_003_854, 111_540
SYMBOLS = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HII_THERE = [46, 47, 47, 1, 58, 46, 43, 56, 43]


@pytest.fixture
def text(truth) -> str:
    return truth.read_text("utf-8")


def test_counts_and_ids(agree, text):
    letters = CharacterTokenizer(text)
    assert "".join(letters.characters[1:]) == SYMBOLS and letters.size == 1 + 65
    split = int(0.9 * len(text))
    agree([len(text), split, len(text) - split], [LENGTH, FOR_TRAINING, FOR_VALIDATION])
    agree(letters.encode("hii there"), [1 + i for i in HII_THERE])  # our 0 means "never seen"


def test_the_whole_text_comes_back(agree, text):
    letters, bpe = CharacterTokenizer(text), BPE.train(text[:20_000], size=400)
    for tokenizer in (letters, bpe):
        assert tokenizer.decode(tokenizer.encode(text[:300_000])) == text[:300_000]
    ids = np.array(letters.encode(text))
    again = np.unique(np.frombuffer(text.encode("ascii"), np.uint8), return_inverse=True)[1]
    agree(ids, 1 + again)


def bits_by_arrays(train: str, test: str, order: int, k: float) -> float:
    """p_n(c | h) = (count(h c) + k p_(n-1)(c | h')) / (count(h) + k), all places at once."""
    alphabet = np.unique(list(train))
    ids = [np.searchsorted(alphabet, list(part)) for part in (train, test)]  # 0 .. V - 1
    base = len(alphabet) + 1
    pads = [np.concatenate([np.full(order - 1, base - 1), part]) for part in ids]
    p = np.full(len(test), 1 / base)
    for length in range(order):
        seen, asked = (grams(pad, order, length + 1, base) for pad in pads)
        total, count = how_often(seen // base, asked // base), how_often(seen, asked)
        p = np.where(total > 0, (count + k * p) / (total + k), p)
    return -np.log2(p).mean()


def grams(pad: np.ndarray, order: int, length: int, base: int) -> np.ndarray:
    """The last `length` characters up to each place, as one number in base `base`."""
    places = np.arange(order - 1, len(pad))
    return sum(pad[places - back] * base**back for back in range(length))


def how_often(seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """How often each number of `asked` is among `seen`."""
    values, counts = np.unique(seen, return_counts=True)
    at = np.searchsorted(values, asked).clip(max=len(values) - 1)
    return np.where(values[at] == asked, counts[at], 0)


@pytest.mark.parametrize("order, k", [(1, 1.0), (2, 1.0), (3, 0.5), (5, 3.0)])
def test_bits_of_n_grams(agree, text, order, k):
    train, test = text[:200_000], text[FOR_TRAINING:][:20_000]
    known = set(train)
    test = "".join(c for c in test if c in known)  # arrays know no unseen character
    model = ngram.NGram(order, k=k).fit(train)
    agree(model.bits(test), bits_by_arrays(train, test, order, k))
    agree(np.log2(model.perplexity(test)), bits_by_arrays(train, test, order, k))
