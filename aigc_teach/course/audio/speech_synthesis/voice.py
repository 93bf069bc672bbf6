"""Utterances as tensors, levels and back, and what a recogniser heard."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .... import data, metrics
from ....models.speaker import frame_inputs, phoneme_inputs

RATE = 11_025
WINDOW, HOP, BANDS = 512, 128, 64
PITCHES = (50, 15)  # the synthesiser's setting in the middle, and a step
MANNER = {"rate": RATE, "window_length": WINDOW, "hop": HOP}


class Prepared(NamedTuple):
    """An utterance as the frame network reads it.

    Attributes
    ----------
    near : Tensor
        int64 ``[F, 5]``.
    numbers : Tensor
        float32 ``[F, 10]``.
    levels : Tensor
        float32 ``[F, 64]``, natural logarithms.
    """

    near: Tensor
    numbers: Tensor
    levels: Tensor


@functools.cache
def _places() -> dict[str, int]:
    return {sign: place for place, sign in enumerate(data.phoneme_signs())}


def silence() -> int:
    """The number of the silence.

    >>> data.phoneme_signs()[silence()]
    '_'
    """
    return _places()["_"]


def ids(utterance: data.Utterance) -> Tensor:
    """The phonemes as numbers, int64 ``[P]``.

    >>> ids(data.speech("words")[0])[0].item() == silence()
    True
    """
    return torch.tensor([_places()[sign] for sign in utterance.signs])


def levels(wave: Tensor) -> Tensor:
    """Log-mel levels, ``[F, 64]``, 86 frames a second.

    >>> levels(torch.zeros(1280)).shape
    torch.Size([11, 64])
    """
    return data.log_mel(wave, bands=BANDS, **MANNER).T.contiguous()


def to_sound(frames: Tensor, length: int | None = None, *, steps: int = 30) -> Tensor:
    """Levels ``[F, 64]`` to samples ``[T]`` by Griffin-Lim, its peak 0.5.

    >>> to_sound(levels(torch.rand(1280)), steps=1).shape
    torch.Size([1280])
    """
    length = HOP * (len(frames) - 1) if length is None else length
    wave = data.mel_to_wave(
        frames.T.contiguous(), length=length, steps=steps, momentum=0.99, **MANNER
    )
    return 0.5 * wave / wave.abs().max().clamp(min=1e-9)


def inputs(
    utterance: data.Utterance, *, ends: Tensor | None = None, pitch: float | None = None
) -> tuple[Tensor, Tensor]:
    """What the frame network is told; with other ends or another pitch if they are given.

    >>> near, numbers = inputs(data.speech()[0])
    >>> len(near) == len(levels(data.speech()[0].wave)), numbers.shape[1]
    (True, 10)
    """
    middle, step = PITCHES
    pitch = utterance.pitch if pitch is None else pitch
    return frame_inputs(
        ids(utterance),
        utterance.stress,
        utterance.ends if ends is None else ends,
        (pitch - middle) / step,
        silence=silence(),
        hop=HOP,
        rate=RATE,
    )


def prepared(utterances: Sequence[data.Utterance]) -> list[Prepared]:
    """Inputs and true levels of each utterance."""
    return [Prepared(*inputs(one), levels(one.wave)) for one in utterances]


def padded(items: Sequence[Prepared]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Utterances as one batch of the longest one's length, and which frames are real.

    >>> near, numbers, frames, real = padded(prepared(data.speech()[:3]))
    >>> near.shape[:2] == frames.shape[:2] == real.shape, real.dtype
    (True, torch.bool)
    """
    near, numbers, frames = (
        torch.nn.utils.rnn.pad_sequence([one[k] for one in items], batch_first=True)
        for k in range(3)
    )
    lengths = torch.tensor([len(one.levels) for one in items])
    return near, numbers, frames, torch.arange(frames.shape[1]) < lengths[:, None]


