"""Modes reached and quality, where the modes of the data are known."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import RangeError, ShapeError


def mode_shares(points: Tensor, centres: Tensor, radius: float) -> Tensor:
    """Share of the points that lies near each mode.

    A point belongs to its nearest centre, and counts if it lies within `radius` of it. The sum of
    the shares tells the quality (how many points lie near any mode); how many shares are large
    tells the variety (how many modes are reached). One without the other says little: points
    smeared over the plane reach every mode.

    Parameters
    ----------
    points : Tensor
        Generated points, ``[N, D]``.
    centres : Tensor
        The modes' centres, ``[K, D]``.
    radius : float
        Greater than 0, in the unit of the points.

    Returns
    -------
    Tensor
        ``[K]``, each in [0, 1]; their sum is at most 1.

    Raises
    ------
    ShapeError
        If the two do not have the same number of columns, or one is empty.
    RangeError
        If the radius is not greater than 0.

    Examples
    --------
    >>> centres = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    >>> points = torch.tensor([[0.1, 0.0], [0.0, 0.1], [4.0, 0.2], [2.0, 0.0]])
    >>> mode_shares(points, centres, radius=0.5)
    tensor([0.5000, 0.2500])
    """
    shapes = tuple(points.shape), tuple(centres.shape)
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1]:
        raise ShapeError(f"points [N, D] and centres [K, D] are needed; got {shapes}.")
    if not len(points) or not len(centres):
        raise ShapeError(f"at least one point and one centre are needed; got {shapes}.")
    if not radius > 0:
        raise RangeError(f"radius must be greater than 0; it is {radius}.")
    distance, nearest = torch.cdist(points, centres).min(dim=1)  # [N] each
    return torch.bincount(nearest[distance < radius], minlength=len(centres)) / len(points)
