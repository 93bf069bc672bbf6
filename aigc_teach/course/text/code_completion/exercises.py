"""Exercises and questions of the lesson on completing code."""

from __future__ import annotations

from math import comb

import torch
from torch import Tensor

from ....lab.checkers import same_on
from ....lab.register import exercise, question

LENGTHS = torch.tensor([4.0, 1.0, 7.0, 3.0, 5.0])
RIGHT = torch.tensor([True, True, False, True, False])


def _saved(lengths: Tensor, right: Tensor) -> Tensor:
    keys = torch.where(right, torch.ones_like(lengths), lengths)
    return 1 - keys.sum() / lengths.sum()


SAVED_MISTAKES = {
    "You forgot the key that takes the suggestion: a right token costs one key, not none.": (
        lambda n, r: (n * r).sum() / n.sum()
    ),
    "That is the share of the keys that are still typed; one minus it is saved.": (
        lambda n, r: 1 - _saved(n, r)
    ),
    "You counted tokens: a long one saves more than a short one. Count characters.": (
        lambda n, r: r.double().mean()
    ),
    "You divided by how many tokens there are; divide by how many characters.": (
        lambda n, r: ((n - 1) * r).sum() / len(n)
    ),
    "That is how many keys are saved; divide by all characters.": lambda n, r: ((n - 1) * r).sum(),
    "You took the wrong ones for right: those must be typed in full.": (lambda n, r: _saved(n, ~r)),
}


@exercise(
    "text/code_completion/saved",
    not_yet="Write the body of `saved(lengths, right)` and return one number.",
    right="A right token costs one key, whatever its length; a wrong one all its characters.",
    hints=[
        "How many keys does a token of 7 characters cost if it is suggested? And if it is not?",
        "torch.where(right, 1, lengths) are the keys of each token.",
        "1 - torch.where(right, torch.ones_like(lengths), lengths).sum() / lengths.sum()",
    ],
)
def saved(answer) -> None:
    """The share of characters that a completer saves, where whole tokens are suggested."""
    cases = [(LENGTHS, RIGHT), (LENGTHS[:3], RIGHT[:3]), (LENGTHS.flip(0), RIGHT)]
    same_on(answer, _saved, cases, mistakes=SAVED_MISTAKES)


MODEL = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]])
FILE = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.7, 0.0, 0.3], [0.0, 0.5, 0.5]])
MATCHED = torch.tensor([2, -1, 0, 1])
WEIGHTS = torch.tensor([0.1, 0.4, 0.8])


def _share(matched: Tensor, weights: Tensor) -> Tensor:
    return torch.where(matched < 0, 0.0, weights[matched.clamp_min(0)])[:, None]


def _mixed(model: Tensor, file: Tensor, matched: Tensor, weights: Tensor) -> Tensor:
    w = _share(matched, weights)
    return (1 - w) * model + w * file


MIXED_MISTAKES = {
    "Where m is -1 the file knows nothing, and weights[-1] is the *last* weight in Python: that "
    "row no longer adds up to 1.": (lambda p, f, m, w: (1 - w[m][:, None]) * p + w[m][:, None] * f),
    "The weights are the wrong way round: w is the file's share.": (
        lambda p, f, m, w: _share(m, w) * p + (1 - _share(m, w)) * f
    ),
    "The rows do not add up to 1: what the file gets, the model must lose.": (
        lambda p, f, m, w: p + _share(m, w) * f
    ),
    "You gave every row the same weight; m says which one is meant.": (
        lambda p, f, m, w: (1 - w.mean()) * p + w.mean() * f
    ),
    "Where m is -1 there is no weight: the model's row stays as it is. You took the first one.": (
        lambda p, f, m, w: (1 - w[m.clamp_min(0)][:, None]) * p + w[m.clamp_min(0)][:, None] * f
    ),
    "That is the model alone.": lambda p, f, m, w: p,
}


@exercise(
    "text/code_completion/mixed",
    not_yet="Write the body of `mixed(model, file, matched, weights)` and return [T, V].",
    right="The longer the context that the file has shown, the more it is believed.",
    hints=[
        "Each row has its own weight. Where is it if m is 0? And what if m is -1?",
        "w = weights[matched], but 0 where matched is -1: torch.where chooses.",
        "w = torch.where(matched < 0, 0.0, weights[matched.clamp_min(0)])[:, None]; "
        "(1 - w) * model + w * file",
    ],
)
def mixed(answer) -> None:
    """A model's rows mixed with the file's, by how long a context matched."""
    cases = [
        (MODEL, FILE, MATCHED, WEIGHTS),
        (MODEL[:2], FILE[:2], MATCHED[:2], WEIGHTS),
        (MODEL[1:], FILE[1:], MATCHED[1:], WEIGHTS.flip(0)),
    ]
    same_on(answer, _mixed, cases, mistakes=MIXED_MISTAKES)


LEFT = torch.tensor([-0.5, -1.5, -2.5, -4.0])
AFTER = torch.tensor([-9.0, -3.0, -2.5, -6.0])


def _both(left: Tensor, after: Tensor) -> Tensor:
    return (left + after).softmax(0)


