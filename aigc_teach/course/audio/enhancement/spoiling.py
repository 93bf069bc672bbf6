"""Sounds and the ways to spoil them, all by rule, so that the clean sound is known.

A scene begins with a half second in which the noise is alone. That is what the classical methods
learn the noise from.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ....core import check_choice
from ....data import sound, speech
from ....metrics import add_noise

RATE = 11_025  # of the vendored speech
LEAD = 5_504  # samples of noise alone, 43 hops of 128
SEEN, UNSEEN = ("white", "pink", "hum"), ("babble", "clicks")
HUM = 50.0  # hertz, of the mains in most countries


class Scene(NamedTuple):
    """A spoilt sound beside the one it should be, both ``[T]``, the first `LEAD` samples silent."""

    noisy: Tensor
    clean: Tensor
    text: str


def noise(kind: str, n: int, g: torch.Generator, voices: list[Tensor] | None = None) -> Tensor:
    """`n` samples of noise, about 1 in size (root mean square).

    Parameters
    ----------
    kind : {"white", "pink", "hum", "babble", "clicks"}
        White has the same power at all frequencies, pink less by 3 decibels an octave; hum is
        50 Hz and 20 harmonics; babble is six voices at once, which `voices` must give; clicks are
        about 20 short decays a second.
    n : int
    g : torch.Generator
    voices : list of Tensor
        Sounds that babble is added up from.

    Examples
    --------
    >>> from aigc_teach.core import make_generator
    >>> x = noise("pink", 8000, make_generator(0))
    >>> x.shape, round(x.square().mean().item(), 3)
    (torch.Size([8000]), 1.0)
    """
    check_choice("kind", kind, (*SEEN, *UNSEEN))
    if kind == "white":
        x = torch.randn(n, generator=g)
    elif kind == "pink":
        spectrum = torch.fft.rfft(torch.randn(n, generator=g))
        x = torch.fft.irfft(spectrum / torch.arange(1, len(spectrum) + 1).sqrt(), n=n)
    elif kind == "hum":
        t = torch.arange(n) / RATE
        size, turn = torch.rand(2, 21, 1, generator=g)
        k = torch.arange(1, 22)[:, None]
        x = (size / k.sqrt() * torch.sin(2 * math.pi * (HUM * k * t + turn))).sum(0)
    elif kind == "babble":
        x = torch.zeros(n)
        for _ in range(6):
            order = torch.randperm(len(voices), generator=g)[: 2 + n // 8000].tolist()
            line = torch.cat([voices[k] for k in order])
            x += line.repeat(1 + n // len(line))[:n]
    else:
        hits = (torch.rand(n, generator=g) < 20 / RATE) * torch.randn(n, generator=g)
        hits[0] = 1  # never none
        decay = torch.exp(-torch.arange(40) / 8)
        x = torch.nn.functional.conv1d(
            torch.nn.functional.pad(hits, (39, 0))[None, None], decay.flip(0)[None, None]
        )[0, 0]
    return x / x.square().mean().sqrt()


def scene(
    wave: Tensor,
    kind: str,
    decibels: float,
    g: torch.Generator,
    voices: list[Tensor] | None = None,
    text: str = "",
) -> Scene:
    """A sound under noise; the ratio is that of the part in which the sound is."""
    x = noise(kind, LEAD + len(wave), g, voices)
    behind = add_noise(wave, x[LEAD:], decibels)
    gain = (behind - wave).norm() / x[LEAD:].norm()
    return Scene(torch.cat([gain * x[:LEAD], behind]), torch.cat([torch.zeros(LEAD), wave]), text)


def clip(wave: Tensor, share: float) -> Tensor:
    """Cut the wave off at the size that this share of its samples is beyond."""
    edge = wave.abs().quantile(1 - share)
    return wave.clamp(-edge, edge)


def narrow(wave: Tensor, edge: float) -> Tensor:
    """Take away all above `edge` hertz, as a telephone does."""
    spectrum = torch.fft.rfft(wave)
    hertz = torch.arange(len(spectrum)) * RATE / len(wave)
    return torch.fft.irfft(spectrum * (hertz < edge), n=len(wave))


def tune() -> Tensor:
    """The plucked Ode to Joy at the rate of this lesson."""
    return 0.5 * sound.tune(beat=0.15, rate=RATE)


def utterances() -> dict[str, list]:
    """Training speech, and 32 held-out sentences whose words all occur in training."""
    return {"train": speech("train"), "held_out": speech("sentences") + speech("pairs")}
