"""Exercises, questions and the drawn style of the lesson on style transfer."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core import make_generator
from ...core.filters import brightness, filter_both_ways, gaussian_window
from ...lab.checkers import same_gradients, same_on
from ...lab.register import exercise, question

PALETTE = ("#10264f", "#1f4f8f", "#2f86b5", "#8ec5c0", "#f2e3a0", "#e8a33c", "#b4472a")


def brush_strokes(size: int, seed: int = 0) -> Tensor:
    """A painting drawn by code: coloured noise, smeared along a field of swirls.

    Parameters
    ----------
    size : int
        Height and width in pixels.
    seed : int
        Chooses the strokes; the swirls stay.

    Returns
    -------
    Tensor
        float32 ``[1, 3, size, size]`` in [-1, 1].

    >>> brush_strokes(16).shape
    torch.Size([1, 3, 16, 16])
    """
    g = make_generator(seed)
    at = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(at, at, indexing="ij")
    angle = 1.7 * torch.sin(2.1 * x + 1.3 * y) + 2.0 * torch.cos(2.7 * y - 1.1 * x)  # [H, W]
    flow = torch.stack([angle.cos(), angle.sin()], -1) * (2 / size)  # one pixel along the stroke
    shade = 0.55 * torch.rand(size, size, generator=g) + 0.45 * (0.5 + 0.5 * torch.sin(3 * angle))
    codes = torch.tensor([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in PALETTE])
    place = (shade.clamp(0, 0.999) * len(PALETTE)).long()
    paint = (codes[place].float() / 127.5 - 1).permute(2, 0, 1)[None]  # [1, 3, H, W]
    smeared, where = torch.zeros_like(paint), torch.stack([x, y], -1)
    for way in (1, -1):
        here = where.clone()
        for _ in range(8):
            smeared += F.grid_sample(
                paint, here[None], padding_mode="reflection", align_corners=True
            )
            turn = F.grid_sample(
                flow.permute(2, 0, 1)[None], here[None], padding_mode="border", align_corners=True
            )
            here = here + way * turn[0].permute(1, 2, 0)
    mean = smeared / 16
    middle = mean.mean((2, 3), keepdim=True)
    return (middle + 1.8 * (mean - middle)).clamp(-1, 1)


class Painter(nn.Module):
    """A network that repaints: it thinks at half the size and paints at the whole size.

    Parameters
    ----------
    width : int
        Channels at half the size; a multiple of 4.
    painted : int
        Channels of the layer before the colours.

    >>> Painter()(torch.zeros(1, 3, 16, 16)).shape
    torch.Size([1, 3, 16, 16])
    """

    def __init__(self, width: int = 24, painted: int = 16):
        super().__init__()
        same = {"padding": "same", "padding_mode": "reflect"}
        self.inward = nn.Conv2d(12, width, 3, **same)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, dilation=d, **same),
                nn.InstanceNorm2d(width, affine=True),
                nn.ReLU(),
                nn.Conv2d(width, width, 3, dilation=d, **same),
            )
            for d in (1, 2, 1, 2)
        )
        self.outward = nn.Sequential(
            nn.Conv2d(width // 4 + 3, painted, 5, **same),
            nn.ReLU(),
            nn.Conv2d(painted, 3, 5, **same),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Repaint ``[N, 3, H, W]`` in [-1, 1]; height and width are even."""
        h = self.inward(F.pixel_unshuffle(x, 2))  # at half the size
        for layer in self.layers:
            h = h + layer(h)
        return torch.tanh(x + self.outward(torch.cat([x, F.pixel_shuffle(h, 2)], 1)))


