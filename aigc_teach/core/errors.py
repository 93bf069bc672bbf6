"""Errors that are sentences: what was wrong, and what is allowed.

Every error the package raises on purpose is an :class:`AigcError`. Where Python
has a standard class for the same mistake (``ValueError``, ``TypeError``), ours is
a subclass of it, so ordinary ``except`` clauses keep working.
"""

from __future__ import annotations

import os

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
        raise ChoiceError(f"{what}={value!r} is not known. Choose one of: {names}.")


def check_count(what: str, value: object, *, at_least: int = 1) -> int:
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
        raise RangeError(f"{what}={value} is too small; it must be at least {at_least}.")
    return value


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
        check_values("Images", x, low=low, high=high)


def check_values(what: str, x: Tensor, *, low: float, high: float) -> None:
    """Raise :class:`RangeError` where `x` is not finite or leaves [low, high].

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
