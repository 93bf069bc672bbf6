"""How near a summary is to a reference, by words in common; and which names it made up.

ROUGE (Lin 2004): how many runs of n words of the reference also stand in the summary (ROUGE-n),
or how long a sequence of words they share in order, gaps allowed (ROUGE-L). Of a recall R and a
precision P the F1 is 2 P R / (P + R). The numbers are those of Google's rouge-score, of one
reference. The score of several summaries is the *mean* of their scores; whoever joins all of them
into one text first counts words as shared that stand in different summaries.

None of these reads a meaning: "not" is one word among others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..core import DataError, DtypeError, check_choice, check_count, check_text
from .translation import ngrams

KINDS = ("rouge1", "rouge2", "rougeL")
NAME = re.compile(r"\w+(?:\.\w+)*")
NO_NAMES = ("e.g", "i.e")
Split = Callable[[str], list[str]]


class Rouge(NamedTuple):
    """What a summary shares with its reference.

    Attributes
    ----------
    precision : float
        Shared, over all of the summary; 0 to 1.
    recall : float
        Shared, over all of the reference; 0 to 1.
    f1 : float
        Their harmonic mean; 0 where both are 0.
    """

    precision: float
    recall: float
    f1: float


def words(text: str) -> list[str]:
    """The words that ROUGE counts: runs of the letters a to z and digits, in small letters.

    >>> words("Don't use np.eye, 了!")
    ['don', 't', 'use', 'np', 'eye']
    """
    return re.findall(r"[a-z0-9]+", check_text("a text", text).lower())


def rouge_n(summary: str, reference: str, n: int = 1, *, split: Split = words) -> Rouge:
    """Runs of `n` words in common, each counted as often as both texts have it.

    Parameters
    ----------
    summary, reference : str
    n : int
        At least 1.
    split : callable
        Text to words. With stems in place of words (`models.retrieval.stems`), "returns" is
        "return", and the score rises.

    Returns
    -------
    Rouge
        Zeros where one of the texts has no run of n words.

    Raises
    ------
    DtypeError, RangeError

    Examples
    --------
    >>> rouge_n("the cat sat", "the cat sat on the mat")
    Rouge(precision=1.0, recall=0.5, f1=0.6666666666666666)
    """
    check_count("n", n)
    ours, theirs = ngrams(split(summary), n), ngrams(split(reference), n)
    return _rouge((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(summary: str, reference: str, *, split: Split = words) -> Rouge:
    """The longest common subsequence of both texts' words, in order but with gaps.

    Parameters
    ----------
    summary, reference : str
    split : callable
        Text to words.

    Returns
    -------
    Rouge

    Examples
    --------
    >>> rouge_l("the mat sat on the cat", "the cat sat on the mat").recall  # the sat on the
    0.6666666666666666
    """
    ours, theirs = split(summary), split(reference)
    return _rouge(common_length(ours, theirs), len(ours), len(theirs))


def common_length(a: Sequence, b: Sequence) -> int:
    """How long the longest common subsequence of two sequences is.

    The table of dynamic programming, one row at a time.

    >>> common_length("headline", "deadly in e"), common_length("", "a")
    (7, 0)
    """
    row = [0] * (len(b) + 1)
    for one in a:
        above = row
        row = [0]
        for place, other in enumerate(b):
            best = above[place] + 1 if one == other else max(above[place + 1], row[place])
            row.append(best)
    return row[-1]


def rouge(
    summaries: Sequence[str],
    references: Sequence[str],
    kind: str = "rougeL",
    *,
    split: Split = words,
) -> float:
    """The mean F1 of several summaries, each against its own reference.

    Parameters
    ----------
    summaries, references : sequence of str
        Equally many.
    kind : {"rouge1", "rouge2", "rougeL"}
    split : callable
        Text to words.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ChoiceError, DtypeError, DataError

    Examples
    --------
    >>> rouge(["a b", "c d"], ["a b", "d c"], "rougeL")
    0.75
    """
    check_choice("kind", kind, KINDS)
    if isinstance(summaries, str) or isinstance(references, str):
        raise DtypeError("rouge takes two lists of texts; you gave one text.")
    if not summaries or len(summaries) != len(references):
        raise DataError(
            f"There must be as many references as summaries, at least one; there are "
            f"{len(references)} and {len(summaries)}."
        )
    total = 0.0
    for summary, reference in zip(summaries, references, strict=True):
        if kind == "rougeL":
            total += rouge_l(summary, reference, split=split).f1
        else:
            total += rouge_n(summary, reference, int(kind[-1]), split=split).f1
    return total / len(summaries)


def names(text: str) -> list[str]:
    """The names of a text: identifiers, capitalised words and numbers.

    A *name* is a number, a word with a point, an underscore or a digit in it, or one with a
    capital letter that is not the first letter of the text. Each once, in the order of the text.

    >>> names("Return the np.ndarray of 2 masked_values as a Tensor")
    ['np.ndarray', '2', 'masked_values', 'Tensor']
    >>> names("Return the value"), names("FFT of a signal")
    ([], ['FFT'])
    """
    found = []
    for match in NAME.finditer(check_text("a text", text)):
        word = match.group()
        inside = word[1:] if not text[: match.start()].strip() else word
        named = re.search(r"[A-Z_.\d]", inside) or word[0].isdigit()
        if named and word.lower() not in NO_NAMES:
            found.append(word)
    return list(dict.fromkeys(found))


def invented_names(summary: str, body: str) -> list[str]:
    """The names of a summary that its body lacks.

    Compared without regard to capitals. A name of several parts (``torch.Tensor``) is in the
    body if all of its parts are; so is a part of a longer name there.

    Parameters
    ----------
    summary, body : str

    Returns
    -------
    list of str

    Notes
    -----
    Only names are looked up. A verb, a "not" or a wrong order goes unseen; and a name that the
    body lacks may still be true.

    Examples
    --------
    >>> invented_names("Return a Tensor on the GPU", "The result is a torch.Tensor.")
    ['GPU']
    """
    there = set(_parts(check_text("a body", body)))
    return [name for name in names(summary) if not set(_parts(name)) <= there]


def invented_share(summaries: Sequence[str], bodies: Sequence[str]) -> float:
    """Of all names in several summaries, the share that their bodies lack; 0 where there is none.

    >>> invented_share(["Return a Tensor", "Return an NDArray"], ["A tensor.", "A list."])
    0.5
    """
    if isinstance(summaries, str) or len(summaries) != len(bodies):
        raise DataError("There must be as many bodies as summaries.")
    said = sum(len(names(text)) for text in summaries)
    pairs = zip(summaries, bodies, strict=True)
    return sum(len(invented_names(*pair)) for pair in pairs) / max(said, 1)


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _rouge(shared: int, ours: int, theirs: int) -> Rouge:
    precision, recall = shared / max(ours, 1), shared / max(theirs, 1)
    both = precision + recall
    return Rouge(precision, recall, 2 * precision * recall / both if both else 0.0)
