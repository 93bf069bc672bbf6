"""Tables of records: 569 real ones that lie inside the package, and invented visits to a clinic.

`records` is the Wisconsin Diagnostic Breast Cancer table (CC BY 4.0, see ``DATA_LICENSES.md``):
numbers measured in pictures of cell nuclei, and a diagnosis. It is here to learn how tables are
made and attacked. Nothing that is computed from it is medical advice.

`visits` is drawn from a small graphical model of ours, so everything about it is known in closed
form: shares, moments, the log-probability of every row, and why a value is missing.

A *table* is a float tensor ``[N, D]`` with one record a row. `categories` says what the columns
are: 0 for a number, K for a category with the codes 0 to K - 1. NaN is a missing value.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_choice, check_count
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "records.npz"
RECORD = FOLDER / "records.json"
MEASURED = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)
KINDS = ("mean", "error", "worst")
DIAGNOSES = ("benign", "malignant")
ROWS = 569


class RecordTable(NamedTuple):
    """A table and what its columns are.

    Attributes
    ----------
    rows : Tensor
        float32 ``[N, D]``.
    names : tuple of str
        Of the D columns.
    categories : tuple of int
        0 for a number, K for a category with codes 0 to K - 1.
    values : tuple of tuple of str
        The words for each column's codes; empty for a number.
    """

    rows: Tensor
    names: tuple[str, ...]
    categories: tuple[int, ...]
    values: tuple[tuple[str, ...], ...]


def records(columns: str = "mean") -> RecordTable:
    """The 569 records of the Wisconsin Diagnostic Breast Cancer table.

    Parameters
    ----------
    columns : {"mean", "all"}
        The ten means, or all thirty numbers (mean, standard error and worst of each measure).
        The last column is the diagnosis in both: 0 benign (357 rows), 1 malignant (212).

    Returns
    -------
    RecordTable
        ``[569, 11]`` or ``[569, 31]``, in the source's order; nothing is missing.

    Raises
    ------
    ChoiceError
        For another word.
    DataError
        Where the file is missing or damaged.

    References
    ----------
    Street, Wolberg & Mangasarian 1993, "Nuclear feature extraction for breast tumor diagnosis".

    Examples
    --------
    >>> table = records()
    >>> table.rows.shape, table.names[0], int(table.rows[:, -1].sum())
    (torch.Size([569, 11]), 'mean radius', 212)
    """
    check_choice("columns", columns, ("mean", "all"))
    shapes = {"whole": (ROWS, 30), "decimals": (30,), "malignant": (ROWS,)}
    stored = read_vendored(FILE, RECORD, shapes, kinds="iu")
    with refusing(f"{FILE.name} is damaged", remedy=AGAIN):
        numbers = stored["whole"] / 10.0 ** stored["decimals"].astype(float)
        rows = torch.cat(
            [torch.tensor(numbers), torch.tensor(stored["malignant"]).double()[:, None]], 1
        ).float()
    names = tuple(f"{kind} {name}" for kind in KINDS for name in MEASURED) + ("diagnosis",)
    kept = [*range(10 if columns == "mean" else 30), 30]
    return RecordTable(
        rows[:, kept],
        tuple(names[k] for k in kept),
        (0,) * (len(kept) - 1) + (2,),
        ((),) * (len(kept) - 1) + (DIAGNOSES,),
    )


WARDS = ("A", "B", "C", "D")
VISIT_NAMES = ("ward", "insured", "age", "bill")
VISIT_CATEGORIES = (4, 2, 0, 0)
VISIT_VALUES = (WARDS, ("no", "yes"), (), ())
WARD_SHARES = (0.50, 0.30, 0.18, 0.02)  # ward D is the rare category
INSURED = (0.90, 0.60, 0.75, 0.20)  # P(insured | ward)
AGE = ((45.0, 10.0), (70.0, 8.0), (30.0, 6.0), (55.0, 4.0))  # mean and spread, by ward
WARD_COST = (0.0, 15.0, -5.0, 60.0)
BASE, PER_YEAR, DISCOUNT, SPREAD = 20.0, 0.5, 10.0, 5.0  # of the bill
MISSING = (0.40, 0.05)  # P(bill is missing | insured no, yes)


def visits(n: int, *, generator: torch.Generator | None = None) -> RecordTable:
    """Draw `n` invented visits: ward, insured, age, bill; some bills are missing.

    ward ~ its shares; insured | ward; age | ward normal; bill | ward, insured, age normal; a bill
    is missing with a probability that depends on `insured` alone. So the rows *with* a bill are no
    fair sample of all rows. Ages rise and fall with the ward's code, which no correlation sees.

    Parameters
    ----------
    n : int
        How many, at least 1.
    generator : torch.Generator, optional

    Returns
    -------
    RecordTable
        float32 ``[n, 4]``; NaN where the bill is missing.

    Examples
    --------
    >>> from aigc_teach.core import make_generator
    >>> table = visits(1000, generator=make_generator(0))
    >>> table.rows.shape, table.names
    (torch.Size([1000, 4]), ('ward', 'insured', 'age', 'bill'))
    """
    check_count("n", n)
    shares, age = torch.tensor(WARD_SHARES), torch.tensor(AGE)
    ward = torch.multinomial(shares, n, replacement=True, generator=generator)
    u, eps = torch.rand(n, 2, generator=generator), torch.randn(n, 2, generator=generator)
    insured = (u[:, 0] < torch.tensor(INSURED)[ward]).float()
    years = age[ward, 0] + age[ward, 1] * eps[:, 0]
    bill = _mean_bill(ward, insured, years) + SPREAD * eps[:, 1]
    bill[u[:, 1] < torch.tensor(MISSING)[insured.long()]] = torch.nan
    rows = torch.stack([ward.float(), insured, years, bill], dim=1)
    return RecordTable(rows, VISIT_NAMES, VISIT_CATEGORIES, VISIT_VALUES)


def visits_log_prob(rows: Tensor) -> Tensor:
    """The exact log-probability (density for the numbers) of visits, in nats: ``[N]``.

    A missing bill is integrated out, and counts with the probability of being missing.

    Parameters
    ----------
    rows : Tensor
        ``[N, 4]`` as `visits` draws them.

    Raises
    ------
    ShapeError, RangeError
        For rows of another width, or a code that does not exist.

    Examples
    --------
    >>> from aigc_teach.core import make_generator
    >>> rows = visits(5, generator=make_generator(0)).rows
    >>> visits_log_prob(rows).shape
    torch.Size([5])
    """
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ShapeError(f"Visits are rows [N, 4]; yours are {list(rows.shape)}.")
    x = rows.double()
    ward, insured = x[:, 0].nan_to_num(-1).long(), x[:, 1].nan_to_num(-1).long()
    known = ((x[:, 0] == ward) & (ward >= 0) & (ward < 4) & (x[:, 1] == insured)).all()
    if not (known and ((insured == 0) | (insured == 1)).all() and x[:, 2].isfinite().all()):
        raise RangeError("ward must be 0 to 3, insured 0 or 1, and age a number in every row.")
    age, yes, hidden = _exact(AGE)[ward], _exact(INSURED)[ward], _exact(MISSING)[insured]
    missing = x[:, 3].isnan()
    bill = _log_normal(x[:, 3] - _mean_bill(ward, x[:, 1], x[:, 2]), SPREAD)
    return (
        _exact(WARD_SHARES)[ward].log()
        + torch.where(insured == 1, yes, 1 - yes).log()
        + _log_normal(x[:, 2] - age[:, 0], age[:, 1])
        + torch.where(missing, hidden.log(), (1 - hidden).log() + bill.nan_to_num(0.0))
    )


class VisitTruth(NamedTuple):
    """What is true of all visits, in closed form.

    Attributes
    ----------
    shares : Tensor
        Of the wards, ``[4]``.
    pairs : Tensor
        P(ward, insured), ``[4, 2]``.
    mean_age, mean_bill, missing : float
        The mean bill is that of *all* visits, seen or not; `missing` the share of unseen ones.
    mean_seen : float
        The mean of the bills that are seen.
    correlation : float
        Of age and bill over all visits.
    """

    shares: Tensor
    pairs: Tensor
    mean_age: float
    mean_bill: float
    mean_seen: float
    missing: float
    correlation: float


def visits_truth() -> VisitTruth:
    """Shares, means and a correlation of `visits`, exactly.

    >>> truth = visits_truth()
    >>> round(truth.mean_bill, 2), round(truth.mean_seen, 2), round(truth.missing, 3)
    (42.11, 40.55, 0.131)
    """
    shares, yes = _exact(WARD_SHARES), _exact(INSURED)
    pairs = shares[:, None] * torch.stack([1 - yes, yes], dim=1)  # [4, 2]
    age, spread = _exact(AGE).T  # [4] each
    by_ward = BASE + PER_YEAR * age + _exact(WARD_COST)  # [4]
    cells = by_ward[:, None] - DISCOUNT * _exact((0.0, 1.0))  # [4, 2], mean bill
    seen = pairs * (1 - _exact(MISSING))
    mean_age, mean_bill = (shares * age).sum(), (pairs * cells).sum()
    var_age = (shares * (spread**2 + age**2)).sum() - mean_age**2
    var_bill = (
        (shares * (PER_YEAR * spread) ** 2).sum()
        + SPREAD**2
        + (pairs * cells**2).sum()
        - mean_bill**2
    )
    within = (shares * PER_YEAR * spread**2).sum()
    between = (pairs * cells * age[:, None]).sum() - mean_age * mean_bill
    return VisitTruth(
        shares,
        pairs,
        mean_age.item(),
        mean_bill.item(),
        ((seen * cells).sum() / seen.sum()).item(),
        (1 - seen.sum()).item(),
        ((within + between) / (var_age * var_bill).sqrt()).item(),
    )


def _exact(numbers: tuple) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _mean_bill(ward: Tensor, insured: Tensor, age: Tensor) -> Tensor:
    return BASE + PER_YEAR * age + torch.tensor(WARD_COST).to(age)[ward] - DISCOUNT * insured


def _log_normal(off: Tensor, spread: Tensor | float) -> Tensor:
    spread = torch.as_tensor(spread, dtype=off.dtype)
    return -0.5 * (off / spread) ** 2 - spread.log() - 0.5 * math.log(2 * math.pi)


def verify() -> list[str]:
    """Compare the stored records with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def about() -> dict:
    """Where the records come from, as the JSON beside them says.

    >>> about()["rows"]
    569
    """
    return read_record(RECORD, rows=int, source=str, licence=str)
