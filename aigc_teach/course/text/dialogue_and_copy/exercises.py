"""Exercises and questions of text/dialogue_and_copy."""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_teach.lab.checkers import same_on
from aigc_teach.lab.register import exercise, question

NAME = "text/dialogue_and_copy"


def _idf(n: Tensor, all_notes: int) -> Tensor:
    return torch.log(1 + (all_notes - n + 0.5) / (n + 0.5))


def _weight(f: Tensor, n: Tensor, all_notes: int, size: Tensor) -> Tensor:
    return _idf(n, all_notes) * f / (f + 1.5 * (0.25 + 0.75 * size))


COUNTS = torch.tensor([1.0, 2.0, 1.0, 5.0, 0.0])
HOLD = torch.tensor([3.0, 3.0, 40.0, 1.0, 7.0])
SIZES = torch.tensor([0.5, 1.0, 2.5, 1.3, 0.9])
WEIGHT_MISTAKES = {
    "The 1 inside the logarithm is missing: a word in more than half of the notes would count "
    "against them.": (
        lambda f, n, N, s: torch.log((N - n + 0.5) / (n + 0.5)) * f / (f + 1.5 * (0.25 + 0.75 * s))
    ),
    "That is the plain idf, log(N / n); Lucene's is log(1 + (N - n + 0.5) / (n + 0.5)).": (
        lambda f, n, N, s: torch.log(N / n) * f / (f + 1.5 * (0.25 + 0.75 * s))
    ),
    "The fraction is upside down: rare words count most.": (
        lambda f, n, N, s: (
            torch.log(1 + (n + 0.5) / (N - n + 0.5)) * f / (f + 1.5 * (0.25 + 0.75 * s))
        )
    ),
    "The idf is missing: every word has the same weight then.": (
        lambda f, n, N, s: f / (f + 1.5 * (0.25 + 0.75 * s))
    ),
    "That is the idf alone: how often the word stands in the note is missing.": (
        lambda f, n, N, s: _idf(n, N) + 0 * f * s
    ),
    "The length does not enter: use the share b of `size`.": (
        lambda f, n, N, s: _idf(n, N) * f / (f + 1.5) + 0 * s
    ),
    "The parts of b are swapped: 1 - b is without `size`, b is with it.": (
        lambda f, n, N, s: _idf(n, N) * f / (f + 1.5 * (0.75 + 0.25 * s))
    ),
    "The whole bracket is multiplied by the length; only the share b is.": (
        lambda f, n, N, s: _idf(n, N) * f / (f + 1.5 * s)
    ),
    "k1 is missing in the denominator.": (
        lambda f, n, N, s: _idf(n, N) * f / (f + 0.25 + 0.75 * s)
    ),
    "The factor k1 + 1 belongs to another variant; here there is none.": (
        lambda f, n, N, s: 2.5 * _weight(f, n, N, s)
    ),
    "The count in the numerator is missing.": (
        lambda f, n, N, s: _idf(n, N) / (f + 1.5 * (0.25 + 0.75 * s))
    ),
    "A count that is not slowed down lets a note win that repeats one word.": (
        lambda f, n, N, s: _idf(n, N) * f + 0 * s
    ),
}


@exercise(
    f"{NAME}/weight",
    not_yet="Write the body of `weight(f, n, N, size)` and return one weight for each word.",
    right="Rare in the notes, frequent in this one, and the note not long: that counts.",
    hints=[
        "Two factors: one of n and N alone, one of f and size.",
        "k1 = 1.5 and b = 0.75; size is the note's length over the mean length.",
        "torch.log(1 + (N - n + 0.5) / (n + 0.5)) * f / (f + 1.5 * (0.25 + 0.75 * size))",
    ],
)
def weight(answer) -> None:
    """BM25's weight of a word in a note, Lucene's idf."""
    cases = [(COUNTS, HOLD, 492, SIZES), (COUNTS[:2], HOLD[1:3], 50, SIZES[2:4])]
    same_on(answer, _weight, cases, mistakes=WEIGHT_MISTAKES)


def _area(high: Tensor, low: Tensor) -> Tensor:
    return ((high[:, None] > low).double() + 0.5 * (high[:, None] == low).double()).mean()


