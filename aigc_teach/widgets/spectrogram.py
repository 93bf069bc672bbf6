"""SpectrogramViewer: a wave above, its spectrogram below, and the window in your hands.

The page computes the short-time Fourier transform itself, so every slider answers at once,
also in the static book.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..core.errors import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_values,
)
from .base import PageWidget, packed, page_script

MOST_SAMPLES = 24_000  # a sound; 1.5 seconds at 16,000 a second
MOST_SOUNDS = 8
LENGTHS = (64, 128, 256, 512, 1024, 2048)
SHAPES = ("hann", "hamming", "rectangular")
PARTS = (1, 2, 4, 8)  # the hop is this part of the window
FLOORS = (-120.0, -20.0)


class SpectrogramViewer(PageWidget):
    """A wave and its spectrogram, with a cursor that reads time, frequency and level.

    Controls: the sound, the window's length, how many hops make a window, the window's shape,
    and the level below which all is dark. The page also says how long the window is, how wide
    a pure tone's line becomes, and that their product does not depend on the length.

    Parameters
    ----------
    sounds : mapping of str to Tensor, or Tensor
        Each ``[T]`` floating point in [-1, 1], T at most 24,000; at most 8 of them.
    rate : int
        Samples a second, the same for all.
    window_length : {64, 128, 256, 512, 1024, 2048}
    hops_per_window : {1, 2, 4, 8}
    shape : {"hann", "hamming", "rectangular"}
    floor : float
        Decibels, from -120 to -20; 0 is a pure tone of amplitude 1.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for sounds or settings that cannot be shown.

    Examples
    --------
    >>> viewer = SpectrogramViewer({"a tone": torch.sin(torch.arange(8000) / 3)}, rate=8000)
    >>> viewer.names, viewer.lengths, viewer.window_length
    (['a tone'], [8000], 512)
    """

    _esm = page_script("core", "chart", "controls", "fourier", "speaker", "spectrogram")
    _css = PageWidget._css + (
        ".aigc-spectrogram .aigc-scale { display: flex; align-items: center; gap: 0.6rem; "
        "justify-content: center; margin-top: 0.4rem; font-size: 0.875rem; }"
        ".aigc-spectrogram .aigc-scale canvas { width: 12rem; height: 0.7rem; }"
        ".aigc-spectrogram .aigc-readout { margin: 0.9rem auto 0; }"
        ".aigc.aigc-spectrogram .aigc-readout td { text-align: left; }"
        ".aigc-spectrogram .aigc-stage { margin-top: 0.5rem; }"
    )

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    lengths = traitlets.List(traitlets.Int()).tag(sync=True)
    waves = traitlets.Bytes(b"").tag(sync=True)  # int16, all sounds one after the other
    rate = traitlets.Int(16_000).tag(sync=True)
    # what the learner changes; written back when things come to rest
    sound = traitlets.Int(0).tag(sync=True)
    window_length = traitlets.Int(512).tag(sync=True)
    hops_per_window = traitlets.Int(4).tag(sync=True)
    shape = traitlets.Unicode("hann").tag(sync=True)
    floor = traitlets.Float(-80.0).tag(sync=True)
    time = traitlets.Float(0.0).tag(sync=True)  # the cursor, in seconds
    frequency = traitlets.Float(0.0).tag(sync=True)  # and in hertz

    def __init__(
        self,
        sounds: Mapping[str, Tensor] | Tensor,
        *,
        rate: int = 16_000,
        window_length: int = 512,
        hops_per_window: int = 4,
        shape: str = "hann",
        floor: float = -80.0,
        title: str = "Spectrogram viewer",
        alt: str | None = None,
    ):
        if isinstance(sounds, Tensor):
            sounds = {"sound": sounds}
        waves = _check_sounds(sounds)
        check_count("rate", rate)
        check_choice("window_length", window_length, LENGTHS)
        check_choice("hops_per_window", hops_per_window, PARTS)
        check_choice("shape", shape, SHAPES)
        if not FLOORS[0] <= floor <= FLOORS[1]:
            raise RangeError(f"floor={floor} must lie between -120 and -20 decibels.")
        first = len(next(iter(waves.values())))
        super().__init__(
            names=list(waves),
            lengths=[len(wave) for wave in waves.values()],
            waves=packed(np.concatenate(list(waves.values()))),
            rate=rate,
            window_length=window_length,
            hops_per_window=hops_per_window,
            shape=shape,
            floor=float(floor),
            time=first / rate / 2,
            frequency=rate / 8,
            title=title,
            alt=alt or _describe(waves, rate),
        )

    @traitlets.validate("sound")
    def _known(self, proposal) -> int:
        return max(0, min(proposal["value"], max(0, len(self.names) - 1)))

    @traitlets.validate("window_length")
    def _a_power_of_two(self, proposal) -> int:
        check_choice("window_length", proposal["value"], LENGTHS)
        return proposal["value"]

    @traitlets.validate("shape")
    def _a_shape(self, proposal) -> str:
        check_choice("shape", proposal["value"], SHAPES)
        return proposal["value"]


def _check_sounds(sounds: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Each sound as int16 ``[T]``, or a sentence."""
    if not isinstance(sounds, Mapping) or not sounds:
        raise DtypeError("Give sounds as a dict like {'tone': wave}, each wave a tensor [T].")
    if len(sounds) > MOST_SOUNDS:
        raise RangeError(f"There are {len(sounds)} sounds; the viewer takes at most {MOST_SOUNDS}.")
    return {str(name): _as_int16(str(name), wave) for name, wave in sounds.items()}


def _as_int16(name: str, wave: Tensor) -> np.ndarray:
    if not isinstance(wave, Tensor) or not wave.dtype.is_floating_point:
        kind = wave.dtype if isinstance(wave, Tensor) else type(wave).__name__
        raise DtypeError(f"The sound {name!r} must be a floating-point tensor; it is {kind}.")
    if wave.ndim != 1:
        raise ShapeError(f"The sound {name!r} must have shape [T]; it has {list(wave.shape)}.")
    if not len(wave):
        raise DataError(f"The sound {name!r} is empty; at least 1 sample is needed.")
    if len(wave) > MOST_SAMPLES:
        raise RangeError(
            f"The sound {name!r} has {len(wave):,} samples; the viewer takes at most "
            f"{MOST_SAMPLES:,}. Show a part of it: wave[:{MOST_SAMPLES}]."
        )
    check_values(f"The samples of {name!r}", wave, low=-1, high=1)
    scaled = wave.detach().cpu().double().clamp(-1, 1) * 32767
    return scaled.round().to(torch.int16).numpy()


def _describe(waves: Mapping[str, np.ndarray], rate: int) -> str:
    sounds = "; ".join(f"{name}, {len(wave) / rate:.2g} s" for name, wave in waves.items())
    return (
        f"A wave and its spectrogram, {rate:,} samples a second, with a choice of window. "
        f"Sounds: {sounds}."
    )
