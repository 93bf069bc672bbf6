"""Exercises and questions of video/subtitles (a draft)."""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_teach.lab.checkers import same_on
from aigc_teach.lab.register import exercise, question

CASES = [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([-2.0, 0.5, 4.0, 1.0]),)]


def _mean(x: Tensor) -> Tensor:
    return x.mean()


@exercise(
    "video/subtitles/mean",
    not_yet="Write the body of `mean_of(x)` and return one number.",
    right="The sum, divided by how many there are.",
    hints=[
        "What do you do with three marks to get their average?",
        "Add them up: x.sum().",
        "x.sum() / len(x)",
    ],
)
def mean(answer) -> None:
    """The mean of some numbers."""
    mistakes = {
        "You added the numbers up; divide by how many there are.": lambda x: x.sum(),
        "Divide by how many there are, not by one less.": lambda x: x.sum() / (len(x) - 1),
        "That is the one in the middle, the median.": lambda x: x.median(),
    }
    same_on(answer, _mean, CASES, mistakes=mistakes)


def _square(x: Tensor) -> Tensor:
    return (x * x).mean()


@exercise(
    "video/subtitles/square",
    not_yet="Write the body of `mean_square(x)` and return one number.",
    right="Square first, then average: the order matters.",
    hints=[
        "Two steps: squares, and their mean. Which comes first?",
        "x * x holds the squares.",
        "(x * x).mean()",
    ],
)
def square(answer) -> None:
    """The mean of the squares."""
    mistakes = {
        "That is the square of the mean: square each number first.": lambda x: x.mean() ** 2,
        "You added the squares up; take their mean.": lambda x: (x * x).sum(),
        "You took the root at the end; leave it out.": lambda x: (x * x).mean().sqrt(),
    }
    same_on(answer, _square, CASES, mistakes=mistakes)


def _span(x: Tensor) -> Tensor:
    return x.max() - x.min()


@exercise(
    "video/subtitles/span",
    not_yet="Write the body of `span_of(x)` and return one number.",
    right="It does not matter in which order the numbers stand.",
    hints=[
        "Which two of the numbers does it need?",
        "x.max() is one of them.",
        "x.max() - x.min()",
    ],
)
def span(answer) -> None:
    """The largest number minus the smallest."""
    mistakes = {
        "It has the wrong sign: take the smallest from the largest.": lambda x: x.min() - x.max(),
        "That is the largest number; take the smallest from it.": lambda x: x.max(),
        "The last need not be the largest: the numbers are in any order.": lambda x: x[-1] - x[0],
    }
    same_on(answer, _span, CASES, mistakes=mistakes)


question(
    "video/subtitles/q1",
    "One number is moved up by 3, and there are three. How far does the mean move?",
    options={
        "a": ("By 1.", "The sum grows by 3 and is divided by 3."),
        "b": ("By 3.", "The sum does; the mean is a third of it."),
    },
    answer="a",
)

question(
    "video/subtitles/q2",
    "All numbers are doubled. What becomes of the mean square?",
    options={
        "a": ("It doubles.", "The mean does; a square grows twice over."),
        "b": ("It is four times as large.", "Each square is."),
    },
    answer="b",
)

question(
    "video/subtitles/q3",
    "All numbers are moved up by 1. What becomes of the span?",
    options={
        "a": ("Nothing.", "The largest and the smallest move alike."),
        "b": ("It grows by 1.", "It would if only the largest moved."),
    },
    answer="a",
)

question(
    "video/subtitles/q4",
    "The data are repeated once. What stays the same?",
    options={
        "a": ("The sum of squares.", "It doubles, because there are twice as many."),
        "b": ("The mean square.", "Twice the sum, divided by twice as many."),
    },
    answer="b",
)

question(
    "video/subtitles/q5",
    "Can the mean square be smaller than the square of the mean?",
    options={
        "a": ("No.", "Their difference is the variance, which is never negative."),
        "b": ("Yes, for small numbers.", "Try 0.1 and 0.2: 0.025 and 0.0225."),
    },
    answer="a",
)