INSIDE = torch.tensor([3.0, 5.5, 2.0, 8.0, 3.0])
OUTSIDE = torch.tensor([1.0, 3.0, 6.0, 3.0])
AREA_MISTAKES = {
    "Ties count one half, not nothing.": lambda a, b: (a[:, None] > b).double().mean(),
    "Ties count one half, not one.": lambda a, b: (a[:, None] >= b).double().mean(),
    "The two sides are swapped: the answerable question shall score higher.": (
        lambda a, b: _area(b, a)
    ),
    "Turned round, and ties left out: the answerable question shall score higher.": (
        lambda a, b: (a[:, None] < b).double().mean()
    ),
    "You compared them in pairs as they stand; compare each with each.": (
        lambda a, b: (a[: min(len(a), len(b))] > b[: min(len(a), len(b))]).double().mean()
    ),
    "You counted the pairs; take their share.": lambda a, b: _area(a, b) * len(a) * len(b),
    "You divided by one side only: there are M times N pairs.": (lambda a, b: _area(a, b) * len(b)),
    "You divided by the other side only: there are M times N pairs.": (
        lambda a, b: _area(a, b) * len(a)
    ),
    "That is the difference of the means; the area counts pairs.": (
        lambda a, b: a.mean() - b.mean()
    ),
    "That compares the means alone; compare each with each.": (
        lambda a, b: (a.mean() > b.mean()).double()
    ),
}


@exercise(
    f"{NAME}/area",
    not_yet="Write the body of `auroc(inside, outside)` and return one number.",
    right="It asks for the order of scores alone: doubling all of them changes nothing.",
    hints=[
        "Which share of all M times N pairs is in the right order?",
        "inside[:, None] > outside has the shape [M, N].",
        "((inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)).mean()",
    ],
)
def area(answer) -> None:
    """The area under the ROC curve, ties counted half."""
    cases = [(INSIDE, OUTSIDE), (OUTSIDE, INSIDE[:3]), (INSIDE[:2], INSIDE[2:])]
    same_on(answer, _area, cases, mistakes=AREA_MISTAKES)


def _allowed(said: Tensor, passage: Tensor, size: int) -> Tensor:
    may = torch.zeros(size)
    for i in range(len(passage) - len(said)):
        if passage[i : i + len(said)].equal(said):
            may[passage[i + len(said)]] = 1
    return may


def _with(rule) -> object:
    def allowed(said: Tensor, passage: Tensor, size: int) -> Tensor:
        may = torch.zeros(size)
        for word in rule(said.tolist(), passage.tolist()):
            may[word] = 1
        return may

    return allowed


def _after_last(said: list[int], passage: list[int]) -> list[int]:
    if not said:
        return passage
    return [b for a, b in zip(passage, passage[1:], strict=False) if a == said[-1]]


def _first_only(said: list[int], passage: list[int]) -> list[int]:
    k = len(said)
    for i in range(len(passage) - k):
        if passage[i : i + k] == said:
            return [passage[i + k]]
    return []


def _prefix_only(said: list[int], passage: list[int]) -> list[int]:
    k = len(said)
    return passage[k : k + 1] if passage[:k] == said else []


ALLOWED_MISTAKES = {
    "You allow every word of the passage: then words may come in any order.": (
        _with(lambda said, passage: passage)
    ),
    "You look at the last word alone; all that was said must stand there as one run.": (
        _with(_after_last)
    ),
    "You stop at the first place where the run stands; it may stand twice and go on otherwise.": (
        _with(_first_only)
    ),
    "A run may begin anywhere in the passage, not only at its beginning.": _with(_prefix_only),
    "You count the words said and take the place after as many; look for where the run stands.": (
        _with(lambda said, passage: passage[len(said) : len(said) + 1])
    ),
    "Nothing said yet: then every word of the passage may come. And all that was said must stand "
    "there as one run, not its last word alone.": (
        _with(lambda said, passage: _after_last(said, passage) if said else [])
    ),
    "You allow all that the passage does not say.": (
        lambda said, passage, size: 1 - _with(lambda said, passage: passage)(said, passage, size)
    ),
    "You give the run's last word instead of the one that follows it.": (
        _with(lambda said, passage: said[-1:] if _first_only(said, passage) else [])
    ),
    "These are the words that were said; which may come next?": (_with(lambda said, passage: said)),
    "The two are swapped: 1 where a word may come next, 0 elsewhere.": (
        lambda said, passage, size: 1 - _allowed(said, passage, size)
    ),
    "A word that may follow in two places is still one word: write 1.": (
        lambda said, passage, size: torch.bincount(
            torch.tensor(
                [
                    int(passage[i + len(said)])
                    for i in range(len(passage) - len(said))
                    if passage[i : i + len(said)].equal(said)
                ],
                dtype=torch.long,
            ),
            minlength=size,
        ).float()
    ),
}


