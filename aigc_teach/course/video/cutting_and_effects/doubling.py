"""A frame between two frames, in four ways; and where the moving shape is in the result."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....data.shots import MovingShapes, over
from ....nn.hourglass import Hourglass

SEARCH = 6  # pixels that block matching looks either way, for half of the movement
BLOCK = 7
RADIUS = (0.13, 0.2)  # of the shapes, as a share of the picture


def copied(before: Tensor, after: Tensor) -> Tensor:
    """The frame before, once more: ``[N, 3, H, W]`` each."""
    return before


def blended(before: Tensor, after: Tensor) -> Tensor:
    """The mean of both."""
    return (before + after) / 2


def moved(x: Tensor, down: int, right: int) -> Tensor:
    """Pictures moved by whole pixels; the edge is repeated, ``[N, C, H, W]``."""
    reach = max(abs(down), abs(right), 1)
    height, width = x.shape[2:]
    wide = F.pad(x, (reach,) * 4, mode="replicate")
    top, left = reach - down, reach - right
    return wide[:, :, top : top + height, left : left + width]


def block_matched(
    before: Tensor, after: Tensor, *, search: int = SEARCH, block: int = BLOCK
) -> Tensor:
    """Motion-compensated: each place takes the movement that fits the block around it best.

    For every movement v the frame before is moved by v and the frame after by -v; where the two
    agree over a block, that is the movement of half a step. A longer movement must fit better by
    a little, so that a plain wall stands still.
    """
    n, _, height, width = before.shape
    least = torch.full((n, 1, height, width), float("inf"))
    best = torch.zeros_like(before)
    for down in range(-search, search + 1):
        for right in range(-search, search + 1):
            a, b = moved(before, down, right), moved(after, -down, -right)
            cost = (a - b).abs().mean(1, keepdim=True)
            cost = F.avg_pool2d(cost, block, 1, block // 2, count_include_pad=False)
            cost = cost + 1e-3 * (abs(down) + abs(right))
            better = cost < least
            least = torch.where(better, cost, least)
            best = torch.where(better, (a + b) / 2, best)
    return best


class Between(nn.Module):
    """A net that says for each place how far it reaches into both frames, and mixes the two.

    Five channels come out: two steps of at most `most` pixels, and which frame counts.
    """

    def __init__(self, width: int = 24, most: float = 8.0):
        super().__init__()
        self.most = most
        self.net = Hourglass(6, 5, width=width)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """``[N, 3, H, W]`` each -> ``[N, 3, H, W]``."""
        out = self.net(torch.cat([before, after], 1))
        a = reached(before, self.most * out[:, 0:2].tanh())
        b = reached(after, self.most * out[:, 2:4].tanh())
        share = out[:, 4:].sigmoid()
        return over(a, share, b)


def reached(x: Tensor, step: Tensor) -> Tensor:
    """Each place takes what lies `step` (right, down) pixels away, ``[N, 2, H, W]``."""
    height, width = x.shape[2:]
    rows = torch.linspace(-1, 1, height).view(1, height, 1)
    columns = torch.linspace(-1, 1, width).view(1, 1, width)
    to_x = columns + 2 * step[:, 0] / (width - 1)
    to_y = rows + 2 * step[:, 1] / (height - 1)
    grid = torch.stack([to_x, to_y], 3)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=True)


def between_loss(net: Between, clips: Tensor, g: torch.Generator, *, n: int = 16) -> Tensor:
    """Absolute error of the frame between; what moves counts more than what stands still.

    clips is ``[N, 3, 3, H, W]``: three frames each; half of the batches are mirrored.
    """
    x = clips[torch.randint(len(clips), (n,), generator=g)]
    if torch.rand(1, generator=g) < 0.5:
        x = x.flip(4)
    before, true, after = x.unbind(1)
    moves = ((before - after).abs() + (before - true).abs()).mean(1, keepdim=True)
    return ((0.05 + moves) * (net(before, after) - true).abs()).mean()


def opacity(made: Tensor, clips: MovingShapes) -> Tensor:
    """How much of each pixel looks like the shape, ``[N, 1, H, W]``, 0 to 1.

    The colour is compared with those of the shape and of the clean plate: the share between.
    """
    way = clips.paint[:, :, None, None] - clips.plate
    share = ((made - clips.plate) * way).sum(1, keepdim=True)
    return (share / way.square().sum(1, keepdim=True)).clamp(0, 1)


class Placed(NamedTuple):
    """How well the shape stands, means over the clips.

    Attributes
    ----------
    error : float
        Mean absolute error of all pixels.
    middle : float
        How far the centre of mass is from the true one, in pixels.
    match : float
        How far the place is where the true shape fits best, in pixels.
    ghost : float
        The share of the shape's opacity that lies where the true shape is not.
    """

    error: float
    middle: float
    match: float
    ghost: float


def placed(made: Tensor, clips: MovingShapes, frame: int = 1) -> Placed:
    """Compare a made frame with the true one that was left out."""
    true, alpha = clips.frames[:, frame], clips.alpha[:, frame]
    seen = opacity(made, clips)
    ghost = (seen * (alpha < 0.01)).sum((1, 2, 3)) / seen.sum((1, 2, 3)).clamp(min=1e-6)
    middle = (centre(seen) - centre(alpha)).norm(dim=1)
    match = (best_place(seen, alpha) - best_place(alpha, alpha)).norm(dim=1)
    error = (made - true).abs().mean()
    return Placed(*(float(v.mean()) for v in (error, middle, match, ghost)))


def centre(share: Tensor) -> Tensor:
    """Centre of mass, ``[N, 1, H, W]`` -> ``[N, 2]``; faint pixels do not count."""
    weight = torch.where(share > 0.25, share, 0)
    rows = torch.arange(share.shape[2]).view(1, 1, -1, 1)
    columns = torch.arange(share.shape[3])
    total = weight.sum((1, 2, 3)).clamp(min=1e-6)
    return (
        torch.stack([(weight * rows).sum((1, 2, 3)), (weight * columns).sum((1, 2, 3))], 1)
        / (total[:, None])
    )


def best_place(seen: Tensor, template: Tensor) -> Tensor:
    """Shift, ``[N, 2]``, at which the template covers `seen` best."""
    a, b = torch.fft.rfft2(seen[:, 0], s=(64, 64)), torch.fft.rfft2(template[:, 0], s=(64, 64))
    fit = torch.fft.irfft2(a * b.conj(), s=(64, 64)).flatten(1)
    at = fit.argmax(1)
    shift = torch.stack([at // 64, at % 64], 1)
    return torch.where(shift > 32, shift - 64, shift).float()
