"""Mel spectrograms and the way back to a sound: filters, their inverse, Griffin-Lim.

The mel scale is Slaney's ("Auditory Toolbox, version 2", Interval Research 1998-010): straight
up to 1,000 Hz (15 mel), logarithmic above. Every filter is a triangle whose area is the same, so
noise that is even over all frequencies fills all bands evenly. The levels are natural logarithms
of magnitudes (not of powers).

A mel spectrogram keeps neither the phases nor the fine structure inside a band. The way back
guesses both: the magnitudes by non-negative least squares (D. D. Lee and H. S. Seung,
"Algorithms for non-negative matrix factorization", NIPS 2000, eq. 4), the phases as in D. Griffin
and J. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Transactions on
Acoustics, Speech and Signal Processing 32(2), 1984.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

from ..core import (
    DtypeError,
    RangeError,
    ShapeError,
    check_count,
    check_number,
    make_generator,
)
from .sound import RATE
from .spectrum import istft, stft

BREAK_HERTZ, BREAK_MEL = 1000.0, 15.0  # where Slaney's scale turns logarithmic
HERTZ_A_MEL = BREAK_HERTZ / BREAK_MEL  # 66.7 below
STEP = math.log(6.4) / 27  # above: 27 mel from 1,000 Hz to 6,400 Hz


def hertz_to_mel(hertz: Tensor) -> Tensor:
    """Slaney's mel of frequencies.

    >>> [round(v, 3) for v in hertz_to_mel(torch.tensor([0.0, 500.0, 1000.0, 6400.0])).tolist()]
    [0.0, 7.5, 15.0, 42.0]
    """
    above = BREAK_MEL + torch.log(hertz.clamp(min=BREAK_HERTZ) / BREAK_HERTZ) / STEP
    return torch.where(hertz < BREAK_HERTZ, hertz / HERTZ_A_MEL, above)


def mel_to_hertz(mel: Tensor) -> Tensor:
    """The way back.

    >>> [round(v) for v in mel_to_hertz(torch.tensor([7.5, 15.0, 42.0])).tolist()]
    [500, 1000, 6400]
    """
    above = BREAK_HERTZ * torch.exp(STEP * (mel - BREAK_MEL).clamp(min=0))
    return torch.where(mel < BREAK_MEL, mel * HERTZ_A_MEL, above)


@functools.lru_cache(maxsize=16)
def _filters(bands: int, rate: int, window_length: int, low: float, high: float) -> Tensor:
    ends = hertz_to_mel(torch.tensor([low, high], dtype=torch.float64)).tolist()
    corners = mel_to_hertz(torch.linspace(*ends, bands + 2, dtype=torch.float64))  # [bands + 2]
    rows = torch.arange(window_length // 2 + 1, dtype=torch.float64) * rate / window_length
    left, middle, right = (corners[k : bands + k, None] for k in range(3))
    rising, falling = (rows - left) / (middle - left), (right - rows) / (right - middle)
    return torch.minimum(rising, falling).clamp(min=0) * 2 / (right - left)


def mel_filters(
    bands: int = 80,
    *,
    rate: int = RATE,
    window_length: int = 1024,
    low: float = 0.0,
    high: float | None = None,
) -> Tensor:
    """Triangles that gather the rows of a spectrum into mel bands, each of area 1.

    Parameters
    ----------
    bands : int
        At least 1; their corners lie evenly on Slaney's mel scale from `low` to `high`.
    rate : int
        Samples a second.
    window_length : int
        L of the Fourier transform, even.
    low, high : float
        In hertz; `high` is half the rate unless given.

    Returns
    -------
    Tensor
        float64 ``[bands, L/2 + 1]``: ``mel_filters() @ stft(wave).abs()`` is a mel spectrogram.

    Raises
    ------
    RangeError
        Also where a band is so narrow that it holds no row of the spectrum.

    Examples
    --------
    >>> filters = mel_filters(40, rate=8000, window_length=512)
    >>> filters.shape, round(filters[20].sum().item() * 8000 / 512, 2)
    (torch.Size([40, 257]), 1.0)
    """
    check_count("bands", bands, at_most=1024)
    check_count("rate", rate, at_least=1000, at_most=200_000)
    check_count("window_length", window_length, at_least=8, at_most=65_536)
    high = rate / 2 if high is None else high
    if window_length % 2:
        raise RangeError(f"window_length={window_length} must be even.")
    if not 0 <= low < high <= rate / 2:
        raise RangeError(
            f"low={low:g} and high={high:g} must be frequencies with 0 <= low < high <= "
            f"{rate / 2:g}, half the rate."
        )
    filters = _filters(bands, rate, window_length, float(low), float(high))
    if not (filters > 0).any(1).all():
        raise RangeError(
            f"{bands} bands are too many for a window of {window_length} samples at {rate:,} a "
            "second: a band holds no row. Take fewer bands or a longer window."
        )
    return filters.clone()


def log_mel(
    wave: Tensor,
    *,
    bands: int = 80,
    rate: int = RATE,
    window_length: int = 1024,
    hop: int = 200,
    low: float = 0.0,
    high: float | None = None,
    floor: float = 1e-3,
) -> Tensor:
    """The level of each mel band over time: ``log(max(floor, filters @ |stft|))``.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``.
    bands, rate, low, high
        As for `mel_filters`.
    window_length, hop : int
        As for `stft`; Hann window.
    floor : float
        Above 0; everything fainter is given this value before the logarithm.

    Returns
    -------
    Tensor
        ``[bands, 1 + T // hop]``, natural logarithms, of the type of `wave`.

    Examples
    --------
    >>> log_mel(torch.zeros(8000)).shape
    torch.Size([80, 41])
    """
    check_number("floor", floor, above=True)
    size = stft(wave, window_length=window_length, hop=hop).abs()
    filters = mel_filters(bands, rate=rate, window_length=window_length, low=low, high=high)
    return (filters.to(size) @ size).clamp(min=floor).log()


def mel_to_linear(mel: Tensor, filters: Tensor, *, steps: int = 100) -> Tensor:
    """Magnitudes whose mel spectrogram is nearest to `mel`: non-negative least squares.

    Lee and Seung's multiplicative step, ``S <- S * (F' M) / (F' F S)``, lowers
    ``|M - F S|^2`` every time and keeps S at 0 or above.

    Parameters
    ----------
    mel : Tensor
        ``[bands, frames]`` at 0 or above (not logarithms: take ``log_mel(...).exp()``).
    filters : Tensor
        ``[bands, L/2 + 1]`` of `mel_filters`.
    steps : int

    Returns
    -------
    Tensor
        ``[L/2 + 1, frames]``, at 0 or above. Rows that no filter reaches are 0.

    Examples
    --------
    >>> filters = mel_filters(40)
    >>> magnitudes = torch.rand(513, 3, dtype=torch.float64)
    >>> guess = mel_to_linear(filters @ magnitudes, filters)
    >>> bool((filters @ guess - filters @ magnitudes).abs().max() < 0.01)
    True
    """
    check_count("steps", steps, at_least=0)
    _check_matrix("A mel spectrogram", mel, "[bands, frames]")
    _check_matrix("The filters", filters, "[bands, L/2 + 1]")
    if len(mel) != len(filters):
        raise ShapeError(
            f"The spectrogram has {len(mel)} bands, the filters {len(filters)}: they must agree."
        )
    if mel.min() < 0:
        raise RangeError("A mel spectrogram is at least 0. Of logarithms take log_mel.exp().")
    filters = filters.to(mel)
    wanted = filters.T @ mel  # [L/2 + 1, frames]
    square = filters.T @ filters
    spectrum = wanted.clone()
    for _ in range(steps):
        spectrum = spectrum * wanted / (square @ spectrum).clamp(min=1e-12)
    return spectrum


def griffin_lim(
    magnitudes: Tensor,
    *,
    length: int,
    hop: int,
    steps: int = 30,
    momentum: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """A sound whose spectrogram is near `magnitudes`: phases guessed, and mended by turns.

    Each step goes to the sound nearest to the guess and takes that sound's own phases. With
    ``momentum=0`` the distance never grows (Griffin & Lim 1984, section III); 0.99 is the faster
    variant of N. Perraudin, P. Balazs and P. L. Sondergaard, "A fast Griffin-Lim algorithm",
    WASPAA 2013, for which that is not proved.

    Parameters
    ----------
    magnitudes : Tensor
        Floating point ``[L/2 + 1, frames]``, at 0 or above: of `stft` with the Hann window.
    length : int
        Samples of the sound: for a spectrogram of T samples, T.
    hop : int
        As for `stft`.
    steps : int
    momentum : float
        From 0 to 2.
    generator : torch.Generator, optional
        Draws the first phases; without it the same each time.

    Returns
    -------
    Tensor
        ``[length]``. Its peak may be above 1 where `magnitudes` belong to no sound.

    Examples
    --------
    >>> wave = torch.sin(torch.arange(4000) / 9)
    >>> size = stft(wave, window_length=256, hop=64).abs()
    >>> again = griffin_lim(size, length=4000, hop=64, momentum=0.99)
    >>> bool((stft(again, window_length=256, hop=64).abs() - size).norm() < 0.2 * size.norm())
    True
    """
    _check_matrix("Magnitudes", magnitudes, "[L/2 + 1, frames]")
    if magnitudes.min() < 0:
        raise RangeError("Magnitudes are at least 0. Of decibels take 10 ** (level / 20).")
    check_count("steps", steps, at_least=0)
    if check_number("momentum", momentum) > 2:
        raise RangeError(f"momentum={momentum} must be from 0 to 2.")
    generator = generator or make_generator(0)
    window_length = 2 * (len(magnitudes) - 1)
    turns = torch.rand(magnitudes.shape, generator=generator).to(magnitudes)
    guess = torch.polar(magnitudes, 2 * math.pi * turns)
    before = torch.zeros_like(guess)
    for _ in range(steps):
        wave = istft(guess, length=length, hop=hop)
        own = stft(wave, window_length=window_length, hop=hop)
        if own.shape != guess.shape:
            raise ShapeError(
                f"length={length} makes {own.shape[1]} frames, {hop} apart; the magnitudes have "
                f"{guess.shape[1]}."
            )
        moved = own + momentum * (own - before)
        before = own
        guess = torch.polar(magnitudes, moved.angle())
    return istft(guess, length=length, hop=hop)


def mel_to_wave(
    levels: Tensor,
    *,
    length: int,
    rate: int = RATE,
    window_length: int = 1024,
    hop: int = 200,
    low: float = 0.0,
    high: float | None = None,
    steps: int = 30,
    momentum: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """A sound for the logarithms of `log_mel`: `mel_to_linear`, then `griffin_lim`.

    Parameters
    ----------
    levels : Tensor
        ``[bands, frames]``, natural logarithms.
    length, rate, window_length, hop, low, high, steps, momentum, generator
        As for `griffin_lim` and `log_mel`; they must be those that the levels were made with.

    Returns
    -------
    Tensor
        ``[length]``.

    Examples
    --------
    >>> wave = torch.sin(torch.arange(8000) / 9)
    >>> mel_to_wave(log_mel(wave), length=8000, steps=2).shape
    torch.Size([8000])
    """
    _check_matrix("Levels", levels, "[bands, frames]")
    filters = mel_filters(
        len(levels), rate=rate, window_length=window_length, low=low, high=high
    ).to(levels)
    magnitudes = mel_to_linear(levels.exp(), filters)
    return griffin_lim(
        magnitudes, length=length, hop=hop, steps=steps, momentum=momentum, generator=generator
    )


def _check_matrix(what: str, x: object, shape: str) -> None:
    """Raise, with a sentence, if `x` is no finite floating-point matrix."""
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise DtypeError(f"{what} must be a floating-point tensor {shape}; you gave {kind}.")
    if x.ndim != 2 or not x.numel():
        raise ShapeError(f"{what} must have shape {shape}; you gave {list(x.shape)}.")
    if not torch.isfinite(x).all():
        raise RangeError(f"{what} must be finite; some values are NaN or infinite.")