class Timed(NamedTuple):
    """All phonemes of some utterances, as the duration network reads them."""

    near: Tensor  # int64 [P, 5]
    numbers: Tensor  # float32 [P, 5]
    seconds: Tensor  # float32 [P], how long each lasts
    sounds: Tensor  # bool [P], False for silences


def timed(utterances: Sequence[data.Utterance]) -> Timed:
    """The phonemes of all utterances in one table.

    >>> table = timed(data.speech("words"))
    >>> table.near.shape[1], bool((table.seconds > 0).all())
    (5, True)
    """
    told = [phoneme_inputs(ids(u), u.stress, u.word, silence=silence()) for u in utterances]
    near, numbers = (torch.cat(part) for part in zip(*told, strict=True))
    seconds = torch.cat([u.ends - u.starts for u in utterances]) / RATE
    return Timed(near, numbers, seconds, near[:, 2] != silence())


def guess_ends(net, utterance: data.Utterance, *, speed: float = 1.0) -> Tensor:
    """Where each phoneme ends, in samples: the network's durations added up, ``[P]``."""
    table = timed([utterance])
    with torch.no_grad():
        return (net(table.near, table.numbers).exp() * RATE / speed).double().cumsum(0)


def speak(
    speaker,
    utterance: data.Utterance,
    *,
    ends: Tensor | None = None,
    pitch: float | None = None,
) -> Tensor:
    """The frame network's levels of one utterance, ``[F, 64]``."""
    near, numbers = inputs(utterance, ends=ends, pitch=pitch)
    with torch.no_grad():
        return speaker(near[None], numbers[None])[0]


class Jury:
    """A recogniser that knows the 62 words of the corpus and no grammar; or none.

    Attributes
    ----------
    missing : str
        What is missing and how to get it; empty where the recogniser is there.
    """

    def __init__(self) -> None:
        self.missing = metrics.recogniser_missing()
        words = {word for one in data.speech("all") for word in one.text.split()}
        self._recogniser = None if self.missing else metrics.Recogniser(sorted(words))

    def right(self, waves: Sequence[Tensor], utterances: Sequence[data.Utterance]) -> float | None:
        """One minus the word error rate, at least 0; None where nobody can listen."""
        if self._recogniser is None:
            return None
        found = [self._recogniser(wave, RATE) for wave in waves]
        return max(0.0, 1 - metrics.word_error_rate(found, [one.text for one in utterances]))


def understood(waves: Sequence[Tensor], utterances: Sequence[data.Utterance]) -> float:
    """STOI of all sounds in a row, each as long as its utterance's own wave.

    >>> some = data.speech("words")[:2]
    >>> round(understood([one.wave for one in some], some), 6)
    1.0
    """
    clean = [one.wave.double() / one.wave.abs().max() for one in utterances]
    heard = [wave.double() / wave.abs().max().clamp(min=1e-9) for wave in waves]
    return metrics.stoi(torch.cat(heard), torch.cat(clean), RATE)


def pitch_of(waves: Sequence[Tensor]) -> float:
    """The median pitch of all voiced frames in hertz, 65 to 170, by autocorrelation.

    >>> low, high = ([u.wave for u in data.speech() if u.pitch == p] for p in (35, 65))
    >>> pitch_of(low) < pitch_of(high) - 20
    True
    """
    found, size, low, high = [], 700, 65, 170
    for wave in waves:
        frames = wave.double().unfold(0, size, 200)
        frames = frames - frames.mean(1, keepdim=True)
        energy = frames.square().sum(1)
        frames = frames[energy > 0.15 * energy.max()]
        power = torch.fft.rfft(frames, 2048).abs().square()
        likeness = torch.fft.irfft(power)[:, :high] / torch.arange(size, size - high, -1)
        best, lag = (likeness / likeness[:, :1])[:, low:].max(1)
        found.append(RATE / (lag[best > 0.45] + low))
    return torch.cat(found).median().item()
