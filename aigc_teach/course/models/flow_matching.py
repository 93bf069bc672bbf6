"""Exercises and questions of the lesson on flow matching."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import same_on
from ...lab.register import exercise, question

X_T = torch.tensor([[0.6, -0.9, 0.3], [1.4, 0.2, -0.5]])
X0 = torch.tensor([[0.5, -1.0, 0.2], [0.9, 0.3, -0.7]])
TIMES = torch.tensor([0.25, 0.8])
PICTURES = (
    torch.linspace(-1, 1, 24).reshape(2, 1, 3, 4),
    torch.linspace(2, -1, 24).reshape(2, 1, 3, 4),
)


def _column(t: Tensor, like: Tensor) -> Tensor:
    return t.reshape(-1, *[1] * (like.ndim - 1))


def _view(x_t: Tensor, x0: Tensor, t: Tensor) -> Tensor:
    return (x_t - x0) / _column(t, x_t)


VIEW_MISTAKES = {
    "The sign is turned: the velocity leads from the data to the noise, and x_t lies between.": (
        lambda x, x0, t: (x0 - x) / _column(t, x)
    ),
    "That is how far x_t has come in the time t; divide by t to get a velocity.": (
        lambda x, x0, t: x - x0
    ),
    "You multiplied by t: the way of x_t is the velocity times t, so divide.": (
        lambda x, x0, t: (x - x0) * _column(t, x)
    ),
    "1 - t is the time from x_t on to the noise; from the data to x_t it took t.": (
        lambda x, x0, t: (x - x0) / (1 - _column(t, x))
    ),
    "That is the noise that goes with the guess; the velocity is the noise minus x_0.": (
        lambda x, x0, t: (x - (1 - _column(t, x)) * x0) / _column(t, x)
    ),
    "That is the noise of the guess times t: divide by t, and take x_0 away.": (
        lambda x, x0, t: x - (1 - _column(t, x)) * x0
    ),
    "You added the guess; the way is a difference.": (lambda x, x0, t: (x + x0) / _column(t, x)),
    "You forgot the guess: the way starts at x_0.": lambda x, x0, t: x / _column(t, x) + 0 * x0,
    "You used one time for all items: each has its own.": (
        lambda x, x0, t: _view(x, x0, t[:1].expand(len(t)))
    ),
}


@exercise(
    "models/flow_matching/view",
    not_yet="Write the body of `view(x_t, x0, t)` and return the velocity.",
    right="One division leads from a guess of x_0 to a velocity; at t = 0 it has no answer.",
    hints=[
        "On a straight line at even speed: how far, in what time?",
        "From x_0 to x_t it took the time t.",
        "(x_t - x0) / t, with t as [N, 1, ...]: t.reshape(-1, *[1] * (x0.ndim - 1)).",
    ],
)
def view(answer) -> None:
    """The velocity that goes with a guess of the data, for items with any number of axes."""
    cases = [(X_T, X0, TIMES), (*PICTURES, TIMES), (X_T[:1, :2], X0[:1, :2], TIMES[1:])]
    same_on(answer, _view, cases=cases, mistakes=VIEW_MISTAKES)


class Field:
    """A velocity field with a name that a sentence can carry."""

    def __init__(self, words: str, rule):
        self.words, self.rule = words, rule

    def __call__(self, x: Tensor, t: float) -> Tensor:
        """The velocity at x and t."""
        return self.rule(x, t)

    def __repr__(self) -> str:
        return self.words


GROWING = Field("the field x * x + t", lambda x, t: x * x + t)
SWINGING = Field("the field x * t - 1", lambda x, t: x * t - 1)


def _heun(field: Field, x: Tensor, t: float, s: float) -> Tensor:
    first = field(x, t)
    return x + (s - t) / 2 * (first + field(x + (s - t) * first, s))


def _euler(field: Field, x: Tensor, t: float, s: float) -> Tensor:
    return x + (s - t) * field(x, t)


def _tried(field: Field, x: Tensor, t: float, s: float, asked: float) -> Tensor:
    return x + (s - t) * field(_euler(field, x, t, asked), asked)


HEUN_MISTAKES = {
    "That is an Euler step: it never asks where it led.": _euler,
    "That is the midpoint method: it asks half way; Heun asks at the end.": (
        lambda f, x, t, s: _tried(f, x, t, s, (t + s) / 2)
    ),
    "You went with the velocity at the end alone: take the mean of both ends.": (
        lambda f, x, t, s: _tried(f, x, t, s, s)
    ),
    "You added both velocities, so the step is twice as long: take their mean.": (
        lambda f, x, t, s: x + (s - t) * (f(x, t) + f(_euler(f, x, t, s), s))
    ),
    "The second question was asked at the time t: the trial step ends at s.": (
        lambda f, x, t, s: x + (s - t) / 2 * (f(x, t) + f(_euler(f, x, t, s), t))
    ),
    "The second question was asked at x itself: ask where the trial step led.": (
        lambda f, x, t, s: x + (s - t) / 2 * (f(x, t) + f(x, s))
    ),
    "The step is t - s: with time running down, s - t is negative, and that is right.": (
        lambda f, x, t, s: x + (t - s) / 2 * (f(x, t) + f(x + (t - s) * f(x, t), s))
    ),
    "You took the trial step twice: the second half starts from x again.": (
        lambda f, x, t, s: _heun(f, x, t, s) + (s - t) * f(x, t)
    ),
    "That is the mean of both velocities; multiply it by the step and add it to x.": (
        lambda f, x, t, s: (f(x, t) + f(_euler(f, x, t, s), s)) / 2
    ),
}


@exercise(
    "models/flow_matching/heun",
    not_yet="Write the body of `heun(field, x, t, s)` and return x at the time s.",
    right="Two questions a step: for small steps a step half as long is four times as exact.",
    hints=[
        "Take an Euler step first. Then ask the field where it led.",
        "first = field(x, t); second = field(x + (s - t) * first, s).",
        "x + (s - t) * (first + second) / 2: from x, not from the trial's end.",
    ],
)
def heun(answer) -> None:
    """One step of Heun's method, for time running up or down."""
    x = torch.tensor([[0.5, -1.0], [0.2, 0.7], [-0.4, 1.1]])
    cases = [(GROWING, x, 1.0, 0.6), (SWINGING, x[:1], 0.2, 0.5), (GROWING, x[1:], 0.75, 0.5)]
    same_on(answer, _heun, cases=cases, mistakes=HEUN_MISTAKES)


