"""Exercises and questions of lesson 00: the first generated images."""

from __future__ import annotations

import torch
from torch import Tensor

from ..checkers import Wrong, call, function, number, require, same_on
from . import exercise, question

BYTES = torch.tensor([[0, 1, 127], [128, 254, 255]], dtype=torch.uint8)


def _to_model_range(pixels: Tensor) -> Tensor:
    return pixels.float() / 127.5 - 1


@exercise(
    "00/to_model_range",
    not_yet="Write the body of `to_model_range(pixels)` and return the rescaled tensor.",
    right="0 becomes -1, 255 becomes 1, and 127.5, the middle, would become 0.",
    hints=[
        "Two steps: first scale so that the whole range is 2 wide, then shift it.",
        "Bytes cannot hold fractions or negative numbers: begin with pixels.float().",
        "Dividing by 127.5 gives 0 to 2; what is left to do?",
    ],
)
def to_model_range(answer) -> None:
    """A function from bytes 0..255 to float in [-1, 1]."""
    # called first by itself: what went wrong with the type is said before the numbers
    result = call(function(answer), BYTES.clone())
    if isinstance(result, Tensor) and not result.is_floating_point():
        raise Wrong(
            f"Your result is {result.dtype}, whole numbers, so every fraction is lost. "
            "Turn the bytes into float before you divide."
        )
    same_on(
        answer,
        _to_model_range,
        cases=[(BYTES,)],
        mistakes={
            "Your result lies between 0 and 1: black must become -1, not 0.": lambda p: (
                p.float() / 255
            ),
            "Your result lies between 0 and 2: the right width, but it still has to be shifted.": (
                lambda p: p.float() / 127.5
            ),
            "Your result lies between -0.5 and 0.5: the middle is right, the width is half.": (
                lambda p: p.float() / 255 - 0.5
            ),
            "Your picture is negative: 0 became 1 and 255 became -1.": (
                lambda p: 1 - p.float() / 127.5
            ),
            "You divided by 128, so 255 becomes 0.992; divide by half of 255.": (
                lambda p: p.float() / 128 - 1
            ),
        },
    )


def _verdicts() -> Tensor:
    """Seven pictures: four sure digits, two unsure ones, one sure refusal."""
    p = torch.zeros(7, 11)
    p[0, 7] = p[1, 2] = p[2, 5] = p[3, 0] = 0.95
    p[:4, 10] = 0.05
    p[4:6, 3], p[4:6, 8] = 0.60, 0.40
    p[6, 10], p[6, 5] = 0.97, 0.03
    return p


def _good_share(probabilities: Tensor) -> float:
    surest, verdict = probabilities.max(dim=1)
    return ((verdict < 10) & (surest > 0.9)).float().mean().item()


@exercise(
    "00/good_share",
    not_yet="Write the body of `good_share(probabilities)` and return one number.",
    right="Both conditions are needed: a sure refusal is not a good digit, nor is an unsure guess.",
    hints=[
        "probabilities.max(dim=1) gives the largest probability of each row and its position.",
        "Two conditions on each row can be joined with &: (a < 10) & (b > 0.9).",
        "The share of True in a tensor of True and False is tensor.float().mean().",
    ],
)
def good_share(answer) -> None:
    """A function from probabilities [N, 11] to the share of good pictures."""
    mistakes = {
        "You counted sure refusals as good: position 10 means 'this is not a digit'.": (
            lambda p: (p.max(dim=1).values > 0.9).float().mean().item()
        ),
        "You counted unsure digits as good: the probability must be above 0.9 as well.": (
            lambda p: (p.argmax(dim=1) < 10).float().mean().item()
        ),
        "You gave the number of good pictures; their share is that number divided by N.": (
            lambda p: _good_share(p) * len(p)
        ),
        "You gave a percentage; a share lies between 0 and 1.": lambda p: 100 * _good_share(p),
        "You gave the share of bad pictures.": lambda p: 1 - _good_share(p),
    }
    for verdicts in (_verdicts(), _verdicts()[2:]):
        given = number(call(function(answer), verdicts.clone()))
        truth = _good_share(verdicts)
        if abs(given - truth) < 1e-6:
            continue
        for sentence, wrong in mistakes.items():
            require(abs(given - wrong(verdicts)) > 1e-6, sentence)
        raise Wrong(
            f"For a judge who is sure of {round(truth * len(verdicts))} digits among "
            f"{len(verdicts)} pictures the share is {truth:.2f}; you gave {given:.2f}."
        )


question(
    "00/q1",
    "What does the generator learn from, if it never sees a real picture?",
    options={
        "a": ("From the labels.", "A label says what to draw, not how good the drawing is."),
        "b": (
            "From the critic's opinion of its pictures.",
            "The gradient of that opinion says how each weight should change.",
        ),
        "c": (
            "From the nearest training picture.",
            "It never sees one, and no distance to one is part of its loss.",
        ),
    },
    answer="b",
)

question(
    "00/q2",
    "The critic's loss stays near 1.39 = 2 ln 2. What do you know?",
    options={
        "a": (
            "The pictures are as good as real ones.",
            "A weak or broken critic shows the same value: it only says that it cannot tell.",
        ),
        "b": ("The critic has won.", "A critic that has won has a loss near 0."),
        "c": (
            "The critic cannot tell real from generated; nothing is proved about the pictures.",
            "That is all the number says. Look at samples, and measure them.",
        ),
    },
    answer="c",
)

question(
    "00/q3",
    "Two samples have the same label and different codes z. What differs?",
    options={
        "a": ("How the digit is drawn.", "Slant, width and shape come from the code."),
        "b": ("Which digit is drawn.", "That is decided by the label."),
        "c": ("Nothing.", "The code is the only source of variety within a class: it decides how."),
    },
    answer="a",
)

question(
    "00/q4",
    "A model draws perfect ones, whatever it is asked. Which number gives it away?",
    options={
        "a": ("The share of good pictures.", "Each single picture is a good digit: it can be 1."),
        "b": (
            "The share of the rarest class.",
            "It is 0, because nine digits are never drawn.",
        ),
        "c": (
            "The generator's loss.",
            "It only says what this critic thinks of these pictures, one by one.",
        ),
    },
    answer="b",
)

question(
    "00/q5",
    "All samples look alike and the critic's loss is nearly 0. What do you look at first?",
    options={
        "a": (
            "The number of training steps.",
            "More steps do not help a generator whose critic has already won.",
        ),
        "b": (
            "The smallest and largest value of real and of generated pictures.",
            "If the ranges differ, the critic needs no more than the background.",
        ),
        "c": (
            "The seed.",
            "A game that one player wins for such a reason is lost with any seed.",
        ),
    },
    answer="b",
)
