"""TextRank: sentences vote for each other by the words they share; nothing is trained.

Mihalcea & Tarau 2004. Two sentences are joined by a weight, the number of words in common over
the sum of the logarithms of their lengths. A sentence is important if important sentences share
words with it: the PageRank (Brin & Page 1998) of this graph. Here the scores sum to 1; the
paper has 1 - d in place of (1 - d) / N, which gives the same order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..core import DataError, RangeError, ShapeError, check_count, check_number, check_text
from .retrieval import stems

SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`'\"(\[])|\s+(?=(?:Parameters|Returns|Args)\b)")


def sentences(text: str) -> list[str]:
    """A text cut into sentences, by a rule of one line.

    After a point, a colon or a semicolon that a capital follows; and before the words
    "Parameters", "Returns", "Args".

    >>> sentences("It sorts x. The order is kept, e.g. of 1.5. Returns a list")
    ['It sorts x.', 'The order is kept, e.g. of 1.5.', 'Returns a list']
    """
    return [part for part in SENTENCE.split(check_text("a text", text).strip()) if part]


def similarity(texts: Sequence[str], *, split: Callable[[str], list[str]] = stems) -> Tensor:
    """Words in common over the logarithms of the lengths: float64 ``[N, N]``, 0 on the diagonal.

    Sentences of one word or none have no weight.

    >>> similarity(["a cat sat down", "a cat ran off", "birds sing"])[0, 1].item() * math.log(16)
    2.0
    """
    if isinstance(texts, str) or not len(texts):
        raise DataError("similarity takes a list of sentences, at least one.")
    own = [split(text) for text in texts]
    weights = torch.zeros(len(own), len(own), dtype=torch.float64)
    for i, a in enumerate(own):
        for j, b in enumerate(own[:i]):
            if len(a) > 1 and len(b) > 1:
                shared = len(set(a) & set(b))
                weights[i, j] = weights[j, i] = shared / (math.log(len(a)) + math.log(len(b)))
    return weights


def step(scores: Tensor, weights: Tensor, damping: float = 0.85) -> Tensor:
    """One vote: each sentence shares its score among those it is joined to.

        new_i = (1 - d) / N + d * sum over j of scores_j * w_ji / (sum over k of w_jk)

    A sentence that is joined to none gives its score to all alike.

    Parameters
    ----------
    scores : Tensor
        ``[N]``, summing to 1.
    weights : Tensor
        ``[N, N]``, at least 0.
    damping : float
        d, 0 to 1.

    Returns
    -------
    Tensor
        ``[N]``, summing to 1.

    Examples
    --------
    >>> weights = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    >>> step(torch.full((3,), 1 / 3), weights, damping=0.75)
    tensor([0.5833, 0.2083, 0.2083])
    """
    out = weights.sum(1, keepdim=True)  # [N, 1]
    votes = torch.where(out > 0, weights / out.clamp_min(1e-300), 1 / len(weights))  # [N, N]
    return (1 - damping) / len(weights) + damping * scores @ votes


def pagerank(weights: Tensor, *, damping: float = 0.85, most_steps: int = 200) -> Tensor:
    """The scores that a vote leaves as they are, by power iteration: ``[N]``, summing to 1.

    Parameters
    ----------
    weights : Tensor
        float64 ``[N, N]``, at least 0.
    damping : float
        Below 1, so that there is one answer.
    most_steps : int
        Stops earlier where no score moves by more than 1e-14.

    Raises
    ------
    ShapeError, RangeError

    Examples
    --------
    >>> pagerank(torch.ones(4, 4, dtype=torch.float64))
    tensor([0.2500, 0.2500, 0.2500, 0.2500], dtype=torch.float64)
    """
    if not isinstance(weights, Tensor) or weights.ndim != 2 or len(set(weights.shape)) != 1:
        raise ShapeError("weights must be a square table [N, N].")
    if not len(weights) or not (weights >= 0).all() or not torch.isfinite(weights).all():
        raise RangeError("weights must be finite and at least 0, of one sentence or more.")
    if check_number("damping", damping) >= 1:
        raise RangeError(f"damping={damping} is not allowed; it must lie between 0 and 1.")
    scores = torch.full_like(weights[0], 1 / len(weights))
    for _ in range(check_count("most_steps", most_steps)):
        before, scores = scores, step(scores, weights, damping)
        if (scores - before).abs().max() < 1e-14:
            break
    return scores


def textrank(
    text: str,
    *,
    damping: float = 0.85,
    split: Callable[[str], list[str]] = stems,
) -> list[tuple[str, float]]:
    """The sentences of a text with their scores, the best first; of equals the earlier one.

    Parameters
    ----------
    text : str
    damping : float
    split : callable
        Sentence to words.

    Returns
    -------
    list of (str, float)
        Empty for a text without words.

    Examples
    --------
    >>> text = "A cat sat down. The dog saw the cat. A bird sang. The cat saw the dog and the bird."
    >>> [sentence for sentence, _ in textrank(text)][0]
    'The cat saw the dog and the bird.'
    """
    found = sentences(text)
    if not found:
        return []
    scores = pagerank(similarity(found, split=split), damping=damping).tolist()
    order = sorted(range(len(found)), key=lambda number: (-scores[number], number))
    return [(found[number], scores[number]) for number in order]