def judge_features(x: Tensor) -> Tensor:
    """What the judge looks at, and no method does: strengths of stripes, and blurred colours.

    For 3 wavelengths and 4 directions, how strong stripes are around a place, whatever their
    phase (two Gabor filters a quarter of a wavelength apart, squared, added, rooted); and the
    three colours after a blur.

    Parameters
    ----------
    x : Tensor
        ``[1, 3, H, W]`` in [-1, 1].

    Returns
    -------
    Tensor
        ``[places, 15]``.

    >>> judge_features(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([324, 15])
    """
    at = torch.arange(-7.0, 8.0)
    v, u = torch.meshgrid(at, at, indexing="ij")
    grey = brightness(x)
    found = []
    for wavelength in (3.0, 5.0, 8.0):
        window = torch.exp(-(u**2 + v**2) / (2 * (0.5 * wavelength) ** 2))
        for k in range(4):
            phase = (
                2
                * math.pi
                / wavelength
                * (u * math.cos(k * math.pi / 4) + v * math.sin(k * math.pi / 4))
            )
            even, odd = window * phase.cos(), window * phase.sin()
            even = even - window * (even.sum() / window.sum())
            both = torch.stack([even, odd]).unsqueeze(1) / window.sum()
            found.append((F.conv2d(grey, both).square().sum(1, keepdim=True) + 1e-12).sqrt() * 3)
    colours = filter_both_ways(x, gaussian_window(2.0, 7, x), pad=False)
    return torch.cat([*found, colours], 1)[0].flatten(1).T


U = torch.tensor([0.3, -1.0, 2.0, 0.5, -0.2, 1.4])
V = torch.tensor([1.1, 0.9, -0.7, 3.0, 0.0, -2.0])
FEW = (torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.1, 4.0, -3.0]))


def _apart(u: Tensor, v: Tensor) -> Tensor:
    return (u.sort().values - v.sort().values).square().mean()


APART_MISTAKES = {
    "You compared the numbers in the order in which they came. Sort both first: the smallest "
    "goes to the smallest.": lambda u, v: (u - v).square().mean(),
    "Only u is sorted; sort v, too.": lambda u, v: (u.sort().values - v).square().mean(),
    "Only v is sorted; sort u, too.": lambda u, v: (u - v.sort().values).square().mean(),
    "One of the two is sorted from large to small: that is the dearest plan, not the cheapest.": (
        lambda u, v: (u.sort().values - v.sort(descending=True).values).square().mean()
    ),
    "That is the distance W_1: square the differences.": (
        lambda u, v: (u.sort().values - v.sort().values).abs().mean()
    ),
    "You added the squares up; take their mean, so that the number of points does not matter.": (
        lambda u, v: (u.sort().values - v.sort().values).square().sum()
    ),
    "You took the root at the end: the *squared* distance is asked for.": (
        lambda u, v: _apart(u, v).sqrt()
    ),
    "Half is too little: no factor stands in front of the mean.": lambda u, v: _apart(u, v) / 2,
    "That is the squared difference of the means: two sets may share a mean and be far apart.": (
        lambda u, v: (u.mean() - v.mean()).square()
    ),
    "The signs cancel: square the differences before you take the mean.": (
        lambda u, v: (u.sort().values - v.sort().values).mean()
    ),
    "You squared the sorted numbers one by one; square their differences.": (
        lambda u, v: (u.sort().values.square() - v.sort().values.square()).mean()
    ),
}


@exercise(
    "images/style_transfer/apart",
    not_yet="Write the body of `apart(u, v)` and return one number.",
    right="Sorting is the whole plan: on a line it is the cheapest.",
    hints=[
        "On a line the cheapest plan never lets two paths cross. Who goes to whom?",
        "The smallest of u goes to the smallest of v, and so on: u.sort().values.",
        "(u.sort().values - v.sort().values).square().mean()",
    ],
)
def apart(answer) -> None:
    """The squared transport distance of two sets of as many numbers."""
    same_on(answer, _apart, [(U, V), FEW, (V, U[[3, 1, 0, 5, 4, 2]])], mistakes=APART_MISTAKES)
    same_gradients(answer, _apart, (U, V), (0, 1), "The distance depends on both sets.")