BOTH_MISTAKES = {
    "You added probabilities; both must hold, so they are multiplied: add their logarithms.": (
        lambda a, b: (a.exp() + b.exp()) / (a.exp() + b.exp()).sum()
    ),
    "The candidates do not add up to 1: divide by the sum over them.": (lambda a, b: (a + b).exp()),
    "That is the left side alone.": lambda a, b: a.softmax(0),
    "That is the right side alone: it forgets how likely the candidate is here.": (
        lambda a, b: b.softmax(0)
    ),
    "You averaged the logarithms; their sum is the logarithm of the product.": (
        lambda a, b: ((a + b) / 2).softmax(0)
    ),
    "Those are logarithms; give probabilities.": lambda a, b: (a + b).log_softmax(0),
    "You divided by the right side; a candidate is likelier if what follows is likelier.": (
        lambda a, b: (a - b).softmax(0)
    ),
}


@exercise(
    "text/code_completion/both_sides",
    not_yet="Write the body of `both_sides(left, after)` and return the probabilities [K].",
    right="Bayes' rule: the left side is the prior, the right side what is observed.",
    hints=[
        "p(c | h, after) is proportional to p(c | h) p(after | h, c).",
        "The logarithm of a product is a sum. What makes logarithms into probabilities?",
        "(left + after).softmax(0)",
    ],
)
def both_sides(answer) -> None:
    """Candidates for a gap, weighed by what stands before and after it."""
    cases = [(LEFT, AFTER), (LEFT[:3], AFTER[1:]), (LEFT.flip(0), AFTER)]
    same_on(answer, _both, cases, mistakes=BOTH_MISTAKES)


def _some_pass(drawn: int, right: int, k: int) -> float:
    return 1 - comb(drawn - right, k) / comb(drawn, k)


PASS_MISTAKES = {
    "That is the share that passes, and so the answer for k = 1 alone.": lambda n, c, k: c / n,
    "That draws with replacement; k different ones of the drawn are meant.": (
        lambda n, c, k: 1 - (1 - c / n) ** k
    ),
    "That is the chance that *all* k pass; one is enough.": lambda n, c, k: comb(c, k) / comb(n, k),
    "That is the chance that none passes; one minus it is asked for.": (
        lambda n, c, k: comb(n - c, k) / comb(n, k)
    ),
    "k times the share counts draws that pass together more than once.": (
        lambda n, c, k: min(1.0, k * c / n)
    ),
}


@exercise(
    "text/code_completion/some_pass",
    not_yet="Write the body of `some_pass(drawn, right, k)` and return one number.",
    right="One minus the chance that all k fall among those that fail.",
    hints=[
        "When does none of k pass? When all of them are among the drawn - right that fail.",
        "There are comb(drawn, k) ways to take k of the drawn, all equally likely.",
        "1 - comb(drawn - right, k) / comb(drawn, k)",
    ],
)
def some_pass(answer) -> None:
    """The chance that at least one of k passes, from `drawn` of which `right` pass."""
    cases = [(10, 3, 2), (5, 1, 5), (20, 5, 4), (6, 2, 3), (8, 0, 2)]
    same_on(answer, _some_pass, cases, mistakes=PASS_MISTAKES)


question(
    "text/code_completion/q1",
    "A count foresees more tokens of a held-out split by lines than of one by modules. Why is the "
    "second one the number to state?",
    options={
        "a": ("It is smaller.", "Small is no virtue. What will be asked of it?"),
        "b": ("You will type a file it never read.", "A new file has no other lines in the count."),
        "c": ("Modules are longer.", "Length is not the point: what stands on which side is."),
    },
    answer="b",
)

question(
    "text/code_completion/q2",
    "The open file holds `basket` once; no module read in training does. Which part was made to "
    "suggest it after `bas`?",
    options={
        "a": ("The cache.", "It counts what stands in this file."),
        "b": ("The count.", "Of the library; it may never have seen a basket."),
        "c": ("The network.", "Its context has it, but its training hardly does."),
    },
    answer="a",
)

question(
    "text/code_completion/q3",
    "No ending of a text was found that parses. What is shown?",
    options={
        "a": ("The text is no beginning of Python.", "Perhaps the right ending was not tried."),
        "b": ("Nothing for certain.", "One found proves; none found does not."),
    },
    answer="b",
)

question(
    "text/code_completion/q4",
    "Every text can still become Python under the constraint, and was ended. What may still be "
    "wrong with it?",
    options={
        "a": ("Its names, its types, what it does.", "Grammar knows nothing of meaning."),
        "b": ("Its brackets.", "Those are grammar's own."),
        "c": ("Nothing.", "`return self.x` parses in any function."),
    },
    answer="a",
)

question(
    "text/code_completion/q5",
    "Generated code deletes a file when it is run. Which is the safest place to find out?",
    options={
        "a": ("The kernel, inside try and except.", "The file is gone before anything is raised."),
        "b": ("A process of its own that may not touch files.", "It is refused, and you are told."),
        "c": ("A thread with a time limit.", "A thread may do all that the kernel may."),
    },
    answer="b",
)
