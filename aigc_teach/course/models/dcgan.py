"""Exercises and questions of the lesson on the DCGAN rules."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...lab.checkers import same_on
from ...lab.register import exercise, question


def _resize(height: int, width: int, inputs: int, outputs: int, kernel: int) -> int:
    return (2 * height) * (2 * width) * kernel**2 * inputs * outputs


@exercise(
    "models/dcgan/resize",
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
            "The picture grows: four times as many places, not a quarter of them.": (
                lambda h, w, i, o, k: h * w * k**2 * i * o // 4
            ),
            "Its size is kept: the convolution has a margin of zeros, so no place is lost.": (
                lambda h, w, i, o, k: (2 * h - k + 1) * (2 * w - k + 1) * k**2 * i * o
            ),
            "You counted the biases too; here they are left out.": (
                lambda h, w, i, o, k: 4 * h * w * (k**2 * i + 1) * o
            ),
            "That is the transposed convolution with kernel 4; the kernel is given here.": (
                lambda h, w, i, o, k: h * w * 16 * i * o
            ),
            "Repeating a pixel copies it: no multiplication there.": (
                lambda h, w, i, o, k: 4 * h * w * (k**2 * o + 1) * i
            ),
            "Each pair of an input and an output channel has a kernel: multiply the two numbers.": (
                lambda h, w, i, o, k: 4 * h * w * k**2 * (i + o)
            ),
            "The kernel is given; 3 x 3 is only the commonest.": (
                lambda h, w, i, o, k: 4 * h * w * 9 * i * o
            ),
            "Twice as high and twice as wide: 4 height width places, not their squares.": (
                lambda h, w, i, o, k: h**2 * w**2 * k**2 * i * o
            ),
        },
    )


def _decay(images: float, batch_size: int) -> float:
    return 0.5 ** (batch_size / images)


@exercise(
    "models/dcgan/decay",
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
        cases=[(6400.0, 64), (10_000.0, 32), (1000.0, 500), (1000.0, 400), (100.0, 400)],
        rtol=1e-5,
        mistakes={
            "The number of steps is images / batch_size, and d to that power is one half: take the "
            "root of one half, not its power.": (lambda n, b: 0.5 ** (n / b)),
            "Nearly, for a long half-life: ln 2 / (1 - d) is an approximation. Solve "
            "d ** steps = 0.5 exactly.": lambda n, b: 1 - math.log(2) * b / n,
            "Nearly: that uses 0.69 / (1 - d), an approximation. Solve d ** steps = 0.5 exactly.": (
                lambda n, b: 1 - 0.69 * b / n
            ),
            "Do not round the number of steps: it need not be whole.": (
                lambda n, b: 0.5 ** (1 / max(1, n // b))
            ),
            "That is the logarithm of d. Take its exponential.": lambda n, b: -math.log(2) * b / n,
            "With that the share doubles: one half to the power batch_size / images, not two.": (
                lambda n, b: 2 ** (b / n)
            ),
            "That makes the mean age so many pictures, exactly; the half-life is shorter.": (
                lambda n, b: 1 / (1 + b / n)
            ),
            "That makes the mean age of the weights so many pictures; the half-life is shorter "
            "than the mean age by ln 2.": lambda n, b: 1 - b / n,
            "With that the share falls to 1/e, not to 1/2.": lambda n, b: math.exp(-b / n),
            "You counted pictures as steps: one step sees batch_size of them.": (
                lambda n, b: 0.5 ** (1 / n)
            ),
            "That is 1 - d, the share of the new weights.": lambda n, b: 1 - 0.5 ** (b / n),
            "That is the half-life in steps; the decay is asked for.": lambda n, b: n / b,
            "That is minus the logarithm of d. Take exp of minus it.": (
                lambda n, b: math.log(2) * b / n
            ),
            "Do not round the number of steps up: it need not be whole.": (
                lambda n, b: 0.5 ** (1 / math.ceil(n / b))
            ),
            "Divide the pictures by those of a step; you multiplied the two.": (
                lambda n, b: 0.5 ** (1 / (n * b))
            ),
        },
    )


def _fold(weight, bias, mean, var, gain, shift, eps):
    scale = gain / (var + eps).sqrt()  # [O]
    return weight * scale[:, None, None], (bias - mean) * scale + shift


def _scale(var: Tensor, gain: Tensor, eps: float) -> Tensor:
    return gain / (var + eps).sqrt()


def _case(inputs: int, outputs: int, seed: int, eps: float = 0.01) -> tuple:
    g = torch.Generator().manual_seed(seed)
    normal = [torch.randn(outputs, generator=g) for _ in range(4)]
    bias, mean, gain, shift = normal
    var = torch.rand(outputs, generator=g) + 0.05
    return torch.randn(inputs, outputs, 4, 4, generator=g), bias, mean, var, gain, shift, eps


def _bias(wrong):
    """The right weight with another bias."""
    return lambda w, b, m, v, g, s, e: (
        _fold(w, b, m, v, g, s, e)[0],
        wrong(b, m, _scale(v, g, e), s),
    )


FOLD_MISTAKES = {
    "You scaled axis 0, the inputs. A transposed convolution keeps its outputs on axis 1.": (
        lambda w, *a: (w * _scale(a[2], a[3], a[5])[:, None, None, None], _fold(w, *a)[1])
    ),
    "You scaled the last axis, the columns of the kernel. The outputs are on axis 1: "
    "scale[:, None, None].": lambda w, *a: (w * _scale(a[2], a[3], a[5]), _fold(w, *a)[1]),
    "Divide by the spread, which is the root of the variance.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, (v + e) ** 2, g, s, 0.0)
    ),
    "Divide by the root of the variance; you multiplied by it.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, 1 / (v + e), g, s, 0.0)
    ),
    "The division by the root of the variance is missing.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, torch.ones_like(v), g, s, 0.0)
    ),
    "eps belongs under the root, beside the variance.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, (v.sqrt() + e) ** 2, g, s, 0.0)
    ),
    "You left eps out.": lambda w, b, m, v, g, s, e: _fold(w, b, m, v, g, s, 0.0),
    "The learnt gain is missing.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, v, torch.ones_like(g), s, e)
    ),
    "The running mean is subtracted, not added.": lambda w, b, m, *a: _fold(w, b, -m, *a),
    "The bias is right; the weights must be scaled too.": lambda w, *a: (w, _fold(w, *a)[1]),
    "Mean and shift belong in the bias only: a weight is multiplied by the input.": (
        lambda w, b, m, v, g, s, e: (
            _fold(w - m[:, None, None], b, m, v, g, s, e)[0] + s[:, None, None],
            _fold(w, b, m, v, g, s, e)[1],
        )
    ),
    "The weights are right; the bias has to change, too.": _bias(lambda b, m, k, s: b),
    "The weights are right. Put the layer's bias through the normalisation: mean and scale.": (
        _bias(lambda b, m, k, s: b + s)
    ),
    "The layer's own bias is scaled as well: it is added before the normalisation.": (
        _bias(lambda b, m, k, s: b - m * k + s)
    ),
    "The mean is subtracted before the scaling, so it is scaled as well.": (
        _bias(lambda b, m, k, s: b * k - m + s)
    ),
    "The mean is subtracted from the bias, not the other way round.": (
        _bias(lambda b, m, k, s: (m - b) * k + s)
    ),
    "The layer's own bias is missing.": _bias(lambda b, m, k, s: -m * k + s),
    "The shift is added last, after the scaling.": _bias(lambda b, m, k, s: (b - m + s) * k),
    "The learnt shift is missing.": _bias(lambda b, m, k, s: (b - m) * k),
    "The learnt shift is added, not subtracted.": _bias(lambda b, m, k, s: (b - m) * k - s),
    "The shift is added after the gain: the gain does not multiply it.": (
        lambda w, b, m, v, g, s, e: (
            _fold(w, b, m, v, g, s, e)[0],
            (b - m) * _scale(v, g, e) + g * s,
        )
    ),
    "Gain and shift are swapped: the gain multiplies, the shift is added.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, v, s, g, e)
    ),
    "You scaled axis 2, the rows of the kernel. The outputs are on axis 1: scale[:, None, None].": (
        lambda w, *a: (w * _scale(a[2], a[3], a[5])[:, None], _fold(w, *a)[1])
    ),
    "A learnt gain may be negative: its sign belongs to the scale.": (
        lambda w, b, m, v, g, s, e: _fold(w, b, m, v, g.abs(), s, e)
    ),
}


@exercise(
    "models/dcgan/fold",
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
    same_on(answer, _fold, cases=[_case(5, 3, 2, eps=0.1)])


question(
    "models/dcgan/q1",
    "A 4 x 4 transposed convolution of stride 2 leads from 7 x 7 to 14 x 14. For how many places "
    "does each pair of channels pay its 16 products?",
    options={
        "a": ("196, the outputs.", "Each output pixel is touched by 4 of the 16 taps only."),
        "b": ("64, with the padding.", "What the padding cuts off is not computed."),
        "c": ("49, the inputs.", "Each input pixel writes one whole kernel, 16 products."),
    },
    answer="c",
)

question(
    "models/dcgan/q2",
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
    "models/dcgan/q3",
    "You double all weights of a transposed convolution (it has no bias) that is followed by "
    "batch normalisation in train mode. What happens to the pictures?",
    options={
        "a": (
            "Next to nothing happens.",
            "Mean and spread double as well and are divided out; only eps notices.",
        ),
        "b": ("Their contrast is doubled.", "The normalisation divides by the doubled spread."),
        "c": ("They saturate at -1 and 1.", "tanh is given the same numbers as before."),
    },
    answer="a",
)

question(
    "models/dcgan/q4",
    "A generator needs a hundred times as many multiply-adds as another, and takes thirty times "
    "as long. Can that be?",
    options={
        "a": (
            "No: the time is proportional to the count.",
            "Only where the processor is kept busy.",
        ),
        "b": (
            "Yes: not every network gets as many done a second.",
            "Here 1,160 times the multiply-adds took 100 to 900 times as long.",
        ),
        "c": (
            "No: large layers are slower a product, so it takes longer still.",
            "Here they were faster a product.",
        ),
    },
    answer="b",
)

question(
    "models/dcgan/q5",
    "A GAN was trained on 237 pictures. Its samples lie as near to their nearest training "
    "pictures as held-out pictures do. Does it copy?",
    options={
        "a": ("Yes.", "Copies would be much nearer still; and blurred pictures are near, too."),
        "b": ("No, held-out pictures are no copies.", "A blur and some copies can average so."),
        "c": (
            "That does not tell: look at the pairs.",
            "And compare the nearest distance with the second nearest: a copy is much nearer to "
            "one picture.",
        ),
    },
    answer="c",
)