def _matched(x: Tensor, y: Tensor) -> Tensor:
    out = torch.empty_like(x)
    out[x.argsort()] = y.sort().values
    return out


MATCH_MISTAKES = {
    "That is the sorted y: each value must stand where x had the value of that rank.": (
        lambda x, y: y.sort().values
    ),
    "argsort says *where* the smallest stands, not which rank a value has: write into "
    "out[x.argsort()], do not read at x.argsort().": lambda x, y: y.sort().values[x.argsort()],
    "y is not sorted: the value of rank k in x must become the value of rank k in y.": (
        lambda x, y: y[x.argsort().argsort()]
    ),
    "Twice wrong: y is not sorted, and argsort gives places, not ranks. Write the sorted y into "
    "out[x.argsort()].": lambda x, y: y[x.argsort()],
    "You put the unsorted y into the places of x's order; sort y first.": (
        lambda x, y: torch.empty_like(x).scatter_(0, x.argsort(), y)
    ),
    "That matches mean and spread alone; all quantiles are asked for.": (
        lambda x, y: (x - x.mean()) / x.std() * y.std() + y.mean()
    ),
    "The order is turned round: x's smallest value must become y's smallest.": (
        lambda x, y: _matched(-x, y)
    ),
    "The two are swapped: x gets y's values, and keeps its own order.": lambda x, y: _matched(y, x),
    "That is y itself: x's order must be kept.": lambda x, y: y + 0 * x,
    "That is x itself: it must get y's values.": lambda x, y: x + 0 * y,
}


@exercise(
    "images/style_transfer/match",
    not_yet="Write the body of `match(x, y)` and return [N].",
    right="x's order, y's values: every quantile agrees.",
    hints=[
        "The smallest value of x must become the smallest of y, in x's place.",
        "x.argsort() lists the places of x from its smallest value to its largest.",
        "out = torch.empty_like(x); out[x.argsort()] = y.sort().values",
    ],
)
def match(answer) -> None:
    """Give x the values of y, in the order of x."""
    cases = [(U, V), FEW, (V, U)]
    same_on(answer, _matched, cases, mistakes=MATCH_MISTAKES)


F_1 = torch.tensor([[[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]], [[0.2, 0.4, 1.0], [-2.0, 1.5, 0.3]]])
F_2 = torch.linspace(-1, 2, 24).reshape(3, 4, 2).sin() + 0.3


def _gram(f: Tensor) -> Tensor:
    flat = f.flatten(1)
    return flat @ flat.T / flat.shape[1]


def _centred(f: Tensor) -> Tensor:
    flat = f.flatten(1) - f.flatten(1).mean(1, keepdim=True)
    return flat @ flat.T / flat.shape[1]


GRAM_MISTAKES = {
    "You summed over the places; divide by their number, or a larger picture has a larger Gram.": (
        lambda f: f.flatten(1) @ f.flatten(1).T
    ),
    "You divided by the channels, too; divide by the number of places alone.": (
        lambda f: f.flatten(1) @ f.flatten(1).T / f.numel()
    ),
    "You divided by the number of channels; the mean is over the places.": (
        lambda f: f.flatten(1) @ f.flatten(1).T / len(f)
    ),
    "You took the mean away first: that is the covariance. Gram keeps the mean, which is part of "
    "the style.": _centred,
    "torch.cov takes the mean away first and divides by one place fewer; Gram does neither.": (
        lambda f: torch.cov(f.flatten(1))
    ),
    "That compares places with places, and is as large as the picture squared: channels with "
    "channels are asked for.": lambda f: f.flatten(1).T @ f.flatten(1) / f.flatten(1).shape[1],
    "That keeps the squares of each channel alone; the products of two channels are missing.": (
        lambda f: f.flatten(1).square().mean(1)
    ),
    "Only the diagonal is filled: the products of two channels are missing.": (
        lambda f: torch.diag(f.flatten(1).square().mean(1))
    ),
    "Those are the correlations: the strength of each channel has been divided out.": (
        lambda f: torch.corrcoef(f.flatten(1))
    ),
    "Those are the products of the means; take the mean of the products.": (
        lambda f: torch.outer(f.flatten(1).mean(1), f.flatten(1).mean(1))
    ),
    "It has the wrong sign.": lambda f: -_gram(f),
    "You divided by one row's length; divide by the number of places, H times W.": (
        lambda f: f.flatten(1) @ f.flatten(1).T / f.shape[-1]
    ),
    "You divided by the number of rows; divide by the number of places, H times W.": (
        lambda f: f.flatten(1) @ f.flatten(1).T / f.shape[1]
    ),
}


