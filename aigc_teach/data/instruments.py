"""Two ways to make a note by rule, and a melody of them: sums of sines, and one sine in another.

Additive: a note is a sum of partials, sines at whole multiples of its frequency. FM: the phase
of one sine is moved by another, and two sines give as many partials as one likes (Chowning, "The
Synthesis of Complex Audio Spectra by Means of Frequency Modulation", 1973):

    y(t) = A(t) sin(2 pi f t + I(t) sin(2 pi r f t)),

r being the ratio of the two frequencies and I the index: about I + 1 partials lie on each side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..core import DataError, RangeError, check_choice, check_number
from ..core.resample import PEAK
from .sound import RATE, pitch, times

VOICES = {  # weights of the partials, or (ratio, index)
    "flute": (1.0, 0.35, 0.12, 0.05),
    "fiddle": (1.0, 0.7, 0.6, 0.45, 0.35, 0.25, 0.2, 0.15, 0.1),
    "bell": (1.4, 5.0),
    "brass": (1.0, 3.0),
}
FM = ("bell", "brass")
MOST_NOTES = 4_000


def envelope(n: int, *, rate: int = RATE, rise: float = 0.02, fall: float = 0.04) -> Tensor:
    """How loud a note of `n` samples is: 0, up in `rise` seconds, a slow decay, down to 0.

    >>> envelope(1600)[[0, -1]].tolist()
    [0.0, 0.0]
    """
    if n < 2:
        raise RangeError(f"n={n} samples hold no note; it must be at least 2.")
    up, down = (max(1, min(n // 2, round(s * rate))) for s in (rise, fall))
    shape = torch.exp(-1.2 * torch.arange(n, dtype=torch.float64) / rate)
    shape[:up] *= torch.linspace(0, 1, up + 1, dtype=torch.float64)[:up]
    shape[n - down :] *= torch.linspace(1, 0, down + 1, dtype=torch.float64)[1:]
    return shape


def note_wave(number: float, seconds: float, *, voice: str = "flute", rate: int = RATE) -> Tensor:
    """One note.

    Parameters
    ----------
    number : float
        MIDI number; 69 is 440 Hz.
    seconds : float
        Above 0, at most 60.
    voice : {"flute", "fiddle", "bell", "brass"}
        The first two are additive, the others FM.
    rate : int
        Samples a second. Partials above half of it are left out (additive only).

    Returns
    -------
    Tensor
        float32 ``[T]``, its peak at most 1.

    Examples
    --------
    >>> wave = note_wave(69, 0.5, voice="bell")
    >>> wave.shape, bool(wave.abs().max() <= 1)
    (torch.Size([8000]), True)
    """
    check_choice("voice", voice, VOICES)
    if not 0 <= check_number("number", number) <= 127:
        raise RangeError(f"number={number} must be a MIDI number from 0 to 127.")
    t, f = times(seconds, rate), pitch(number)
    loud = envelope(len(t), rate=rate)
    turn = 2 * math.pi * f * t
    if voice in FM:
        ratio, index = VOICES[voice]
        wave = torch.sin(turn + index * loud * torch.sin(ratio * turn))
    else:
        parts = [(k, w) for k, w in enumerate(VOICES[voice], start=1) if k * f < rate / 2]
        wave = sum(w * torch.sin(k * turn) for k, w in parts) / sum(VOICES[voice])
    return (loud * wave).float()


def play(
    notes: Sequence[tuple[int | None, int]],
    *,
    unit: float = 0.09,
    voice: str = "flute",
    rate: int = RATE,
) -> Tensor:
    """A melody as sound.

    Parameters
    ----------
    notes : sequence of (int or None, int)
        Pitch (None is a rest) and length in units; at most 4,000 notes and 600 s.
    unit : float
        Seconds a unit, .01 to 2. With sixteenths and .09 a jig has about 111 beats a minute.
    voice, rate
        As for `note_wave`.

    Returns
    -------
    Tensor
        float32 ``[T]``; its peak is -1 dBFS (.891) where anything sounds, else 0.

    Raises
    ------
    DataError, RangeError, ChoiceError
        With a sentence.

    Examples
    --------
    >>> wave = play([(67, 2), (None, 1), (71, 2)], unit=0.1)
    >>> wave.shape, round(float(wave.abs().max()), 3)
    (torch.Size([8000]), 0.891)
    """
    if not 0.01 <= check_number("unit", unit) <= 2:
        raise RangeError(f"unit={unit} must lie from 0.01 to 2 seconds.")
    if not notes or len(notes) > MOST_NOTES:
        raise DataError(f"There are {len(notes)} notes; a melody has 1 to {MOST_NOTES:,}.")
    ends = [0]
    for _, length in notes:
        ends.append(ends[-1] + length)
    if ends[-1] * unit > 600:
        raise RangeError(f"The melody lasts {ends[-1] * unit:.0f} s; at most 600 are played.")
    places = [round(end * unit * rate) for end in ends]
    wave = torch.zeros(places[-1])
    made: dict[tuple, Tensor] = {}
    for (number, _), begin, end in zip(notes, places[:-1], places[1:], strict=True):
        if number is None or end - begin < 2:
            continue
        same = (number, end - begin)
        if same not in made:
            made[same] = note_wave(number, (end - begin) / rate, voice=voice, rate=rate)
        wave[begin:end] = made[same]
    top = wave.abs().max()
    return wave * (PEAK / top) if top > 0 else wave
