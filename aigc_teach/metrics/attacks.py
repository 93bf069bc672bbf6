"""Attacks on a synthetic table: what it gives away about the records it was made from.

Each is measured on records that were used (*members*) against records of the same kind that were
not (*others*). Without those others no number here means anything: near is not near *because*
of the training unless records from elsewhere are less near.

Yeom et al. 2018 (arXiv:1709.01604) on membership and overfitting; Carlini et al. 2022
(arXiv:2112.03570) on why a low false positive rate is what to look at. Passing an attack proves
no privacy: a stronger attack may be found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import DataError, RangeError, ShapeError, check_count, check_number
from ..core.tables import check_categories, check_table
from .tables import _numbers, auc

AT_A_TIME = 2_000_000  # distances held at once


class Membership(NamedTuple):
    """How well a score tells members from others.

    Attributes
    ----------
    auc : float
        Probability that a member scores above another record; 0.5 says nothing.
    low, high : float
        A bootstrap interval of the AUC over the records.
    tpr : float
        Share of members found where at most 1 % of the others are called members.
    """

    auc: float
    low: float
    high: float
    tpr: float


def membership(
    members: Tensor,
    others: Tensor,
    *,
    at: float = 0.01,
    resamples: int = 200,
    confidence: float = 0.95,
    generator: torch.Generator | None = None,
) -> Membership:
    """How well scores tell members from others: AUC, its interval, and the rate at few mistakes.

    Parameters
    ----------
    members, others : Tensor
        Scores ``[N]`` and ``[M]``; higher says "was used". For the distance to the nearest
        synthetic record, give its negative; for a likelihood, the likelihood.
    at : float
        The false positive rate for `tpr`, in (0, 1).
    resamples : int
        Of the bootstrap: both groups are drawn anew, with replacement.
    confidence : float
        Of the interval, in (0, 1). It holds the chance of *which records* were drawn, not that
        of the training: for that, train again.
    generator : torch.Generator, optional

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> found = membership(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0]))
    >>> found.auc, found.tpr
    (1.0, 1.0)
    """
    members, others = _numbers(members), _numbers(others)
    check_count("resamples", resamples)
    for what, value in (("at", at), ("confidence", confidence)):
        if not 0 < check_number(what, value) < 1:
            raise RangeError(f"{what}={value} must lie between 0 and 1.")
    again = []
    for _ in range(resamples):
        draws = [
            x[torch.randint(len(x), (len(x),), generator=generator)] for x in (members, others)
        ]
        again.append(auc(*draws))
    tail = (1 - confidence) / 2
    low, high = torch.tensor(again).quantile(torch.tensor([tail, 1 - tail])).tolist()
    return Membership(auc(members, others), low, high, tpr_at(members, others, at))


def tpr_at(members: Tensor, others: Tensor, rate: float = 0.01) -> float:
    """Share of members above a threshold that at most `rate` of the others pass.

    With M others no rate below 1/M can be measured: then the threshold lies above all of them.

    >>> tpr_at(torch.tensor([5.0, 1.0]), torch.tensor([0.0, 2.0, 3.0, 4.0]))
    0.5
    """
    members, others = _numbers(members), _numbers(others)
    allowed = math.floor(rate * len(others) + 1e-9)
    threshold = others.sort(descending=True).values[min(allowed, len(others) - 1)]
    return (members > threshold).double().mean().item()


def null_spread(members: int, others: int) -> float:
    """The standard deviation of an AUC that tells nothing, ``sqrt((N + M + 1) / (12 N M))``.

    Mann & Whitney 1947. Twice it around 0.5 holds about 95 of 100 such attacks.

    >>> round(null_spread(200, 200), 4)
    0.0289
    """
    n, m = check_count("members", members), check_count("others", others)
    return math.sqrt((n + m + 1) / (12 * n * m))


def row_distances(a: Tensor, b: Tensor, categories: Sequence[int]) -> Tensor:
    """Distance of each row of `a` to each of `b`, ``[N, M]``.

    The root of the summed squares over the columns: the difference of two numbers, 1 for two
    different categories; 1 too where one of both values is missing, 0 where both are. Bring
    numbers to one scale first: a column in thousands would decide alone.

    Parameters
    ----------
    a, b : Tensor
        ``[N, D]`` and ``[M, D]``.
    categories : sequence of int

    Examples
    --------
    >>> row_distances(torch.tensor([[0.0, 1.0]]), torch.tensor([[3.0, 1.0], [0.0, 0.0]]), (0, 2))
    tensor([[3., 1.]], dtype=torch.float64)
    """
    categories = check_categories(categories)
    for rows, what in ((a, "The first table"), (b, "The second table")):
        check_table(rows, categories, what=what)
    a, b = a.detach().cpu().double(), b.detach().cpu().double()
    chunk = max(1, AT_A_TIME // len(b))
    return torch.cat([_squared(part, b, categories).sqrt() for part in a.split(chunk)])


def _squared(a: Tensor, b: Tensor, categories: Sequence[int]) -> Tensor:
    total = a.new_zeros(len(a), len(b))
    for k, number in enumerate(categories):
        x, y = a[:, k, None], b[None, :, k]
        gap = (x != y).double() if number else (x - y).square()
        one, both = x.isnan() ^ y.isnan(), x.isnan() & y.isnan()
        total += torch.where(one, 1.0, torch.where(both, 0.0, gap))
    return total


def nearest(a: Tensor, b: Tensor, categories: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Distance of each row of `a` to its nearest row of `b`, and which that is: ``[N]`` twice.

    >>> nearest(torch.tensor([[1.0]]), torch.tensor([[5.0], [1.5]]), (0,))
    (tensor([0.5000], dtype=torch.float64), tensor([1]))
    """
    found = row_distances(a, b, categories).min(1)
    return found.values, found.indices


