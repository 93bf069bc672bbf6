"""How levels look, and how new they are: what can be said without playing them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import ShapeError
from ..core.levels import pieces
from .sequence import longest_copied_run


def piece_shares(maps: Tensor, tiles: int = 7) -> Tensor:
    """How often each 2x2 piece stands in maps: float64 ``[tiles^4]``, the sum 1.

    Parameters
    ----------
    maps : Tensor
        int64 ``[N, H, W]``.
    tiles : int

    >>> board = (torch.arange(4)[:, None] + torch.arange(4)) % 2
    >>> [round(share, 3) for share in piece_shares(board[None], 2).tolist() if share]
    [0.556, 0.444]
    """
    scale = torch.tensor([tiles**3, tiles**2, tiles, 1])
    codes = (pieces(maps) * scale).sum(3).flatten()
    return torch.bincount(codes, minlength=tiles**4).double() / len(codes)


def look_distance(maps: Tensor, others: Tensor, tiles: int = 7) -> float:
    """Total variation between the shares of 2x2 pieces: 0 alike, 1 nothing in common.

    It is the usual look at tile statistics. How a level plays is not in it.

    >>> board = (torch.arange(4)[:, None] + torch.arange(4)) % 2
    >>> look_distance(board[None], board[None]), look_distance(board[None], 0 * board[None])
    (0.0, 1.0)
    """
    return 0.5 * (piece_shares(maps, tiles) - piece_shares(others, tiles)).abs().sum().item()


class Novelty(NamedTuple):
    """How far levels are from what was learnt from.

    Attributes
    ----------
    tiles : Tensor
        int64 ``[N]``: by how many tiles each differs from the nearest level of the corpus.
    copied : Tensor
        int64 ``[N]``: its longest run of columns that stands in some level of the corpus.
    """

    tiles: Tensor
    copied: Tensor


def novelty(levels: Tensor, corpus: Tensor) -> Novelty:
    """Nearest level in tiles, and longest copied run of columns.

    Parameters
    ----------
    levels : Tensor
        int64 ``[N, H, W]``.
    corpus : Tensor
        int64 ``[M, H, W]``.

    >>> corpus = torch.tensor([[[0, 1, 2, 3]], [[4, 4, 4, 4]]])
    >>> novelty(torch.tensor([[[1, 2, 3, 4]]]), corpus)
    Novelty(tiles=tensor([3]), copied=tensor([3]))
    """
    if levels.ndim != 3 or corpus.ndim != 3 or corpus.shape[1:] != levels.shape[1:]:
        raise ShapeError(
            "Levels and corpus must be [N, H, W] of one size; they are "
            f"{list(levels.shape)} and {list(corpus.shape)}."
        )
    signs: dict[tuple, str] = {}
    known = "\n".join(_columns(each, signs) for each in corpus)
    runs = [len(longest_copied_run(_columns(each, signs), known)) for each in levels]
    tiles = [(corpus != each).flatten(1).sum(1).min() for each in levels]
    return Novelty(torch.stack(tiles), torch.tensor(runs))


def _columns(level: Tensor, signs: dict[tuple, str]) -> str:
    """One sign for each column; equal columns have equal signs."""
    return "".join(signs.setdefault(tuple(c), chr(0x100 + len(signs))) for c in level.T.tolist())
