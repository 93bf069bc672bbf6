"""Exercises and questions of the lesson on turning records into text."""

from __future__ import annotations

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_on
from ....lab.register import exercise, question

TOLD = torch.tensor([12.8, 5.0, 4.7, 31.0, 5.1, 31.0])  # one invented number, told twice
RECORD = torch.tensor([12.8, 5.0, 4.7, 0.0, 10.6, 3.2])


def _invented(told: Tensor, record: Tensor) -> Tensor:
    return 1 - (told[:, None] == record).any(1).double().mean()


INVENTED_MISTAKES = {
    "That is the share that stands in the record; one minus it is asked for.": (
        lambda t, r: (t[:, None] == r).any(1).double().mean()
    ),
    "That is the number of invented ones; divide by how many numbers the text has.": (
        lambda t, r: (~(t[:, None] == r).any(1)).double().sum()
    ),
    "You asked which values of the record the text leaves out. That is omission, another fault.": (
        lambda t, r: 1 - (t[:, None] == r).any(0).double().mean()
    ),
    "You compared each number with all of the record: one equal value is enough.": (
        lambda t, r: 1 - (t[:, None] == r).all(1).double().mean()
    ),
    "You averaged over all pairs; a number needs one equal value, not many.": (
        lambda t, r: 1 - (t[:, None] == r).double().mean()
    ),
    "You counted each value once. A number that is told twice counts twice.": (
        lambda t, r: 1 - (t.unique()[:, None] == r).any(1).double().mean()
    ),
    "Near is not equal: 5.1 is not 5.0.": (
        lambda t, r: 1 - ((t[:, None] - r).abs() < 0.5).any(1).double().mean()
    ),
}


@exercise(
    "text/data_to_news/invented",
    not_yet="Write the body of `invented(told, record)` and return one number.",
    right="A number that stands nowhere in the record has no source.",
    hints=[
        "Compare every number of the text with every value of the record: told[:, None] == record.",
        "A number has a source if any value of the record equals it: .any(1).",
        "1 - (told[:, None] == record).any(1).float().mean()",
    ],
)
def invented(answer) -> None:
    """The share of a text's numbers that stand nowhere in the record."""
    cases = [(TOLD, RECORD), (TOLD[:3], RECORD[2:]), (TOLD[2:], RECORD[:3])]
    same_on(answer, _invented, cases, mistakes=INVENTED_MISTAKES)


_g = make_generator(11)
LOGITS = 2 * torch.randn(7, generator=_g)
ALLOWED = torch.tensor([True, False, True, True, False, False, True])


def _constrained(logits: Tensor, allowed: Tensor) -> Tensor:
    return logits.masked_fill(~allowed, -torch.inf).softmax(0)


CONSTRAINED_MISTAKES = {
    "A logit of 0 is no probability of 0: exp(0) is 1. Minus infinity is.": (
        lambda x, m: (x * m).softmax(0)
    ),
    "What is left does not add up to 1: divide by what the allowed ones had together.": (
        lambda x, m: x.softmax(0) * m
    ),
    "The mask is True where a token may come; you kept the others.": (
        lambda x, m: _constrained(x, ~m)
    ),
    "The mask does nothing here: those are the free probabilities.": lambda x, m: x.softmax(0),
    "You gave every allowed token the same chance: keep the model's own ratios.": (
        lambda x, m: m.double() / m.sum()
    ),
    "Those are logarithms; give probabilities.": lambda x, m: (
        _constrained(x, m).clamp_min(1e-9).log()
    ),
    "You took the likeliest one alone; the others that are allowed keep their chances.": (
        lambda x, m: (torch.arange(len(x)) == x.masked_fill(~m, -torch.inf).argmax()).double()
    ),
}


@exercise(
    "text/data_to_news/constrained",
    not_yet="Write the body of `constrained(logits, allowed)` and return the probabilities.",
    right="What is forbidden has no chance, and the rest keep their ratios.",
    hints=[
        "Which logit gives the probability 0?",
        "logits.masked_fill(mask, value) writes a value where the mask is True.",
        "logits.masked_fill(~allowed, -torch.inf).softmax(0)",
    ],
)
def constrained(answer) -> None:
    """Probabilities of the next token where only some are allowed."""
    cases = [(LOGITS, ALLOWED), (LOGITS.flip(0), ALLOWED), (LOGITS[:4], ALLOWED[:4])]
    same_on(answer, _constrained, cases, mistakes=CONSTRAINED_MISTAKES)


# Two prompts of 2 and 3 tokens; END is 1, and so is the padding.
TOKENS = torch.tensor([[5, 6, 7, 8, 1, 1, 1], [5, 6, 2, 9, 4, 3, 1], [6, 7, 9, 1, 1, 1, 1]])
PROMPTS = torch.tensor([2, 3, 2])


