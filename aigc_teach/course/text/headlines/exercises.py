"""Exercises and questions of the lesson on summaries."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from ....lab.checkers import same_on
from ....lab.register import exercise, question
from ....metrics.summary import common_length
from ....models.pointer import mixture as _mixed

# --- ROUGE-1

_TEXTS = [
    (["the", "the", "cat", "the"], ["the", "cat", "on", "the", "mat", "by", "a", "door"]),
    (["a", "b", "c"], ["c", "b", "a", "d", "e"]),
    (["x", "y", "x", "y", "x"], ["x", "y", "z"]),
    (["a", "b"], ["c", "d", "e"]),
]


def _parts(summary, reference):
    shared = (Counter(summary) & Counter(reference)).total()
    return shared / len(summary), shared / len(reference)


def _f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _rouge(summary, reference):
    return _f1(*_parts(summary, reference))


def _unclipped(summary, reference):
    hits = sum(word in reference for word in summary)
    return _f1(hits / len(summary), sum(word in summary for word in reference) / len(reference))


def _sets(summary, reference):
    return _rouge(sorted(set(summary)), sorted(set(reference)))


@exercise(
    "text/headlines/rouge",
    not_yet="Write the body of `rouge_1(summary, reference)` and return one number.",
    right="Shared words, each as often as both have it; then one number out of two shares.",
    hints=[
        "How often does each word stand in both? The smaller of the two counts.",
        "(Counter(summary) & Counter(reference)).total() counts the shared words.",
        "Over len(summary) that is the precision P, over len(reference) the recall R; return "
        "2 * P * R / (P + R), and 0 where nothing is shared.",
    ],
)
def rouge(answer) -> None:
    """The F1 of ROUGE-1, of two lists of words."""
    mistakes = {
        "That is the recall alone; a longer summary never has less of it.": (
            lambda s, r: _parts(s, r)[1]
        ),
        "That is the precision alone; a summary of one shared word has all of it.": (
            lambda s, r: _parts(s, r)[0]
        ),
        "That is the mean of precision and recall; F1 is their harmonic mean.": (
            lambda s, r: sum(_parts(s, r)) / 2
        ),
        "A word counts only as often as both texts have it: clip the counts.": _unclipped,
        "You took sets: a word that stands twice in both texts is shared twice.": _sets,
        "That is the share of all different words that both have; it is no F1.": (
            lambda s, r: len(set(s) & set(r)) / len(set(s) | set(r))
        ),
        "The 2 of F1 = 2PR / (P + R) is missing: a perfect summary would have a half.": (
            lambda s, r: _rouge(s, r) / 2
        ),
        "You looked for each word among the reference's, however often it stands there: clip.": (
            lambda s, r: 2 * sum(word in r for word in s) / (len(s) + len(r))
        ),
        "You compared place by place; shared words may stand anywhere.": (
            lambda s, r: sum(a == b for a, b in zip(s, r, strict=False)) / len(r)
        ),
        "That is the number of shared words; divide it by the two lengths.": (
            lambda s, r: (Counter(s) & Counter(r)).total()
        ),
    }
    same_on(answer, _rouge, _TEXTS, mistakes=mistakes)


# --- the longest common subsequence

_ORDERS = [
    (["the", "mat", "sat", "on", "the", "cat"], ["the", "cat", "sat", "on", "the", "mat"]),
    (["a", "b", "c", "d"], ["d", "a", "b", "c"]),
    (["a", "x", "b", "y", "c"], ["a", "b", "c", "x", "y"]),
    (["a", "a", "b"], ["b", "a"]),
    (["a", "b"], ["c"]),
    (["c"], ["a", "b", "c", "d"]),
]


def _run(a, b):
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            size = 0
            while i + size < len(a) and j + size < len(b) and a[i + size] == b[j + size]:
                size += 1
            best = max(best, size)
    return best


def _greedy(a, b):
    at = size = 0
    for word in a:
        if word in b[at:]:
            at += b[at:].index(word) + 1
            size += 1
    return size


@exercise(
    "text/headlines/common",
    not_yet="Write the body of `common(a, b)` and return one whole number.",
    right="A table of n times m numbers in place of all subsequences.",
    hints=[
        "Let L[i][j] be the answer for the first i words of a and the first j of b. L[0][j] is 0.",
        "If a[i-1] == b[j-1], that word can be added to what L[i-1][j-1] had.",
        "L[i][j] = L[i-1][j-1] + 1 where the words are equal, else max(L[i-1][j], L[i][j-1]).",
    ],
)
def common(answer) -> None:
    """The length of the longest common subsequence of two lists of words."""
    mistakes = {
        "That is the longest common run; gaps are allowed here.": _run,
        "That counts shared words in any order; here they must be in the same order.": (
            lambda a, b: (Counter(a) & Counter(b)).total()
        ),
        "You took each word of a at its first place in b: that can use up b too early.": _greedy,
        "That counts equal words at equal places; a gap may shift them.": (
            lambda a, b: sum(x == y for x, y in zip(a, b, strict=False))
        ),
        "That is how many different words both have.": lambda a, b: len(set(a) & set(b)),
        "That is a share; the length itself is asked for.": (
            lambda a, b: common_length(a, b) / len(b)
        ),
    }
    same_on(answer, common_length, _ORDERS, mistakes=mistakes)


# --- a step of TextRank

_W = torch.tensor([[0.0, 2.0, 1.0], [2.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
_V = torch.tensor([[0.0, 1.0, 0.5, 0.0], [1.0, 0.0, 2.0, 1.0], [0.5, 2.0, 0.0, 0.3],
                   [0.0, 1.0, 0.3, 0.0]])  # fmt: skip
_VOTES = [
    (torch.tensor([0.5, 0.2, 0.3]), _W),
    (torch.tensor([0.1, 0.2, 0.3, 0.4]), _V),
    (torch.full((4,), 0.25), _V),
]
_D = 0.85


def _vote(scores: Tensor, weights: Tensor) -> Tensor:
    return (1 - _D) / len(scores) + _D * scores @ (weights / weights.sum(1, keepdim=True))


@exercise(
    "text/headlines/vote",
    not_yet="Write the body of `vote(scores, weights)` and return a tensor [N].",
    right="Each sentence gives away all it has, in parts; so the sum stays 1.",
    hints=[
        "What share of its score does sentence j give to i? Its weight to i over all its weights.",
        "weights / weights.sum(1, keepdim=True) has these shares, row j for those that j gives.",
        "0.15 / N + 0.85 * scores @ (weights / weights.sum(1, keepdim=True))",
    ],
)
def vote(answer) -> None:
    """One step of TextRank with d = 0.85."""
    mistakes = {
        "The weights of a sentence must be divided by their sum: it gives away its score once.": (
            lambda s, w: (1 - _D) / len(s) + _D * s @ w
        ),
        "You divided what sentence i gets, not what sentence j gives: sum over the other axis.": (
            lambda s, w: (1 - _D) / len(s) + _D * (w / w.sum(1, keepdim=True)) @ s
        ),
        "You divided by the sum of all weights; each sentence's own must add up to 1.": (
            lambda s, w: (1 - _D) / len(s) + _D * s @ (w / w.sum())
        ),
        "The part (1 - d) / N is missing.": (
            lambda s, w: _D * s @ (w / w.sum(1, keepdim=True))
        ),
        "The part 1 - d is shared by all N sentences: divide it by N.": (
            lambda s, w: (1 - _D) + _D * s @ (w / w.sum(1, keepdim=True))
        ),
        "That is a step without damping: d = 0.85 of the votes count.": (
            lambda s, w: s @ (w / w.sum(1, keepdim=True))
        ),
        "d and 1 - d have changed places.": (
            lambda s, w: _D / len(s) + (1 - _D) * s @ (w / w.sum(1, keepdim=True))
        ),
    }  # fmt: skip
    same_on(answer, _vote, _VOTES, mistakes=mistakes)


# --- the mixture

_P = torch.tensor([0.5, 0.2, 0.2, 0.1])
_A = torch.tensor([0.1, 0.3, 0.6])
_MIXTURES = [
    (_P, 0.75, _A, torch.tensor([1, 3, 1])),
    (_P.flip(0), 0.5, _A, torch.tensor([0, 0, 2])),
    (_P, 0.2, torch.tensor([0.25, 0.25, 0.3, 0.2]), torch.tensor([3, 2, 3, 3])),
]


def _mixture(p: Tensor, g: float, a: Tensor, source: Tensor) -> Tensor:
    return _mixed(p[None], torch.tensor([g]), a[None], source[None])[0]


def _last_place(p: Tensor, g: float, a: Tensor, source: Tensor) -> Tensor:
    mixed = g * p
    for place, word in enumerate(source.tolist()):  # as mixed[source] += would
        mixed[word] = g * p[word] + (1 - g) * a[place]
    return mixed


def _instead(p: Tensor, g: float, a: Tensor, source: Tensor) -> Tensor:
    mixed = g * p
    copied = torch.zeros_like(p).scatter_add(0, source, (1 - g) * a)
    return torch.where(copied > 0, copied, mixed)


@exercise(
    "text/headlines/mixture",
    not_yet="Write the body of `mixture(p, g, a, source)` and return a tensor [K].",
    right="Two ways to say one word, and their probabilities add up.",
    hints=[
        "Begin with g * p. Then each place j of the source adds (1 - g) * a[j] to its word.",
        "A word may stand at two places: += with an index adds only one of them. "
        "scatter_add or index_add adds all; a loop does, too.",
        "(g * p).scatter_add(0, source, (1 - g) * a)",
    ],
)
def mixture(answer) -> None:
    """The probability of every word, generated or copied, at one place."""
    mistakes = {
        "g and 1 - g have changed places: g is the share that is not copied.": (
            lambda p, g, a, s: _mixture(p, 1 - g, a, s)
        ),
        "A word that stands at several places got only one of them: add all.": _last_place,
        "A copied word keeps what the vocabulary gave it: add, do not replace.": _instead,
        "Only the copied part is there; add g times p.": (
            lambda p, g, a, s: _mixture(p, 0.0, a, s) * (1 - g)
        ),
        "Only the generated part is there; add what is copied.": lambda p, g, a, s: g * p,
        "The copied part has its full weight: multiply it by 1 - g.": (
            lambda p, g, a, s: g * p + _mixture(p, 0.0, a, s)
        ),
        "The generated part has its full weight: multiply it by g.": (
            lambda p, g, a, s: p + (1 - g) * _mixture(p, 0.0, a, s)
        ),
        "You added a[j] at place j, not at the word that stands there: source[j].": (
            lambda p, g, a, s: (g * p).scatter_add(0, torch.arange(len(a)), (1 - g) * a)
        ),
    }
    same_on(answer, _mixture, _MIXTURES, mistakes=mistakes)


# --- names that the body lacks

_NAMES = [
    (["Tensor", "GPU", "Graph"], ["tensor", "digraph", "CPU", "node"]),
    (["NaN", "NaN", "int8"], ["nan", "float"]),
    (["x_min", "Inf", "X_MAX", "Axes"], ["x_max", "inf_min", "axes", "y"]),
    ([], ["tensor"]),
    (["GPU"], ["cpu"]),
]


def _lacking(summary: list, body: list) -> float:
    there = {name.lower() for name in body}
    return sum(name.lower() not in there for name in summary) / max(len(summary), 1)


def _case(summary: list, body: list) -> float:
    return sum(name not in body for name in summary) / max(len(summary), 1)


def _within(summary: list, body: list) -> float:
    text = " ".join(body).lower()
    return sum(name.lower() not in text for name in summary) / max(len(summary), 1)


def _once(summary: list, body: list) -> float:
    return _lacking(sorted({name.lower() for name in summary}), body)


@exercise(
    "text/headlines/lacking",
    not_yet="Write the body of `lacking(summary, body)` and return one number.",
    right="A name that stands nowhere in the body was not read there. It may still be true.",
    hints=[
        "Compare names in small letters: Tensor and tensor are one.",
        "A set of the body's names in small letters answers whether one is there.",
        "there = {name.lower() for name in body}; then count those that are not in it, and "
        "divide by max(len(summary), 1).",
    ],
)
def lacking(answer) -> None:
    """The share of a summary's names that its body lacks."""
    mistakes = {
        "That is the share that stands in the body; one minus it is asked for.": (
            lambda s, b: sum(x.lower() in {y.lower() for y in b} for x in s) / max(len(s), 1)
        ),
        "Capitals made a difference: Tensor and tensor are one name here.": _case,
        "A part of a longer name is no match: digraph is not Graph.": _within,
        "That is the number; divide by how many names the summary has.": (
            lambda s, b: _lacking(s, b) * len(s)
        ),
        "You counted each name once; one that is said twice counts twice.": _once,
        "You asked which names of the body the summary leaves out. That is omission.": (
            lambda s, b: _lacking(b, s)
        ),
    }
    same_on(answer, _lacking, _NAMES, mistakes=mistakes)


