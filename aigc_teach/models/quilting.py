"""Image quilting (Efros & Freeman 2001): a picture sewn together from square pieces of another.

Legend: b the side of a piece, o how far neighbours overlap, M candidate pieces of the style.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.errors import RangeError, ShapeError, check_count, check_images
from ..core.filters import brightness


def quilt(
    content: Tensor,
    style: Tensor,
    *,
    block: int = 16,
    overlap: int = 5,
    likeness: float = 0.5,
    stride: int = 1,
) -> Tensor:
    """Sew a picture of `content`'s brightness out of `style`'s pieces (texture transfer).

    From the upper left to the lower right, each place gets the piece of the style for which
    ``likeness`` x the squared error of its brightness + ``(1 - likeness)`` x the squared error on
    the overlap with what is already there is least. Then the seam is cut where the two layers
    differ least (`cheapest_cut`). Nothing is drawn at random.

    Parameters
    ----------
    content : Tensor
        Float ``[1, 3, H, W]`` in [-1, 1].
    style : Tensor
        Float ``[1, 3, h, w]`` in [-1, 1]; the only source of pixels.
    block : int
        b, at most the style's sides.
    overlap : int
        o, from 1 to b - 1.
    likeness : float
        0 (texture alone) to 1 (content alone).
    stride : int
        Every how many pixels of the style a piece may begin; 2 asks a quarter of the pieces.

    Returns
    -------
    Tensor
        ``[1, 3, H, W]``.

    Raises
    ------
    ShapeError, RangeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> x, y = torch.zeros(1, 3, 20, 20), torch.rand(1, 3, 24, 24)
    >>> quilt(x, y, block=8, overlap=3).shape
    torch.Size([1, 3, 20, 20])
    """
    for name, each in (("content", content), ("style", style)):
        check_images(each)
        if len(each) != 1 or each.shape[1] != 3:
            raise ShapeError(f"{name} must be [1, 3, H, W]; yours is {list(each.shape)}.")
    check_count("block", block, at_least=2, at_most=min(style.shape[2:]))
    check_count("overlap", overlap, at_most=block - 1)
    check_count("stride", stride)
    if not 0 <= likeness <= 1:
        raise RangeError(f"likeness={likeness} must lie between 0 and 1.")
    height, width = content.shape[2:]
    step = block - overlap
    right, below = (
        -(size - block) % step if size > block else block - size for size in (width, height)
    )
    wanted = F.pad(brightness(content), (0, right, 0, below), mode="replicate")[0, 0]
    pieces = F.unfold(style, block, stride=stride)[0].T.reshape(-1, 3, block, block)  # [M, 3, b, b]
    grey = brightness(pieces).flatten(1)  # [M, b b]
    sewn = style.new_zeros(3, *wanted.shape)
    for top in range(0, wanted.shape[0] - block + 1, step):
        for left in range(0, wanted.shape[1] - block + 1, step):
            at = (slice(top, top + block), slice(left, left + block))
            known = torch.zeros(block, block, dtype=torch.bool, device=style.device)
            known[:overlap], known[:, :overlap] = bool(top), known[:, :overlap] | bool(left)
            cost = likeness * (grey - wanted[at].flatten()).square().sum(1) / grey.shape[1]
            if known.any():
                apart = (pieces[:, :, known] - sewn[:, at[0], at[1]][:, known]).square()
                cost = cost + (1 - likeness) * apart.mean((1, 2))
            piece = pieces[cost.argmin()]  # [3, b, b]
            old = sewn[:, at[0], at[1]]
            new = _new_side(old, piece, overlap, above=bool(top), beside=bool(left))
            sewn[:, at[0], at[1]] = torch.where(new, piece, old)
    return sewn[None, :, :height, :width]


def cheapest_cut(cost: Tensor) -> Tensor:
    """The path from the first row to the last whose costs add up to least: one column a row.

    From row to row it moves by at most one column (the paper's minimum error boundary
    cut, by dynamic programming).

    Parameters
    ----------
    cost : Tensor
        ``[rows, columns]``.

    Returns
    -------
    Tensor
        int64 ``[rows]``.

    Examples
    --------
    >>> cheapest_cut(torch.tensor([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]])).tolist()
    [0, 1, 2]
    """
    if cost.ndim != 2 or not cost.numel():
        raise ShapeError(f"cost must be [rows, columns], not empty; yours is {list(cost.shape)}.")
    total, came_from = cost[0], []
    for row in cost[1:]:
        padded = F.pad(total, (1, 1), value=float("inf"))
        best = torch.stack([padded[:-2], padded[1:-1], padded[2:]]).min(0)
        came_from.append(best.indices - 1)
        total = row + best.values
    path = [int(total.argmin())]
    for move in reversed(came_from):
        path.append(path[-1] + int(move[path[-1]]))
    return torch.tensor(path[::-1])


def _new_side(old: Tensor, piece: Tensor, overlap: int, *, above: bool, beside: bool) -> Tensor:
    """Where the new piece is shown: boolean ``[b, b]``, beyond the cuts on its overlaps."""
    block = piece.shape[-1]
    apart = (old - piece).square().sum(0)  # [b, b]
    places = torch.arange(block)
    new = torch.ones(block, block, dtype=torch.bool)
    if beside:
        new &= places >= cheapest_cut(apart[:, :overlap])[:, None]
    if above:
        new &= places[:, None] >= cheapest_cut(apart[:overlap].T)
    return new.to(piece.device)
