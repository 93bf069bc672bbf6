"""BeforeAfter: two pictures in one place, and a line between them to drag."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets
from torch import Tensor

from ..core.errors import (
    ChoiceError,
    DataError,
    RangeError,
    ShapeError,
    check_images,
    warn_of_half_range,
)
from .base import PageWidget, packed, page_script
from .frames import image_bytes

MOST_VALUES = 4_000_000  # of one picture: 1154 x 1154 in colour

CSS = """
.aigc-wipe-names {
  display: flex;
  justify-content: space-between;
  gap: 1rem;
  margin: 0 auto 0.4rem;
  font-size: 0.875rem;
}
.aigc-wipe-stage { position: relative; margin: 0 auto; overflow: hidden; border-radius: 0.25rem; }
.aigc-wipe-picture { width: 100%; cursor: ew-resize; outline-offset: -3px; }
.aigc-wipe-line {
  position: absolute;
  top: 0;
  bottom: 0;
  width: 2px;
  margin-left: -1px;
  background: #fff;
  box-shadow: 0 0 0 1px #0008;
  pointer-events: none;
}
.aigc-wipe-grip {
  position: absolute;
  top: 50%;
  left: -10px;
  width: 22px;
  height: 22px;
  margin-top: -11px;
  border-radius: 50%;
  background: #fff;
  box-shadow: 0 0 0 1px #0008;
}
.aigc-wipe-bar { justify-content: center; }
"""


class BeforeAfter(PageWidget):
    """Two pictures of one size in one place; a line between them shows more of one or the other.

    The line is dragged, or moved by the arrow keys. It needs no kernel, so it works in the
    static book.

    Parameters
    ----------
    before, after : Tensor
        Float ``[C, H, W]`` or ``[1, C, H, W]`` with 1 or 3 channels, from `low` to 1; at most 4
        million values. What overshoots (bicubic enlargement does) is cut off.
    names : pair of str
        What the two are called.
    low : {-1, 0}
        What black is.
    position : float
        Where the line stands at first: 0 shows `after` alone, 1 `before` alone.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for pictures that differ in size or leave their range.

    Warns
    -----
    UserWarning
        Where both should lie in [-1, 1] and seem to lie in [0, 1].

    Examples
    --------
    >>> import torch
    >>> wipe = BeforeAfter(-torch.ones(1, 8, 9), torch.ones(1, 8, 9), names=("dark", "light"))
    >>> wipe.shape, wipe.names
    ([8, 9, 1], ['dark', 'light'])
    """

    _esm = page_script("core", "controls", "before_after")
    _css = PageWidget._css + CSS

    before = traitlets.Bytes(b"").tag(sync=True)  # uint8 [H, W, C], deflated
    after = traitlets.Bytes(b"").tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [H, W, C]
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    position = traitlets.Float(0.5).tag(sync=True)

    def __init__(
        self,
        before: Tensor,
        after: Tensor,
        *,
        names: Sequence[str] = ("before", "after"),
        low: float = -1.0,
        position: float = 0.5,
        title: str = "Before and after",
        alt: str | None = None,
    ):
        first, second = (picture_bytes(x, low) for x in (before, after))
        if first.shape != second.shape:
            raise ShapeError(
                "Both pictures must have one size and as many channels; yours have "
                f"{list(before.shape)} and {list(after.shape)}."
            )
        if low == -1:
            warn_of_half_range(before, after)
        if isinstance(names, str) or len(names) != 2:
            raise DataError(f"names={names!r} must be two names.")
        if not 0 <= position <= 1:
            raise RangeError(f"position={position} must lie between 0 and 1.")
        names = [str(name) for name in names]
        height, width, _ = first.shape
        super().__init__(
            before=packed(first),
            after=packed(second),
            shape=list(first.shape),
            names=names,
            position=float(position),
            title=title,
            alt=alt or f"A picture of {width} x {height} pixels twice: {names[0]} and {names[1]}.",
        )


def picture_bytes(x: Tensor, low: float) -> np.ndarray:
    """One picture ``[C, H, W]`` or ``[1, C, H, W]`` from `low` to 1 as uint8 ``[H, W, C]``.

    >>> import torch
    >>> picture_bytes(torch.tensor([[[0.0, 1.0]]]), low=0).ravel().tolist()
    [0, 255]
    """
    if isinstance(low, bool) or low not in (-1, 0):
        raise ChoiceError(f"low={low!r} is not known. Choose one of: -1 (to 1), 0 (to 1).")
    batch = x.unsqueeze(0) if isinstance(x, Tensor) and x.ndim == 3 else x
    check_images(batch, low=2 * low - 1, high=3.0)  # not bytes; a little beyond white will do
    if len(batch) != 1 or batch.shape[1] not in (1, 3):
        raise ShapeError(
            f"One picture is shown, [C, H, W] with 1 or 3 channels; yours is {list(x.shape)}."
        )
    if batch.numel() > MOST_VALUES:
        raise DataError(
            f"This picture holds {batch.numel():,} values; the page takes at most "
            f"{MOST_VALUES:,}. Cut a piece: x[..., :512, :512]."
        )
    picture = batch[0].detach().cpu().float()
    return image_bytes(picture if low == -1 else 2 * picture - 1)
