"""Sounds made by rule, so that everything about them is known: tone, chirp, pluck, a tune.

A sound is float32 ``[T]`` in [-1, 1]: the displacement of a loudspeaker, ``rate`` times a
second. Play one with ``IPython.display.Audio(wave.numpy(), rate=data.sound.RATE)``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core import RangeError, check_count, make_generator

RATE = 16_000  # samples a second, unless another rate is named
MOST_SECONDS = 60.0
# Beethoven, Symphony No. 9 (1824), the theme of the last movement: (MIDI number, beats)
ODE = [(64, 1), (64, 1), (65, 1), (67, 1), (67, 1), (65, 1), (64, 1), (62, 1)]
ODE += [(60, 1), (60, 1), (62, 1), (64, 1), (64, 1.5), (62, 0.5), (62, 2)]


def tone(
    frequency: float, seconds: float = 1.0, *, rate: int = RATE, amplitude: float = 1.0
) -> Tensor:
    """A pure tone: ``amplitude * sin(2 pi frequency t)``.

    Parameters
    ----------
    frequency : float
        In hertz, at least 0. Above ``rate / 2`` the samples are those of a lower tone
        (aliasing): this function does not prevent it.
    seconds : float
        In (0, 60].
    rate : int
        Samples a second.
    amplitude : float
        In [0, 1].

    Returns
    -------
    Tensor
        float32 ``[T]``, T = round(seconds * rate).

    Raises
    ------
    RangeError, DtypeError
        For numbers outside these ranges.

    Examples
    --------
    >>> tone(1.0, seconds=1.0, rate=4).round().tolist()
    [0.0, 1.0, 0.0, -1.0]
    """
    _check("amplitude", amplitude, 0, 1)
    _check("frequency", frequency, 0, 1e6)
    return (amplitude * torch.sin(2 * math.pi * frequency * times(seconds, rate))).float()


def chirp(start: float, stop: float, seconds: float = 1.0, *, rate: int = RATE) -> Tensor:
    """A tone whose frequency goes evenly from `start` to `stop`.

    Its phase is the integral of its frequency, ``start t + (stop - start) t^2 / (2 seconds)``
    turns.

    Parameters
    ----------
    start, stop : float
        In hertz, at least 0.
    seconds, rate
        As for `tone`.

    Returns
    -------
    Tensor
        float32 ``[T]``.

    >>> chirp(100, 3000).shape
    torch.Size([16000])
    """
    _check("start", start, 0, 1e6)
    _check("stop", stop, 0, 1e6)
    t = times(seconds, rate)
    turns = start * t + (stop - start) * t**2 / (2 * seconds)
    return torch.sin(2 * math.pi * turns).float()


def pluck(
    frequency: float,
    seconds: float = 1.0,
    *,
    rate: int = RATE,
    generator: torch.Generator | None = None,
) -> Tensor:
    """A plucked string: noise that goes round a loop and is averaged at every turn.

    K. Karplus and A. Strong, "Digital synthesis of plucked-string and drum timbres", Computer
    Music Journal 7(2), 1983: ``y[t] = (y[t - N] + y[t - N - 1]) / 2``, whose pitch is
    ``rate / (N + 1/2)``. For pitches between, two such averages, one sample apart, are mixed.

    Parameters
    ----------
    frequency : float
        In hertz, from 20 to rate / 8.
    seconds, rate
        As for `tone`.
    generator : torch.Generator, optional
        Draws the noise; without it the same noise each time.

    Returns
    -------
    Tensor
        float32 ``[T]`` in [-1, 1].

    Examples
    --------
    >>> bool(pluck(220.0).abs().max() <= 1)
    True
    """
    check_count("rate", rate)
    _check("frequency", frequency, 20, rate / 8)
    length = len(times(seconds, rate))
    period = rate / frequency - 0.5
    n = int(period)
    between = period - n  # in [0, 1): the part of a sample that the loop is longer than N
    generator = generator or make_generator(0)
    noise = torch.rand(n + 2, generator=generator, dtype=torch.float64)
    noise -= noise.mean()  # the averaging would keep it for ever: a shift that no one hears
    noise /= noise.abs().max()
    y = torch.zeros(n + 2 + length + n, dtype=torch.float64)
    y[: n + 2] = noise
    for start in range(n + 2, n + 2 + length, n):  # a whole turn at once: it needs only the last
        a, b, c = (y[start - n - k : start - k] for k in range(3))  # [N] each
        y[start : start + n] = ((1 - between) * a + b + between * c) / 2
    return y[n + 2 : n + 2 + length].float()


def tune(*, beat: float = 0.25, rate: int = RATE) -> Tensor:
    """The first phrase of the Ode to Joy (Beethoven, 1824), on the plucked string.

    Parameters
    ----------
    beat : float
        Seconds a quarter note, from 0.05 to 2.
    rate : int

    Returns
    -------
    Tensor
        float32 ``[T]`` in [-1, 1]; sixteen beats.

    >>> tune(beat=0.1).shape
    torch.Size([25600])
    """
    _check("beat", beat, 0.05, 2)
    notes = []
    for k, (number, beats) in enumerate(ODE):
        note = pluck(pitch(number), beats * beat, rate=rate, generator=make_generator(k))
        fade = min(len(note), rate // 100)  # the last hundredth of a second: no click
        note[-fade:] *= torch.linspace(1, 0, fade)
        notes.append(note)
    return torch.cat(notes)


def pitch(number: float) -> float:
    """The frequency of a MIDI note: 69 is 440 Hz, and 12 more is twice as high.

    >>> pitch(69), pitch(81)
    (440.0, 880.0)
    """
    return 440.0 * 2 ** ((number - 69) / 12)


def times(seconds: float, rate: int = RATE) -> Tensor:
    """When the samples are taken: float64 ``[T]``, in seconds from 0.

    >>> times(0.5, rate=4).tolist()
    [0.0, 0.25]
    """
    check_count("rate", rate)
    _check("seconds", seconds, 0, MOST_SECONDS)
    if round(seconds * rate) < 1:
        raise RangeError(f"seconds={seconds} holds no sample at rate={rate}; make it longer.")
    return torch.arange(round(seconds * rate), dtype=torch.float64) / rate


def _check(what: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, int | float) and low <= value <= high):
        raise RangeError(f"{what}={value!r} must be a number from {low:g} to {high:g}.")
