"""Nets that look at noised data and the time: a small U-Net for pictures, an MLP for points.

They answer with a tensor of the data's shape, and do not know what it means: noise, data,
velocity. So diffusion and flow matching share them. Both are called ``net(x, time, labels)``
with ``time [N]`` in [0, 1] and ``labels`` int64 ``[N]`` or None; the label K, one past the
last class, stands for "no label".

Legend: N batch, C channels, W width, E size of the vector that carries time and label, K classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import AigcError, ShapeError, check_count, check_sizes

Look = Callable[[int, Tensor], Tensor]

FASTEST, SLOWEST = 100.0, 0.25  # turns of the time's sines while the time goes from 0 to 1


def time_features(time: Tensor, size: int) -> Tensor:
    """Sines and cosines of a time in [0, 1], from a quarter of a turn to 100 turns.

    Parameters
    ----------
    time : Tensor
        ``[N]``.
    size : int
        Even.

    Returns
    -------
    Tensor
        float32 ``[N, size]``, in [-1, 1].

    >>> time_features(torch.tensor([0.0]), 4)
    tensor([[0., 0., 1., 1.]])
    """
    if check_count("size", size, at_least=4) % 2:
        raise ShapeError(f"size={size} is odd; sines and cosines come in pairs.")
    place = torch.arange(size // 2, device=time.device, dtype=torch.float32) / (size // 2 - 1)
    turns = SLOWEST * (FASTEST / SLOWEST) ** place  # [size / 2]
    angle = 2 * math.pi * time.float()[:, None] * turns
    return torch.cat([angle.sin(), angle.cos()], dim=1)  # [N, size]


class Condition(nn.Module):
    """Time, and a label if there are classes, as one vector for each item.

    Parameters
    ----------
    size : int
        E, even.
    n_classes : int
        K; 0 for a net without labels.
    """

    def __init__(self, size: int, n_classes: int = 0):
        super().__init__()
        self.size, self.n_classes = size, n_classes
        self.time = nn.Sequential(nn.Linear(size, size), nn.SiLU(), nn.Linear(size, size))
        self.label = nn.Embedding(n_classes + 1, size) if n_classes else None

    def forward(self, time: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N]``, ``[N]`` or None -> ``[N, E]``."""
        dtype = self.time[0].weight.dtype
        e = self.time(time_features(time, self.size).to(dtype))  # [N, E]
        if self.label is None:
            if labels is not None:
                raise AigcError("This net was built without classes; leave out `labels`.")
            return F.silu(e)
        if labels is None:
            labels = torch.full_like(time, self.n_classes, dtype=torch.int64)
        return F.silu(e + self.label(labels))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a straight path; time and label scale and shift in between.

    The second convolution starts at zero, so that the block starts as the identity.
    """

    def __init__(self, width: int, embedding: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.normalise = nn.GroupNorm(_groups(width), width, affine=False)
        self.modulate = nn.Linear(embedding, 2 * width)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        """``[N, W, H, B]``, ``[N, E]`` -> ``[N, W, H, B]``."""
        scale, shift = self.modulate(e)[:, :, None, None].chunk(2, dim=1)  # [N, W, 1, 1]
        h = self.normalise(self.first(F.silu(x)))
        return x + self.second(F.silu(h * (1 + scale) + shift))


class UNet(nn.Module):
    """A small U-Net (Ronneberger et al. 2015) that works on half and on a quarter of the sides.

    2x2 blocks of pixels become channels first (space to depth), so no convolution runs at full
    size: 28x28 digits are worked on at 14x14, where the width is W, and at 7x7, where it is 2 W.

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels, height and breadth; both sides a multiple of 4 and at least 8.
    width : int
        W.
    depth : int
        Residual blocks at each place: going down, at the bottom, going up.
    n_classes : int
        K; 0 for a net without labels.

    Raises
    ------
    ShapeError, RangeError, DtypeError

    Examples
    --------
    >>> net = UNet((1, 28, 28), width=8, n_classes=10)
    >>> net(torch.zeros(3, 1, 28, 28), torch.rand(3), torch.tensor([1, 2, 10])).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        width: int = 24,
        depth: int = 2,
        n_classes: int = 0,
    ):
        super().__init__()
        self.data_shape = check_sides(data_shape)
        check_count("width", width)
        check_count("depth", depth)
        check_count("n_classes", n_classes, at_least=0)
        channels, size = 4 * self.data_shape[0], 4 * max(width, 2)
        self.condition = Condition(size, n_classes)
        self.inward = nn.Conv2d(channels, width, 3, padding=1)
        self.down = _blocks(depth, width, size)
        self.shrink = nn.Conv2d(width, 2 * width, 2, stride=2)
        self.bottom = _blocks(depth, 2 * width, size)
        self.grow = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.join = nn.Conv2d(2 * width, width, 1)
        self.up = _blocks(depth, width, size)
        self.outward = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N, C, H, B]``, times ``[N]`` in [0, 1], labels ``[N]`` or None -> ``[N, C, H, B]``."""
        return self.draw(x, self.condition(time, labels))

    def draw(self, x: Tensor, e: Tensor, look: Look | None = None) -> Tensor:
        """The answer, given the vector that carries time and all else.

        Parameters
        ----------
        x : Tensor
            ``[N, C, H, B]``.
        e : Tensor
            ``[N, E]``.
        look : callable, optional
            ``(k, h) -> h`` after the k-th block at the bottom, ``[N, 2 W, H / 4, B / 4]``, and
            on the way up, ``[N, W, H / 2, B / 2]``, where the counting goes on.

        Returns
        -------
        Tensor
            ``[N, C, H, B]``.
        """
        look = look or _no_look
        h = self.inward(F.pixel_unshuffle(x, 2))  # [N, W, H / 2, B / 2]
        for block in self.down:
            h = block(h, e)
        low = self.shrink(h)  # [N, 2 W, H / 4, B / 4]
        for k, block in enumerate(self.bottom):
            low = look(k, block(low, e))
        h = self.join(torch.cat([h, self.grow(low)], dim=1))  # [N, W, H / 2, B / 2]
        for k, block in enumerate(self.up):
            h = look(len(self.bottom) + k, block(h, e))
        return F.pixel_shuffle(self.outward(F.silu(h)), 2)  # [N, C, H, B]


class DenoisingMLP(nn.Module):
    """A residual MLP for points or other vectors, with time and label.

    Parameters
    ----------
    data_shape : tuple of int
        ``(2,)`` for points in the plane.
    width : int
        W, at least 2.
    depth : int
        Residual blocks.
    n_classes : int
        K; 0 for a net without labels.

    Examples
    --------
    >>> DenoisingMLP((2,), width=16)(torch.zeros(3, 2), torch.rand(3)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        data_shape: tuple[int, ...] = (2,),
        *,
        width: int = 128,
        depth: int = 3,
        n_classes: int = 0,
    ):
        super().__init__()
        self.data_shape = check_sizes("data_shape", data_shape, fewest=1)
        check_count("width", width)
        check_count("depth", depth)
        check_count("n_classes", n_classes, at_least=0)
        inputs, size = math.prod(self.data_shape), 2 * max(width // 2, 2)
        self.condition = Condition(size, n_classes)
        self.inward = nn.Linear(inputs, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.modulate = nn.ModuleList(nn.Linear(size, 2 * width) for _ in range(depth))
        self.outward = nn.Linear(width, inputs)
        nn.init.zeros_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N, ...]``, times ``[N]`` in [0, 1], labels ``[N]`` or None -> ``[N, ...]``."""
        e = self.condition(time, labels)  # [N, E]
        h = self.inward(x.flatten(1))  # [N, W]
        for layer, modulate in zip(self.layers, self.modulate, strict=True):
            scale, shift = modulate(e).chunk(2, dim=1)
            h = h + layer(F.silu(h * (1 + scale) + shift))
        return self.outward(F.silu(h)).reshape(x.shape)


def check_sides(data_shape: object) -> tuple[int, int, int]:
    """Channels, height and breadth that can be halved twice, or a sentence.

    >>> check_sides((3, 32, 32))
    (3, 32, 32)
    """
    shape = check_sizes("data_shape", data_shape)
    if len(shape) != 3 or any(side < 8 or side % 4 for side in shape[1:]):
        raise ShapeError(
            "A U-Net halves the sides twice: data_shape must be (channels, height, breadth) with "
            f"sides that are multiples of 4 and at least 8, such as (1, 28, 28); you gave {shape}."
        )
    return shape


def _no_look(k: int, h: Tensor) -> Tensor:
    return h


def _blocks(depth: int, width: int, embedding: int) -> nn.ModuleList:
    return nn.ModuleList(ResidualBlock(width, embedding) for _ in range(depth))


def _groups(width: int) -> int:
    """The largest number of groups up to 8 that divides the width."""
    return max(g for g in range(1, 9) if width % g == 0)
