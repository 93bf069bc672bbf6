"""Finding the texts that answer a question: BM25, which counts words and trains nothing.

Robertson & Zaragoza 2009, equation 3.15. A text scores well where it holds the question's rare
words, often, and is not long:

    score(q, d) = sum over w in q of  idf(w) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))

tf is how often w stands in d, |d| is the number of words of d. The variants differ in the idf and
in a constant factor k1 + 1; see Kamphuis et al. 2020.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, RangeError, check_choice, check_count, check_number, check_text

VARIANTS = ("lucene", "robertson", "atire")
WORD = re.compile(r"[a-z0-9]+|[^\W\d_a-z]")
ENDINGS = ("ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "s", "e")
SHORTEST = 3  # letters that an ending leaves
_ASIDE = (  # little is learnt from these of what a text is about
    "a about all am an and any are as at be been but by can could did do does don for from "
    "get had has have he her here how i if in is it its just m may me might must my no not "
    "of on or our out s she should so some such t that the their them then there these they "
    "this those to too up us was we were what when where which who whom whose why will with "
    "would you your tell say "
)
FUNCTION_WORDS = frozenset(_ASIDE.split())


def words(text: str) -> list[str]:
    """The words of a text in small letters; of other scripts each character.

    >>> words("Why is my GAN's loss 0.693? 损失")
    ['why', 'is', 'my', 'gan', 's', 'loss', '0', '693', '损', '失']
    """
    return WORD.findall(text.lower())


def stems(text: str) -> list[str]:
    """The words of a text without common English endings, by a rule of one line.

    Crude: *training* and *trains* become one word, and so now and then do two that are not.

    >>> stems("Training trains the trainers")
    ['train', 'train', 'the', 'train']
    """
    return [_stem(word) for word in words(text)]


def content(text: str) -> list[str]:
    """The same without the function words of English, which say little of what a text is about.

    >>> content("What is the training of a GAN?"), content("What is it?")
    (['train', 'gan'], [])
    """
    return [_stem(word) for word in words(text) if word not in FUNCTION_WORDS]


RULES = {  # each way to split a text: which endings go, which words
    words: ((), frozenset()),
    stems: (ENDINGS, frozenset()),
    content: (ENDINGS, FUNCTION_WORDS),
}


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return word[: -len(ending)]
    return word


class Found(NamedTuple):
    """One text that was found.

    Attributes
    ----------
    number : int
        Its place among the texts.
    score : float
    """

    number: int
    score: float


class BM25:
    """An index of texts that scores each of them for a question.

    Parameters
    ----------
    texts : sequence of str
        At least one; an empty text is never found.
    k1 : float
        At least 0: how slowly a repeated word stops to count. At 0 only its presence counts.
    b : float
        0 to 1: how much a long text is held against it.
    variant : {"lucene", "robertson", "atire"}
        The idf is ln(1 + r), ln max(r, 1) or ln(N / n), with r = (N - n + 0.5) / (n + 0.5), for a
        word that n of N texts hold; "atire" has the factor k1 + 1 as well.
    split : callable
        Text to words: `words`, `stems` or `content`.

    Raises
    ------
    AigcError
        With a sentence, for an empty list, something that is no text, or impossible numbers.

    Examples
    --------
    >>> index = BM25(["a cat sat", "a dog sat on a cat", "birds sing"], split=words)
    >>> [(found.number, round(found.score, 2)) for found in index.top("which dog?", 2)]
    [(1, 0.3), (0, 0.0)]
    """

    def __init__(
        self,
        texts: Sequence[str],
        *,
        k1: float = 1.5,
        b: float = 0.75,
        variant: str = "lucene",
        split: Callable[[str], list[str]] = stems,
    ):
        if isinstance(texts, str) or not len(texts):
            raise DataError("BM25 wants a list of texts, at least one.")
        check_choice("variant", variant, VARIANTS)
        self.k1, self.b = check_number("k1", k1), check_number("b", b)
        if self.b > 1:
            raise RangeError(f"b={b} is not allowed; it must lie between 0 and 1.")
        self.variant, self.split = variant, split
        self.texts = [check_text("a text", text) for text in texts]
        counts = [Counter(split(text)) for text in self.texts]
        lengths = [sum(count.values()) for count in counts]
        mean = sum(lengths) / len(lengths) or 1.0
        holders = Counter(word for count in counts for word in count)
        self.idf = {word: self._idf(n, len(texts)) for word, n in holders.items()}
        self.weights: dict[str, list[tuple[int, float]]] = {word: [] for word in holders}
        for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            slow = self.k1 * (1 - self.b + self.b * length / mean)
            for word, tf in count.items():
                share = tf / (tf + slow) * (self.k1 + 1 if variant == "atire" else 1)
                self.weights[word].append((number, self.idf[word] * share))

    def _idf(self, n: int, all_texts: int) -> float:
        ratio = (all_texts - n + 0.5) / (n + 0.5)
        kinds = {
            "lucene": math.log(1 + ratio),
            "robertson": math.log(max(ratio, 1)),
            "atire": math.log(all_texts / n),
        }
        return kinds[self.variant]

    def scores(self, question: str) -> Tensor:
        """The score of every text, float64 ``[N]``; a word that stands twice counts twice."""
        scores = [0.0] * len(self.texts)
        for word, times in Counter(self.split(check_text("question", question))).items():
            for number, weight in self.weights.get(word, ()):
                scores[number] += times * weight
        return torch.tensor(scores, dtype=torch.float64)

    def top(self, question: str, k: int = 3) -> list[Found]:
        """The `k` texts with the highest scores, the best first; of equals the earlier one."""
        k = min(check_count("k", k), len(self.texts))
        scores = self.scores(question).tolist()
        order = sorted(range(len(scores)), key=lambda number: (-scores[number], number))
        return [Found(number, scores[number]) for number in order[:k]]

    def covered(self, question: str, number: int) -> float:
        """Which share of the question, weighed by idf, stands in the text; 0 to 1.

        A word that no text holds has the weight of one that a single text holds.

        >>> BM25(["a cat sat", "a dog"]).covered("zebra", 0)
        0.0
        """
        rare = self._idf(1, len(self.texts))
        asked = set(self.split(check_text("question", question)))
        there = set(self.split(self.texts[number]))
        weights = {word: self.idf.get(word, rare) for word in sorted(asked)}
        whole = sum(weights.values())
        return sum(weights[word] for word in weights if word in there) / whole if whole else 0.0

    def rules(self) -> dict[str, object]:
        """How this index splits a text, as plain lists: what a page needs to do the same.

        Raises
        ------
        ChoiceError
            Where it splits by a function of your own.

        >>> BM25(["a cat"], split=words).rules()
        {'endings': [], 'left_out': [], 'shortest': 3}
        """
        check_choice("split", self.split, RULES)
        endings, left_out = RULES[self.split]
        return {"endings": [*endings], "left_out": sorted(left_out), "shortest": SHORTEST}
