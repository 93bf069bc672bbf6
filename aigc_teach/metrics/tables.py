"""How near a synthetic table is to a real one: columns, pairs, and what it is good for.

Three questions, and none of them is about privacy: a copy of the real table answers all three
perfectly. See `metrics.attacks` for the rest.

    columns    Kolmogorov-Smirnov distance of numbers, total variation of categories
    pairs      difference of correlations, total variation of contingency tables
    use        train on synthetic, test on real: how well a plain classifier then does

Tables are as in `core.tables`: float ``[N, D]``, NaN missing, `categories` 0 or K a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError, check_count, check_number
from ..core.tables import check_categories, check_table

BINS = 10  # in which a number is cut where it meets a category


class TableScores(NamedTuple):
    """How near two tables are.

    Attributes
    ----------
    columns : Tensor
        ``[D]``, in [0, 1]: of each column, 0 for equal distributions.
    pairs : Tensor
        ``[D, D]``, in [0, 1], symmetric, its diagonal 0.
    quality : float
        One minus the mean of the mean column and the mean pair: 1 is a perfect likeness. A copy
        has it.
    """

    columns: Tensor
    pairs: Tensor
    quality: float


def ks_distance(a: Tensor, b: Tensor) -> float:
    """The largest difference of two empirical distribution functions, in [0, 1].

    The two-sample Kolmogorov-Smirnov statistic.

    Parameters
    ----------
    a, b : Tensor
        Numbers ``[N]`` and ``[M]``, none missing, at least one each.

    Raises
    ------
    DataError, ShapeError
        With a sentence.

    Examples
    --------
    >>> ks_distance(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 3.0]))
    0.5
    """
    a, b = (_numbers(x).sort().values for x in (a, b))
    both = torch.cat([a, b])
    below = [torch.searchsorted(x, both, right=True).double() / len(x) for x in (a, b)]
    return (below[0] - below[1]).abs().max().item()


def total_variation(a: Tensor, b: Tensor, categories: int) -> float:
    """Half the summed difference of two sets of shares, in [0, 1].

    Parameters
    ----------
    a, b : Tensor
        Codes 0 to K - 1, as whole numbers or floats, ``[N]`` and ``[M]``.
    categories : int
        K.

    Examples
    --------
    >>> total_variation(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 0, 0, 1]), 2)
    0.25
    """
    check_count("categories", categories, at_least=2)
    shares = []
    for x in (a, b):
        codes = _numbers(x)
        if (codes != codes.round()).any() or codes.min() < 0 or codes.max() >= categories:
            raise RangeError(f"Codes must be whole numbers from 0 to {categories - 1}.")
        shares.append(torch.bincount(codes.long(), minlength=categories).double() / len(codes))
    return 0.5 * (shares[0] - shares[1]).abs().sum().item()


def table_scores(synthetic: Tensor, real: Tensor, categories: Sequence[int]) -> TableScores:
    """Distances of all columns and pairs of two tables.

    Missing values are no values: a number's distance is the larger of that of the seen values and
    the difference of the missing shares; to a category, missing is one more value. Two numbers
    are compared by half the difference of their correlations, every other pair by the total
    variation of a contingency table, numbers cut at the real column's deciles.

    Parameters
    ----------
    synthetic, real : Tensor
        ``[N, D]`` and ``[M, D]``, at least two rows each.
    categories : sequence of int
        0 for a number, K for a category.

    Raises
    ------
    AigcError
        With a sentence, for what is no table with these columns.

    Examples
    --------
    >>> rows = torch.tensor([[0.0, 1.0], [1.0, 3.0], [1.0, 2.0]])
    >>> table_scores(rows, rows, (2, 0)).quality
    1.0
    """
    categories = check_categories(categories)
    for rows, what in ((synthetic, "The synthetic table"), (real, "The real table")):
        check_table(rows, categories, at_least=2, what=what)
    a, b = synthetic.detach().cpu().double(), real.detach().cpu().double()
    d = len(categories)
    columns = torch.tensor([_column(a[:, k], b[:, k], categories[k]) for k in range(d)])
    cuts = [None if c else _deciles(b[:, k]) for k, c in enumerate(categories)]
    codes = [[_codes(x[:, k], categories[k], cuts[k]) for k in range(d)] for x in (a, b)]
    pairs = torch.zeros(d, d)
    for i in range(d):
        for j in range(i):
            if categories[i] or categories[j]:
                n = max(codes[0][j].max(), codes[1][j].max()).item() + 1
                joint = [x[i] * n + x[j] for x in codes]
                most = max(x.max().item() for x in joint) + 1
                gap = total_variation(*joint, max(most, 2))
            else:
                gap = abs(correlation(a[:, i], a[:, j]) - correlation(b[:, i], b[:, j])) / 2
            pairs[i, j] = pairs[j, i] = gap
    parts = [columns.mean()] + ([pairs.sum() / (d * (d - 1))] if d > 1 else [])
    return TableScores(columns, pairs, 1 - torch.stack(parts).mean().item())


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's correlation over the rows where both are known; 0 where one is constant.

    >>> round(correlation(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([3.0, 5.0, 7.0])), 6)
    1.0
    """
    known = ~(a.isnan() | b.isnan())
    a, b = a[known].double(), b[known].double()
    if len(a) < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    scale = (a.square().sum() * b.square().sum()).sqrt()
    return 0.0 if scale < 1e-12 else (a @ b / scale).item()


