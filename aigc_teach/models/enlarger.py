"""A small network that enlarges pictures: what bicubic enlargement lacks, and nothing else.

All work is done at the *small* size, where a pixel is cheap; the last layer gives as many channels
as a small pixel has large ones, and a sub-pixel shuffle puts them side by side (Shi et al. 2016,
equation 4, arXiv:1609.05158). The result is added to a bicubic enlargement, so a new network, whose
last layer gives 0, *is* the bicubic one.

Shapes: B pictures of C channels, H x W pixels, enlarged by a factor r.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..core import RangeError, ShapeError, check_count, check_images
from ..core.filters import resize


class Enlarger(nn.Module):
    """Bicubic enlargement, and a residual that is learnt.

    Parameters
    ----------
    factor : int
        Times as many pixels a side, 2 to 8.
    channels : int
        Of the pictures: 1 (grey) or 3, say.
    width : int
        Channels inside.
    blocks : int
        Residual blocks of two 3 x 3 convolutions; each lets a pixel see two further ones in every
        direction.
    fine : int
        0: the shuffled channels are the pixels. More: so many channels are shuffled, and one last
        convolution at the *large* size makes pixels of them. It costs more and can smooth the
        grid that a shuffle leaves; an adversarial loss sees that grid at once.

    Raises
    ------
    RangeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> import torch
    >>> net = Enlarger(factor=2)
    >>> small = torch.rand(1, 1, 6, 9)
    >>> bool(torch.equal(net(small), resize(small, 12, 18)))  # new: bicubic, no more
    True
    """

    def __init__(
        self,
        *,
        factor: int = 2,
        channels: int = 1,
        width: int = 32,
        blocks: int = 2,
        fine: int = 0,
    ):
        super().__init__()
        if check_count("factor", factor, at_most=8) < 2:
            raise RangeError("factor=1 enlarges nothing; it must be from 2 to 8.")
        self.factor, self.channels = factor, check_count("channels", channels)
        self.width, self.blocks = check_count("width", width), check_count("blocks", blocks)
        self.inward = nn.Conv2d(channels, width, 5, padding=2, padding_mode="replicate")
        self.body = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.fine = check_count("fine", fine, at_least=0)
        self.outward = nn.Conv2d(width, (fine or channels) * factor**2, 3, padding=1)
        self.last = nn.Conv2d(fine, channels, 5, padding=2) if fine else self.outward
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, small: Tensor) -> Tensor:
        """Enlarge pictures.

        Parameters
        ----------
        small : Tensor
            Float ``[B, C, H, W]``, any range; what it was trained on is [-1, 1].

        Returns
        -------
        Tensor
            ``[B, C, factor * H, factor * W]``; like bicubic enlargement it may go a little beyond
            the range.

        Raises
        ------
        DtypeError, ShapeError, DataError
            With a sentence.
        """
        check_images(small, check_range=False)
        if small.shape[1] != self.channels:
            raise ShapeError(
                f"This enlarger was built for {self.channels} channels; your pictures have "
                f"{small.shape[1]}."
            )
        height, width = (self.factor * size for size in small.shape[2:])
        h = F.relu(self.inward(small))  # [B, width, H, W]
        lacks = F.pixel_shuffle(self.outward(self.body(h)), self.factor)  # [B, C, r H, r W]
        if self.fine:
            lacks = self.last(F.relu(lacks))
        return resize(small, height, width) + lacks


class Block(nn.Module):
    """Two convolutions beside a straight way: ``x + conv(relu(conv(x)))``.

    >>> import torch
    >>> Block(4)(torch.zeros(1, 4, 5, 5)).shape
    torch.Size([1, 4, 5, 5])
    """

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """From ``[B, width, H, W]`` to the same."""
        return x + self.second(F.relu(self.first(x)))