def _counted(tokens: Tensor, prompts: Tensor) -> Tensor:
    places = torch.arange(tokens.shape[1])
    ends = (tokens == 1) & (places >= prompts[:, None])
    before = ends.long().cumsum(1) - ends.long()
    return ((places >= prompts[:, None]) & (before == 0)).double()


def _places(tokens: Tensor) -> Tensor:
    return torch.arange(tokens.shape[1])


COUNTED_MISTAKES = {
    "The end is left out, so its probability is never trained: the model will not stop.": (
        lambda x, p: ((_places(x) >= p[:, None]) & (x != 1)).double()
    ),
    "The padding counts, too: only the first end is part of the text.": (
        lambda x, p: (_places(x) >= p[:, None]).double()
    ),
    "Two faults: the prompt counts, and the end does not. It should be the other way round.": (
        lambda x, p: (x != 1).double()
    ),
    "That is the prompt, which is given. What counts stands behind it.": (
        lambda x, p: (_places(x) < p[:, None]).double()
    ),
    "The prompt counts, too: it is given, not written.": (
        lambda x, p: ((x == 1).long().cumsum(1) - (x == 1).long() == 0).double()
    ),
    "One place too late: the first token of the text stands at place `prompts`.": (
        lambda x, p: _counted(x, p) * (_places(x) > p[:, None])
    ),
    "One place too early: the last token of the prompt is given.": (
        lambda x, p: _counted(x, p - 1)
    ),
    "That is the other way round: those are the tokens that do not count.": (
        lambda x, p: 1 - _counted(x, p)
    ),
}


@exercise(
    "text/data_to_news/counted",
    not_yet="Write the body of `counted(tokens, prompts)` and return a mask [N, T].",
    right="The text counts, and so does the one end that stops it.",
    hints=[
        "Two conditions: a place is behind the prompt, and no end stands before it.",
        "(tokens == 1).cumsum(1) counts the ends up to and with a place; take its own away.",
        "ends = tokens == 1; (places >= prompts[:, None]) & (ends.cumsum(1) - ends.long() == 0), "
        "where places = torch.arange(tokens.shape[1])",
    ],
)
def counted(answer) -> None:
    """Which tokens the loss counts, where padding and end are one token."""

    def as_numbers(tokens: Tensor, prompts: Tensor) -> Tensor:
        mask = answer(tokens, prompts)
        return mask.double() if isinstance(mask, Tensor) else mask

    own = as_numbers if callable(answer) else answer
    cases = [(TOKENS, PROMPTS), (TOKENS[:2], PROMPTS[:2]), (TOKENS[2:, :5], PROMPTS[2:])]
    same_on(own, _counted, cases, mistakes=COUNTED_MISTAKES)


question(
    "text/data_to_news/q1",
    "A text has no wrong claim. Can it be a bad report?",
    options={
        "a": (
            "No: what is right in every claim is a good report.",
            "An empty text has no wrong claim either.",
        ),
        "b": (
            "Yes, but only if the checker has a fault.",
            "A report that leaves out the storm has no wrong claim for any checker.",
        ),
        "c": ("Yes: it may leave out what matters most.", "Or claim what the checker misses."),
    },
    answer="c",
)

question(
    "text/data_to_news/q2",
    "The checker calls “the warmest day of the year” unknown. Why not wrong?",
    options={
        "a": ("It has only the week before.", "It cannot look the claim up, so it does not judge."),
        "b": ("Because it is right.", "It may be; the checker cannot know."),
        "c": (
            "It has no pattern for such a claim.",
            "Then it would not have noticed the claim at all.",
        ),
    },
    answer="a",
)

question(
    "text/data_to_news/q3",
    "Numbers come from slots. Which of these can still be wrong?",
    options={
        "a": ("“12.8 °C”, a misread digit.", "No digit is written by the network."),
        "b": ("“warmer than yesterday”.", "No slot holds it: the network decides."),
        "c": ("Nothing.", "Words are the network's own, and comparisons are words."),
    },
    answer="b",
)

question(
    "text/data_to_news/q4",
    "Three texts of five have no wrong claim. How many draws does a clean one take on average?",
    options={
        "a": ("5/3.", "Draws until the first success: one over its probability, 1 / (3/5)."),
        "b": ("3.", "That is how many of five are clean."),
        "c": ("2.", "A clean one comes oftener than every second time, so fewer are needed."),
    },
    answer="a",
)

question(
    "text/data_to_news/q5",
    "The loss leaves out every token that equals the padding, and the padding is the end token. "
    "What follows?",
    options={
        "a": ("The end is never trained.", "No loss asks for it, so nothing makes it likely."),
        "b": ("The prompt is learnt, too.", "That is another mask."),
        "c": ("Nothing; padding should not count.", "Padding, no. The one end, yes."),
    },
    answer="a",
)