def _pair(x0: Tensor, eps: Tensor) -> Tensor:
    return eps.sort().values[x0.argsort().argsort()]


PAIR_MISTAKES = {
    "The noise is sorted, but x0 is not: the smallest noise belongs to the smallest x0.": (
        lambda x0, eps: eps.sort().values
    ),
    "The noise has kept its order: that is the pairing by index.": lambda x0, eps: eps + 0 * x0,
    "You gave the order of x0 and not the ranks: sort the order once more.": (
        lambda x0, eps: eps.sort().values[x0.argsort()]
    ),
    "The pairs are crossed: the largest noise belongs to the largest x0.": (
        lambda x0, eps: eps.sort(descending=True).values[x0.argsort().argsort()]
    ),
    "You put the order of x0 on the unsorted noise: sort the noise first.": (
        lambda x0, eps: eps[x0.argsort()]
    ),
    "You put the ranks of x0 on the unsorted noise: sort the noise first.": (
        lambda x0, eps: eps[x0.argsort().argsort()]
    ),
    "Each took the nearest noise, so that some noise is used twice and some never.": (
        lambda x0, eps: eps[(x0[:, None] - eps[None]).abs().argmin(1)]
    ),
    "That is x0 in another order; what is asked for is the noise in another order.": (
        lambda x0, eps: x0.sort().values[eps.argsort().argsort()]
    ),
    "That is x0 sorted; what is asked for is the noise in another order.": (
        lambda x0, eps: x0.sort().values
    ),
}


