"""A small net that takes the noise out of a picture of any size.

Legend: N pictures of C channels, H x W pixels; W also the width, L layers.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..core import ShapeError, check_count


class Restorer(nn.Module):
    """Convolutions on half the sides that guess the noise; what comes out is the rest.

    2x2 blocks of pixels become channels first (space to depth, as in FFDNet: Zhang, Zuo and Zhang
    2018, doi:10.1109/TIP.2018.2839891), so that the same number of layers sees twice as far for a
    quarter of the work. The last layer starts at zero: an untrained net gives its input back.

    Parameters
    ----------
    channels : int
        C: 1 for grey, 3 for colour.
    width : int
        Channels of the layers inside.
    depth : int
        L, layers inside, besides the first and the last.

    Raises
    ------
    RangeError, DtypeError

    Examples
    --------
    >>> import torch
    >>> x = torch.rand(2, 1, 31, 46, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(Restorer(width=8, depth=1)(x), x)
    True
    """

    def __init__(self, channels: int = 1, *, width: int = 32, depth: int = 3):
        super().__init__()
        check_count("channels", channels)
        check_count("width", width)
        check_count("depth", depth, at_least=0)
        self.channels = channels
        layers: list[nn.Module] = [nn.Conv2d(4 * channels, width, 3, padding=1), nn.ReLU()]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        last = nn.Conv2d(width, 4 * channels, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(*layers, last)

    @property
    def reach(self) -> int:
        """How far the farthest pixel lies that a pixel's answer depends on, in pixels.

        >>> Restorer(depth=3).reach
        11
        """
        convolutions = sum(isinstance(layer, nn.Conv2d) for layer in self.layers)
        return 2 * convolutions + 1

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> ``[N, C, H, W]``; odd sides are continued by their last pixels."""
        if x.ndim != 4 or x.shape[1] != self.channels:
            raise ShapeError(
                f"Pictures must be [N, {self.channels}, H, W]; yours are {list(x.shape)}."
            )
        height, width = x.shape[2:]
        even = F.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
        noise = F.pixel_shuffle(self.layers(F.pixel_unshuffle(even, 2)), 2)
        return x - noise[:, :, :height, :width]
