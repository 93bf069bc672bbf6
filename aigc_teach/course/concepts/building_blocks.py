"""Exercises and questions of the lesson on building blocks."""

from __future__ import annotations

import numbers
from functools import partial
from itertools import combinations

import torch
from torch import Tensor

from ...core.errors import AigcError
from ...lab.checkers import Wrong, require, same_gradients, same_on
from ...lab.register import exercise, question
from ...nn.shapes import conv_transpose_size, overlap_counts


@exercise(
    "concepts/building_blocks/triple",
    not_yet="Set `triple` to (kernel, stride, padding), three whole numbers.",
    right="The size is right, and the stride divides the kernel, so the taps are even.",
    hints=[
        "The size is (5 - 1) s + k - 2 p. Choose a stride first; what is left for k - 2 p?",
        "With stride 3, k - 2 p = 3. Even taps need a kernel that the stride divides.",
        "k = 3 gives one tap only. The next multiple of 3 that leaves k - 2 p = 3 is odd: 9.",
    ],
)
def triple(answer) -> None:
    """A transposed convolution from 5 to 15 with even taps, two or more along an axis."""
    kernel, stride, padding = _three(answer)
    try:
        size = conv_transpose_size(5, kernel, stride, padding)
    except AigcError as error:
        raise Wrong(f"Such a layer does not exist: {error}") from error
    sum_ = f"(5 - 1) * {stride} + {kernel} - 2 * {padding}"
    require(
        size == 15, f"It gives {size}, not 15: {sum_} = {size}.{_slip(kernel, stride, padding)}"
    )
    counts = overlap_counts(400, kernel, stride)  # a long row, so that the middle has no edge
    inside = sorted(set(counts[len(counts) // 2 :][:stride].tolist()))
    taps = " or ".join(map(str, inside))
    require(
        len(inside) == 1,
        f"The size is right, but the taps are uneven, {taps} along an axis: the stride {stride} "
        f"does not divide the kernel {kernel}.",
    )
    require(
        inside[0] >= 2,
        "Size right and taps even, but there is only one tap a pixel: the patches lie side by "
        "side and do not overlap. The kernel must be larger than the stride.",
    )


def _three(answer) -> tuple[int, int, int]:
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        raise Wrong("Three numbers in brackets are needed: (kernel, stride, padding).")
    answer = [v.tolist() if hasattr(v, "tolist") else v for v in answer]
    if any(isinstance(v, bool) or not isinstance(v, numbers.Integral) for v in answer):
        raise Wrong("All three must be whole numbers, such as (4, 2, 1).")
    return tuple(map(int, answer))


def _slip(kernel: int, stride: int, padding: int) -> str:
    if 5 * stride + kernel - 2 * padding == 15:
        return " The last of five pixels starts after four strides, not after five."
    if 4 * stride + kernel - padding == 15:
        return " The padding cuts off pixels at both ends, so it counts twice."
    if 4 * stride + kernel + 2 * padding == 15:
        return " The padding of a transposed convolution cuts off; it does not add."
    return ""


def _shares(a: float, b: float, arrived: float) -> tuple[float, float]:
    return arrived / b, -arrived * a / b**2


@exercise(
    "concepts/building_blocks/shares",
    not_yet="Write the body of `shares(a, b, arrived)` and return a pair of numbers.",
    right="Each share is what arrived times the local derivative, 1/b and -a/b^2.",
    hints=[
        "The share of an input is what has arrived at q, times the derivative of q by it.",
        "By a, the derivative of a/b is 1/b. For b, write a/b as a times b to the power -1.",
        "The derivative of 1/b is -1/b^2. Do not forget to multiply both by `arrived`.",
    ],
)
def shares(answer) -> None:
    """The backward step of a division: arrived times (1/b, -a/b^2)."""
    cases = [(3.0, 2.0, 1.0), (0.5, -4.0, 2.5), (-1.5, 0.8, -0.7)]
    same_on(answer, _shares, cases=cases, mistakes=SHARE_MISTAKES)


SHARE_MISTAKES = {
    "Those are the local derivatives; multiply each by `arrived`.": lambda a, b, g: (
        1 / b,
        -a / b**2,
    ),
    "The share of b has the wrong sign: a larger b makes the quotient smaller.": (
        lambda a, b, g: (g / b, g * a / b**2)
    ),
    "The share of b is missing a square: 1/b has the derivative -1/b^2.": (
        lambda a, b, g: (g / b, -g * a / b)
    ),
    "The share of b is missing the factor a.": lambda a, b, g: (g / b, -g / b**2),
    "The two shares are in the wrong order: first a, then b.": (
        lambda a, b, g: (-g * a / b**2, g / b)
    ),
    "Those are the shares of a product; this is a quotient.": lambda a, b, g: (g * b, g * a),
    "The share of b is not multiplied by `arrived`; both must be.": (
        lambda a, b, g: (g / b, -a / b**2)
    ),
    "The share of a is not multiplied by `arrived`; both must be.": (
        lambda a, b, g: (1 / b, -g * a / b**2)
    ),
}


def _root(variance: Tensor) -> Tensor:
    return (variance + 1e-5).sqrt()


def _normalise(
    x, mean, variance, training, axes=(0, 2, 3), unbiased=False, root=_root, centre=1.0
) -> Tensor:
    """Batch normalisation of pictures, or one of the ways in which it is got wrong."""
    if training:
        mean, variance = x.mean(axes, keepdim=True), x.var(axes, unbiased=unbiased, keepdim=True)
    else:
        mean, variance = mean[:, None, None], variance[:, None, None]
    return (x - centre * mean) / root(variance)


def _modes(of_train: bool, of_eval: bool):
    return lambda x, m, v, training: _normalise(x, m, v, of_train if training else of_eval)


@exercise(
    "concepts/building_blocks/normalise",
    not_yet="Write the body of `normalise(x, mean, variance, training)`.",
    right="One mean and variance a channel; and with training=False no neighbour matters.",
    hints=[
        "Which axes of [N, C, H, W] must go, so that one number for each channel is left?",
        "x.mean((0, 2, 3)) has shape [C]. To subtract it, give it the shape [C, 1, 1].",
        "x.var(..., unbiased=False) divides by the number of values. Then if training: batch "
        "statistics, else: the ones that you are given.",
    ],
)
def normalise(answer) -> None:
    """Batch normalisation of pictures [N, C, H, W], in both modes."""
    x = torch.randn(3, 2, 2, 3, generator=torch.Generator().manual_seed(0)) * 2 + 1
    mean, variance = torch.tensor([0.5, -1.0]), torch.tensor([4.0, 0.25])
    square = x.new_tensor(range(32)).reshape(2, 4, 2, 2).sin()
    more = (square, torch.zeros(4), torch.tensor([1.0, 2.0, 3.0, 4.0]))
    cases = [(x, mean, variance, mode) for mode in (True, False)]
    cases += [(*more, mode) for mode in (True, False)]
    same_on(answer, _normalise, cases=cases, mistakes=NORM_MISTAKES)
    hardly = x * torch.tensor([1.0, 1e-3])[:, None, None] - 1e-3  # the last channel is nearly flat
    flat = [(hardly, mean, variance * 1e-6, mode) for mode in (True, False)]
    try:
        same_on(answer, _normalise, flat, mistakes=EPS_MISTAKES)
    except Wrong as error:
        if str(error) in EPS_MISTAKES:
            raise
        raise Wrong(
            "Right for ordinary pictures, wrong for a channel that hardly varies: eps = 1e-5 is "
            "added to the variance, inside the root, in both modes."
        ) from error
    for case in cases[:2]:
        same_gradients(answer, _normalise, case, (0,), "Mean and variance depend on x as well.")


NORM_MISTAKES = {
    "You took the statistics over the pictures alone; places count as well: axes 0, 2 and 3.": (
        partial(_normalise, axes=(0,))
    ),
    "You took the statistics of each picture alone; they belong to the whole batch.": (
        partial(_normalise, axes=(2, 3))
    ),
    "You took one mean for all; each channel has its own.": partial(_normalise, axes=(0, 1, 2, 3)),
    "Your variance divides by n - 1; write unbiased=False, which divides by n.": (
        partial(_normalise, unbiased=True)
    ),
    "With training=False you still use the batch: the forgotten eval().": _modes(True, True),
    "With training=True you use the running statistics, not the batch's own.": _modes(False, False),
    "The two modes are exchanged: training uses the batch.": _modes(False, True),
    "You divided by the variance; divide by its square root.": (
        partial(_normalise, root=lambda v: v + 1e-5)
    ),
    "The mean is not subtracted.": partial(_normalise, centre=0.0),
}
NORM_MISTAKES |= {
    f"You took the statistics over the axes {axes}. Axis 1, the channel, must stay; the axes 0, 2 "
    "and 3 must go.": partial(_normalise, axes=axes)
    for count in (1, 2, 3)
    for axes in combinations(range(4), count)
    if axes not in ((0,), (2, 3), (0, 2, 3))
}

EPS_MISTAKES = {
    "eps is missing: a channel that hardly varies is divided by almost 0. Add 1e-5 to the "
    "variance, inside the root.": partial(_normalise, root=Tensor.sqrt),
    "eps belongs inside the root: (variance + 1e-5).sqrt().": (
        partial(_normalise, root=lambda v: v.sqrt() + 1e-5)
    ),
}


def _gru(x, h, W, U, b, c, variant: str = "") -> Tensor:
    """The unit itself, or one of the ways in which it is got wrong."""
    s, t = x @ W.T + b, h @ U.T + c
    (s_r, s_z, s_n), (t_r, t_z, t_n) = s.chunk(3, dim=1), t.chunk(3, dim=1)
    if variant == "z first":
        s_r, s_z, t_r, t_z = s_z, s_r, t_z, t_r
    r, z = (s_r + t_r).sigmoid(), (s_z + t_z).sigmoid()
    if variant == "early":  # r weighs h before the matrix
        last = 2 * h.shape[1]
        t_n, r = (r * h) @ U[last:].T + c[last:], 1.0
    sums = {"all": r * (s_n + t_n), "no reset": s_n + t_n, "s_n alone": r * s_n + t_n}
    u = sums.get(variant, s_n + r * t_n)
    n = {"sigmoid": u.sigmoid(), "no tanh": u}.get(variant, u.tanh())
    ends = {"swapped": z * n + (1 - z) * h, "no old": (1 - z) * n, "whole new": n + z * h}
    return ends.get(variant, (1 - z) * n + z * h)


@exercise(
    "concepts/building_blocks/gru",
    not_yet="Write the body of `gru(x, h, W, U, b, c)` and return the new state.",
    right="It equals nn.GRUCell: where z is near 1 the state passes through unchanged.",
    hints=[
        "Begin as the LSTM on the page does: two linear maps, then .chunk(3, dim=1) of each.",
        "r and z are .sigmoid() of the sum of their two blocks.",
        "n = tanh(s_n + r * t_n), and last the mixture: (1 - z) of the new, z of the old.",
    ],
)
def gru(answer) -> None:
    """The gated recurrent unit, with the weights of torch.nn.GRUCell."""
    cases = []
    for inputs, hidden in ((3, 2), (2, 4)):
        draw = torch.Generator().manual_seed(inputs)
        sizes = [(5, inputs), (5, hidden), (3 * hidden, inputs), (3 * hidden, hidden)]
        sizes += [(3 * hidden,), (3 * hidden,)]
        cases.append(tuple(torch.randn(size, generator=draw) for size in sizes))
    try:
        same_on(answer, _gru, cases=cases, mistakes=GRU_MISTAKES)
    except Wrong as error:
        raise Wrong(_in_short(str(error))) from error
    same_gradients(answer, _gru, cases[0], (0, 1), "The new state depends on x and on h.")


def _in_short(message: str) -> str:
    """The sentence without the six shapes of the inputs; an advice for a missing transpose."""
    if "your result" in message:
        return "Your result" + message.split("your result", 1)[1]
    if "shapes cannot be multiplied" in message:
        return f"{message} W is [3H, D] and U is [3H, H]: write x @ W.T and h @ U.T."
    return message


GRU_MISTAKES = {
    "The mixture is exchanged: z keeps the old state, and 1 - z takes the new.": (
        lambda *a: _gru(*a, "swapped")
    ),
    "r must weigh t_n = h U^T + c after the matrix; you weighed h before it.": (
        lambda *a: _gru(*a, "early")
    ),
    "r weighs t_n alone; you weighed s_n as well.": lambda *a: _gru(*a, "all"),
    "r weighs t_n, not s_n: n = tanh(s_n + r * t_n).": lambda *a: _gru(*a, "s_n alone"),
    "r is missing: n = tanh(s_n + r * t_n).": lambda *a: _gru(*a, "no reset"),
    "The biases b and c are missing.": lambda x, h, W, U, b, c: _gru(x, h, W, U, 0 * b, 0 * c),
    "The bias b of the input is missing.": lambda x, h, W, U, b, c: _gru(x, h, W, U, 0 * b, c),
    "The bias c of the state is missing.": lambda x, h, W, U, b, c: _gru(x, h, W, U, b, 0 * c),
    "The candidate n has no tanh.": lambda *a: _gru(*a, "no tanh"),
    "The old state is missing: add z * h.": lambda *a: _gru(*a, "no old"),
    "The new part is weighed by 1 - z; you took all of n.": lambda *a: _gru(*a, "whole new"),
    "The candidate n needs tanh, not a sigmoid.": lambda *a: _gru(*a, "sigmoid"),
    "The blocks are in the order r, z, n; you took z first.": lambda *a: _gru(*a, "z first"),
}


question(
    "concepts/building_blocks/q1",
    "A prediction [64, 1] minus a truth [64]. Which shape has the difference?",
    options={
        "a": ("[64]", "The axes are lined up at the right: the 1 stands over the 64."),
        "b": ("[64, 64]", "Both are stretched: every prediction against every truth."),
        "c": ("None: an error is raised.", "No error: 1 and 64 fit by broadcasting."),
    },
    answer="b",
)

question(
    "concepts/building_blocks/q2",
    "Why is the smallest step not the best for a finite difference?",
    options={
        "a": (
            "Two nearly equal numbers are subtracted.",
            "Only their noisy last digits remain, and the division by h makes that noise larger.",
        ),
        "b": ("The function bends too much.", "Over a shorter step it bends less, not more."),
        "c": ("A small step takes longer.", "It is the same two evaluations for every step."),
    },
    answer="a",
)

question(
    "concepts/building_blocks/q3",
    "Which transposed convolution writes equally often on all pixels away from the edges?",
    options={
        "a": ("kernel 5, stride 2", "2 or 3 taps in turn: 2 does not divide 5."),
        "b": ("kernel 3, stride 2", "1 or 2 taps in turn: 2 does not divide 3."),
        "c": ("kernel 6, stride 3", "Two taps along an axis, everywhere inside."),
    },
    answer="c",
)

question(
    "concepts/building_blocks/q4",
    "Why can an LSTM remember for longer than a simple cell?",
    options={
        "a": (
            "It has four times as many weights, and so much more room for the past.",
            "More weights would not stop a product from shrinking.",
        ),
        "b": (
            "Its memory's gradient is multiplied by a gate that may be near 1.",
            "And where the gate is at 0.5, it forgets as fast as a simple cell.",
        ),
        "c": (
            "It has no tanh, whose slope below 1 makes a simple cell's gradient shrink.",
            "It has two: around the candidate and around the memory.",
        ),
    },
    answer="b",
)

question(
    "concepts/building_blocks/q5",
    "After a long training, the running mean of a batch normalisation is exactly 0. Why?",
    options={
        "a": ("The data have mean 0.", "Then it would be near 0, never exactly."),
        "b": ("The optimiser set it to 0.", "It is no weight: no optimiser ever touches it."),
        "c": (
            "The layer was never called in training mode.",
            "Only such calls move it; until then the layer does next to nothing.",
        ),
    },
    answer="c",
)
