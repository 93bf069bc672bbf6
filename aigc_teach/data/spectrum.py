"""Which frequencies a sound holds, and when: the short-time Fourier transform and back.

Frame m of ``stft`` is centred on sample ``m * hop``; the sound is continued by zeros. This is
``torch.stft(..., center=True, pad_mode="constant")``, written out. The way back is the
least-squares one: D. Griffin and J. Lim, "Signal estimation from modified short-time Fourier
transform", IEEE Transactions on Acoustics, Speech and Signal Processing 32(2), 1984, eq. 6.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError, check_choice, check_count

WINDOWS = ("hann", "hamming", "rectangular")


def window(name: str, length: int) -> Tensor:
    """A window, float64 ``[length]``: how much each sample of a frame counts.

    Hann ``(1 - cos(2 pi n / L)) / 2`` fades to zero at its ends, Hamming
    ``0.54 - 0.46 cos(2 pi n / L)`` almost, and the rectangular one is 1 throughout.

    >>> [round(v, 6) for v in window("hann", 4).tolist()]
    [0.0, 0.5, 1.0, 0.5]
    """
    check_choice("window", name, WINDOWS)
    turn = torch.cos(2 * math.pi * torch.arange(length, dtype=torch.float64) / length)
    share = {"hann": 0.5, "hamming": 0.54, "rectangular": 1.0}[name]
    return share - (1 - share) * turn


def stft(wave: Tensor, *, window_length: int = 512, hop: int = 128, shape: str = "hann") -> Tensor:
    """Fourier coefficients of windowed frames of a sound.

    ``X[k, m] = sum_n w[n] x[m hop + n - L/2] exp(-2 pi i k n / L)``, k = 0 .. L/2.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``.
    window_length : int
        L, even, from 8 to 65,536 samples.
    hop : int
        Samples from one frame to the next.
    shape : {"hann", "hamming", "rectangular"}

    Returns
    -------
    Tensor
        Complex ``[L/2 + 1, 1 + T // hop]``.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError, ChoiceError
        With a sentence, for anything else.

    Examples
    --------
    >>> stft(torch.zeros(1000)).shape
    torch.Size([257, 8])
    """
    check_wave(wave)
    _check_frames(window_length, hop)
    w = window(shape, window_length).to(wave)
    padded = F.pad(wave, (window_length // 2, window_length // 2))
    frames = padded.unfold(0, window_length, hop)  # [frames, L], no copy
    return torch.fft.rfft(frames * w).T  # [L/2 + 1, frames]


def istft(coefficients: Tensor, *, length: int, hop: int = 128, shape: str = "hann") -> Tensor:
    """The sound whose short-time Fourier transform is nearest to `coefficients`.

    Frames are windowed once more, added where they overlap, and divided by the sum of the
    squared windows.

    Parameters
    ----------
    coefficients : Tensor
        Complex ``[L/2 + 1, frames]``, as `stft` returns them.
    length : int
        How many samples to return, at most ``(frames - 1) * hop + L/2``.
    hop, shape
        As for `stft`.

    Returns
    -------
    Tensor
        ``[length]``.

    Raises
    ------
    RangeError
        Also where the frames leave gaps, so that the sound is not determined.

    Examples
    --------
    >>> x = torch.sin(torch.arange(1000) / 5)
    >>> torch.allclose(istft(stft(x), length=1000), x, atol=1e-5)
    True
    """
    if not isinstance(coefficients, Tensor) or not coefficients.is_complex():
        raise DtypeError("istft takes a complex tensor [L/2 + 1, frames], as stft returns it.")
    if coefficients.ndim != 2:
        raise ShapeError(f"istft takes [L/2 + 1, frames]; you gave {list(coefficients.shape)}.")
    window_length = 2 * (coefficients.shape[0] - 1)
    _check_frames(window_length, hop)
    check_count("length", length)
    frames = torch.fft.irfft(coefficients.T, n=window_length)  # [frames, L]
    w = window(shape, window_length).to(frames)
    total = (len(frames) - 1) * hop + window_length
    places = torch.arange(len(frames))[:, None] * hop + torch.arange(window_length)
    places = places.to(frames.device)  # [frames, L]: where each value belongs
    sound = frames.new_zeros(total).index_put_((places,), frames * w, accumulate=True)
    weight = torch.zeros_like(sound)
    weight.index_put_((places,), (w**2).expand_as(frames), accumulate=True)
    part = slice(window_length // 2, window_length // 2 + length)
    if len(weight[part]) < length or weight[part].min() < 1e-8:
        raise RangeError(
            f"Frames of {window_length} samples, {hop} apart, do not cover {length} samples: "
            "choose a smaller hop, or a smaller length."
        )
    return sound[part] / weight[part]


def spectrogram(
    wave: Tensor,
    *,
    window_length: int = 512,
    hop: int = 128,
    shape: str = "hann",
    floor: float = -80.0,
) -> Tensor:
    """The level of each frequency over time, in decibels.

    ``20 log10(2 |X| / sum(w))``: a pure tone of amplitude 1 reads 0 dB, one of a tenth -20 dB,
    where its frequency is that of a row. Between two rows it reads less, halfway by 1.42 dB
    (Hann), 1.75 dB (Hamming) or 3.92 dB (rectangular). In the lowest and the highest row, 0 and
    L/2, the factor is 1 instead of 2: the 2 stands for the mirror image among the rows that are
    left out, and these two have none. A constant 1 therefore reads 0 dB too.

    Parameters
    ----------
    wave, window_length, hop, shape
        As for `stft`.
    floor : float
        Below 0; everything fainter is given this level.

    Returns
    -------
    Tensor
        ``[L/2 + 1, 1 + T // hop]`` in decibels. Row k is the frequency ``k * rate / L``,
        column m the time ``m * hop / rate``.

    Examples
    --------
    >>> spectrogram(torch.zeros(1000), floor=-60).unique().tolist()
    [-60.0]
    >>> spectrogram(torch.ones(1000))[0, 4].round().item()
    0.0
    """
    if not (math.isfinite(floor) and floor < 0):
        raise RangeError(f"floor={floor} must be a number below 0, in decibels.")
    size = stft(wave, window_length=window_length, hop=hop, shape=shape).abs()
    level = size / window(shape, window_length).sum().item()
    level[1:-1] *= 2  # rows 0 and L/2 have no mirror image
    return 20 * torch.log10(level.clamp(min=10 ** (floor / 20)))


def check_wave(wave: object) -> None:
    """Raise, with a sentence, if `wave` is no sound: floating point ``[T]``, finite."""
    if not isinstance(wave, Tensor):
        raise DtypeError(f"A sound must be a torch.Tensor; you gave a {type(wave).__name__}.")
    if not wave.dtype.is_floating_point:
        raise DtypeError(f"A sound must be floating point in [-1, 1]; yours is {wave.dtype}.")
    if wave.ndim != 1:
        raise ShapeError(f"A sound must have 1 axis [T]; yours has shape {list(wave.shape)}.")
    if not len(wave):
        raise DataError("The sound is empty: it holds 0 samples; at least 1 is needed.")
    if not torch.isfinite(wave).all():
        raise RangeError("The sound holds values that are NaN or infinite; all must be finite.")


def _check_frames(window_length: int, hop: int) -> None:
    check_count("window_length", window_length, at_least=8)
    check_count("hop", hop)
    if window_length % 2 or window_length > 65_536:
        raise RangeError(f"window_length={window_length} must be even and at most 65,536.")
    if hop > window_length:
        raise RangeError(f"hop={hop} is longer than the window ({window_length}): gaps would stay.")
