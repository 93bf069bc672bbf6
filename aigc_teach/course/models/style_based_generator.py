"""Exercises and questions of the lesson on style-based generators."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import same_gradients, same_on
from ...lab.register import exercise, question

WEIGHT = torch.tensor([[[[0.5, -1.0], [0.2, 0.9]], [[0.3, -0.7], [1.1, 0.4]]]]).repeat(3, 1, 1, 1)
WEIGHT = WEIGHT * torch.tensor([1.0, -2.0, 0.5])[:, None, None, None]  # [3, 2, 2, 2]
WEIGHT = WEIGHT + torch.linspace(-0.4, 0.4, 24).reshape(3, 2, 2, 2)
SQUARE = torch.linspace(-1, 1.3, 16).reshape(2, 2, 2, 2)  # as many channels in as out
STYLE = torch.tensor([[0.6, -1.5], [2.0, 0.3], [1.1, 0.9], [-0.2, 0.7]])  # [4, 2]


def _modulated(weight: Tensor, style: Tensor) -> Tensor:
    return weight[None] * style[:, None, :, None, None]  # [N, O, I, k, k]


def _over(scaled: Tensor, axes: tuple[int, ...]) -> Tensor:
    return scaled / scaled.square().sum(axes, keepdim=True).sqrt()


def _weights(weight: Tensor, style: Tensor) -> Tensor:
    return _over(_modulated(weight, style), (2, 3, 4))


def _outputs_scaled(weight: Tensor, style: Tensor) -> Tensor:
    """The mistake of the wrong axis; it fits only where there are as many channels in as out."""
    if style.shape[1] != weight.shape[0]:
        return torch.zeros(len(style), *weight.shape)
    return _over(weight[None] * style[:, :, None, None, None], (2, 3, 4))


WEIGHTS_MISTAKES = {
    "That is modulation alone: now divide each output channel's weights by their length.": (
        _modulated
    ),
    "The style scales the input's channels, the second axis of the weight; you scaled the first.": (
        _outputs_scaled
    ),
    "Divide by the length: the root of the sum of squares. Your root is missing.": (
        lambda w, s: _modulated(w, s) / _modulated(w, s).square().sum((2, 3, 4), keepdim=True)
    ),
    "You multiplied by the length; divide by it.": (
        lambda w, s: (
            _modulated(w, s) * _modulated(w, s).square().sum((2, 3, 4), keepdim=True).sqrt()
        )
    ),
    "You divided each input channel's kernel by its own length: the sum goes over the input "
    "channels too, or the style cancels.": lambda w, s: _over(_modulated(w, s), (3, 4)),
    "You summed over the output channels as well: each of them has its own length.": (
        lambda w, s: _over(_modulated(w, s), (1, 2, 3, 4))
    ),
    "You summed over the whole batch: each item has its own length.": (
        lambda w, s: _over(_modulated(w, s), (0, 2, 3, 4))
    ),
    "That is the mean of the squares; the length is the root of their sum.": (
        lambda w, s: (
            _modulated(w, s) / _modulated(w, s).square().mean((2, 3, 4), keepdim=True).sqrt()
        )
    ),
    "You divided by the length of the weights before the style: the style's own size stays in.": (
        lambda w, s: _modulated(w, s) / w[None].square().sum((2, 3, 4), keepdim=True).sqrt()
    ),
    "You divided by the sum of absolute values; the variance asks for squares.": (
        lambda w, s: _modulated(w, s) / _modulated(w, s).abs().sum((2, 3, 4), keepdim=True)
    ),
    "The style is squared in the weights themselves; only inside the root it is.": (
        lambda w, s: (
            _modulated(w, s * s) / _modulated(w, s).square().sum((2, 3, 4), keepdim=True).sqrt()
        )
    ),
    "The style is not used: there must be one set of weights for each item.": (
        lambda w, s: _over(w[None].expand(len(s), *w.shape), (2, 3, 4))
    ),
}


@exercise(
    "models/style_based_generator/weights",
    not_yet="Write the body of `weights(weight, style)` and return [N, O, I, k, k].",
    right="One shared weight, and for every item its own: as many as there are styles.",
    hints=[
        "Equation 1: w' = s_i w. Which axis of [O, I, k, k] is i?",
        "scaled = weight[None] * style[:, None, :, None, None] has the shape [N, O, I, k, k].",
        "Equation 3: divide by the root of the sum of squares over the axes 2, 3 and 4.",
    ],
)
def weights(answer) -> None:
    """Modulated and demodulated weights of each item."""
    cases = [(WEIGHT, STYLE), (SQUARE, STYLE[:2]), (SQUARE, STYLE[1:]), (WEIGHT, STYLE[:1])]
    same_on(answer, _weights, cases=cases, mistakes=WEIGHTS_MISTAKES)
    why = "Weight and style both learn through the result, also through its length."
    same_gradients(answer, _weights, cases[0], [0, 1], why)


MEAN = torch.tensor([0.8, -0.3, 1.2])
CODES = torch.tensor([[1.5, -2.0, 0.4], [0.1, 0.6, 2.2]])


def _truncate(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    return mean + psi * (w - mean)


TRUNCATE_MISTAKES = {
    "You shrank w towards 0. The middle of all styles is their mean, not 0.": (
        lambda w, m, p: p * w + 0 * m
    ),
    "psi = 1 must leave w, and yours gives the mean: the two parts are swapped.": (
        lambda w, m, p: _truncate(w, m, 1 - p)
    ),
    "w and the mean are swapped: start from the mean.": lambda w, m, p: w + p * (m - w),
    "You added the mean to psi w without taking it out of w first.": lambda w, m, p: m + p * w,
    "That is the part that remains; add the mean again.": lambda w, m, p: p * (w - m),
    "You went away from the mean: the difference is w - mean.": (lambda w, m, p: m + p * (m - w)),
    "psi is not used.": lambda w, m, p: w + 0 * m,
    "You cut w off at psi from the mean. Truncation here draws every style nearer, by the factor "
    "psi.": lambda w, m, p: torch.minimum(torch.maximum(w, m - p), m + p),
    "That is the mean alone; psi says how much of w is left.": lambda w, m, p: m + 0 * w,
    "You took the mean of the batch that is to be truncated; use the mean that is given.": (
        lambda w, m, p: _truncate(w, w.mean(0), p)
    ),
    "You cut each number to [-psi, psi]; truncation here draws the whole style to the mean.": (
        lambda w, m, p: w.clamp(-p, p)
    ),
}


@exercise(
    "models/style_based_generator/truncate",
    not_yet="Write the body of `truncate(w, mean, psi)` and return styles.",
    right="1 leaves every style, 0 makes all of them the mean.",
    hints=[
        "Which style must come out at psi = 0? Which at psi = 1?",
        "Write w as the mean and what differs from it; keep the share psi of the difference.",
        "mean + psi * (w - mean)",
    ],
)
def truncate(answer) -> None:
    """Styles drawn towards their mean."""
    cases = [(CODES, MEAN, 0.7), (CODES, -MEAN, 0.2), (CODES[:1], MEAN, 1.0), (CODES, MEAN, 0.0)]
    same_on(answer, _truncate, cases=cases, mistakes=TRUNCATE_MISTAKES)


A = torch.tensor([[0.5, -1.0, 0.2], [0.9, 0.3, -0.7]])
B = torch.tensor([[-0.4, 0.8, 1.1], [0.2, -0.6, 0.5]])
T = torch.tensor([[0.25], [0.7]])
TURN = torch.tensor([[1.0, 0.5], [-0.8, 2.0], [0.3, -1.2]])


def bent(w: Tensor) -> Tensor:
    """A generator of two pixels that no straight line describes: ``[N, 3] -> [N, 2]``."""
    return (w @ TURN).tanh() * 3


def flat(w: Tensor) -> Tensor:
    """A linear one."""
    return w @ TURN


def _at(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return a + t * (b - a)


def _length(f, a: Tensor, b: Tensor, t: Tensor, eps: float) -> Tensor:
    step = f(_at(a, b, t + eps)) - f(_at(a, b, t))
    return step.square().sum(1) / eps**2


LENGTH_MISTAKES = {
    "Divide by eps squared: a distance that is squared shrinks with eps squared.": (
        lambda f, a, b, t, e: _length(f, a, b, t, e) * e
    ),
    "The division by eps squared is missing.": lambda f, a, b, t, e: _length(f, a, b, t, e) * e**2,
    "The distance must be squared: yours has a root.": (
        lambda f, a, b, t, e: _length(f, a, b, t, e).sqrt()
    ),
    "That is the difference of the two ends; take two neighbouring points of the path.": (
        lambda f, a, b, t, e: (f(b) - f(a)).square().sum(1)
    ),
    "That is the mean over the pixels; the distance is a sum.": (
        lambda f, a, b, t, e: _length(f, a, b, t, e) / 2
    ),
    "You measured the step in the code; measure it in the picture: call f.": (
        lambda f, a, b, t, e: (e * (b - a)).square().sum(1) / e**2 + 0 * f(a).sum(1)
    ),
    "The ends are swapped: t = 0 is a.": lambda f, a, b, t, e: _length(f, b, a, t, e),
    "You added eps to the code; add it to t.": (
        lambda f, a, b, t, e: (f(_at(a, b, t) + e) - f(_at(a, b, t))).square().sum(1) / e**2
    ),
    "You stepped from the start of the path; step from the place t.": (
        lambda f, a, b, t, e: _length(f, a, b, 0 * t, e)
    ),
    "You summed over the items too: one number for each.": (
        lambda f, a, b, t, e: _length(f, a, b, t, e).sum()
    ),
    "You averaged over the items: one number for each.": (
        lambda f, a, b, t, e: _length(f, a, b, t, e).mean()
    ),
}


@exercise(
    "models/style_based_generator/length",
    not_yet="Write the body of `length(f, a, b, t, eps)` and return one number for each item.",
    right="Of a path that is straight in the pictures it is the squared distance of its ends.",
    hints=[
        "The path: a + t (b - a). Its neighbour: the same with t + eps.",
        "Call f on both points; take the sum of the squared differences over the axis 1.",
        "Divide by eps**2, so that the result does not depend on how small the step was.",
    ],
)
def length(answer) -> None:
    """Squared speed of the picture along a path between two codes, [N]."""
    cases = [(bent, A, B, T, 0.01), (flat, B, A, T, 0.1), (bent, A[:1], B[1:], T[:1], 0.05)]
    same_on(answer, _length, cases=cases, mistakes=LENGTH_MISTAKES)


question(
    "models/style_based_generator/q1",
    "The style of one layer is multiplied by 10. With demodulation, what happens to the layer's "
    "convolution?",
    options={
        "a": ("Its output is ten times as large.", "That is what happens without demodulation."),
        "b": (
            "Nothing.",
            "Numerator and length grow alike: what counts is how the channels' styles compare.",
        ),
        "c": (
            "Its output is normalised by its own measured spread.",
            "That is AdaIN; demodulation looks at the weights, not at the output.",
        ),
    },
    answer="b",
)

question(
    "models/style_based_generator/q2",
    "Why does nobody build the weights of each item?",
    options={
        "a": (
            "They would be other weights than those that were trained.",
            "They are the same weights; the result agrees to rounding.",
        ),
        "b": (
            "Scaling the channels of input and output does the same.",
            "A convolution is linear in each input channel, so a factor may stand before it, and "
            "one convolution serves all items.",
        ),
        "c": ("Gradients cannot pass through them.", "They can, in both forms, and agree."),
    },
    answer="b",
)

question(
    "models/style_based_generator/q3",
    "You mix two faces: layers 0 and 1 from A, 2 and 3 from B. Then you do it with A in the "
    "place of B. What comes out?",
    options={
        "a": ("The mean face.", "The mean comes from truncation 0."),
        "b": ("Another face, by chance.", "Without fresh noise no chance is left."),
        "c": ("The face A.", "All layers have the style of A then."),
    },
    answer="c",
)

question(
    "models/style_based_generator/q4",
    "A colleague truncates with psi = 0.5 and reports a higher share of good pictures. What do "
    "you ask for?",
    options={
        "a": ("More training steps.", "The trade does not end with more training."),
        "b": ("Another seed of the noise.", "Noise is the least that a picture depends on here."),
        "c": (
            "A measure of variety.",
            "Truncation buys quality with variety; one picture at a time does not show it.",
        ),
    },
    answer="c",
)

question(
    "models/style_based_generator/q5",
    "A path is shorter in w than in z. What does that alone say?",
    options={
        "a": (
            "The picture changes more evenly along it, by the distance that was used.",
            "With another distance, or other ends, the comparison must be made again.",
        ),
        "b": (
            "Every attribute has an axis of its own in w.",
            "A short path says nothing about axes.",
        ),
        "c": ("The pictures are better.", "Paths and pictures are measured apart."),
    },
    answer="a",
)
