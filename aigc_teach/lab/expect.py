"""Numbers in a lesson's prose, held against what this very run measured."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from ..core.errors import DtypeError, RangeError


def expect(
    lesson, name: str, value, low: float, high: float, *, exact: bool = False
) -> bool | None:
    """Compare a measured number with the range that the text states, in one printed line.

    Parameters
    ----------
    lesson : Lesson
        Its budget decides: after the few steps of ``ci`` nothing is compared, and where
        ``lecture`` was given less than ``learn`` a number outside is no fault.
    name : str
        What was measured, in words.
    value : float or Tensor of one number
    low, high : float
        The stated range, both ends included.
    exact : bool
        True for a number that the seed does not change, to a thousandth: a closed form, an
        integral on a grid, a count over a fixed data set, or where a training must come to rest
        wherever it began. All others must change with the lesson's seed.

    Returns
    -------
    bool or None
        Whether the number lies inside; None where it was not compared.

    Notes
    -----
    Where the environment variable ``AIGC_MEASURED`` names a file, a line of JSON is added
    to it: this is how the status page learns the numbers of several seeds.
    """
    value = _as_number(name, value)
    if not low <= high:
        raise RangeError(f"The range of {name!r} runs from {low} to {high}; low must come first.")
    compared = lesson.budget != "ci"
    slack = 1e-6 * max(1.0, abs(low), abs(high))  # 0.9 in float32 is not below 0.9
    inside = low - slack <= value <= high + slack if compared else None
    text = f"{name}: {value:.3g}"
    if not compared:
        print(f"{text} (budget ci: too few steps to compare with the text)")
    elif inside:
        print(f"{text}, inside the {low:g} to {high:g} that the text states")
    elif lesson.budget == "lecture" and lesson.shortened:
        print(f"{text} (budget lecture: less was done than the text's {low:g} to {high:g} is of)")
        inside = None
    else:
        print(f"{text}, OUTSIDE the {low:g} to {high:g} that the text states on its machine")
    _record(lesson, name, value, low, high, inside, exact)
    return inside


def _as_number(name: str, value) -> float:
    value = value.detach() if hasattr(value, "detach") else value  # a loss holds its gradient
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        kind = type(value).__name__
        raise DtypeError(f"{name!r} must be one number; it is a {kind}.") from None
    if not math.isfinite(number):
        raise RangeError(f"{name!r} is {number}; only a finite number can be compared.")
    return number


def _record(lesson, name: str, value: float, low, high, inside, exact: bool) -> None:
    path = os.environ.get("AIGC_MEASURED", "").strip()
    if not path:
        return
    row = {"lesson": lesson.name, "seed": lesson.seed, "budget": lesson.budget, "name": name}
    row |= {"value": value, "low": low, "high": high, "inside": inside, "exact": bool(exact)}
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
