"""How far apart two distributions are: six measures, and what they are made of.

    H(p) = -sum p log p           H(p, q) = -sum p log q           KL(p||q) = H(p, q) - H(p)

Legend: K places, N and M samples, P and Q cumulative distributions, h bandwidth. Where
densities or probabilities are taken, the last axis holds the places; `step` is the width of
the cell around each place: 1 for probabilities, the grid's spacing for densities. Nothing is
normalised for you. All results are in nats, and differentiable.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError


def entropy(p: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Entropy ``-sum p log p`` in nats, with 0 log 0 = 0. Shannon 1948, section 6.

    Parameters
    ----------
    p : Tensor
        Probabilities, or a density on a grid, ``[..., K]``; at least 0.
    step : float or Tensor
        Width of a cell, or ``[K]`` widths. The entropy of a density may be negative.

    Returns
    -------
    Tensor
        ``[...]``.

    Raises
    ------
    DtypeError, ShapeError, RangeError
        With a sentence, for anything else, here and below.

    >>> f"{entropy(torch.full((4,), 0.25)).item():.4f}"  # ln 4
    '1.3863'
    """
    _check_density("p", p)
    return -(torch.xlogy(p, _where(p > 0, p)) * _cells(p, step)).sum(-1)


def cross_entropy(p: Tensor, q: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Cross-entropy ``-sum p log q``; infinite where q is 0 and p is not.

    Parameters
    ----------
    p, q, step
        As for `entropy`; shapes that broadcast. Returns ``[...]``.

    >>> f"{cross_entropy(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])).item():.4f}"
    '0.6931'
    """
    p, q = _check_pair(p, q)
    return -(p * _where(p > 0, q).log() * _cells(p, step)).sum(-1)


def kl(p: Tensor, q: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Kullback-Leibler divergence ``sum p log(p/q)``. Kullback & Leibler 1951, section 2.

    Never negative if both sum (times `step`) to 1; infinite where q is 0 and p is not.
    Places with p = 0 add nothing to the value and nothing to the gradient.

    Parameters
    ----------
    p, q, step
        As for `entropy`; shapes that broadcast. Returns ``[...]``.

    >>> kl(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0])).item()
    inf
    """
    p, q = _check_pair(p, q)
    ratio = _where(p > 0, p).log() - _where(p > 0, q).log()  # 0 where p is 0
    return (p * ratio * _cells(p, step)).sum(-1)


def jensen_shannon(p: Tensor, q: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Jensen-Shannon divergence: the mean KL of p and q to their average, from 0 to ln 2.

    Lin 1991, with equal weights.

    Parameters
    ----------
    p, q, step
        As for `entropy`; shapes that broadcast. Returns ``[...]``.

    >>> f"{jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).item():.4f}"
    '0.6931'
    """
    p, q = _check_pair(p, q)
    # 2t / (p + q), not t / ((p + q) / 2): halving the smallest numbers would give 0
    ratios = [_where(t > 0, t).log() - _where(t > 0, p + q).log() + math.log(2) for t in (p, q)]
    return ((p * ratios[0] + q * ratios[1]) * _cells(p, step)).sum(-1) / 2


def total_variation(p: Tensor, q: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Total variation distance ``1/2 sum |p - q|``, from 0 to 1.

    It is the largest difference between the probabilities that p and q give to one event.

    Parameters
    ----------
    p, q, step
        As for `entropy`; shapes that broadcast. Returns ``[...]``.

    >>> total_variation(torch.tensor([0.5, 0.5]), torch.tensor([0.75, 0.25])).item()
    0.25
    """
    p, q = _check_pair(p, q)
    return ((p - q).abs() * _cells(p, step)).sum(-1) / 2


def wasserstein_from_densities(p: Tensor, q: Tensor, *, step: float | Tensor = 1.0) -> Tensor:
    """Wasserstein-1 distance on the line: the area between the cumulative distributions.

    ``W1 = integral |P(x) - Q(x)| dx``: the least average distance that mass must travel.

    Parameters
    ----------
    p, q : Tensor
        ``[..., K]``, at least 0; shapes that broadcast. Both must have the same total.
    step : float or Tensor
        Width of a cell; neighbouring places are as far apart as their cells' middles.

    Returns
    -------
    Tensor
        ``[...]``, in the unit of x.

    >>> wasserstein_from_densities(torch.tensor([1.0, 0, 0]), torch.tensor([0, 0, 1.0])).item()
    2.0
    """
    p, q = _check_pair(p, q)
    cells = _cells(p, step)
    gap = ((p - q) * cells).cumsum(-1)[..., :-1]  # P - Q between a place and the next
    apart = (cells[..., :-1] + cells[..., 1:]) / 2 if cells.ndim else cells
    return (gap.abs() * apart).sum(-1)


def wasserstein_1d(x: Tensor, y: Tensor) -> Tensor:
    """Wasserstein-1 distance between two sets of numbers, exact.

    With equally many it is the mean distance of the sorted numbers, pair by pair; else the
    quantile functions are compared piece by piece.

    Parameters
    ----------
    x, y : Tensor
        Samples ``[N]`` and ``[M]`` (or ``[N, 1]``, ``[M, 1]``), finite.

    Returns
    -------
    Tensor
        A scalar, in the unit of x.

    >>> wasserstein_1d(torch.tensor([0.0, 1.0]), torch.tensor([5.0])).item()
    4.5
    """
    x, y = _line("x", x).sort().values, _line("y", y).sort().values
    n, m = len(x), len(y)
    if n == m:
        return (x - y).abs().mean()
    # the shares at which either quantile function jumps, in units of 1 / (n m): exact
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    lengths = ends.diff(prepend=ends.new_zeros(1)).to(x) / (n * m)
    quantiles = x[(ends - 1).to(x.device) // m], y[(ends - 1).to(x.device) // n]
    return ((quantiles[0] - quantiles[1]).abs() * lengths).sum()


def mmd(x: Tensor, y: Tensor, *, bandwidth: float = 1.0, unbiased: bool = True) -> Tensor:
    """Squared maximum mean discrepancy of two sets of samples, with a Gaussian kernel.

    ``E k(x, x') - 2 E k(x, y) + E k(y, y')`` with ``k(a, b) = exp(-|a - b|^2 / (2 h^2))``.
    Gretton et al. 2012, Lemma 6 (unbiased; with the diagonal, biased).

    Parameters
    ----------
    x, y : Tensor
        Samples ``[N]`` or ``[N, D]``, and ``[M]`` or ``[M, D]``, finite.
    bandwidth : float
        h, in the unit of x; greater than 0.
    unbiased : bool
        Leave out each sample's kernel with itself. The result is then right on average,
        and may be negative; it needs at least two samples on each side.

    Returns
    -------
    Tensor
        A scalar; biased, it lies between 0 and 2.

    >>> mmd(torch.zeros(3), torch.zeros(5)).item()
    0.0
    """
    x, y = _rows("x", x), _rows("y", y)
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"x has {x.shape[1]} dimensions, y has {y.shape[1]}; both need the same.")
    _check_bandwidth(bandwidth)
    if unbiased and min(len(x), len(y)) < 2:
        raise DataError("The unbiased estimate needs at least 2 samples on each side.")
    own = [_mean_kernel(s, s, bandwidth, skip_diagonal=unbiased) for s in (x, y)]
    return own[0] + own[1] - 2 * _mean_kernel(x, y, bandwidth, skip_diagonal=False)


def mmd_from_densities(p: Tensor, q: Tensor, *, step=1.0, bandwidth: float = 1.0) -> Tensor:
    """Squared maximum mean discrepancy of two densities on an even grid.

    Parameters
    ----------
    p, q : Tensor
        ``[..., K]``, at least 0; shapes that broadcast.
    step : float
        The grid's spacing.
    bandwidth : float
        h of the Gaussian kernel, in the unit of x; greater than 0.

    Returns
    -------
    Tensor
        ``[...]``, from 0 to 2.

    >>> mmd_from_densities(torch.ones(1), torch.ones(1)).item()
    0.0
    """
    p, q = _check_pair(p, q)
    _check_bandwidth(bandwidth)
    if isinstance(step, Tensor) and step.ndim:
        raise ShapeError("The kernel is made for an even grid: step must be a single number.")
    places = torch.arange(p.shape[-1], dtype=p.dtype, device=p.device) * step
    kernel = torch.exp(-((places[:, None] - places) ** 2) / (2 * bandwidth**2))  # [K, K]
    difference = (p - q) * _cells(p, step)
    return (difference @ kernel * difference).sum(-1)


def _mean_kernel(x: Tensor, y: Tensor, bandwidth: float, *, skip_diagonal: bool) -> Tensor:
    squared = ((x[:, None] - y) ** 2).sum(-1)  # [N, M]
    kernel = torch.exp(-squared / (2 * bandwidth**2))
    if not skip_diagonal:
        return kernel.mean()
    return (kernel.sum() - kernel.diagonal().sum()) / (len(x) * (len(x) - 1))


def _where(mask: Tensor, values: Tensor) -> Tensor:
    return torch.where(
        mask, values, torch.ones_like(values)
    )  # log 1 = 0, and its gradient ends here


def _cells(p: Tensor, step: float | Tensor) -> Tensor:
    cells = torch.as_tensor(step, dtype=p.dtype, device=p.device)
    if cells.ndim > 1 or (cells.ndim and len(cells) != p.shape[-1]):
        raise ShapeError(
            f"step must be one number or {p.shape[-1]} of them; it has shape {list(cells.shape)}."
        )
    if not (torch.isfinite(cells).all() and (cells > 0).all()):
        raise RangeError("step is the width of a cell: it must be finite and greater than 0.")
    return cells


def _check_density(name: str, p: Tensor) -> None:
    if not isinstance(p, Tensor) or not p.dtype.is_floating_point:
        raise DtypeError(f"{name} must be a floating-point torch.Tensor of probabilities.")
    if not p.ndim or not p.shape[-1]:
        raise ShapeError(f"{name} needs shape [..., K], one value a place; it is {list(p.shape)}.")
    if not (torch.isfinite(p).all() and (p >= 0).all()):
        raise RangeError(f"{name} holds values that are negative, NaN or infinite.")


def _check_pair(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    _check_density("p", p)
    _check_density("q", q)
    if p.shape[-1] != q.shape[-1]:
        raise ShapeError(f"p has {p.shape[-1]} places, q has {q.shape[-1]}; both need the same.")
    return torch.broadcast_tensors(p, q)


def _check_bandwidth(bandwidth: float) -> None:
    if not (math.isfinite(bandwidth) and bandwidth > 0):
        raise RangeError(f"bandwidth={bandwidth} is not allowed; it must be greater than 0.")


def _rows(name: str, x: Tensor) -> Tensor:
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        raise DtypeError(f"{name} must be a floating-point torch.Tensor of samples.")
    if x.ndim not in (1, 2) or not x.numel():
        raise ShapeError(f"{name} needs shape [N] or [N, D], N at least 1; it is {list(x.shape)}.")
    if not torch.isfinite(x).all():
        raise RangeError(f"{name} holds values that are NaN or infinite; all must be finite.")
    return x.reshape(len(x), -1)


def _line(name: str, x: Tensor) -> Tensor:
    rows = _rows(name, x)
    if rows.shape[1] != 1:
        raise ShapeError(f"{name} must be numbers on the line, [N] or [N, 1]; not {list(x.shape)}.")
    return rows[:, 0]
