"""A sound at another number of samples a second: a windowed sinc, by hand.

The filter is the one of GNU Octave's ``resample`` (a sinc of half the lower rate under a Kaiser
window that lets 60 dB through at most), because the published code of STOI uses it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .errors import DataError, DtypeError, RangeError, ShapeError, check_count

PEAK = 10 ** (-1 / 20)  # -1 decibel of full scale: no sample that is written or played lies above
CHUNK = 8192  # samples made at once
STOPPED = 60.0  # decibels that frequencies which cannot be kept are weakened by, at least


def check_sound(wave: object, what: str = "The sound") -> Tensor:
    """Return `wave`, or raise, with a sentence, if it is no sound: floating ``[T]``, finite.

    >>> check_sound(torch.zeros(2, 8))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.ShapeError: The sound must have 1 axis [T]; it has shape [2, 8]. ...
    """
    if not isinstance(wave, Tensor):
        raise DtypeError(f"{what} must be a torch.Tensor [T]; you gave a {type(wave).__name__}.")
    if not wave.dtype.is_floating_point:
        raise DtypeError(f"{what} must be floating point in [-1, 1]; yours is {wave.dtype}.")
    if wave.ndim != 1:
        raise ShapeError(
            f"{what} must have 1 axis [T]; it has shape {list(wave.shape)}. "
            "Of two channels take the mean: wave.mean(0)."
        )
    if not len(wave):
        raise DataError(f"{what} is empty: it holds 0 samples; at least 1 is needed.")
    if not torch.isfinite(wave).all():
        raise RangeError(f"{what} holds values that are NaN or infinite; all must be finite.")
    return wave


def check_length(wave: Tensor, rate: int, most: float, remedy: str) -> None:
    """Raise a sentence if a sound lasts more than `most` seconds; `remedy` ends it.

    >>> check_length(torch.zeros(8000), 8000, 0.5, "Cut it.")
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: The sound lasts 1 seconds; at most 0.5 ... Cut it.
    """
    seconds = len(wave) / check_count("rate", rate, at_least=1000, at_most=200_000)
    if seconds > most:
        raise RangeError(
            f"The sound lasts {seconds:,.0f} seconds; at most {most:g} are taken at once. {remedy}"
        )


def resample(wave: Tensor, rate: int, to: int) -> Tensor:
    """The same sound at another rate; what is above half the lower rate is filtered out.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``.
    rate, to : int
        Samples a second, before and after; from 1,000 to 200,000.

    Returns
    -------
    Tensor
        ``[ceil(T to / rate)]``, of the same type. The sound itself where both rates are equal.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> tone = torch.sin(2 * math.pi * 440 * torch.arange(8000) / 8000)
    >>> half = resample(tone, 8000, 16000)
    >>> half.shape, round(half[4001].item(), 3)
    (torch.Size([16000]), 0.172)
    """
    check_sound(wave)
    for name, value in (("rate", rate), ("to", to)):
        check_count(name, value, at_least=1000, at_most=200_000)
    if rate == to:
        return wave
    common = math.gcd(rate, to)
    up, down = to // common, rate // common
    taps = _sinc(up, down).to(wave)
    half, each = len(taps) // 2, -(-len(taps) // up)
    phases = F.pad(taps, (0, each * up - len(taps))).view(each, up).T  # [up, each]
    padded = F.pad(wave, (each - 1, each))
    parts = []
    for first in range(0, -(-len(wave) * up // down), CHUNK):
        last = min(first + CHUNK, -(-len(wave) * up // down))
        at = torch.arange(first, last, device=wave.device) * down + half  # between the samples
        newest = at.div(up, rounding_mode="floor").clamp(max=len(wave) + each - 1)
        windows = padded.unfold(0, each, 1)[newest]  # [CHUNK, each]: x[newest - each + 1 ..]
        parts.append((windows.flip(1) * phases[at % up]).sum(1))
    return torch.cat(parts)


def _sinc(up: int, down: int) -> Tensor:
    """The filter at the rate in between: float64, of odd length, its sum `up`."""
    edge = 1 / (2 * max(up, down))  # of the rate in between
    half = math.ceil((STOPPED - 8) / (28.714 * edge / 10))
    t = torch.arange(-half, half + 1, dtype=torch.float64)
    beta = 0.1102 * (STOPPED - 8.7)
    window = torch.kaiser_window(2 * half + 1, periodic=False, beta=beta, dtype=torch.float64)
    taps = torch.sinc(2 * edge * t) * window
    return up * taps / taps.sum()