class Logistic(NamedTuple):
    """A fitted logistic regression.

    Attributes
    ----------
    weights : Tensor
        ``[D]``, for standardised columns.
    intercept : float
    mean, spread : Tensor
        ``[D]``: how the columns are standardised.
    """

    weights: Tensor
    intercept: float
    mean: Tensor
    spread: Tensor

    def logits(self, x: Tensor) -> Tensor:
        """Log-odds of class 1 for each row of `x` ``[N, D]``: ``[N]``."""
        return ((x.double() - self.mean) / self.spread) @ self.weights + self.intercept


def logistic_regression(x: Tensor, y: Tensor, *, penalty: float = 1.0, steps: int = 50) -> Logistic:
    """Fit p(y = 1 | x) by Newton's method, with half the penalty on the squared weights.

    Minimises ``sum log(1 + exp(-t f)) + penalty / 2 |w|^2`` with t = +-1, f the log-odds; the
    intercept goes free. Columns are standardised first; a constant one gets no weight.

    Parameters
    ----------
    x : Tensor
        ``[N, D]``, no value missing.
    y : Tensor
        0 or 1, ``[N]``.
    penalty : float
        Above 0: without one, classes that a plane can part send the weights to infinity.
    steps : int
        At most so many; it stops where nothing moves.

    Raises
    ------
    DataError
        Where only one class is there.
    AigcError
        With a sentence, for anything else that does not fit.

    Examples
    --------
    >>> x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> model = logistic_regression(x, torch.tensor([0, 0, 1, 1]))
    >>> (model.logits(x) > 0).tolist()
    [False, False, True, True]
    """
    x, y = _pairs(x, y)
    check_number("penalty", penalty, above=True)
    check_count("steps", steps)
    if len(y.unique()) < 2:
        raise DataError("Only one class is there: nothing can be learnt from it.")
    mean, spread = x.mean(0), x.std(0, correction=0)
    spread = torch.where(spread > 1e-12, spread, 1.0)
    a = torch.cat([(x - mean) / spread, torch.ones(len(x), 1, dtype=x.dtype)], 1)  # [N, D + 1]
    ridge = torch.full((a.shape[1],), float(penalty), dtype=x.dtype)
    ridge[-1] = 0.0
    w = torch.zeros(a.shape[1], dtype=x.dtype)
    for _ in range(steps):
        p = torch.sigmoid(a @ w)
        slope = a.T @ (p - y) + ridge * w
        bend = (a * (p * (1 - p))[:, None]).T @ a + torch.diag(ridge + 1e-10)
        step = torch.linalg.solve(bend, slope)
        w = w - step * min(1.0, 5.0 / step.norm().item()) if step.norm() > 0 else w
        if step.norm() < 1e-10:
            break
    return Logistic(w[:-1], w[-1].item(), mean, spread)


class Use(NamedTuple):
    """What a classifier learnt from one table is worth on another.

    Attributes
    ----------
    accuracy : float
        Share of real rows that it calls right.
    auc : float
        Probability that a row of class 1 gets higher odds than one of class 0.
    """

    accuracy: float
    auc: float


