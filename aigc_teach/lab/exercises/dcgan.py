"""Exercises and questions of the lesson on the DCGAN rules."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..checkers import same_on
from . import exercise, question


def _resize(height: int, width: int, inputs: int, outputs: int, kernel: int) -> int:
    return (2 * height) * (2 * width) * kernel**2 * inputs * outputs


@exercise(
    "dcgan/resize",
    not_yet="Write the body of `resize_cost(...)` and return one whole number.",
    right="Each of the four times as many pixels costs a whole kernel: with 3 x 3 that is 36 "
    "products for one input pixel, where the 4 x 4 transposed convolution has 16.",
    hints=[
        "Repeating pixels costs no multiplication. How large is the picture that is convolved?",
        "The convolution keeps the size: 2 height by 2 width outputs in each channel.",
        "Each output number is a sum over kernel * kernel * inputs products.",
    ],
)
def resize(answer) -> None:
    """The multiply-adds of repeating pixels 2 x 2 and convolving, for one picture."""
    same_on(
        answer,
        _resize,
        cases=[(7, 5, 64, 32, 3), (14, 14, 32, 1, 5)],
        mistakes={
            "You counted the places before the enlarging: the convolution runs after it.": (
                lambda h, w, i, o, k: h * w * k**2 * i * o
            ),
            "The picture grows along both axes: four times the pixels, not twice.": (
                lambda h, w, i, o, k: 2 * h * w * k**2 * i * o
            ),
            "A kernel has kernel times kernel taps: square it.": (
                lambda h, w, i, o, k: 4 * h * w * k * i * o
            ),
            "That counts multiplications and additions apart; a multiply-add is both at once.": (
                lambda h, w, i, o, k: 8 * h * w * k**2 * i * o
            ),
            "Each output channel looks at every input channel: both numbers are factors.": (
                lambda h, w, i, o, k: 4 * h * w * k**2 * o
            ),
            "You left out the output channels: each of them has kernels of its own.": (
                lambda h, w, i, o, k: 4 * h * w * k**2 * i
            ),
            "That is the number of weights; each of them is used at every place.": (
                lambda h, w, i, o, k: k**2 * i * o
            ),
            "That is the cost of a transposed convolution of this kernel divided by its stride.": (
                lambda h, w, i, o, k: h * w * k**2 * i * o // 4
            ),
        },
    )


def _decay(images: float, batch_size: int) -> float:
    return 0.5 ** (batch_size / images)


@exercise(
    "dcgan/decay",
    not_yet="Write the body of `decay(images, batch_size)` and return one number below 1.",
    right="Said in pictures, the memory stays the same when you change the batch size.",
    hints=[
        "How many steps does it take until that many pictures have been seen?",
        "After n steps the old weights' share is d ** n. It shall be one half.",
        "d ** (images / batch_size) = 0.5. Take the root.",
    ],
)
def decay(answer) -> None:
    """The decay whose half-life is a number of pictures."""
    same_on(
        answer,
        _decay,
        cases=[(6400.0, 64), (10_000.0, 32), (1000.0, 500)],
        rtol=1e-5,
        mistakes={
            "That is the share left after one batch of pictures the other way round: the number "
            "of steps is images / batch_size, and d is its root, not its power.": (
                lambda n, b: 0.5 ** (n / b)
            ),
            "That makes the mean age of the weights so many pictures; the half-life is shorter "
            "than the mean age by ln 2.": lambda n, b: 1 - b / n,
            "With that the share falls to 1/e, not to 1/2.": lambda n, b: math.exp(-b / n),
            "You counted pictures as steps: one step sees batch_size of them.": (
                lambda n, b: 0.5 ** (1 / n)
            ),
            "That is 1 - d, the share of the new weights.": lambda n, b: 1 - 0.5 ** (b / n),
            "That is the half-life in steps; the decay is asked for.": lambda n, b: n / b,
        },
    )


def _fold(weight, bias, mean, var, gain, shift, eps):
    scale = gain / (var + eps).sqrt()  # [O]
    return weight * scale[:, None, None], (bias - mean) * scale + shift


def _scale(var: Tensor, gain: Tensor, eps: float) -> Tensor:
    return gain / (var + eps).sqrt()


def _case(inputs: int, outputs: int, seed: int) -> tuple:
    g = torch.Generator().manual_seed(seed)
    normal = [torch.randn(outputs, generator=g) for _ in range(4)]
    bias, mean, gain, shift = normal
    var = torch.rand(outputs, generator=g) + 0.05
    return torch.randn(inputs, outputs, 4, 4, generator=g), bias, mean, var, gain, shift, 0.01


FOLD_MISTAKES = {
    "You scaled axis 0, the inputs. A transposed convolution keeps its outputs on axis 1.": (
        lambda w, b, m, v, g, s, e: (
            w * _scale(v, g, e)[:, None, None, None],
            (b - m) * _scale(v, g, e) + s,
        )
    ),
    "Divide by the spread, which is the root of the variance.": (
        lambda w, b, m, v, g, s, e: (
            w * (g / (v + e))[:, None, None],
            (b - m) * g / (v + e) + s,
        )
    ),
    "eps belongs under the root, beside the variance.": (
        lambda w, b, m, v, g, s, e: (
            w * (g / (v.sqrt() + e))[:, None, None],
            (b - m) * g / (v.sqrt() + e) + s,
        )
    ),
    "You left eps out.": lambda w, b, m, v, g, s, e: _fold(w, b, m, v, g, s, 0.0),
    "The layer's own bias is scaled as well: it is added before the normalisation.": (
        lambda w, b, m, v, g, s, e: (
            w * _scale(v, g, e)[:, None, None],
            b - m * _scale(v, g, e) + s,
        )
    ),
    "The layer's own bias is missing.": (
        lambda w, b, m, v, g, s, e: (
            w * _scale(v, g, e)[:, None, None],
            -m * _scale(v, g, e) + s,
        )
    ),
    "The running mean is subtracted, not added.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, -m, v, g, s, e)
    ),
    "The shift is added last, after the scaling.": (
        lambda w, b, m, v, g, s, e: (
            w * _scale(v, g, e)[:, None, None],
            (b - m + s) * _scale(v, g, e),
        )
    ),
    "The learnt gain is missing.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, v, torch.ones_like(g), s, e)
    ),
    "The learnt shift is missing.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, v, g, torch.zeros_like(s), e)
    ),
    "The bias is right; the weights must be scaled too.": (
        lambda w, b, m, v, g, s, e: (w, _fold(w, b, m, v, g, s, e)[1])
    ),
}


@exercise(
    "dcgan/fold",
    not_yet="Write the body of `fold(...)` and return a pair: new weight, new bias.",
    right="In eval mode batch normalisation costs nothing: it disappears into the layer before.",
    hints=[
        "In eval mode it computes gain * (y - mean) / (var + eps).sqrt() + shift, channel by "
        "channel, with fixed numbers: a straight line in y.",
        "y = (weight, applied to x) + bias. What multiplies the weight, and what is left?",
        "With scale = gain / (var + eps).sqrt() [O]: weight * scale on axis 1, that is "
        "scale[:, None, None], and (bias - mean) * scale + shift.",
    ],
)
def fold(answer) -> None:
    """Batch norm (eval mode) folded into the transposed convolution before it."""
    # as many inputs as outputs in one case: a scale on the wrong axis then runs, and is named
    same_on(answer, _fold, cases=[_case(4, 4, 0), _case(4, 4, 1)], mistakes=FOLD_MISTAKES)
    same_on(answer, _fold, cases=[_case(5, 3, 2)])


question(
    "dcgan/q1",
    "A 4 x 4 transposed convolution of stride 2 leads from 7 x 7 to 14 x 14. For how many places "
    "does each pair of channels pay its 16 products?",
    options={
        "a": ("196, the outputs.", "Each output pixel is touched by 4 of the 16 taps only."),
        "b": ("49, the inputs.", "Each input pixel writes one whole kernel, 16 products."),
        "c": ("64, with the padding.", "What the padding cuts off is not computed."),
    },
    answer="b",
)

question(
    "dcgan/q2",
    "An average of the weights has decay 0.99. After how many steps has the share of today's "
    "weights halved?",
    options={
        "a": ("50.", "0.99 ** 50 is 0.61."),
        "b": ("69.", "0.99 ** 69 is 0.50: ln 2 / 0.01, nearly."),
        "c": ("100.", "100 is the mean age, about; 0.99 ** 100 is 0.37."),
    },
    answer="b",
)

question(
    "dcgan/q3",
    "You double all weights of a transposed convolution (it has no bias) that is followed by "
    "batch normalisation in train mode. What happens to the pictures?",
    options={
        "a": (
            "Next to nothing.",
            "Mean and spread double as well and are divided out; only eps notices.",
        ),
        "b": ("Their contrast doubles.", "The normalisation divides by the doubled spread."),
        "c": ("They saturate at -1 and 1.", "tanh is given the same numbers as before."),
    },
    answer="a",
)

question(
    "dcgan/q4",
    "A generator needs a hundred times as many multiply-adds as another. Is it a hundred times "
    "slower?",
    options={
        "a": ("Yes, time is proportional to the count.", "Only where the processor is kept busy."),
        "b": (
            "Less: small layers keep the processor waiting.",
            "Calling a layer and moving its numbers costs time as well.",
        ),
        "c": ("More: large layers are slower a product.", "They use the processor better."),
    },
    answer="b",
)

question(
    "dcgan/q5",
    "A GAN was trained on 237 pictures. Its samples lie as near to their nearest training "
    "pictures as held-out pictures do. Does it copy?",
    options={
        "a": ("Yes.", "Copies would be much nearer still; and blurred pictures are near, too."),
        "b": ("No, held-out pictures are no copies.", "A blur and some copies can average so."),
        "c": (
            "That does not tell.",
            "Compare the nearest with the second nearest distance, and look at the pairs.",
        ),
    },
    answer="c",
)