@exercise(
    f"{NAME}/allowed",
    not_yet="Write the body of `allowed(said, passage, V)` and return V zeros and ones.",
    right="With these ones as a mask on the logits no other word can be drawn.",
    hints=[
        "Where does the run `said` stand in the passage? Look at every place.",
        "Where it stands at i, the word at i + len(said) may come next.",
        "At each i where passage[i : i + k].equal(said): may[passage[i + k]] = 1.",
    ],
)
def allowed(answer) -> None:
    """Which words lengthen a run of the passage."""
    passage = torch.tensor([4, 1, 2, 3, 1, 2, 5, 1, 2, 3, 0])
    empty = torch.tensor([], dtype=torch.long)
    cases = [
        (torch.tensor([1, 2]), passage, 8),
        (torch.tensor([3, 1]), passage, 8),
        (torch.tensor([5, 1, 2]), passage, 6),
        (empty, passage, 8),
        (torch.tensor([0]), passage, 8),
        (torch.tensor([2, 4]), passage, 8),
        (empty, passage[:4], 5),
        (torch.tensor([1]), torch.tensor([2, 1, 4, 1, 1, 3]), 5),
    ]
    same_on(answer, _allowed, cases, mistakes=ALLOWED_MISTAKES)


question(
    f"{NAME}/q1",
    "The word 'how' has a high idf in the notes. Why does that mislead the score of a question?",
    options={
        "a": ("Because idf is wrong for short words.", "The formula does not look at length."),
        "b": (
            "Because it is rare in the notes and common in questions.",
            "The idf is counted on the notes alone; there 'how' seems to tell much.",
        ),
        "c": ("Because questions are longer than notes.", "They are shorter, and that is not why."),
    },
    answer="b",
)

question(
    f"{NAME}/q2",
    "A demonstration asks a bot its notes' own titles, and all answers are right. What is missing?",
    options={
        "a": ("More titles.", "They would be found as well."),
        "b": ("A larger model.", "First know what the small one cannot do."),
        "c": (
            "Questions in other words, and questions that no note answers.",
            "Those are what people ask, and where it fails or invents.",
        ),
    },
    answer="c",
)

question(
    f"{NAME}/q3",
    "The threshold is chosen on the very questions that are then reported. What follows?",
    options={
        "a": ("The reported shares are too good.", "The threshold has seen those questions."),
        "b": ("Nothing, it is only one number.", "One number can be fitted, too."),
        "c": ("The shares are too bad.", "It was chosen to make them good."),
    },
    answer="a",
)

question(
    f"{NAME}/q4",
    "Every word of an answer stands in the note as one run. Is the answer right?",
    options={
        "a": (
            "Not for sure: the note may be the wrong one, or the run may be cut.",
            "'the critic wins' is a run of a note that says something else.",
        ),
        "b": ("Yes, that is what the bond is for.", "It forbids new words, not wrong answers."),
        "c": ("Yes, if the threshold is high.", "A good score does not protect a cut sentence."),
    },
    answer="a",
)

question(
    f"{NAME}/q5",
    "After a rewrite the chat model's training loss falls smoothly, to another value than before, "
    "and its answers are fluent and wrong. Where do you look first?",
    options={
        "a": ("At the temperature.", "It changes the draw; the most likely answers are wrong."),
        "b": ("At the learning rate.", "The loss falls smoothly."),
        "c": (
            "At which tokens the loss counts.",
            "A lost mask changes what the mean is taken over, and nothing crashes.",
        ),
    },
    answer="c",
)
