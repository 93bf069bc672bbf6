"""The Frechet distance between two Gaussians, and the Gaussian of a set of features.

Used as Heusel et al. 2017 (arXiv:1706.08500, eq. 6) use it: both sets of images go through
a classifier, each set of features is summed up by its mean and covariance, and the squared
distance of the two Gaussians (Dowson & Landau 1982, eq. 4) is

    d^2 = |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)).

With features of the project's own judge it is a *Frechet classifier distance*; the number
cannot be compared with published FID values, which need another classifier.

Shapes: N items, D features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError


def gaussian_of(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of a set of features, in float64.

    Parameters
    ----------
    features : Tensor
        Floating point ``[N, D]``, N at least 2.

    Returns
    -------
    mean : Tensor
        ``[D]``.
    cov : Tensor
        ``[D, D]``, unbiased (divided by N - 1).

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where a feature is NaN or infinite.

    Examples
    --------
    >>> mean, cov = gaussian_of(torch.tensor([[0.0, 0.0], [2.0, 4.0]]))
    >>> mean.tolist(), cov.tolist()
    ([1.0, 2.0], [[2.0, 4.0], [4.0, 8.0]])
    """
    _check_floats("features", features, axes=2)
    if features.shape[0] < 2:
        raise DataError(
            f"A covariance needs at least 2 items; the features hold {features.shape[0]}."
        )
    features = features.detach().cpu().double()  # [N, D]
    mean = features.mean(dim=0)  # [D]
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)  # [D], [D, D]


def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """Squared Frechet distance of two Gaussians, as FID reports it.

    The trace of (C1 C2)^(1/2) is taken as the sum of the square roots of the eigenvalues of
    the symmetric matrix C1^(1/2) C2 C1^(1/2): the two have the same eigenvalues, and the
    symmetric form stays real where a covariance is singular (fewer items than features).

    Parameters
    ----------
    mean1, mean2 : Tensor
        ``[D]``.
    cov1, cov2 : Tensor
        Symmetric, no negative eigenvalue, ``[D, D]``.

    Returns
    -------
    float
        At least 0; 0 for equal Gaussians.

    Raises
    ------
    DtypeError, ShapeError, RangeError
        With a sentence.

    Examples
    --------
    >>> mean, cov = torch.zeros(2), torch.eye(2)
    >>> frechet_distance(mean, cov, mean + 3, 4 * cov)  # 2 * 3^2 + 2 * (2 - 1)^2
    20.0
    """
    for name, value in {"mean1": mean1, "mean2": mean2}.items():
        _check_floats(name, value, axes=1)
    for name, value in {"cov1": cov1, "cov2": cov2}.items():
        _check_floats(name, value, axes=2)
        _check_covariance(name, value, size=len(mean1))
    if mean1.shape != mean2.shape:
        raise ShapeError(
            f"Both Gaussians must have as many features; yours have {len(mean1)} and {len(mean2)}."
        )
    mean1, cov1, mean2, cov2 = (
        value.detach().cpu().double() for value in (mean1, cov1, mean2, cov2)
    )
    root = symmetric_root(cov1)  # [D, D]
    eigenvalues = torch.linalg.eigvalsh(root @ cov2 @ root)  # [D]
    trace_of_root = eigenvalues.clamp_min(0).sqrt().sum()
    squared = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * trace_of_root
    return max(0.0, squared.item())  # rounding may leave -1e-14


def symmetric_root(matrix: Tensor) -> Tensor:
    """The symmetric square root R of a positive semi-definite matrix: R R = matrix.

    >>> symmetric_root(torch.tensor([[4.0, 0.0], [0.0, 9.0]])).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    eigenvalues, vectors = torch.linalg.eigh(matrix)  # [D], [D, D]
    return vectors * eigenvalues.clamp_min(0).sqrt() @ vectors.T


def _check_floats(name: str, value: Tensor, *, axes: int) -> None:
    """Refuse what is no finite floating-point tensor with that many axes."""
    if not isinstance(value, Tensor) or not value.dtype.is_floating_point:
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise DtypeError(f"{name} must be a floating-point torch.Tensor; you gave {kind}.")
    if value.ndim != axes or value.numel() == 0:
        wanted = "[D]" if axes == 1 else "[N, D]"
        raise ShapeError(f"{name} must be {wanted} and not empty; yours is {list(value.shape)}.")
    if not value.isfinite().all():
        raise RangeError(f"{name} holds values that are NaN or infinite; all must be finite.")


def _check_covariance(name: str, cov: Tensor, *, size: int) -> None:
    """Refuse what is no symmetric ``[size, size]`` matrix."""
    if cov.shape != (size, size):
        raise ShapeError(f"{name} must be [{size}, {size}]; yours is {list(cov.shape)}.")
    if not torch.allclose(cov, cov.T, rtol=1e-4, atol=1e-6 * float(cov.abs().max())):
        raise RangeError(f"{name} is not symmetric, so it is no covariance matrix.")
    lowest, highest = torch.linalg.eigvalsh(cov.detach().cpu().double())[[0, -1]].tolist()
    if lowest < -1e-3 * max(abs(highest), abs(lowest)):  # less is the rounding of float32
        raise RangeError(f"{name} has the eigenvalue {lowest:.3g}; a covariance has none below 0.")
