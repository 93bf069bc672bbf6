"""A function of small pictures, applied to a picture of any size: by overlapping tiles.

A network that takes 128 x 128 pixels, or whose memory grows with the picture, can still restore a
photograph: cut it into tiles that overlap, restore each, and blend them under smooth windows that
sum to one at every pixel. What cannot be mended so: a tile does not see what lies beyond it, so
its result differs from the whole picture's near its border. `seams` measures whether that shows.

Shapes: B pictures of C channels, H x W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import DtypeError, RangeError, ShapeError, check_count, check_images


@torch.no_grad()
def apply_in_tiles(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    tile: int = 128,
    overlap: int = 32,
    multiple: int = 1,
    scale: int = 1,
) -> Tensor:
    """Apply a picture-to-picture function to pictures of any size, tile by tile.

    Parameters
    ----------
    function : callable
        ``[B, C, h, w]`` to ``[B, C', scale * h, scale * w]``; h and w are at most `tile`.
    x : Tensor
        Float ``[B, C, H, W]``, of any size, smaller than a tile too.
    tile : int
        Height and width of a tile; a multiple of `multiple`.
    overlap : int
        Pixels that neighbouring tiles share at least, 0 (edge to edge) to half of `tile`; their
        windows rise over so many.
    multiple : int
        What h and w must be divisible by (a U-Net that halves three times: 8). A picture smaller
        than a tile is continued by its last pixels, and cut again.
    scale : int
        By how much the function enlarges.

    Returns
    -------
    Tensor
        ``[B, C', scale * H, scale * W]``. Besides it and `x` only one tile is held at
        a time, and no gradients.

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, also where the function gives another size than promised.

    Examples
    --------
    >>> x = torch.rand(1, 3, 50, 71, generator=torch.Generator().manual_seed(0))
    >>> torch.allclose(apply_in_tiles(lambda t: 2 * t, x, tile=32, overlap=8), 2 * x)
    True
    """
    check_images(x, check_range=False)
    if not callable(function):
        raise DtypeError(f"function must be callable; you gave a {type(function).__name__}.")
    check_count("multiple", multiple)
    check_count("scale", scale)
    check_count("overlap", overlap, at_least=0)
    if check_count("tile", tile) % multiple:
        raise RangeError(f"tile={tile} must be a multiple of multiple={multiple}.")
    if 2 * overlap > tile:
        raise RangeError(f"overlap={overlap} must be at most half of tile={tile}.")
    height, width = x.shape[2:]
    x = continued(x, tile, multiple)
    rows, columns = (tile_starts(size, tile, overlap) for size in x.shape[2:])
    tall, wide = (min(tile, size) for size in x.shape[2:])
    down, across = (
        tile_windows(size, tile, overlap, scale).to(x) for size in x.shape[2:]
    )  # [tiles, scale * tile]
    result = None
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            piece = function(x[:, :, top : top + tall, left : left + wide])
            _check_piece(piece, (len(x), scale * tall, scale * wide))
            if result is None:
                size = (len(x), piece.shape[1], scale * x.shape[2], scale * x.shape[3])
                result = piece.new_zeros(size)
            place = result[
                :, :, scale * top : scale * (top + tall), scale * left : scale * (left + wide)
            ]
            place += piece * (down[i][:, None] * across[j]).to(piece)
    return result[:, :, : scale * height, : scale * width]


def tile_starts(size: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin along one side: evenly spread, the last ends at the edge.

    >>> tile_starts(100, 40, 10), tile_starts(30, 40, 10)
    ([0, 30, 60], [0])
    """
    if size <= tile:
        return [0]
    count = math.ceil((size - overlap) / (tile - overlap))
    return [round(k * (size - tile) / (count - 1)) for k in range(count)]


def tile_windows(size: int, tile: int, overlap: int, scale: int = 1) -> Tensor:
    """The weight of each tile along one side: float64 ``[tiles, scale * min(tile, size)]``.

    A tile's weight rises as a squared sine over `overlap` pixels at each end. Then all weights at
    one pixel are divided by their sum: a partition of unity.

    >>> tile_windows(6, 4, 2).round(decimals=2).tolist()
    [[1.0, 1.0, 0.85, 0.15], [0.15, 0.85, 1.0, 1.0]]
    """
    starts = torch.tensor(tile_starts(size, tile, overlap)) * scale
    length, ramp = min(tile, size) * scale, overlap * scale
    place = torch.arange(length, dtype=torch.float64) + 0.5
    from_edge = torch.minimum(place, length - place)
    window = torch.sin(math.pi / 2 * (from_edge / max(ramp, 1)).clamp(max=1)) ** 2
    if ramp == 0:
        window = torch.ones_like(window)
    places = starts[:, None] + torch.arange(length)  # [tiles, length]
    total = torch.zeros(size * scale, dtype=torch.float64)
    total.index_add_(0, places.flatten(), window.repeat(len(starts)))
    return window / total[places]


def continued(x: Tensor, tile: int, multiple: int) -> Tensor:
    """Sides shorter than a tile, made divisible by `multiple` by repeating the last pixels.

    >>> list(continued(torch.zeros(1, 1, 5, 90), 32, 8).shape)
    [1, 1, 8, 90]
    """
    down, across = (-size % multiple if size < tile else 0 for size in x.shape[2:])
    return F.pad(x, (0, across, 0, down), mode="replicate") if down or across else x


def seams(x: Tensor, *, tile: int = 128, overlap: int = 32, scale: int = 1) -> float:
    """How much larger the jump between neighbouring pixels is at tiles' borders than elsewhere.

    Give it the *difference* of a tiled result and one that was made without tiles, or the result
    itself where there is no other: then what the picture shows at the borders counts as well.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``, as `apply_in_tiles` returned it (H and W count enlarged pixels).
    tile, overlap, scale : int
        As given to `apply_in_tiles`.

    Returns
    -------
    float
        Mean absolute jump across the lines where a tile begins or ends, divided by that across
        all other lines of pixels. About 1 means: no seam. Infinite where there are jumps at the
        borders alone; 1 where there are none at all.

    Raises
    ------
    ShapeError, RangeError, DtypeError, DataError
        With a sentence, also where the picture is one tile and has no border inside.

    Examples
    --------
    >>> halves = torch.zeros(1, 1, 8, 8)
    >>> halves[..., 4:] = 1
    >>> seams(halves, tile=4, overlap=0)
    inf
    """
    check_images(x, check_range=False)
    check_count("tile", tile)
    check_count("scale", scale)
    if 2 * check_count("overlap", overlap, at_least=0) > tile:
        raise RangeError(f"overlap={overlap} must be at most half of tile={tile}.")
    at, elsewhere = [], []
    for axis in (2, 3):
        jumps = x.detach().diff(dim=axis).abs().double()
        jumps = jumps.mean([k for k in range(4) if k != axis])  # [size - 1]
        borders = _borders(x.shape[axis] // scale, tile, overlap, scale)
        is_border = torch.zeros(len(jumps), dtype=torch.bool, device=x.device)
        is_border[borders] = True
        at.append(jumps[is_border])
        elsewhere.append(jumps[~is_border])
    at, elsewhere = torch.cat(at), torch.cat(elsewhere)
    if not len(at) or not len(elsewhere):
        raise ShapeError(
            f"A picture of {x.shape[2]} x {x.shape[3]} pixels has no border of tiles of {tile} "
            "that could be compared with the rest."
        )
    at, elsewhere = at.mean().item(), elsewhere.mean().item()
    if elsewhere == 0:
        return math.inf if at > 0 else 1.0
    return at / elsewhere


def _borders(size: int, tile: int, overlap: int, scale: int) -> list[int]:
    """Jump k lies between pixels k and k + 1; those at which a tile begins or ends inside."""
    starts = tile_starts(size, tile, overlap)
    edges = {scale * start for start in starts} | {scale * (start + tile) for start in starts}
    return sorted(edge - 1 for edge in edges if 0 < edge < scale * size)


def _check_piece(piece: object, wanted: tuple[int, int, int]) -> None:
    """Refuse what the function gave, if it is of another size than promised."""
    shape = list(piece.shape) if isinstance(piece, Tensor) else type(piece).__name__
    if not isinstance(piece, Tensor) or piece.ndim != 4:
        raise ShapeError(f"The function must give pictures [B, C, h, w]; it gave {shape}.")
    if (len(piece), *piece.shape[2:]) != wanted:
        batch, tall, wide = wanted
        raise ShapeError(
            f"Of this tile the function must make [{batch}, C, {tall}, {wide}]; it made {shape}. "
            "Set scale= if it enlarges, multiple= if its input must be divisible."
        )