def train_test(synthetic: Tensor, real: Tensor, categories: Sequence[int], target: int = -1) -> Use:
    """Train a logistic regression on one table, test it on another.

    Categories become one-hot columns; a missing number takes the training table's mean.

    Parameters
    ----------
    synthetic : Tensor
        To train on, ``[N, D]``. Give a real table to learn what would be possible.
    real : Tensor
        To test on, ``[M, D]``: rows that no generator saw.
    categories : sequence of int
    target : int
        Which column to predict; a category with two values.

    Returns
    -------
    Use
        Where the synthetic table has one class only: the accuracy of always saying it, AUC 0.5.

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> rows = torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [3.0, 1.0]])
    >>> train_test(rows, rows, (0, 2))
    Use(accuracy=1.0, auc=1.0)
    """
    categories = check_categories(categories)
    for rows, what in ((synthetic, "The synthetic table"), (real, "The real table")):
        check_table(rows, categories, at_least=2, what=what)
    if not -len(categories) <= target < len(categories) or categories[target] != 2:
        raise RangeError(f"target={target} must be a column with two categories.")
    target %= len(categories)
    y, truth = synthetic[:, target], real[:, target]
    if y.isnan().any() or truth.isnan().any():
        raise DataError("The target column has missing values: leave those rows out.")
    if len(y.unique()) < 2:
        return Use((truth == y[0]).double().mean().item(), 0.5)
    fill = synthetic.nanmean(0).nan_to_num(0.0)
    model = logistic_regression(_features(synthetic, categories, target, fill), y)
    odds = model.logits(_features(real, categories, target, fill))
    accuracy = ((odds > 0) == (truth == 1)).double().mean().item()
    return Use(accuracy, auc(odds[truth == 1], odds[truth == 0]))


def auc(high: Tensor, low: Tensor) -> float:
    """Probability that a score of `high` is above one of `low`; ties count half.

    The area under the ROC curve. 0.5 where the scores say nothing.

    Parameters
    ----------
    high, low : Tensor
        Scores ``[N]`` and ``[M]``, at least one each.

    Examples
    --------
    >>> auc(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0]))
    0.75
    """
    high, low = _numbers(high), _numbers(low).sort().values
    below = torch.searchsorted(low, high) + torch.searchsorted(low, high, right=True)
    return (below.double().mean() / (2 * len(low))).item()


def _features(rows: Tensor, categories: Sequence[int], target: int, fill: Tensor) -> Tensor:
    parts = []
    for k, number in enumerate(categories):
        if k == target:
            continue
        column = rows[:, k].detach().cpu().double()
        if number:
            parts.append((torch.arange(number) == column[:, None]).double()[:, 1:])
        else:
            parts.append(torch.where(column.isnan(), fill[k].double(), column)[:, None])
    if not parts:
        raise ShapeError("The table has the target column only; there is nothing to predict from.")
    return torch.cat(parts, 1)


def _column(a: Tensor, b: Tensor, number: int) -> float:
    if number:
        return total_variation(_codes(a, number, None), _codes(b, number, None), number + 1)
    missing = abs(a.isnan().double().mean() - b.isnan().double().mean()).item()
    a, b = a[~a.isnan()], b[~b.isnan()]
    if not len(a) or not len(b):
        return max(missing, float(len(a) != len(b)))
    return max(missing, ks_distance(a, b))


def _deciles(column: Tensor) -> Tensor:
    seen = column[~column.isnan()]
    steps = torch.arange(1, BINS, dtype=torch.float64) / BINS
    return seen.quantile(steps) if len(seen) else torch.zeros(0).double()


def _codes(column: Tensor, number: int, cuts: Tensor | None) -> Tensor:
    """Codes of a column, numbers cut; one code more where a value is missing."""
    gone = column.isnan()
    filled = column.nan_to_num(0.0).contiguous()
    codes = filled.long() if cuts is None else torch.searchsorted(cuts, filled, right=True)
    return torch.where(gone, number if cuts is None else BINS, codes)


def _numbers(x: object) -> Tensor:
    """`x` as float64 ``[N]``, finite, at least one, or a sentence."""
    if not isinstance(x, Tensor) or x.dtype == torch.bool or x.dtype.is_complex:
        raise DtypeError(f"Numbers must be a torch.Tensor [N]; you gave a {type(x).__name__}.")
    if x.ndim != 1 or not len(x):
        raise ShapeError(f"Numbers must be [N], N at least 1; yours are {list(x.shape)}.")
    x = x.detach().cpu().double()
    if not x.isfinite().all():
        raise DataError("Numbers hold missing or infinite values; leave those out first.")
    return x


def _pairs(x: object, y: object) -> tuple[Tensor, Tensor]:
    if not isinstance(x, Tensor) or not isinstance(y, Tensor) or x.ndim != 2 or y.ndim != 1:
        raise ShapeError("Give tensors: x [N, D] and y [N].")
    if len(x) != len(y) or not len(x):
        raise ShapeError(f"{len(x)} rows and {len(y)} answers; there must be one for each.")
    x, y = x.detach().cpu().double(), y.detach().cpu().double()
    if not x.isfinite().all() or not ((y == 0) | (y == 1)).all():
        raise RangeError("x must be finite, and y hold 0 and 1 only.")
    return x, y