@exercise(
    "models/flow_matching/pair",
    not_yet="Write the body of `pair(x0, eps)` and return eps in another order.",
    right="On a line the best pairing keeps the order, and sorting is all it takes.",
    hints=[
        "On a line, two pairs that cross can be uncrossed for less.",
        "So the smallest goes to the smallest. Sort eps, and give x0's ranks to it.",
        "The rank of each number is x0.argsort().argsort().",
    ],
)
def pair(answer) -> None:
    """Optimal pairs on the line: for each x0 the noise of the same rank."""
    cases = [
        (torch.tensor([0.3, -1.2, 2.0, 0.9]), torch.tensor([1.1, 0.2, -0.7, -2.0])),
        (torch.tensor([2.0, -1.0, 0.5, 1.5, 0.0]), torch.tensor([0.1, -0.4, 1.9, -1.3, 0.6])),
        (torch.tensor([1.0]), torch.tensor([-3.0])),
    ]
    same_on(answer, _pair, cases=cases, mistakes=PAIR_MISTAKES)


question(
    "models/flow_matching/q1",
    "The lines from noise to data are straight. Why are the flow's paths not?",
    options={
        "a": (
            "The net is too small to learn straight lines.",
            "The closed-form field has the same curved paths.",
        ),
        "b": (
            "Where lines cross, the field has only their mean.",
            "One place, one time, one velocity; and the mean changes on the way.",
        ),
        "c": (
            "The solver bends them, since each of its steps is finite.",
            "With fine steps the solver adds nothing; the paths stay curved.",
        ),
    },
    answer="b",
)

question(
    "models/flow_matching/q2",
    "The loss has stopped falling at 1.9. What does that say about the net?",
    options={
        "a": (
            "Nothing yet: compare it with the variance of eps - x_0 given x_t.",
            "That variance is the least loss there is; only what is above it is the net's error.",
        ),
        "b": (
            "It is far from the right field: a good net's loss would fall to nearly 0.",
            "On this page 1.9 was the least loss there is.",
        ),
        "c": (
            "The learning rate is too small.",
            "Perhaps; but the closed-form field itself scores 1.9 here.",
        ),
    },
    answer="a",
)

question(
    "models/flow_matching/q3",
    "Two nets are trained on squared errors, one of eps, one of the velocity. What differs?",
    options={
        "a": (
            "What they can express.",
            "Inside (0, 1) each answer is turned into the other without loss.",
        ),
        "b": ("Nothing.", "The error of eps counts the velocity's by (1 - t)^2."),
        "c": (
            "How much each time counts, and what the net has to output.",
            "The error of eps hardly counts the times near the noise.",
        ),
    },
    answer="c",
)

question(
    "models/flow_matching/q4",
    "A sampler takes one Euler step with a perfect field, pairs independent. Where does it end?",
    options={
        "a": ("At a data point.", "That needs straight paths, and they are curved."),
        "b": ("Where it started.", "The velocity there is eps minus the mean, not 0."),
        "c": ("At the mean of the data.", "At t = 1 the best guess of x_0 is the mean."),
    },
    answer="c",
)

question(
    "models/flow_matching/q5",
    "Guidance 1.5, 8 steps of Heun: how many pictures does the net answer for one sample? And a "
    "student of two Euler steps that learnt with the guidance in it?",
    options={
        "a": ("15 and 2.", "Guidance wants two answers each time that the teacher is asked."),
        "b": ("30 and 2.", "Heun asks 15 times for two answers; the student asks twice for one."),
        "c": ("30 and 4.", "The student has the guidance in its weights and needs one answer."),
    },
    answer="b",
)
