"""Interpolated Kneser-Ney against nltk.lm, with one discount for all orders.

nltk discounts no single characters: its order 1 is the share of contexts. Ours lends the
discount there, too, to a uniform p with a place for the unknown, so that no character is
impossible; nltk takes this through its own interface.
"""

from __future__ import annotations

import pytest

from aigc_teach.models import KneserNey
from aigc_teach.models.ngram import START
from outside.test_ngram import TEST, TRAIN, grams


def theirs(nltk, words: str, order: int, discount: float):
    """Their interpolated Kneser-Ney, whose order 1 ends in a uniform p."""
    import nltk.lm
    from nltk.lm.models import InterpolatedLanguageModel
    from nltk.lm.smoothing import KneserNey as Smoothing

    counter = nltk.lm.NgramCounter([grams(nltk, words, order, range(1, order + 1))])
    alphabet = sorted(set(words))

    class Lent(Smoothing):
        def unigram_score(self, word):
            if self._order == 1:
                count, total = self.counts.unigrams[word], self.counts.unigrams.N()
            else:
                count, total = self._continuation_counts(word)
            lent = discount * len(alphabet) / total / (len(alphabet) + 1)
            return max(count - discount, 0) / total + lent

    contexts = nltk.lm.Vocabulary([*words, START], unk_cutoff=1)
    return InterpolatedLanguageModel(
        Lent,
        order,
        vocabulary=contexts,
        counter=counter,
        params={"discount": discount, "order": order},
    )


@pytest.mark.parametrize("case", TRAIN)
@pytest.mark.parametrize("order, discount", [(1, 0.5), (2, 0.75), (3, 0.1), (4, 0.6)])
def test_probabilities_and_bits(truth, agree, case, order, discount):
    words, test = TRAIN[case](), TEST[case]()
    model, other = KneserNey(order, discount).fit(words), theirs(truth, words, order, discount)
    asked = grams(truth, test, order, [order])[:400]
    before = ["".join(gram[:-1]).lstrip(START) for gram in asked[:60]]
    ours = [model.probability(gram[-1], after=h) for gram, h in zip(asked, before, strict=False)]
    agree(ours, [other.unmasked_score(gram[-1], gram[:-1]) for gram in asked[:60]])
    agree(model.bits(test[:400]), other.entropy(asked))