@exercise(
    "images/style_transfer/gram",
    not_yet="Write the body of `gram(f)` and return [C, C].",
    right="The places are gone, and that is the point: style does not know where.",
    hints=[
        "The result has one row and one column a channel. Which axis has to disappear?",
        "Make it [C, H W] with f.flatten(1); a matrix product sums over the places.",
        "flat @ flat.T / flat.shape[1]",
    ],
)
def gram(answer) -> None:
    """Mean products of channels, [C, H, W] to [C, C]."""
    same_on(answer, _gram, [(F_1,), (F_2,)], mistakes=GRAM_MISTAKES)
    same_gradients(answer, _gram, (F_1,), (0,), "Both factors of a product are features.")


question(
    "images/style_transfer/q1",
    "Each colour channel of a photograph has exactly the style's values. Can its colours differ "
    "from the style's?",
    options={
        "a": (
            "No: a colour is its three values.",
            "The three must also occur *together* as often as in the style.",
        ),
        "b": (
            "Yes: the channels can be combined differently.",
            "Equal marginals leave the joint distribution open.",
        ),
        "c": (
            "Yes, but only in the pixels along the edges of things.",
            "Anywhere: which red meets which green is left open in every pixel.",
        ),
    },
    answer="b",
)

question(
    "images/style_transfer/q2",
    "Why is sorting enough for the transport distance of two sets of numbers?",
    options={
        "a": (
            "On a line the cheapest plan never lets two paths cross.",
            "Uncrossing two paths never makes the sum of squares larger.",
        ),
        "b": ("Sorting makes the distance zero.", "Only where both sets hold the same values."),
        "c": (
            "Sorted numbers are easier to subtract.",
            "Any order can be subtracted; this one gives the least sum.",
        ),
    },
    answer="a",
)

question(
    "images/style_transfer/q3",
    "An optimiser gets the same 8 directions at every step. What can you expect?",
    options={
        "a": (
            "A style that is reached: 8 directions are 8 directions.",
            "A patch has 147 numbers: 8 fixed directions leave most of them free.",
        ),
        "b": ("It is slower.", "A step costs the same."),
        "c": (
            "A small distance along those 8, not along others.",
            "The score on the optimised directions says little about the style.",
        ),
    },
    answer="c",
)

question(
    "images/style_transfer/q4",
    "Method A scores better than B on Gram matrices; A was optimised on them. What follows?",
    options={
        "a": (
            "A has the better style: both were measured alike.",
            "It was asked for this very number.",
        ),
        "b": ("B has the better style, as it was not told the score.", "Nor does that follow."),
        "c": (
            "Little: judge both on what neither has seen.",
            "The measure and the loss must be two things.",
        ),
    },
    answer="c",
)

question(
    "images/style_transfer/q5",
    "What is a feed-forward network for one style good for?",
    options={
        "a": (
            "Many pictures in one style: it pays in training and saves at each picture.",
            "One picture costs one pass instead of a hundred steps.",
        ),
        "b": ("One picture in many styles.", "Each style needs a training of its own."),
        "c": (
            "Better pictures than optimising each.",
            "It is trained on the same loss, and must serve all pictures at once.",
        ),
    },
    answer="a",
)
