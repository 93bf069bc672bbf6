"""BPE.train and encode against `tokenizers`: the same merges in the same order, the same ids.

Theirs works on characters, so each byte is given one of its own, chr(BASE + byte), in the order
of the bytes: both then decide alike between pairs that are equally frequent, the one with the
smaller ids first. Words are cut by our own rule and joined with a mark at which theirs cuts;
that the rule itself is the stated one is a test of its own.
"""

from __future__ import annotations

import random

import pytest

from aigc_teach import data
from aigc_teach.data.tokens import BPE, WORD

BASE, MARK = 0xE000, "\uf8ff"  # private use: no text holds them


def poems() -> str:
    return "\n".join(poem.text for poem in data.poems())


CASES = {
    "moby dick": (lambda: data.prose()[:60_000], 700),
    "tang poems": (lambda: poems()[:8_000], 500),
    "few letters, many ties": (lambda: "".join(random.Random(0).choices("abc \n", k=3000)), 400),
    "one letter": (lambda: "aaaaaaa aaaa aa aaa aaaaaaaaa " * 3, 300),
    "every byte once or twice": (
        lambda: " ".join(map(chr, [*range(33, 700), *range(90, 300)])),
        400,
    ),
    "nothing repeats": (lambda: "abc", 300),
}


def masked(text: str) -> str:
    """The text's words as private characters, one a byte, with marks between them."""
    words = ("".join(chr(BASE + byte) for byte in word.encode()) for word in WORD.findall(text))
    return MARK.join(words)


def theirs(tokenizers, text: str, size: int):
    """A byte-pair encoder of theirs, trained on the text."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(MARK, "removed")
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        initial_alphabet=[chr(BASE + byte) for byte in range(256)],
        show_progress=False,
    )
    tokenizer.train_from_iterator([masked(text)], trainer)
    return tokenizer


def their_merges(tokenizer) -> list[tuple[int, int]]:
    """The pairs of ids, in the order in which they were merged."""
    import json

    model = json.loads(tokenizer.to_str())["model"]
    return [(model["vocab"][a], model["vocab"][b]) for a, b in model["merges"]]


@pytest.fixture(scope="module")
def trained():
    """Both encoders of a case, trained once."""
    kept = {}

    def both(tokenizers, case):
        if case not in kept:
            make, size = CASES[case]
            kept[case] = BPE.train(make(), size=size), theirs(tokenizers, make(), size)
        return kept[case]

    return both


@pytest.mark.parametrize("case", CASES)
def test_merges(truth, agree, trained, case):
    ours, other = trained(truth, case)
    agree(ours.merges, their_merges(other))


@pytest.mark.parametrize("case", CASES)
def test_encodings_of_text_that_was_not_trained_on(truth, agree, trained, case):
    ours, other = trained(truth, case)
    held_out = [
        data.prose()[60_000:80_000],
        poems()[8_000:12_000],
        "".join(random.Random(1).choices("abcde \n", k=2000)),
        "a" * 1000,
        "naïve café 👩‍🏫 \x00\x7f \u3000全形 end",
    ]
    for words in held_out:
        agree(ours.encode(words), other.encode(masked(words)).ids, words[:30])


def test_the_rule_for_words(truth, agree):
    """A word takes one space before it along; further spaces stand alone."""
    rule = truth.pre_tokenizers.Split(truth.Regex(r"\s?\S+|\s"), "isolated")
    for words in (data.prose()[:20_000], poems()[:5_000], "  a \n\n\tb  ", " "):
        agree(WORD.findall(words), [piece for piece, _ in rule.pre_tokenize_str(words)])
