"""What a table of records is, and checks of it that models and measures share.

A table is a float tensor ``[N, D]``, one record a row. `categories` says of each column what it
is: 0 for a number, K for a category with the codes 0 to K - 1. NaN is a missing value.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .errors import DtypeError, RangeError, ShapeError, check_count

MOST_CATEGORIES = 10_000


def check_categories(categories: object) -> tuple[int, ...]:
    """Return `categories` as a tuple of whole numbers, or raise with a sentence.

    >>> check_categories([0, 3])
    (0, 3)
    >>> check_categories([1])
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: categories[0]=1: a category needs 2 values; 0 is a number.
    """
    if not isinstance(categories, list | tuple) or not categories:
        raise DtypeError(
            "categories must be a tuple with an entry for each column: 0 for a number, K for a "
            f"category with codes 0 to K - 1; you gave {categories!r:.80}."
        )
    for k, number in enumerate(categories):
        check_count(f"categories[{k}]", number, at_least=0, at_most=MOST_CATEGORIES)
        if number == 1:
            raise RangeError(f"categories[{k}]=1: a category needs 2 values; 0 is a number.")
    return tuple(categories)


def check_table(
    rows: object,
    categories: Sequence[int],
    *,
    at_least: int = 1,
    missing: Sequence[bool] | None = None,
    what: str = "The table",
) -> None:
    """Raise with a sentence unless `rows` is a table with these columns.

    Parameters
    ----------
    rows : Tensor
        Expected: floating point ``[N, D]``.
    categories : sequence of int
        Of the D columns, checked already.
    at_least : int
        How many rows are needed.
    missing : sequence of bool, optional
        In which columns NaN may stand; in all if left out.
    what : str
        How to call it in the sentence.

    Raises
    ------
    DtypeError, ShapeError, RangeError
        The look at the values is skipped on every device but the CPU, which it would make wait.

    Examples
    --------
    >>> check_table(torch.tensor([[0.5, 2.0]]), (0, 3))
    >>> check_table(torch.tensor([[0.5, 3.0]]), (0, 3))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: The table has an unknown category in column 1: 3. ...
    """
    if not isinstance(rows, Tensor) or not rows.dtype.is_floating_point:
        kind = rows.dtype if isinstance(rows, Tensor) else f"a {type(rows).__name__}"
        raise DtypeError(f"{what} must be a floating-point tensor [N, D]; you gave {kind}.")
    if rows.ndim != 2 or rows.shape[1] != len(categories):
        raise ShapeError(f"{what} must be [N, {len(categories)}]; you gave {list(rows.shape)}.")
    if len(rows) < at_least:
        raise ShapeError(f"{what} has too few rows: {len(rows)}; at least {at_least} needed.")
    if rows.device.type != "cpu":
        return
    if torch.isinf(rows).any():
        raise RangeError(f"{what} holds infinite numbers; all must be finite, or NaN if missing.")
    for k, (column, number) in enumerate(zip(rows.detach().T, categories, strict=True)):
        seen = column[~column.isnan()]
        if missing is not None and not missing[k] and len(seen) < len(column):
            raise RangeError(f"{what} has a missing value (NaN) in column {k}, which allows none.")
        unknown = seen[(seen != seen.round()) | (seen < 0) | (seen >= number)] if number else ()
        if len(unknown):
            raise RangeError(
                f"{what} has an unknown category in column {k}: {unknown[0].item():g}. Its codes "
                f"are whole numbers from 0 to {number - 1}."
            )
