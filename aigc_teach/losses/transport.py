"""Optimal transport between two small sets of points: who goes where, for the least sum.

Legend: n points on each side, cost[i, j] what it takes to bring i to j.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distance of each item of x from each of y: ``[N, M]``, float64.

    Computed from the differences where an item has few numbers, which keeps small distances
    exact.

    Parameters
    ----------
    x, y : Tensor
        ``[N, ...]`` and ``[M, ...]``.

    >>> squared_distances(torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0]])).tolist()
    [[9.0], [1.0]]
    """
    if x.shape[1:] != y.shape[1:] or x.ndim < 2:
        raise ShapeError(f"Both must be [N, ...] alike; yours: {[*x.shape]} and {[*y.shape]}.")
    x, y = x.detach().flatten(1).double(), y.detach().flatten(1).double()
    mode = "donot_use_mm_for_euclid_dist" if x.shape[1] <= 8 else "use_mm_for_euclid_dist"
    return torch.cdist(x, y, compute_mode=mode).square()


def assignment(cost: Tensor) -> Tensor:
    """For each row its own column, so that the sum of the costs is least.

    Shortest augmenting paths (Jonker & Volgenant 1987; the form with potentials of Kuhn's
    Hungarian method): exact, of the order of n^3 operations, on the CPU. 128 points take a few
    hundredths of a second, 1,000 take some seconds.

    Parameters
    ----------
    cost : Tensor
        ``[n, n]``, finite.

    Returns
    -------
    Tensor
        int64 ``[n]``: the column of each row, each column once.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError

    >>> assignment(torch.tensor([[1.0, 2.0], [1.0, 9.0]])).tolist()
    [1, 0]
    """
    if not isinstance(cost, Tensor):
        raise DtypeError(f"cost must be a torch.Tensor [n, n]; you gave a {type(cost).__name__}.")
    if cost.ndim != 2 or cost.shape[0] != cost.shape[1]:
        raise ShapeError(
            f"cost must be square, one column for each row; yours is {list(cost.shape)}."
        )
    if not len(cost):
        raise DataError("cost holds no rows; at least 1 is needed.")
    table = cost.detach().cpu().double().numpy()
    if not np.isfinite(table).all():
        raise RangeError("cost holds values that are NaN or infinite; all must be finite.")
    n = len(table)
    row_price, column_price = np.zeros(n), np.zeros(n)
    owner = np.full(n + 1, -1)  # the row that holds each column; place n is the new row's
    for row in range(n):
        _add_row(row, table, row_price, column_price, owner)
    columns = np.empty(n, dtype=np.int64)
    columns[owner[:n]] = np.arange(n)
    return torch.from_numpy(columns).to(cost.device)


def _add_row(row: int, table, row_price, column_price, owner) -> None:
    """Find the cheapest way to give `row` a column, with earlier rows changing theirs."""
    n = len(table)
    least, came_from = np.full(n, np.inf), np.full(n, n)  # of each column, from the tree
    inside = np.zeros(n, dtype=bool)
    owner[n], here = row, n
    paid = 0.0  # length of the path to the column that was reached last
    reached, when = [], []
    while True:
        i = owner[here]
        reduced = table[i] - row_price[i] - column_price + paid
        better = ~inside & (reduced < least)
        least[better], came_from[better] = reduced[better], here
        here = int(np.where(inside, np.inf, least).argmin())
        paid = least[here]
        if owner[here] < 0:
            break
        inside[here] = True
        reached.append(here)
        when.append(paid)
    row_price[row] += paid
    row_price[owner[reached]] += paid - np.array(when)
    column_price[reached] -= paid - np.array(when)
    while here != n:  # hand the columns on along the path
        owner[here], here = owner[came_from[here]], came_from[here]


def paired(x0: Tensor, eps: Tensor) -> Tensor:
    """The noise of a batch in another order, so that the squared distances to x0 are least.

    Minibatch optimal transport (Tong et al. 2023): each x_0 gets the noise that is meant for it
    *in this batch*; over many batches that is an estimate of the whole plan, biased for small
    ones.

    Parameters
    ----------
    x0, eps : Tensor
        ``[N, ...]``, as many of each.

    Returns
    -------
    Tensor
        The rows of `eps`, ``[N, ...]``.

    >>> paired(torch.tensor([[1.0], [-1.0]]), torch.tensor([[-2.0], [3.0]])).flatten().tolist()
    [3.0, -2.0]
    """
    if x0.shape != eps.shape:
        raise ShapeError(
            f"Pairs need as much noise as data: {list(x0.shape)} and {list(eps.shape)}."
        )
    return eps[assignment(squared_distances(x0, eps))]
