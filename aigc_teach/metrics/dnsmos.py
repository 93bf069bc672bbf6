"""What listeners would say of speech, as a network predicts it: DNSMOS P.835.

The network heard thousands of noisy recordings beside the marks, 1 to 5, that people gave them for
the speech, for the background and for both. It needs no clean sound to compare with, and knows
nothing of what was said (C. K. A. Reddy, V. Gopal and R. Cutler, "DNSMOS P.835: a non-intrusive
perceptual objective speech quality metric to evaluate noise suppressors", ICASSP 2022,
doi:10.1109/ICASSP43922.2022.9746108).

Its weights come with the package speechmos (MIT), of which nothing is imported; onnxruntime runs
them. Both are looked for only when a sound is judged.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..core import DataError, RangeError
from ..core.resample import check_length, check_sound, resample

RATE = 16_000
WINDOW = 144_160  # samples, 9.01 seconds: what the network takes
MOST_SECONDS = 120.0
# From what the network says to marks, as speechmos maps them: square, linear and constant term.
MAPS = {
    "speech": (-0.08397278, 1.22083953, 0.0052439),
    "background": (-0.13166888, 1.60915514, -0.39604546),
    "overall": (-0.06766283, 1.11546468, 0.04602535),
}
MISSING = (
    "DNSMOS, which predicts what listeners say of speech, is not installed: "
    "pip install speechmos onnxruntime."
)


class Marks(NamedTuple):
    """Marks from 1 (bad) to 5 (excellent).

    Attributes
    ----------
    speech, background, overall : float
        How good the speech is, how little the background disturbs, and both together.
    """

    speech: float
    background: float
    overall: float


def dnsmos_missing() -> str:
    """A sentence that says what is missing, and how to get it; empty where it is there.

    >>> dnsmos_missing() in ("", MISSING)
    True
    """
    there = all(importlib.util.find_spec(name) for name in ("speechmos", "onnxruntime"))
    return "" if there else MISSING


def dnsmos(wave: Tensor, rate: int) -> Marks:
    """Predict the marks that listeners would give a piece of speech.

    The network hears 9.01 seconds at once. A shorter sound is said again and again until it is
    long enough; of a longer one every whole second begins a window, and marks are their means.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]`` in [-1, 1], not silent, at most two minutes.
    rate : int
        Samples a second; it is changed to 16,000.

    Returns
    -------
    Marks

    Raises
    ------
    DataError
        Where DNSMOS is not installed, or the sound is silent.
    DtypeError, ShapeError, RangeError
        For what is no sound, is too long, or leaves [-1, 1].

    Examples
    --------
    >>> dnsmos(torch.zeros(8000), 8000)
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: The sound is silent: there is no speech to judge.
    """
    check_sound(wave)
    check_length(wave, rate, MOST_SECONDS, "Give a part of it.")
    if not wave.any():
        raise DataError("The sound is silent: there is no speech to judge.")
    if wave.abs().max() > 1:
        raise RangeError("The sound leaves [-1, 1]. Divide it by its largest size.")
    if dnsmos_missing():
        raise DataError(MISSING)
    raw = torch.stack(
        [
            torch.as_tensor(_network().run(None, {"input_1": part.numpy()})[0][0])
            for part in windows(resample(wave.detach().cpu().float(), rate, RATE))
        ]
    )
    speech, background, overall = (
        (a * x.square() + b * x + c).mean().item()
        for x, (a, b, c) in zip(raw.double().T, MAPS.values(), strict=True)
    )
    return Marks(speech, background, overall)


def windows(wave: Tensor) -> list[Tensor]:
    """What the network hears of a sound at 16,000 a second: one or more of ``[1, 144160]``.

    >>> [len(windows(torch.ones(n))) for n in (100, 144_160, 160_160, 176_000)]
    [3, 1, 1, 2]
    """
    while len(wave) < WINDOW:
        wave = torch.cat([wave, wave])
    last = max(1, len(wave) // RATE - 9)  # as speechmos counts them
    return [wave[k * RATE : k * RATE + WINDOW][None] for k in range(last)]


@cache
def _network() -> Any:
    import onnxruntime

    folder = Path(importlib.util.find_spec("speechmos").submodule_search_locations[0])
    return onnxruntime.InferenceSession(
        str(folder / "dnsmos_models" / "sig_bak_ovr.onnx"), providers=["CPUExecutionProvider"]
    )
