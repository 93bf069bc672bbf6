"""What an edit of a picture changed, by the attributes that were read before and after it.

Shapes: N pictures, A amounts in [0, 1], C choices as places among their names.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aigc_teach.core import RangeError, ShapeError, check_count, check_number

HIT = 0.25
"""How far an amount may be read from what was asked for."""


class EditScores(NamedTuple):
    """How an edit went, as shares from 0 to 1.

    Attributes
    ----------
    success : float
        Of the pictures: the attribute reads as asked, an amount within 0.25.
    others : float
        Of all other attributes of all pictures: moved, though nobody asked.
    """

    success: float
    others: float


def moved(before: Tensor, after: Tensor, *, amounts: int, tolerance: float = 0.15) -> Tensor:
    """Which attributes changed.

    Parameters
    ----------
    before, after : Tensor
        ``[N, A + C]``: the amounts first, then the choices' places.
    amounts : int
        A.
    tolerance : float
        A larger difference of an amount counts as moved; any other place of a choice does.

    Returns
    -------
    Tensor
        bool ``[N, A + C]``.

    Examples
    --------
    >>> before, after = torch.tensor([[0.5, 0.2, 3.0]]), torch.tensor([[0.6, 0.9, 2.0]])
    >>> moved(before, after, amounts=2).tolist()
    [[False, True, True]]
    """
    check_count("amounts", amounts, at_least=0)
    check_number("tolerance", tolerance)
    if before.ndim != 2 or before.shape != after.shape or amounts > before.shape[1]:
        raise ShapeError(
            f"Give two tables of one shape [N, {amounts} amounts and the choices]; you gave "
            f"{list(before.shape)} and {list(after.shape)}."
        )
    gap = (after - before).abs()
    return torch.cat([gap[:, :amounts] > tolerance, gap[:, amounts:] > 0.5], dim=1)


def edit_scores(
    before: Tensor, after: Tensor, asked: Tensor, *, column: int, amounts: int
) -> EditScores:
    """Success and side effects of an edit of one attribute.

    Parameters
    ----------
    before, after : Tensor
        ``[N, A + C]``: what the pictures show before the edit, and what is read after it.
    asked : Tensor
        ``[N]``: the values that the attribute was to have.
    column : int
        The attribute's place in the tables.
    amounts : int
        A.

    Examples
    --------
    >>> before = torch.tensor([[0.5, 0.0], [0.5, 1.0]])
    >>> after = torch.tensor([[0.5, 2.0], [0.9, 1.0]])
    >>> edit_scores(before, after, torch.tensor([2.0, 2.0]), column=1, amounts=1)
    EditScores(success=0.5, others=0.5)
    """
    changed = moved(before, after, amounts=amounts)
    if not 0 <= column < before.shape[1]:
        raise RangeError(f"column={column} must lie in 0..{before.shape[1] - 1}.")
    if asked.shape != before.shape[:1]:
        raise ShapeError(f"asked must be [{len(before)}]; yours is {list(asked.shape)}.")
    near = HIT if column < amounts else 0.5
    hit = (after[:, column] - asked).abs() < near
    others = torch.cat([changed[:, :column], changed[:, column + 1 :]], dim=1)
    return EditScores(hit.float().mean().item(), others.float().mean().item())
