"""Kernel distance of two sets of features: an estimate that a small sample does not bias.

The squared maximum mean discrepancy with the cubic kernel ``k(x, y) = (x . y / D + 1)^3``
(Binkowski et al. 2018, arXiv:1801.01401, section 4), unbiased as in Gretton et al. 2012,
eq. 3. With the features of an Inception network it is called KID; with those of the project's
own judge the number cannot be compared with published ones.

Shapes: N and M items, D features.
"""

from __future__ import annotations

from torch import Tensor

from aigc_teach.core import DataError, ShapeError

from .frechet import _check_floats


def kernel_distance(features: Tensor, reference: Tensor) -> float:
    """Unbiased squared kernel distance of two sets of features.

    Parameters
    ----------
    features, reference : Tensor
        Floating point ``[N, D]`` and ``[M, D]``; at least 2 items each.

    Returns
    -------
    float
        0 on average where both sets come from one distribution, so single values may be
        negative; larger where they differ.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> import torch
    >>> same = torch.zeros(3, 2)
    >>> kernel_distance(same, same), kernel_distance(same, same + 1)  # 1 + 8 - 2
    (0.0, 7.0)
    """
    x, y = check_feature_sets(features, reference)
    n, m = len(x), len(y)
    within_x, within_y = _kernel(x, x), _kernel(y, y)  # [N, N], [M, M]
    own_x = (within_x.sum() - within_x.trace()) / (n * (n - 1))  # pairs of different items
    own_y = (within_y.sum() - within_y.trace()) / (m * (m - 1))
    return (own_x + own_y - 2 * _kernel(x, y).mean()).item()


def check_feature_sets(features: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Both sets in float64 on the CPU, or a sentence on what is wrong with them.

    >>> import torch
    >>> [part.shape for part in check_feature_sets(torch.ones(2, 3), torch.ones(4, 3))]
    [torch.Size([2, 3]), torch.Size([4, 3])]
    """
    for name, value in {"features": features, "reference": reference}.items():
        _check_floats(name, value, axes=2)
        if len(value) < 2:
            raise DataError(f"`{name}` holds 1 item; at least 2 are needed.")
    if features.shape[1] != reference.shape[1]:
        raise ShapeError(
            f"Both sets must have as many features; yours have {features.shape[1]} and "
            f"{reference.shape[1]}."
        )
    return features.detach().cpu().double(), reference.detach().cpu().double()


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3