def nearer_to_training(
    synthetic: Tensor, train: Tensor, others: Tensor, categories: Sequence[int]
) -> float:
    """Share of synthetic rows that lie nearer to a training record than to any other record.

    0.5 where training records are no nearer than records from elsewhere. `train` and `others`
    must be equally many: among more records the nearest is nearer.

    Parameters
    ----------
    synthetic : Tensor
        ``[N, D]``.
    train, others : Tensor
        ``[M, D]`` each: those used, and as many of the same kind that were not.
    categories : sequence of int

    Raises
    ------
    ShapeError
        Where `train` and `others` are not equally many.

    Examples
    --------
    >>> train, others = torch.tensor([[0.0], [1.0]]), torch.tensor([[5.0], [6.0]])
    >>> nearer_to_training(torch.tensor([[0.1], [5.1], [0.9]]), train, others, (0,))
    0.6666666666666666
    """
    if len(train) != len(others):
        raise ShapeError(
            f"{len(train)} training records against {len(others)} others: the larger set is "
            "nearer by its size alone. Give equally many."
        )
    near, far = (nearest(synthetic, x, categories)[0] for x in (train, others))
    return ((near < far).double() + 0.5 * (near == far)).mean().item()


def repeated_values(rows: Tensor, categories: Sequence[int], *, least: int = 2) -> list[Tensor]:
    """The numbers that come at least `least` times in a column of `rows`, for each column.

    A measured number seldom comes out of a generator twice. Where it does, it is often one that
    the generator was given: a copula with empirical marginals stops at the least and the largest
    value it has seen, and stands still between two equal ones. Count these values in a record
    with `count_found`.

    Parameters
    ----------
    rows : Tensor
        What was published, ``[N, D]``.
    categories : sequence of int
    least : int
        How often, at least 1.

    Returns
    -------
    list of Tensor
        For each column its values, sorted; none for a category, and never NaN.

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> repeated_values(torch.tensor([[0.5, 1.0], [2.0, 1.0], [0.5, 0.0]]), (0, 2))
    [tensor([0.5000]), tensor([])]
    """
    categories = check_categories(categories)
    check_table(rows, categories)
    check_count("least", least)
    found = []
    for column, number in zip(rows.detach().cpu().T, categories, strict=True):
        values, counts = column[~column.isnan()].unique(return_counts=True)
        found.append(values[:0] if number else values[counts >= least])
    return found


def count_found(targets: Tensor, values: Sequence[Tensor], categories: Sequence[int]) -> Tensor:
    """How many numbers of each record stand, exactly, in a list of values for its column.

    A score for `membership`: with `repeated_values` for who holds synthetic rows alone, with
    ``Marginals.seen`` for who holds a fitted copula.

    Parameters
    ----------
    targets : Tensor
        ``[M, D]``.
    values : sequence of Tensor
        One a column, ``[V]`` each; that of a category is not looked at.
    categories : sequence of int

    Returns
    -------
    Tensor
        ``[M]``, from 0 to the number of columns that hold numbers.

    Raises
    ------
    ShapeError, AigcError
        With a sentence.

    Examples
    --------
    >>> rows = torch.tensor([[0.5, 1.0], [2.0, 1.0]])
    >>> count_found(rows, [torch.tensor([0.5]), torch.tensor([1.0])], (0, 2)).tolist()
    [1.0, 0.0]
    """
    categories = check_categories(categories)
    check_table(targets, categories, what="The targets")
    if len(values) != len(categories):
        raise ShapeError(
            f"{len(values)} lists of values for {len(categories)} columns: give one for each."
        )
    targets, total = targets.detach().cpu(), torch.zeros(len(targets), dtype=torch.float64)
    for k, (seen, number) in enumerate(zip(values, categories, strict=True)):
        if not number:
            total += torch.isin(targets[:, k], seen.detach().cpu().to(targets))
    return total


def attribute_inference(
    synthetic: Tensor, targets: Tensor, categories: Sequence[int], secret: int, *, k: int = 1
) -> float:
    """Guess a record's secret column from its other columns, by the nearest synthetic rows.

    Parameters
    ----------
    synthetic : Tensor
        What was published, ``[N, D]``.
    targets : Tensor
        Records of which the attacker knows all but one column, ``[M, D]``. Run it on members and
        on others: only the difference is a leak. What it finds about others too is what the data
        teach about everybody.
    categories : sequence of int
    secret : int
        The column to guess; a category.
    k : int
        How many neighbours vote; at most N.

    Returns
    -------
    float
        Share guessed right.

    Raises
    ------
    DataError, RangeError, AigcError
        With a sentence.

    Examples
    --------
    >>> rows = torch.tensor([[0.0, 1.0], [4.0, 0.0]])
    >>> attribute_inference(rows, torch.tensor([[3.5, 0.0], [0.2, 0.0]]), (0, 2), 1)
    0.5
    """
    categories = check_categories(categories)
    if not -len(categories) <= secret < len(categories) or not categories[secret]:
        raise RangeError(f"secret={secret} must be a column that holds a category.")
    if len(categories) < 2:
        raise ShapeError("The table has the secret column only; nothing else is known of a record.")
    if check_count("k", k) > len(synthetic):
        raise DataError(f"k={k} neighbours are asked for among {len(synthetic)} rows.")
    secret %= len(categories)
    kept = [j for j in range(len(categories)) if j != secret]
    known = tuple(categories[j] for j in kept)
    check_table(targets, categories, what="The targets")
    distance = row_distances(targets[:, kept], synthetic[:, kept], known)
    votes = synthetic[:, secret][distance.topk(k, largest=False).indices]  # [M, k]
    return (votes.mode(1).values == targets[:, secret]).double().mean().item()
