"""BLEU and chrF of a corpus against sacrebleu, on spoilt phrases and on marks of all kinds."""

from __future__ import annotations

import random

import pytest

from aigc_teach import data
from aigc_teach.metrics import translation


def spoilt(text: str, chance: random.Random, others: list[str]) -> str:
    """The text itself, another one, nothing, or a few letters taken out and put in."""
    kind = chance.random()
    if kind < 0.35:
        return text if kind < 0.2 else chance.choice([*others, ""])
    letters = list(text)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(letters) + 1)
        letters[place : place + chance.randint(0, 1)] = chance.choice(" .,-&%1;aé3改'")
    return "".join(letters)


def corpora(to: str):
    """Forty small corpora of 1 to 30 phrases, each spoilt in its own way."""
    chance, everything = random.Random(0), [text for _, text in data.phrases(to=to)]
    for size in (1, 1, 2, 5, 30) * 8:
        references = chance.sample(everything, size)
        yield [spoilt(text, chance, everything) for text in references], references


@pytest.mark.parametrize("to", ["zh", "fr"])
@pytest.mark.parametrize("tokens", ["13a", "char", "zh"])
def test_bleu(agree, truth, to, tokens):
    for found, references in corpora(to):
        theirs = truth.corpus_bleu(found, [references], tokenize=tokens, force=True).score
        agree(translation.bleu(found, references, tokens=tokens), theirs)


@pytest.mark.parametrize("to", ["zh", "fr"])
@pytest.mark.parametrize("order", [1, 6])
def test_chrf(agree, truth, to, order):
    for found, references in corpora(to):
        theirs = truth.corpus_chrf(found, [references], char_order=order).score
        agree(translation.chrf(found, references, order=order), theirs)


def test_words(agree, truth):
    cut = truth.BLEU(tokenize="13a").tokenizer
    texts = ["a-b 1-2, 3.5; (x) [y] {z} &quot;q&quot; &amp; it's", "-\n<skipped>", "1,000.50 $ 5%!"]
    for text in [*texts, *(text for _, text in data.phrases("held_out", to="fr"))]:
        agree(float(translation.words(text) == cut(text.rstrip()).split()), 1.0)


def test_chinese_words(agree, truth):
    cut = truth.BLEU(tokenize="zh").tokenizer
    codes = [code for code in range(32, 0x30000) if not 0xD800 <= code < 0xE000]
    every = ["a".join(map(chr, codes[at : at + 256])) for at in range(0, len(codes), 256)]
    marks = [" .5 和 1,000.50。", "a-b 1-2，“3”…", "README.md与%1 &amp; x", "𠀀𠀁", ""]
    for text in [*every, *marks, *(text for _, text in data.phrases("held_out", to="zh"))]:
        agree(float(translation.chinese_words(text) == cut(text).split()), 1.0)
