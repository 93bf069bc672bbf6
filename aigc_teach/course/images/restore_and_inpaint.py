"""Exercises, questions and small nets of the lesson on restoring pictures and filling holes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core import make_generator
from ...core.filters import middle
from ...data import photographs
from ...lab.checkers import same_on
from ...lab.register import exercise, question
from ...nn import UNet


def middles(split: str, side: int) -> Tensor:
    """The middle of each photograph, grey: ``[B, 1, side, side]`` in [-1, 1].

    >>> middles("held_out", 32).shape
    torch.Size([3, 1, 32, 32])
    """
    return torch.stack([middle(photo.x, side) for photo in photographs(split, channels=1)])


def autoencoder() -> nn.Sequential:
    """Three halvings to a code of half as many numbers as pixels, and three doublings back.

    >>> autoencoder()(torch.zeros(1, 1, 16, 16)).shape
    torch.Size([1, 1, 16, 16])
    """

    def layer(kind: type, inward: int, outward: int) -> nn.Sequential:
        return nn.Sequential(kind(inward, outward, 4, stride=2, padding=1), nn.SiLU())

    down, up = nn.Conv2d, nn.ConvTranspose2d
    code = nn.Sequential(layer(down, 1, 24), layer(down, 24, 48), layer(down, 48, 32))
    return nn.Sequential(code, layer(up, 32, 48), layer(up, 48, 24), up(24, 1, 4, 2, 1))


class ToldUNet(nn.Module):
    """A U-Net that is told how strong the noise is, and guesses it.

    >>> ToldUNet()((torch.zeros(2, 1, 16, 16), torch.tensor([0.1, 0.2]))).shape
    torch.Size([2, 1, 16, 16])
    """

    def __init__(self):
        super().__init__()
        self.net = UNet((1, 48, 48), width=16, depth=1)

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        """Noisy pictures ``[N, 1, H, W]`` and the strengths ``[N]`` -> ``[N, 1, H, W]``."""
        noisy, strength = pair
        return noisy - self.net(noisy, strength)


class Filler(nn.Module):
    """A U-Net that sees a picture and its mask; what is known stays as it is.

    >>> mask = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    >>> Filler()((torch.ones(1, 1, 16, 16), mask)).unique().item()
    1.0
    """

    def __init__(self):
        super().__init__()
        self.net = UNet((2, 48, 48), width=16, depth=1)

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        """Pictures ``[N, 1, H, W]`` without the missing pixels, and the masks of these."""
        x, mask = pair
        guess = self.net(torch.cat([x, mask.to(x.dtype)], 1), x.new_zeros(len(x)))[:, :1]
        return torch.where(mask, guess, x)


def half_reader(tops: Tensor, labels: Tensor, *, steps: int, seed: int) -> nn.Module:
    """Train a small network that names a digit from its upper half ``[N, 1, 14, 28]``.

    >>> reader = half_reader(torch.zeros(4, 1, 14, 28), torch.arange(4), steps=1, seed=0)
    >>> reader(torch.zeros(2, 1, 14, 28)).shape
    torch.Size([2, 10])
    """
    torch.manual_seed(seed)
    g = make_generator(seed)
    reader = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 3 * 7, 10)),
    )
    optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows = torch.randint(len(tops), (64,), generator=g)
        shift = int(torch.randint(-2, 3, (), generator=g))
        loss = F.cross_entropy(reader(tops[rows].roll(shift, 3)), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        slower.step()
    return reader.eval()


_g = make_generator(5)
TRUE = 2 * torch.rand(3, 2, 5, 6, generator=_g) - 1
GUESS = TRUE + torch.tensor([0.05, 0.3, 0.1])[:, None, None, None] * torch.randn(
    TRUE.shape, generator=_g
)
HOLE = torch.zeros(3, 1, 5, 6, dtype=torch.bool)
HOLE[0, :, 1:3, 2:4] = HOLE[1, :, :, 4:] = HOLE[2, :, 4:, :3] = True
EPS = torch.randn(TRUE.shape, generator=_g)


def _mse(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).square().mean((1, 2, 3))


def _psnr(x: Tensor, y: Tensor) -> Tensor:
    return 10 * torch.log10(4 / _mse(x, y))


PSNR_MISTAKES = {
    "You took 1 for the range; from -1 to 1 it is 2, and its square is 4.": (
        lambda x, y: 10 * torch.log10(1 / _mse(x, y))
    ),
    "The range is squared: 2 from black to white, so 4 stands above the error.": (
        lambda x, y: 10 * torch.log10(2 / _mse(x, y))
    ),
    "That is for bytes: the range of these pictures is 2, not 255.": (
        lambda x, y: 10 * torch.log10(255**2 / _mse(x, y))
    ),
    "You averaged the error over all pictures: each has a number of its own.": (
        lambda x, y: _psnr(x, y) * 0 + 10 * torch.log10(4 / _mse(x, y).mean())
    ),
    "You averaged over the pictures at the end: keep one number for each.": (
        lambda x, y: _psnr(x, y).mean()
    ),
    "The error over the range has a minus sign then: a better picture has more decibels.": (
        lambda x, y: -_psnr(x, y)
    ),
    "That is the logarithm to the base e; decibels take log10.": (
        lambda x, y: 10 * torch.log(4 / _mse(x, y))
    ),
    "A decibel is a tenth: the factor 10 is missing.": (lambda x, y: torch.log10(4 / _mse(x, y))),
    "20 belongs to a ratio of sizes; the mean squared error is a square already: 10.": (
        lambda x, y: 20 * torch.log10(4 / _mse(x, y))
    ),
    "You took the mean absolute error; PSNR squares first.": (
        lambda x, y: 10 * torch.log10(4 / (x - y).abs().mean((1, 2, 3)))
    ),
    "You added the squares up; take their mean, or a larger picture scores worse.": (
        lambda x, y: 10 * torch.log10(4 / (x - y).square().sum((1, 2, 3)))
    ),
    "That is the mean squared error itself.": _mse,
}


@exercise(
    "images/restore_and_inpaint/psnr",
    not_yet="Write the body of `psnr(x, y)` and return one number for each picture.",
    right="Twenty decibels mean an error of a tenth of the range.",
    hints=[
        "Which axes belong to one picture? The error is averaged over those alone.",
        "The range from -1 to 1 is 2.",
        "10 * torch.log10(4 / (x - y).square().mean((1, 2, 3)))",
    ],
)
def psnr(answer) -> None:
    """Peak signal-to-noise ratio of pictures in [-1, 1], one a picture."""
    same_on(answer, _psnr, [(GUESS, TRUE), (TRUE[:2] + 0.2, TRUE[:2])], mistakes=PSNR_MISTAKES)


def _inside(x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return (x - y).square()[mask.expand_as(x)].mean()


INSIDE_MISTAKES = {
    "That is the error of the whole picture: what was known is right anyway, and hides the hole.": (
        lambda x, y, m: (x - y).square().mean()
    ),
    "You counted only the missing pixels' errors, and divided by all pixels.": (
        lambda x, y, m: ((x - y).square() * m).mean()
    ),
    "The mask is True where a pixel is missing; you measured what was known.": (
        lambda x, y, m: _inside(x, y, ~m)
    ),
    "The mask has one channel and the picture more: each missing pixel counts once a channel.": (
        lambda x, y, m: ((x - y).square() * m).sum() / m.sum()
    ),
    "You averaged the pictures' own errors: here each missing pixel counts alike, whichever "
    "picture it is from.": (
        lambda x, y, m: (
            ((x - y).square() * m).sum((1, 2, 3)) / (m.sum((1, 2, 3)) * x.shape[1])
        ).mean()
    ),
    "You took the root; leave it out.": lambda x, y, m: _inside(x, y, m).sqrt(),
    "You took the absolute error; square it.": (
        lambda x, y, m: (x - y).abs()[m.expand_as(x)].mean()
    ),
    "You added the squares up; take their mean.": (
        lambda x, y, m: (x - y).square()[m.expand_as(x)].sum()
    ),
    "Square each error before you take the mean: errors of both signs cancel.": (
        lambda x, y, m: (x - y)[m.expand_as(x)].mean().square()
    ),
}


@exercise(
    "images/restore_and_inpaint/inside",
    not_yet="Write the body of `inside(x, y, mask)` and return one number.",
    right="A hole is judged where it is.",
    hints=[
        "The mask has one channel: mask.expand_as(x) has as many as the pictures.",
        "A tensor can be indexed with a mask: errors[mask].",
        "(x - y).square()[mask.expand_as(x)].mean()",
    ],
)
def inside(answer) -> None:
    """Mean squared error of the missing pixels."""
    cases = [(GUESS, TRUE, HOLE), (GUESS[1:], TRUE[1:], HOLE[1:])]
    same_on(answer, _inside, cases, mistakes=INSIDE_MISTAKES)


def _merge(drawn: Tensor, known: Tensor, eps: Tensor, mask: Tensor, abar: Tensor) -> Tensor:
    return torch.where(mask, drawn, abar.sqrt() * known + (1 - abar).sqrt() * eps)


MERGE_MISTAKES = {
    "The two parts are swapped: the mask is True where a pixel is missing.": (
        lambda d, k, e, m, a: _merge(d, k, e, ~m, a)
    ),
    "The known part must have the noise of time s, or the denoiser sees two levels at once.": (
        lambda d, k, e, m, a: torch.where(m, d, k)
    ),
    "The known part is made smaller, but its noise is missing.": (
        lambda d, k, e, m, a: torch.where(m, d, a.sqrt() * k)
    ),
    "Both factors need a root: abar is a share of the variance.": (
        lambda d, k, e, m, a: torch.where(m, d, a * k + (1 - a) * e)
    ),
    "The noise has the factor 1 - abar; take its root.": (
        lambda d, k, e, m, a: torch.where(m, d, a.sqrt() * k + (1 - a) * e)
    ),
    "The picture has the factor abar; take its root.": (
        lambda d, k, e, m, a: torch.where(m, d, a * k + (1 - a).sqrt() * e)
    ),
    "The factors of picture and noise are swapped.": (lambda d, k, e, m, a: _merge(d, e, k, m, a)),
    "You noised the drawn part as well: it has the noise of time s already.": (
        lambda d, k, e, m, a: a.sqrt() * torch.where(m, d, k) + (1 - a).sqrt() * e
    ),
    "The known part keeps its full size, so its variance is too large: sqrt(abar) is missing.": (
        lambda d, k, e, m, a: torch.where(m, d, k + (1 - a).sqrt() * e)
    ),
    "The noise has variance 1 here; it needs the factor sqrt(1 - abar).": (
        lambda d, k, e, m, a: torch.where(m, d, a.sqrt() * k + e)
    ),
    "The known part is missing: that is all drawn.": lambda d, k, e, m, a: d + 0 * k,
    "The two are added: outside the hole what was drawn must not count.": (
        lambda d, k, e, m, a: d + ~m * (a.sqrt() * k + (1 - a).sqrt() * e)
    ),
    "The two are added: in the hole the known part must not count.": (
        lambda d, k, e, m, a: m * d + a.sqrt() * k + (1 - a).sqrt() * e
    ),
    "The drawn part is missing: that is the known picture with noise, in the hole too.": (
        lambda d, k, e, m, a: a.sqrt() * k + (1 - a).sqrt() * e
    ),
    "You subtracted the noise. It has the same distribution, but here the sign counts.": (
        lambda d, k, e, m, a: _merge(d, k, -e, m, a)
    ),
}


@exercise(
    "images/restore_and_inpaint/merge",
    not_yet="Write the body of `merge(drawn, known, eps, mask, abar)` and return x_s.",
    right="Both parts have the noise of one time; where abar is 1, the known pixels are exact.",
    hints=[
        "Which part has the noise of time s already, and which has none?",
        "sqrt(abar) known + sqrt(1 - abar) eps is the known part at time s.",
        "torch.where(mask, a, b) takes a where the mask is True.",
    ],
)
def merge(answer) -> None:
    """One merge of masked sampling: in RePaint's algorithm 1."""
    cases = [
        (GUESS, TRUE, EPS, HOLE, torch.tensor(0.36)),
        (GUESS[:1], TRUE[:1], EPS[1:2], HOLE[:1], torch.tensor(0.81)),
    ]
    same_on(answer, _merge, cases, mistakes=MERGE_MISTAKES)


