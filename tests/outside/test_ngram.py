"""N-grams against nltk.lm: add-k smoothing, probabilities, and bits a character.

For single characters our smoothing *is* Lidstone's (Laplace's where k is the size of the
vocabulary, the unseen character included). For longer contexts ours interpolates with the order
below with a constant strength k; nltk has the counting, the interpolation and the measures, and
takes this strength through its own interface. Its Kneser-Ney and Witten-Bell models differ from
ours on purpose (they count how many characters follow a context), so they are not compared.
"""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.models.ngram import START, NGram


def poems() -> str:
    return "\n".join(poem.text for poem in data.poems())


TRAIN = {
    "moby dick": lambda: data.prose()[:20_000],
    "tang poems": lambda: poems()[:5_000],
    "two letters": lambda: "abab",
}
TEST = {
    "moby dick": lambda: data.prose()[20_000:22_000] + "\u0394",
    "tang poems": lambda: poems()[5_000:6_000],
    "two letters": lambda: "babba?",
}


def grams(nltk, words: str, order: int, lengths) -> list[tuple[str, ...]]:
    """The n-grams of the text with marks before it; those that end in a mark predict nothing."""
    padded = list(nltk.pad_sequence(words, order, pad_left=True, left_pad_symbol=START))
    every = (gram for n in lengths for gram in nltk.ngrams(padded, n))
    return [gram for gram in every if gram[-1] != START]


def counted(nltk, words: str, order: int):
    """Their vocabulary and their counts."""
    import nltk.lm

    vocabulary = nltk.lm.Vocabulary(words, unk_cutoff=1)  # and one place for the unknown
    counter = nltk.lm.NgramCounter([grams(nltk, words, order, range(1, order + 1))])
    return vocabulary, counter


def interpolated(nltk, words: str, order: int, k: float):
    """Their interpolated model with our strength: k / (count(h) + k) goes to the order below.

    The marks are no part of the vocabulary of what may come, and one of what contexts may hold.
    """
    from nltk.lm import Lidstone
    from nltk.lm.api import Smoothing
    from nltk.lm.models import InterpolatedLanguageModel

    vocabulary, counter = counted(nltk, words, order)
    single = Lidstone(k / len(vocabulary), 1, vocabulary=vocabulary, counter=counter)

    class Lent(Smoothing):
        def unigram_score(self, word):
            return single.unmasked_score(word)

        def alpha_gamma(self, word, context):
            after = self.counts[context]
            return after[word] / (after.N() + k), k / (after.N() + k)

    contexts = nltk.lm.Vocabulary([*words, START], unk_cutoff=1)
    return InterpolatedLanguageModel(Lent, order, vocabulary=contexts, counter=counter)


@pytest.mark.parametrize("case", TRAIN)
def test_single_characters_are_smoothed_as_by_laplace(truth, agree, case):
    import nltk.lm

    words, test = TRAIN[case](), TEST[case]()
    vocabulary, counter = counted(truth, words, 1)
    laplace = nltk.lm.Laplace(1, vocabulary=vocabulary, counter=counter)
    model = NGram(1, k=len(vocabulary)).fit(words)
    characters = sorted(set(test))
    ours, theirs = zip(*((model.probability(c), laplace.score(c)) for c in characters), strict=True)
    agree(ours, theirs)
    agree(model.perplexity(test), laplace.perplexity(grams(truth, test, 1, [1])))


@pytest.mark.parametrize("case", TRAIN)
@pytest.mark.parametrize("order, k", [(2, 1.0), (3, 0.5), (4, 5.0)])
def test_longer_contexts(truth, agree, case, order, k):
    words, test = TRAIN[case](), TEST[case]()
    model, other = NGram(order, k=k).fit(words), interpolated(truth, words, order, k)
    asked = grams(truth, test, order, [order])
    agree(model.bits(test), other.entropy(asked))
    agree(model.perplexity(test), other.perplexity(asked))
    ours = [model.probability(gram[-1], after="".join(gram[:-1])) for gram in asked[:300]]
    agree(ours, [other.score(gram[-1], gram[:-1]) for gram in asked[:300]])
