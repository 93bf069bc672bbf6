"""Errors that are sentences: what was wrong, and what is allowed.

Every error the package raises on purpose is an :class:`AigcError`. Where Python
has a standard class for the same mistake (``ValueError``, ``TypeError``), ours is
a subclass of it, so ordinary ``except`` clauses keep working.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable

import torch
from torch import Tensor


class AigcError(Exception):
    """Base of every error that aigc_teach raises on purpose."""


class ShapeError(AigcError, ValueError):
    """A tensor does not have the shape that the operation needs."""


class RangeError(AigcError, ValueError):
    """A number or a tensor lies outside its allowed range."""


class DtypeError(AigcError, TypeError):
    """A value has the wrong type, for example uint8 where float32 is needed."""


class ChoiceError(AigcError, ValueError):
    """A name is none of the allowed ones; the message lists them."""


class DataError(AigcError, ValueError):
    """A data set is empty, too small, damaged or cannot be had."""


class WeightsError(AigcError, ValueError):
    """Stored weights are missing, damaged or belong to another model."""


class CheckpointError(AigcError, RuntimeError):
    """A checkpoint cannot be written, read or used for this run."""


class FileWriteError(AigcError, OSError):
    """A file cannot be written; the file that was there before is untouched.

    Attributes
    ----------
    path : str
        The file that was to be written.
    reason : str
        Why it could not be, and what to do: the end of a sentence, without its full stop.
    """

    def __init__(self, path: str | os.PathLike, reason: str, errno: int | None = None) -> None:
        super().__init__(f"{os.fspath(path)} cannot be written: {reason}.")
        self.path, self.reason, self.errno = os.fspath(path), reason, errno


class TrainingDiverged(AigcError, RuntimeError):
    """The loss became NaN or infinite; the last finite weights were kept."""


def check_choice(what: str, value: object, allowed) -> None:
    """Raise :class:`ChoiceError` with the list of valid names.

    >>> check_choice("loss", "hinge", ["hinge", "least_squares"])
    >>> check_choice("loss", "hing", ["hinge", "saturating"])
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.ChoiceError: loss='hing' is not known. Choose one of: 'hinge', ...
    """
    allowed = list(allowed)
    if value not in allowed:
        names = ", ".join(repr(name) for name in allowed)
        raise ChoiceError(f"{what}={value!r:.200} is not known. Choose one of: {names}.")


def check_text(what: str, value: object) -> str:
    """Return `value`, or raise with a sentence if it is no text.

    >>> check_text("start", b"once")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DtypeError: start must be text (str); you gave a bytes.
    """
    if not isinstance(value, str):
        raise DtypeError(f"{what} must be text (str); you gave a {type(value).__name__}.")
    return value


def check_texts(what: str, value: object) -> list[str]:
    """Return several texts as a list, or raise with a sentence; one text alone is no list.

    >>> check_texts("asked", ("a", ""))
    ['a', '']
    >>> check_texts("asked", "a")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DtypeError: asked must be a list of texts; you gave a str.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise DtypeError(f"{what} must be a list of texts; you gave a {type(value).__name__}.")
    return [check_text(f"each of {what}", text) for text in value]


def check_count(what: str, value: object, *, at_least: int = 1, at_most: int | None = None) -> int:
    """Return `value` as an int, or raise with a sentence if it is not a whole number.

    >>> check_count("n", 3)
    3
    >>> check_count("n", 0)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: n=0 is too small; it must be at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        kind = type(value).__name__
        raise DtypeError(f"{what}={value!r} is a {kind}; it must be a whole number (int).")
    if value < at_least:
        raise RangeError(f"{what}={shown(value)} is too small; it must be at least {at_least}.")
    if at_most is not None and value > at_most:
        raise RangeError(f"{what}={shown(value)} is too large; it must be at most {at_most}.")
    return value


def shown(number: int) -> str:
    """A whole number for a sentence: Python itself refuses to write one of 4,300 digits.

    >>> shown(10**6), shown(-(10**5000))
    ('1000000', 'a number of over 30 digits')
    """
    return str(number) if abs(number) < 10**30 else "a number of over 30 digits"


def check_seed(what: str, value: object) -> int:
    """Return `value` as a seed that every generator of random numbers takes, or raise.

    >>> check_seed("seed", 2014)
    2014
    """
    return check_count(what, value, at_least=0, at_most=2**63 - 1)


def check_number(what: str, value: object, *, at_least: float = 0.0, above: bool = False) -> float:
    """Return `value` as a finite float of at least `at_least` (or above it), or raise.

    >>> check_number("beta", 1)
    1.0
    >>> check_number("sigma", 0.0, above=True)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: sigma=0.0 is not allowed; it must be finite and above 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DtypeError(f"{what}={value!r} is a {type(value).__name__}; it must be a number.")
    finite = abs(value) <= sys.float_info.max  # False for NaN
    if not (finite and (value > at_least if above else value >= at_least)):
        bound = "above" if above else "at least"
        raise RangeError(
            f"{what}={value} is not allowed; it must be finite and {bound} {at_least:g}."
        )
    return float(value)


