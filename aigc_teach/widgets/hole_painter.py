"""HolePainter: paint over a picture what is to be filled; the mask comes back as a tensor."""

from __future__ import annotations

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..core.errors import check_count, warn_of_half_range
from ..core.filters import check_mask
from .base import PageWidget, packed, page_script
from .before_after import picture_bytes

CSS = """
.aigc-holes-stage { position: relative; margin: 0 auto; overflow: hidden; border-radius: 0.25rem; }
.aigc-holes-picture { width: 100%; cursor: crosshair; outline-offset: -3px; }
.aigc-holes-ring {
  position: absolute;
  aspect-ratio: 1;
  transform: translate(-50%, -50%);
  border: 2px solid #fff;
  border-radius: 50%;
  box-shadow: 0 0 0 1px #000, inset 0 0 0 1px #000;
  pointer-events: none;
}
.aigc-holes-kernel { margin: 0.6rem 0 0; font-weight: 550; }
.aigc-holes-kernel:empty { display: none; }
"""


class HolePainter(PageWidget):
    """Paint a hole into a picture with mouse, finger or keys; ``.mask`` is what was painted.

    The page paints by itself. Where no kernel runs, as in the static book, it says that no
    Python gets the hole.

    Parameters
    ----------
    picture : Tensor
        Float ``[C, H, W]`` or ``[1, C, H, W]`` with 1 or 3 channels, from `low` to 1; at most 4
        million values.
    mask : Tensor, optional
        bool ``[1, 1, H, W]``, True where a pixel is missing: what is painted at first.
    low : {-1, 0}
        What black is.
    radius : int
        Of the brush, 1 to 40 pixels.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence.

    Warns
    -----
    UserWarning
        Where the picture should lie in [-1, 1] and seems to lie in [0, 1].

    Examples
    --------
    >>> painter = HolePainter(torch.zeros(3, 20, 30))
    >>> painter.mask.dtype, list(painter.mask.shape), bool(painter.mask.any())
    (torch.bool, [1, 1, 20, 30], False)
    """

    _esm = page_script("core", "controls", "hole_painter")
    _css = PageWidget._css + CSS

    picture = traitlets.Bytes(b"").tag(sync=True)  # uint8 [H, W, C], deflated
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [H, W, C]
    # uint8 [H, W]: 1 where a pixel is missing; what comes from the page is a memoryview
    painted = traitlets.Bytes(b"").tag(sync=True, from_json=lambda value, widget: bytes(value))
    radius = traitlets.Int(8).tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)  # the page asks whether a kernel is there
    answered = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        picture: Tensor,
        mask: Tensor | None = None,
        *,
        low: float = -1.0,
        radius: int = 8,
        title: str = "Paint a hole",
        alt: str | None = None,
    ):
        pixels = picture_bytes(picture, low)
        check_count("radius", radius, at_most=40)
        if low == -1:
            warn_of_half_range(picture)
        height, width, _ = pixels.shape
        painted = torch.zeros(1, 1, height, width, dtype=torch.bool) if mask is None else mask
        check_mask(picture if picture.ndim == 4 else picture.unsqueeze(0), painted)
        super().__init__(
            picture=packed(pixels),
            shape=list(pixels.shape),
            painted=painted.cpu().numpy().astype(np.uint8).tobytes(),
            radius=radius,
            title=title,
            alt=alt or f"A picture of {width} x {height} pixels to paint a hole into.",
        )

    @property
    def mask(self) -> Tensor:
        """What is painted: bool ``[1, 1, H, W]``, True where a pixel is missing."""
        height, width, _ = self.shape
        values = np.frombuffer(self.painted, np.uint8).reshape(1, 1, height, width)
        return torch.from_numpy(values > 0)

    @traitlets.validate("painted")
    def _whole(self, proposal) -> bytes:
        value = bytes(proposal["value"])
        if self.shape and len(value) != self.shape[0] * self.shape[1]:
            raise traitlets.TraitError("A painted mask has one byte for each pixel.")
        return value

    @traitlets.observe("asked")
    def _answer(self, change) -> None:
        self.answered = change["new"]
