"""Exercises and questions of the lesson on super-resolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...lab.checkers import same_gradients, same_on
from ...lab.register import exercise, question

CHANNELS = torch.linspace(-1, 1, 2 * 4 * 3 * 2).reshape(2, 4, 3, 2).sin()
NINE = torch.linspace(1, -2, 9 * 2 * 4).reshape(1, 9, 2, 4).cos()


def _shuffle(h: Tensor, r: int) -> Tensor:
    return F.pixel_shuffle(h, r)


def _laid(h: Tensor, r: int, order: tuple[int, ...]) -> Tensor:
    """The channels ``[B, a, b, i, j]`` laid out in another order of axes."""
    n, _, height, width = h.shape
    squares = h.reshape(n, r, r, height, width)
    return squares.permute(*order).reshape(n, 1, r * height, r * width)


SHUFFLE_MISTAKES = {
    "Rows and columns within a square are swapped: channel r * a + b belongs to row a.": (
        lambda h, r: _laid(h, r, (0, 3, 2, 4, 1))
    ),
    "You reshaped without permuting: neighbours in the result must come from different channels.": (
        lambda h, r: _laid(h, r, (0, 1, 2, 3, 4))
    ),
    "That lays whole pictures beside each other, as tiles: put i before a, and j before b.": (
        lambda h, r: _laid(h, r, (0, 1, 3, 2, 4))
    ),
    "The place in the small picture must change slowest: i before a, j before b.": (
        lambda h, r: _laid(h, r, (0, 3, 4, 1, 2))
    ),
    "The rows are right; in a row j comes before b.": lambda h, r: _laid(h, r, (0, 3, 1, 2, 4)),
    "That repeats the first channel: each of the r * r channels gives one pixel of a square.": (
        lambda h, r: F.interpolate(h[:, :1], scale_factor=r)
    ),
    "That is the mean of the channels, repeated: each gives one pixel of a square.": (
        lambda h, r: F.interpolate(h.mean(1, keepdim=True), scale_factor=r)
    ),
}


@exercise(
    "images/super_resolution/shuffle",
    not_yet="Write the body of `shuffle(h, r)` and return the large pictures.",
    right="No number changes, only its place: the shuffle costs nothing.",
    hints=[
        "Give the channels two axes: h.reshape(n, r, r, H, W) is [B, a, b, i, j].",
        "A row of the result is r * i + a, so i and a must stand beside each other, i first.",
        ".permute(0, 3, 1, 4, 2).reshape(n, 1, r * H, r * W)",
    ],
)
def shuffle(answer) -> None:
    """The sub-pixel shuffle of one channel."""
    cases = [(CHANNELS, 2), (NINE, 3)]
    same_on(answer, _shuffle, cases=cases, mistakes=SHUFFLE_MISTAKES)
    why = "A network is trained through the shuffle: keep to torch, without detach() or .data."
    same_gradients(answer, _shuffle, cases[0], [0], why)


LARGE = torch.linspace(-2, 3, 2 * 4 * 6).reshape(2, 1, 4, 6).sin()
SMALL = torch.linspace(1, -1, 2 * 2 * 3).reshape(2, 1, 2, 3)


def _down(y: Tensor) -> Tensor:
    return F.avg_pool2d(y, 2)


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2)


def _step_back(y: Tensor, x: Tensor) -> Tensor:
    return y + _up(x - _down(y))


STEP_MISTAKES = {
    "The sign is wrong: what is missing is x minus the shrunk y, and it is added.": (
        lambda y, x: y - _up(x - _down(y))
    ),
    "That is what is missing, enlarged; add it to y.": lambda y, x: _up(x - _down(y)),
    "That is the small picture, enlarged: it forgets all that y knows.": lambda y, x: (
        _up(x) + 0 * y
    ),
    "You added the whole small picture; add what y lacks of it.": lambda y, x: y + _up(x),
    "y comes back as it was.": lambda y, x: y + 0 * _up(x),
    "That is y, shrunk and enlarged: compare the shrunk y with x, and add what is missing.": (
        lambda y, x: _up(_down(y)) + 0 * _up(x)
    ),
    "You took one pixel of each square; shrinking takes the mean of its four.": (
        lambda y, x: y + _up(x - y[..., ::2, ::2])
    ),
    "You took the sum of each square; shrinking takes its mean.": (
        lambda y, x: y + _up(x - 4 * _down(y))
    ),
    "You took the largest of each square; shrinking takes its mean.": (
        lambda y, x: y + _up(x - F.max_pool2d(y, 2))
    ),
    "You divided what is missing by 4: each of the four pixels lacks all of it.": (
        lambda y, x: y + _up(x - _down(y)) / 4
    ),
    "You took half a step; take the whole one.": lambda y, x: y + _up(x - _down(y)) / 2,
}


@exercise(
    "images/super_resolution/step_back",
    not_yet="Write the body of `step_back(y, x)` and return the mended picture.",
    right="With these two, one step is enough: the result shrinks to x at once.",
    hints=[
        "Shrink y: F.avg_pool2d(y, 2). What does it lack of x?",
        "Enlarge what is missing: F.interpolate(lacks, scale_factor=2).",
        "y + F.interpolate(x - F.avg_pool2d(y, 2), scale_factor=2)",
    ],
)
def step_back(answer) -> None:
    """One step of back-projection with the mean of a square and repeated pixels."""
    cases = [(LARGE, SMALL), (LARGE[:1, :, :2, :2] + 1, SMALL[1:, :, :1, :1])]
    same_on(answer, _step_back, cases=cases, mistakes=STEP_MISTAKES)


def _rows(*told: tuple[int, float]) -> Tensor:
    """Probabilities ``[N, 11]``: each row gives one class its share, the others the rest."""
    p = torch.stack([torch.full((11,), (1 - share) / 10) for _, share in told])
    for row, (digit, share) in enumerate(told):
        p[row, digit] = share
    return p


CASES = [
    (
        _rows((3, 0.95), (5, 0.99), (10, 0.97), (8, 0.6), (1, 0.92), (7, 0.5), (2, 0.94), (0, 0.2)),
        torch.tensor([3, 3, 4, 3, 7, 7, 6, 9]),
    ),
    (
        _rows((9, 0.93), (4, 0.91), (10, 0.99), (5, 0.9), (1, 0.95)),
        torch.tensor([4, 9, 2, 6, 1]),
    ),
    (_rows((2, 0.95), (6, 0.85), (10, 0.7)), torch.tensor([2, 0, 1])),
    (_rows((2, 0.95), (6, 0.97), (4, 0.6), (5, 0.92)), torch.tensor([2, 6, 1, 0])),
]


def _invented(p: Tensor, labels: Tensor) -> float:
    sure, said = p.max(1)
    return ((sure > 0.9) & (said != labels) & (said != 10)).float().mean().item()


def _share(p: Tensor, labels: Tensor, *, sure=0.9, other=True, digit=True) -> float:
    """The share with some of the three conditions left out."""
    most, said = p.max(1)
    chosen = most > sure
    if other:
        chosen &= said != labels
    if digit:
        chosen &= said != 10
    return chosen.float().mean().item()


def _among(p: Tensor, labels: Tensor, which) -> float:
    chosen = which(*p.max(1))
    found = ((p.max(1).values > 0.9) & (p.argmax(1) != labels) & (p.argmax(1) != 10)) & chosen
    return found.sum().item() / max(chosen.sum().item(), 1)


INVENTED_MISTAKES = {
    "Class 10 is 'not a digit': a refusal is no other digit.": (
        lambda p, t: _share(p, t, digit=False)
    ),
    "You counted unsure ones, too: the probability must be above 0.9.": (
        lambda p, t: _share(p, t, sure=0.0)
    ),
    "You counted all that is not read rightly: a refusal and an unsure reading do not count.": (
        lambda p, t: _share(p, t, sure=0.0, digit=False)
    ),
    "You counted right ones, too: the digit must differ from the label.": (
        lambda p, t: _share(p, t, other=False)
    ),
    "You counted the ones that are read rightly.": lambda p, t: (
        ((p.max(1).values > 0.9) & (p.argmax(1) == t)).float().mean().item()
    ),
    "You counted all sure ones: the digit must differ from the label, and be a digit.": (
        lambda p, t: _share(p, t, other=False, digit=False)
    ),
    "You gave the number of them; divide by the number of pictures.": (
        lambda p, t: len(p) * _invented(p, t)
    ),
    "You divided by the number of sure ones; divide by all pictures.": (
        lambda p, t: _among(p, t, lambda most, said: most > 0.9)
    ),
    "You divided by the number of wrong ones; divide by all pictures.": (
        lambda p, t: _among(p, t, lambda most, said: said != t)
    ),
    "You divided by the number of those read as another digit; divide by all pictures.": (
        lambda p, t: _among(p, t, lambda most, said: (said != t) & (said != 10))
    ),
    "You call it sure from 0.5 on; here it must be above 0.9.": lambda p, t: _share(p, t, sure=0.5),
    "That is 1 minus the share.": lambda p, t: 1 - _invented(p, t),
}


@exercise(
    "images/super_resolution/invented",
    not_yet="Write the body of `invented(p, labels)` and return one number.",
    right="A blurred digit warns its reader; these do not.",
    hints=[
        "Three conditions: sure, another than the label, and a digit at all.",
        "sure, said = p.max(1) gives both how sure and which class.",
        "((sure > 0.9) & (said != labels) & (said != 10)).float().mean()",
    ],
)
def invented(answer) -> None:
    """The share of pictures that the judge surely takes for another digit."""
    same_on(answer, _invented, cases=CASES, mistakes=INVENTED_MISTAKES)


question(
    "images/super_resolution/q1",
    "A fence in a small photograph has broad bars that the real fence does not have. What "
    "happened?",
    options={
        "a": ("Lanczos overshoots at edges.", "That gives a thin halo, no broad bars."),
        "b": (
            "Aliasing: it was shrunk without averaging.",
            "A fine pattern has turned into a coarse one.",
        ),
        "c": (
            "A net enlarged it, and invented the bars on the way.",
            "It is a small photograph: nothing was enlarged.",
        ),
    },
    answer="b",
)

question(
    "images/super_resolution/q2",
    "A report claims 1 dB over bicubic. What do you ask first?",
    options={
        "a": (
            "How both were measured, and what Lanczos gains.",
            "One function must measure both; and half a decibel lies in the choice of the "
            "baseline alone.",
        ),
        "b": (
            "How many weights the network has, and how long it learnt.",
            "That says what it costs, not what it gains.",
        ),
        "c": (
            "Whether a critic had a part in its training as well.",
            "The number would be no more or less fair.",
        ),
    },
    answer="a",
)

question(
    "images/super_resolution/q3",
    "Why does a net trained on squared error draw blurred digits from 4 x 4 pixels?",
    options={
        "a": (
            "It has too few weights for the strokes of ten digits.",
            "More weights find the same mean more exactly.",
        ),
        "b": ("The shuffle blurs.", "The shuffle moves numbers and changes none."),
        "c": (
            "Several digits fit, and their mean errs least.",
            "The mean of several sharp pictures is blurred.",
        ),
    },
    answer="c",
)

question(
    "images/super_resolution/q4",
    "An enlarger is excellent on your test set and worse than bicubic on your phone's pictures. "
    "What is the first suspect?",
    options={
        "a": (
            "The degradation that training assumed.",
            "The phone shrinks, sharpens or compresses otherwise.",
        ),
        "b": ("Too few training steps.", "Then it would be poor on the test set, too."),
        "c": ("The phone's pictures are too large.", "The net works on any size."),
    },
    answer="a",
)

question(
    "images/super_resolution/q5",
    "An enlarged number plate shrinks exactly to the small one. Does that prove that it is right?",
    options={
        "a": ("Yes: it passed the only test that there is.", "So do many other plates."),
        "b": (
            "No: so do many other plates.",
            "Many large pictures shrink to the same small one: the test can refute, not prove.",
        ),
        "c": ("No: an exact fit is suspicious.", "The true plate fits exactly, too."),
    },
    answer="b",
)
