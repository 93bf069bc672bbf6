"""A small U-Net from pictures to pictures, with any number of channels in and out, and no time.

(The nets of diffusion, which are told the time, are in ``unet``.)
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import ShapeError, check_count


class Hourglass(nn.Module):
    """Three convolutions down, three up, and the finer maps joined in on the way.

    O. Ronneberger, P. Fischer and T. Brox, "U-Net: convolutional networks for biomedical image
    segmentation", MICCAI 2015. 2x2 blocks of pixels become channels first, so the widest maps
    have half the sides; the coarsest have an eighth.

    Parameters
    ----------
    inputs, outputs : int
        Channels in and out.
    width : int
        Channels of the finest maps inside; the coarser ones have two and three times as many.

    Raises
    ------
    RangeError, DtypeError

    Examples
    --------
    >>> Hourglass(6, 3, width=8)(torch.zeros(2, 6, 32, 48)).shape
    torch.Size([2, 3, 32, 48])
    """

    def __init__(self, inputs: int, outputs: int, *, width: int = 24):
        super().__init__()
        for name, value in {"inputs": inputs, "outputs": outputs, "width": width}.items():
            check_count(name, value)
        self.inputs = inputs
        self.fine = _pair(4 * inputs, width)
        self.middle = _pair(width, 2 * width)
        self.coarse = _pair(2 * width, 3 * width)
        self.up = _pair(5 * width, 2 * width)
        self.finish = _pair(3 * width, width)
        self.last = nn.Conv2d(width, 4 * outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, H, W]`` -> ``[N, outputs, H, W]``; H and W are multiples of 8."""
        if x.ndim != 4 or x.shape[1] != self.inputs or x.shape[2] % 8 or x.shape[3] % 8:
            raise ShapeError(
                f"Pictures must be [N, {self.inputs}, H, W] with sides that are multiples of 8; "
                f"yours are {list(x.shape)}."
            )
        fine = self.fine(F.pixel_unshuffle(x, 2))  # [N, W, H / 2, W / 2]
        middle = self.middle(F.avg_pool2d(fine, 2))
        coarse = self.coarse(F.avg_pool2d(middle, 2))
        h = self.up(torch.cat([middle, _twice(coarse)], 1))
        h = self.finish(torch.cat([fine, _twice(h)], 1))
        return F.pixel_shuffle(self.last(h), 2)


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
