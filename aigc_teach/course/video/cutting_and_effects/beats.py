"""Beats of a tune, from nothing: onsets, a tempo, and the best row of moments.

After D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1),
2007.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ....core import RangeError, check_choice
from ....data import instruments, stft
from ....data.tunes import Tune

RATE, HOP = 16_000, 160  # hundredths of a second
USUAL = 120.0  # beats a minute that people tap most readily
BASSES = ("none", "bass")


class Music(NamedTuple):
    """A tune as sound, and its beats.

    Attributes
    ----------
    wave : Tensor
        float32 ``[S]`` at 16,000 samples a second.
    beats : list of float
        Seconds; two of six sixteenths to a bar of a jig.
    tempo : float
        Beats a minute.
    """

    wave: Tensor
    beats: list[float]
    tempo: float


def music(
    tune: Tune, tempo: float, *, accompanied: str = "bass", voice: str = "fiddle", bars: int = 16
) -> Music:
    """The first bars of a jig at a tempo, alone or with a low note on each beat.

    Parameters
    ----------
    tune : Tune
    tempo : float
        Beats a minute, 60 to 200.
    accompanied : {"bass", "none"}
    voice : str
        Of the melody, one of `instruments.VOICES`.
    bars : int
    """
    check_choice("accompanied", accompanied, BASSES)
    if not 60 <= tempo <= 200:
        raise RangeError(f"tempo={tempo} must lie from 60 to 200 beats a minute.")
    unit = 60 / tempo / 6
    own = [bar for part in tune.parts for bar in part.bars][:bars]
    notes = [note for bar in own for note in bar]
    wave = instruments.play(notes, unit=unit, voice=voice, rate=RATE)
    beats = [k * 6 * unit for k in range(2 * len(own))]
    if accompanied == "bass":
        low = [note for bar in own for _ in range(2) for note in ((_bass(bar), 2), (None, 4))]
        under = instruments.play(low, unit=unit, voice="brass", rate=RATE)
        n = min(len(wave), len(under))
        wave = 0.5 * wave[:n] + 0.5 * under[:n]
    return Music(wave, beats, tempo)


def _bass(bar) -> int:
    """The bar's first note, two octaves lower."""
    return next((pitch for pitch, _ in bar if pitch is not None), 67) - 24


def onset_strength(wave: Tensor) -> Tensor:
    """How much louder the frequencies grow at each hundredth of a second, ``[frames]``.

    Only what grows counts; the result has mean 0 and standard deviation 1.
    """
    size = stft(wave, window_length=512, hop=HOP).abs()
    loud = torch.log1p(100 * size / size.max().clamp(min=1e-9))  # [257, frames]
    rise = F.pad(loud.diff(dim=1).clamp(min=0).sum(0), (1, 0))
    return (rise - rise.mean()) / rise.std().clamp(min=1e-9)


def tempo_of(strength: Tensor, *, usual: float | None = USUAL, spread: float = 0.9) -> float:
    """Beats a minute at which the onsets repeat, 50 to 210, by autocorrelation.

    Lags are weighed by how readily people tap at them: a bell over the logarithm of the tempo,
    `spread` octaves wide. With ``usual=None`` all count alike.
    """
    lags = torch.arange(round(6000 / 210), round(6000 / 50) + 1)
    n = len(strength)
    product = torch.stack([(strength[k:] * strength[: n - k]).sum() for k in lags.tolist()])
    if usual is not None:
        octaves = torch.log2(6000 / lags / usual)
        product = product * torch.exp(-0.5 * (octaves / spread).square())
    return 6000 / int(lags[product.argmax()])


def beat_times(strength: Tensor, tempo: float, *, tight: float = 100.0) -> list[float]:
    """The row of moments with the strongest onsets and the evenest steps, in seconds.

    ``C(t) = strength(t) + max over d of (C(t - d) - tight log(d / period)^2)``, and back.
    """
    period = 6000 / tempo
    steps = torch.arange(round(period / 2), round(2 * period) + 1)
    price = -tight * torch.log(steps / period).square()
    n, longest = len(strength), int(steps[-1])
    score = torch.cat([torch.zeros(longest), strength.float()])
    back = torch.full((n,), -1)
    for t in range(n):
        before = score[t + longest - steps] + price
        k = int(before.argmax())
        if t >= int(steps[k]):
            score[t + longest] += before[k]
            back[t] = t - int(steps[k])
    t = n - longest // 2 + int(score[-(longest // 2) :].argmax()) if n > longest else 0
    t = min(t, n - 1)
    row = []
    while t >= 0:
        row.append(t * HOP / RATE)
        t = int(back[t])
    return row[::-1]