question(
    "text/headlines/q1",
    "A summary shares 3 of its 4 words with a reference of 6. What is its F1 of ROUGE-1?",
    options={
        "a": ("0.5.", "That is the recall alone."),
        "b": ("0.6.", "P = 3/4, R = 3/6: 2 P R / (P + R) = 0.75 / 1.25."),
        "c": ("0.625.", "That is the plain mean of 3/4 and 1/2."),
    },
    answer="b",
)

question(
    "text/headlines/q2",
    "The reference is “Return True if the graph is empty”. Which has the higher ROUGE-1: “Return "
    "False if the graph is empty” or “Whether no node exists”?",
    options={
        "a": ("The first.", "Six of seven words are shared. It says the opposite."),
        "b": ("The second.", "It is right, and shares no word."),
        "c": ("That depends on the words' order.", "ROUGE-1 knows no order."),
    },
    answer="a",
)

question(
    "text/headlines/q3",
    "A word has the vocabulary's probability 0.1 and stands at two places with the weights 0.2 "
    "and 0.3; g is 0.6. What is its probability?",
    options={
        "a": ("0.18.", "You took one place of the two."),
        "b": ("0.26.", "0.6 · 0.1 + 0.4 · (0.2 + 0.3)."),
        "c": ("0.34.", "g and 1 - g have changed places."),
    },
    answer="b",
)

question(
    "text/headlines/q4",
    "A first line holds the name of a class that its body lacks. Is it false?",
    options={
        "a": ("Yes, it was invented.", "Its author read the code, not only the body."),
        "b": (
            "No: an author knows what a class is called.",
            "Its writer may be a network, and make a name up.",
        ),
        "c": (
            "That cannot be told from the body.",
            "The body does not hold it; other sources may.",
        ),
    },
    answer="c",
)

question(
    "text/headlines/q5",
    "A model scores .19 in one paper and .57 in another, on the same summaries. What do you ask "
    "first?",
    options={
        "a": ("Which network it was.", "The summaries are the same."),
        "b": (
            "How the score was taken.",
            "A mean, or one joined text; stems; F1 or recall; how long the summaries were.",
        ),
        "c": ("How many were scored.", "They are the same ones."),
    },
    answer="b",
)