def check_sizes(what: str, value: object, *, fewest: int = 0) -> tuple[int, ...]:
    """Return `value` as a tuple of whole numbers from 1 on, or raise with a sentence.

    >>> check_sizes("hidden", [400, 200])
    (400, 200)
    >>> check_sizes("hidden", 400)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DtypeError: hidden=400 is a int; write a tuple of sizes: hidden=(400,).
    """
    if not isinstance(value, (list, tuple)):  # torch.Size is a tuple
        example = value if isinstance(value, int) and not isinstance(value, bool) else 64
        raise DtypeError(
            f"{what}={value!r} is a {type(value).__name__}; write a tuple of sizes: "
            f"{what}=({example},)."
        )
    if len(value) < fewest:
        raise ShapeError(f"{what}={value!r} is too short; it needs at least {fewest} size.")
    return tuple(check_count(f"{what}[{i}]", size) for i, size in enumerate(value))


MANY = 16  # pictures of which one at least should hold a dark place
HALF_RANGE = (
    "No pixel of these images is below 0: they seem to lie in [0, 1], and this package means "
    "[-1, 1], with black at -1. Rescale them with: 2 * x - 1."
)


def check_images(
    x: Tensor,
    *,
    shape: tuple[int, ...] | None = None,
    low: float = -1.0,
    high: float = 1.0,
    check_range: bool = True,
) -> None:
    """Check that `x` is a batch of images as the whole package means it.

    Parameters
    ----------
    x : Tensor
        Expected: float32, ``[N, C, H, W]``, N at least 1, values in [-1, 1].
    shape : tuple of int, optional
        The expected ``(C, H, W)``.
    low, high : float
        The allowed range of values.
    check_range : bool
        False skips the look at the values (on a GPU that look makes the CPU wait).

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence naming what was given and what is allowed.

    Warns
    -----
    UserWarning
        Where 16 images or more should lie in [-1, 1] and all lie in [0, 1].
    """
    if not isinstance(x, Tensor):
        raise DtypeError(f"Images must be a torch.Tensor; you gave a {type(x).__name__}.")
    if not x.dtype.is_floating_point:
        raise DtypeError(
            f"Images must be floating point in [{low:g}, {high:g}]; yours are {x.dtype}. "
            "For bytes in [0, 255] use: x.float() / 127.5 - 1."
        )
    if x.ndim != 4:
        raise ShapeError(
            f"Images must have 4 axes [N, C, H, W]; yours have {x.ndim}: {list(x.shape)}."
        )
    if shape is not None and tuple(x.shape[1:]) != tuple(shape):
        raise ShapeError(
            f"This model takes images of shape [N, {', '.join(map(str, shape))}]; "
            f"you gave {list(x.shape)}."
        )
    if x.shape[0] == 0:
        raise DataError("The batch is empty: it holds 0 images; at least 1 is needed.")
    if check_range:
        smallest, largest = check_values("Images", x, low=low, high=high)
        if (low, high) == (-1, 1) and len(x) >= MANY and smallest >= 0 and largest > 0.5:
            warnings.warn(HALF_RANGE, stacklevel=2)


def warn_of_half_range(*pictures: Tensor) -> None:
    """Warn where pictures that should lie in [-1, 1] seem to lie in [0, 1], all of them.

    >>> warn_of_half_range(torch.zeros(2), torch.tensor([-0.3, 1.0]))
    """
    lowest = min(x.min().item() for x in pictures)
    if lowest >= 0 and max(x.max().item() for x in pictures) > 0.5:
        warnings.warn(f"{HALF_RANGE} Or pass low=0.", stacklevel=3)


def check_values(what: str, x: Tensor, *, low: float, high: float) -> tuple[float, float]:
    """Raise :class:`RangeError` where `x` is not finite or leaves [low, high].

    Returns the smallest and the largest value.

    >>> check_values("Images", torch.tensor([0.0, 255.0]), low=-1, high=1)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: Images must lie in [-1, 1]; yours lie in [0, 255]. ...
    """
    smallest, largest = (v.item() for v in torch.aminmax(x.detach()))
    if not (torch.isfinite(torch.tensor(smallest)) and torch.isfinite(torch.tensor(largest))):
        raise RangeError(f"{what} hold values that are NaN or infinite; all must be finite.")
    slack = 1e-3 * (high - low)  # float rounding, bf16 included, is not an error
    if smallest < low - slack or largest > high + slack:
        text = f"{what} must lie in [{low:g}, {high:g}]; yours lie in [{smallest:g}, {largest:g}]."
        if (low, high) == (-1, 1) and smallest >= 0 and largest > 1:
            text += " Rescale them with: x / 127.5 - 1."
        raise RangeError(text)
    return smallest, largest
