"""ROUGE-1, -2 and -L of pairs of texts against rouge-score, with and without Porter's stems."""

from __future__ import annotations

import random

import pytest

from aigc_teach import data
from aigc_teach.metrics import summary

KINDS = ("rouge1", "rouge2", "rouge3", "rougeL")


def texts():
    """Pairs of many kinds: first lines and bodies, spoilt ones, marks, other scripts, nothing."""
    chance, rows = random.Random(0), data.docstrings("held_out")
    for row in rows[:150]:
        yield row.body, row.summary
        words = row.summary.split()
        chance.shuffle(words)
        yield " ".join(words[: chance.randint(0, len(words))] + row.body.split()[:4]), row.summary
        yield chance.choice(rows).summary, row.summary
    odd = ["", " ", "...", "a", "A a a", "Don't use np.eye(3), 了!", "x_1 x-1 X1", "été 1.5\n2"]
    yield from ((a, b) for a in odd for b in odd)


def compare(agree, scorer, split):
    for found, reference in texts():
        theirs = scorer.score(reference, found)
        for kind in KINDS:
            ours = (
                summary.rouge_l(found, reference, split=split)
                if kind == "rougeL"
                else summary.rouge_n(found, reference, int(kind[-1]), split=split)
            )
            for a, b in zip(ours, theirs[kind], strict=True):
                agree(a, float(b))


def test_words(agree, truth):
    from rouge_score.rouge_scorer import RougeScorer

    compare(agree, RougeScorer(list(KINDS)), summary.words)


def test_stems(agree, truth):
    porter = pytest.importorskip("nltk.stem.porter").PorterStemmer()
    from rouge_score.rouge_scorer import RougeScorer

    def stems(text):  # as rouge-score does: only words of more than three letters
        return [porter.stem(word) if len(word) > 3 else word for word in summary.words(text)]

    compare(agree, RougeScorer(list(KINDS), use_stemmer=True), stems)
