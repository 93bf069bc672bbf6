"""Exercises of the lesson on notebooks that crash: sizes, and a door for shapes."""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checkers import Wrong, function, require, same_on
from ..words import error_text
from . import exercise

# ------------------------------------------------------------------ the start


def _start(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        rest = side + 2 * padding - kernel
        if rest < 0 or rest % stride:
            return 0
        side = rest // stride + 1
    return side


def _rounded(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        side = (side + 2 * padding - kernel) // stride + 1
    return max(side, 0)


def _as_convolution(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        side = (side - 1) * stride - 2 * padding + kernel
    return side


def _divided(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side, rest = divmod(target, stride**layers)
    return 0 if rest else side


STARTS = [
    (28, 2, 4, 2, 1),
    (32, 3, 4, 2, 1),
    (31, 3, 3, 2, 0),
    (29, 2, 3, 2, 0),  # 14 on the way, and then a half
    (30, 2, 5, 3, 1),
    (10, 1, 5, 3, 1),
    (34, 2, 4, 2, 0),
    (2, 1, 4, 2, 0),  # smaller than the kernel
    (13, 1, 5, 2, 2),
]


@exercise(
    "crashes/start",
    not_yet="Write the body of `start_side(...)` and return one int.",
    right="Backwards, layer by layer: a remainder anywhere means that no start gives this side.",
    hints=[
        "One layer forwards is o = (i - 1) * stride - 2 * padding + kernel. Solve it for i.",
        "i = (o + 2 * padding - kernel) / stride + 1, once for each layer, from the last back.",
        "If the division leaves a remainder, or its numerator is negative, return 0.",
    ],
)
def start(answer) -> None:
    """The side from which a chain begins: five ints -> an int."""
    same_on(answer, _start, STARTS, mistakes=START_MISTAKES)


START_MISTAKES = {
    "You divided by stride ** layers and dropped the remainder; kernel and padding count, too.": (
        lambda t, n, k, s, p: t // s**n
    ),
    "You went forwards: `target` is the side at the end, and the start is asked for.": (
        _as_convolution
    ),
    "You divided by stride ** layers; that is right only where a layer multiplies exactly.": (
        _divided
    ),
    "You round: where the division leaves a remainder, no start gives this side. Return 0.": (
        _rounded
    ),
    "You undid one layer only; there are `layers` of them.": (
        lambda t, n, k, s, p: _start(t, 1, k, s, p)
    ),
    "The padding is cut off at both ends: 2 * padding.": (
        lambda t, n, k, s, p: _start(t, n, k + p, s, p)
    ),
    "The padding has the wrong sign: it was cut off, so going back it is added.": (
        lambda t, n, k, s, p: _start(t, n, k + 4 * p, s, p)
    ),
    "You forgot the + 1: n positions have n - 1 gaps.": (
        lambda t, n, k, s, p: _without_one(t, n, k, s, p)
    ),
}


def _without_one(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        rest = side + 2 * padding - kernel
        if rest < 0 or rest % stride:
            return 0
        side = rest // stride
    return side


# ------------------------------------------------------------------ the door

ANSWERS = torch.tensor([[0.2], [0.9], [-0.4]])
LABELS = torch.tensor([[0.0], [1.0], [1.0]])
STRANGERS = [  # all but the last two would be stretched to fit
    (ANSWERS, LABELS[:, 0]),
    (ANSWERS[:, 0], LABELS),
    (ANSWERS, LABELS[:1]),
    (ANSWERS[:, :, None, None], torch.ones(3, 1, 4, 4)),
    (ANSWERS, torch.ones(3, 1, 4, 4)),
    (ANSWERS, torch.ones(2, 1)),
]


def _squared(answers: Tensor, labels: Tensor) -> Tensor:
    return ((answers - labels) ** 2).mean()


@exercise(
    "crashes/door",
    not_yet="Write the body of `loss(answers, labels)` and return one number.",
    right="Nothing is stretched at this door, and the message says what came.",
    hints=[
        "if answers.shape != labels.shape: raise ValueError(...)",
        'Name both: f"{list(answers.shape)} answers, {list(labels.shape)} labels".',
        "Labels: ((labels == 0) | (labels == 1)).all() must hold.",
    ],
)
def door(answer) -> None:
    """A squared error that refuses what does not fit: two tensors -> a number, or an error."""
    cases = [(ANSWERS, LABELS), (torch.linspace(-1, 1, 8).reshape(8, 1), torch.ones(8, 1))]
    cases.append((ANSWERS[:, 0], LABELS[:, 0]))
    same_on(answer, _squared, cases, mistakes=DOOR_MISTAKES)
    for answers, labels in STRANGERS:
        _refused(answer, answers, labels)
    for bad in (255.0, 0.5, -1.0, float("nan")):
        labels = LABELS.clone()
        labels[1] = bad
        said = _complaint(answer, ANSWERS, labels)
        require(said is not None, f"A label of {bad:g} passes; only 0 and 1 may.")


DOOR_MISTAKES = {
    "You took the sum; the mean is asked for.": lambda a, b: ((a - b) ** 2).sum(),
    "That is the binary cross-entropy; a squared error is asked for.": (
        F.binary_cross_entropy_with_logits
    ),
    "You did not square.": lambda a, b: (a - b).abs().mean(),
}


def _complaint(answer, answers: Tensor, labels: Tensor) -> str | None:
    try:
        function(answer)(answers.clone(), labels.clone())
    except (ValueError, AssertionError) as error:
        return str(error)
    except Exception as error:
        raise Wrong(
            f"For answers {list(answers.shape)} and labels {list(labels.shape)} it stops with "
            f"{error_text(error)} A ValueError or an AssertionError of your own is asked for."
        ) from error
    return None


def _refused(answer, answers: Tensor, labels: Tensor) -> None:
    said = _complaint(answer, answers, labels)
    pair = f"answers {list(answers.shape)} and labels {list(labels.shape)}"
    if said is None:
        raise Wrong(
            f"It takes {pair} without a word: broadcasting stretches them to "
            f"{list(torch.broadcast_shapes(answers.shape, labels.shape))}. Compare the shapes, "
            "not the number of elements or the first axis."
        )
    found = [re.findall(r"\d+", group) for group in re.findall(r"[\[(]([\d, ]*)[\])]", said)]
    shapes = [[str(n) for n in x.shape] for x in (answers, labels)]
    require(
        all(shape in found for shape in shapes),
        f"It refuses {pair}, and its message is {said!r}: name both shapes in it.",
    )