question(
    "images/restore_and_inpaint/q1",
    "A picture in [-1, 1] is off by 0.2 at every pixel. What is its PSNR?",
    options={
        "a": ("14 dB.", "That takes 1 for the range."),
        "b": ("20 dB.", "0.2 is a tenth of the range 2, and 10 log10(100) = 20."),
        "c": ("10 dB.", "The ratio is squared before the logarithm."),
    },
    answer="b",
)

question(
    "images/restore_and_inpaint/q2",
    "Why were the baselines' strengths chosen on other photographs than the three of the test?",
    options={
        "a": (
            "Because the three would make them look too good.",
            "What is chosen on the test has seen the test, for a baseline as for a network.",
        ),
        "b": (
            "Because six photographs allow a finer choice than three.",
            "They may, but that is not why.",
        ),
        "c": (
            "To give the network a lead of one or two decibels.",
            "It gives them their fair best on unseen pictures.",
        ),
    },
    answer="a",
)

question(
    "images/restore_and_inpaint/q3",
    "A method reports 35 dB over whole pictures of which 5 of 100 pixels were missing. What do "
    "you ask for?",
    options={
        "a": ("SSIM over the whole picture.", "The known pixels flatter it in the same way."),
        "b": ("Nothing: 35 dB is good.", "It is 22 dB in the holes, if the rest is untouched."),
        "c": ("The error inside the holes.", "95 of 100 pixels are right for any method."),
    },
    answer="c",
)

question(
    "images/restore_and_inpaint/q4",
    "In masked sampling, what do more rounds change?",
    options={
        "a": ("The hole sees the known part more often.", "So the two come to fit each other."),
        "b": ("The denoiser gets better.", "It stays as it is; it was exact in the example."),
        "c": ("The known pixels get better.", "They are given, and end as they were."),
    },
    answer="a",
)

question(
    "images/restore_and_inpaint/q5",
    "Six fillings of a number plate all show the same digits. Is that what stood there?",
    options={
        "a": (
            "Yes: six witnesses agree.",
            "One model drew all six; they share everything that it learnt wrongly.",
        ),
        "b": ("Yes, if PSNR is high.", "PSNR needs the true picture, which nobody has."),
        "c": (
            "It is not known: one model drew all.",
            "Agreement shows what the model believes, not what the camera saw.",
        ),
    },
    answer="c",
)
