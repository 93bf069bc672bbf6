"""A drawn face that speaks: its mouth is opened by how loud the synthetic voice is."""

from __future__ import annotations

import torch
from torch import Tensor

from .... import metrics
from ....data import Utterance, faces, speech
from ....data.speech import RATE

FPS = 25  # frames a second
LOUD = 0.9  # the quantile of the loudness that opens the mouth all the way
LOOKS = {
    "turn": 0.0,
    "smile": 0.2,
    "eyes": 0.8,
    "skin": 0.3,
    "age": 0.1,
    "glasses": "none",
    "hair": "short",
    "hair_colour": "brown",
    "shirt": "green",
    "background": "sky",
}


def spoken(n: int, first: int = 0) -> tuple[str, Tensor]:
    """The text and the wave ``[S]`` of `n` held-out sentences, one after the other."""
    some: list[Utterance] = speech("sentences")[first : first + n]
    return ". ".join(u.text for u in some), torch.cat([u.wave for u in some])


def loudness(wave: Tensor) -> Tensor:
    """How loud a wave ``[S]`` of the voice is in each frame of the film, ``[T]``."""
    return metrics.loudness(wave, rate=RATE, fps=FPS)


def talking(loud: Tensor, *, inertia: float = 0.0, size: int = 64) -> Tensor:
    """A film of a face whose mouth follows a loudness.

    Parameters
    ----------
    loud : Tensor
        ``[T]``, at least 0.
    inertia : float
        In [0, 1): the share of its last opening that the mouth keeps.
    size : {32, 64}

    Returns
    -------
    Tensor
        ``[T, 3, size, size]`` in [-1, 1].
    """
    wanted = (loud / loud.quantile(LOUD).clamp(min=1e-6)).clamp(0, 1).sqrt()
    mouth, now = [], 0.0
    for value in wanted.tolist():
        now = inertia * now + (1 - inertia) * value
        mouth.append(now)
    return faces(len(mouth), size=size, mouth=torch.tensor(mouth), **LOOKS).x


def mouth_of(film: Tensor) -> Tensor:
    """How far the mouth is open, read off the pixels: their distance from a closed mouth.

    ``[T, 3, H, W]`` -> ``[T]``, without a unit. The face must be the lesson's; all else in it
    stands still.
    """
    shut = faces(1, size=film.shape[-1], mouth=0.0, **LOOKS).x
    return (film - shut).abs().mean((1, 2, 3))
