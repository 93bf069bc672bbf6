"""Exercises and questions of lesson 00: the first generated images."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, function, same_on
from ...lab.register import exercise, question

# the second picture is dim: whoever scales by a picture's own brightest pixel is found out
BYTES = torch.tensor([[0, 3, 127], [128, 200, 255]], dtype=torch.uint8)
DIM = torch.tensor([10, 50, 100], dtype=torch.uint8)


def _to_model_range(pixels: Tensor) -> Tensor:
    return pixels.float() / 127.5 - 1


@exercise(
    "start/first_image/to_model_range",
    not_yet="Write the body of `to_model_range(pixels)` and return the rescaled tensor.",
    right="0 becomes -1, 255 becomes 1, and 127.5, the middle, would become 0.",
    hints=[
        "Bytes cannot hold fractions or negative numbers: begin with pixels.float().",
        "Two steps are left: scale, so that the whole range is 2 wide; then shift it.",
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
    same_on(answer, _to_model_range, cases=[(BYTES,), (DIM,)], mistakes=RANGE_MISTAKES)


WRAPPED = (
    "Bytes wrapped round: they cannot go below 0 or above 255. Convert with .float() before "
    "you add, subtract or multiply."
)
RANGE_MISTAKES = {
    "Your result lies between 0 and 1: black must become -1, not 0.": lambda p: p / 255,
    "Your result lies between 0 and 2: the right width, but it still has to be shifted.": (
        lambda p: p / 127.5
    ),
    "Your result lies between -0.5 and 0.5: the middle is right, the width is half.": (
        lambda p: p / 255 - 0.5
    ),
    "Your picture is negative: 0 became 1 and 255 became -1.": lambda p: 1 - p / 127.5,
    "You divided by 128, so 255 becomes 0.992; divide by half of 255.": lambda p: p / 128 - 1,
    "You divided by 127, so 255 becomes 1.008; divide by half of 255.": lambda p: p / 127 - 1,
    "// drops the fraction; divide with a single /.": lambda p: p // 127.5 - 1,
    WRAPPED: lambda p: (p - 128) / 128,
    WRAPPED + " (And the middle of 0 to 255 is 127.5.)": lambda p: (p - 127) / 128,
    WRAPPED + " (255 times 2 is far above 255.)": lambda p: p * 2 / 255 - 1,
    "You scaled by this picture's own brightest pixel; 255 is the top for every picture.": (
        lambda p: 2 * p.float() / p.max() - 1
    ),
    "You scaled by this picture's own darkest and brightest pixel; use 0 and 255 for all.": (
        lambda p: 2 * (p.float() - p.min()) / (p.max() - p.min()) - 1
    ),
}


def _verdicts() -> Tensor:
    """Fifteen pictures: a sure one of each digit, three unsure ones, two sure refusals."""
    p = torch.zeros(15, 11)  # rows sum to 1
    p[:10, :10] = 0.95 * torch.eye(10)
    p[:10, 10] = 0.05
    p[10:13, 3], p[10:13, 8] = 0.60, 0.40
    p[13:, 10], p[13:, 5] = 0.97, 0.03
    return p


def _good(p: Tensor) -> Tensor:
    surest, verdict = p.max(dim=1)
    return (verdict < 10) & (surest > 0.9)


def _good_share(p: Tensor) -> float:
    return _good(p).float().mean().item()


SHARE_MISTAKES = {
    "You counted sure refusals as good: position 10 means 'this is not a digit'.": (
        lambda p: (p.max(1).values > 0.9).float().mean()
    ),
    "You counted unsure digits as good: the probability must be above 0.9 as well.": (
        lambda p: (p.argmax(1) < 10).float().mean()
    ),
    "Either condition was enough for you; a good picture meets both (&, not |).": (
        lambda p: ((p.argmax(1) < 10) | (p.max(1).values > 0.9)).float().mean()
    ),
    "You gave the number of good pictures; their share is that number divided by N.": (
        lambda p: _good(p).sum()
    ),
    "You divided by 11, the number of classes; divide by N, the number of pictures.": (
        lambda p: _good(p).sum() / 11
    ),
    "You averaged over all 11 N entries; each picture gets one verdict.": (
        lambda p: (p > 0.9).float().mean()
    ),
    "You left out the digit 9: positions 0 to 9 are ten columns, [:, :10].": (
        lambda p: (p[:, :9].max(1).values > 0.9).float().mean()
    ),
    "You left out the digit 0: the first position is 0, not 1.": (
        lambda p: (p[:, 1:10].max(1).values > 0.9).float().mean()
    ),
    "You gave a percentage; a share lies between 0 and 1.": lambda p: 100 * _good_share(p),
    "You gave the share of bad pictures.": lambda p: 1 - _good_share(p),
    "You counted the unsure ones: the probability must be above 0.9, not below.": (
        lambda p: ((p.argmax(1) < 10) & (p.max(1).values < 0.9)).float().mean()
    ),
    "You counted the refusals: a digit has one of the positions 0 to 9.": (
        lambda p: ((p.argmax(1) >= 10) & (p.max(1).values > 0.9)).float().mean()
    ),
}


@exercise(
    "start/first_image/good_share",
    not_yet="Write the body of `good_share(probabilities)` and return one number.",
    right="Both conditions are needed: a sure refusal is not a good digit, nor is an unsure guess.",
    hints=[
        "For each row ask two things: which position is surest, and how sure is it?",
        "probabilities.max(dim=1) answers both: the largest of each row, and its position. "
        "Two conditions are joined with &, each in brackets: (a < 10) & (b > 0.9).",
        "The share of True in a tensor of True and False is tensor.float().mean().",
    ],
)
def good_share(answer) -> None:
    """A function from probabilities [N, 11] to the share of good pictures."""
    cases = [(_verdicts(),), (_verdicts()[6:],)]  # a coincidence on one is none on both
    same_on(answer, _good_share, cases=cases, mistakes=SHARE_MISTAKES)


question(
    "start/first_image/q1",
    "What does the generator learn from, if it never sees a real picture?",
    options={
        "a": ("From the labels.", "A label says what to draw, not how good the drawing is."),
        "b": (
            "From the critic's opinion of its pictures.",
            "How that opinion would change tells the generator how to change its weights.",
        ),
        "c": (
            "From the nearest training picture.",
            "It never sees one, and no distance to one is part of its loss.",
        ),
    },
    answer="b",
)

question(
    "start/first_image/q2",
    "The critic's loss stays near 1.39 = 2 ln 2. What do you know?",
    options={
        "a": (
            "The pictures are as good as real ones.",
            "A weak or broken critic shows the same value.",
        ),
        "b": (
            "The critic has won: nothing that is generated fools it any more.",
            "A critic that has won has a loss near 0.",
        ),
        "c": (
            "Its answers are worth no more than 50 : 50.",
            "That is all the number says; about the pictures it proves nothing. Look at samples, "
            "and measure them.",
        ),
    },
    answer="c",
)

question(
    "start/first_image/q3",
    "Two samples have the same label and different codes z. What differs?",
    options={
        "a": ("How the digit is drawn.", "Slant, width and shape come from the code."),
        "b": ("Which of the ten digits is drawn.", "That is decided by the label."),
        "c": (
            "Nothing: the label alone decides the picture.",
            "The code is the only source of variety within a class: it decides how.",
        ),
    },
    answer="a",
)

question(
    "start/first_image/q4",
    "A model draws perfect ones, whatever it is asked. Which number gives it away?",
    options={
        "a": ("The share of good pictures.", "Each single picture is a good digit: it can be 1."),
        "b": ("The share of the rarest class.", "It is 0, because nine digits are never drawn."),
        "c": (
            "The generator's loss.",
            "It only says what this critic thinks of these pictures, one by one.",
        ),
    },
    answer="b",
)

question(
    "start/first_image/q5",
    "All samples look alike and the critic's loss is nearly 0. What do you look at first?",
    options={
        "a": (
            "The number of training steps: were there enough?",
            "More steps do not help a generator whose critic has already won.",
        ),
        "b": (
            "The seed: is it an unlucky one?",
            "A game that one player wins for such a reason is lost with any seed.",
        ),
        "c": (
            "The ranges of both kinds: are they the same?",
            "Print the smallest and the largest value of each: if they differ, the critic needs "
            "no more than the background.",
        ),
    },
    answer="c",
)
