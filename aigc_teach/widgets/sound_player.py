"""SoundPlayer: sounds to hear one after the other, or in turn at the same moment, in the page.

Nothing plays before it is asked to. The page holds the samples themselves, so the static book
plays without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, check_choice, check_count
from ..core.resample import PEAK, check_sound
from .base import PageWidget, packed, page_script

MOST_SAMPLES = 160_000  # of all sounds together; 10 seconds at 16,000 a second
MOST_SOUNDS = 9  # one key each
MU = 255.0


class SoundPlayer(PageWidget):
    """Hear sounds and see them: the wave, its spectrogram, and a cursor that moves along.

    Keys 1 to 9 choose a sound, also while one plays: the other goes on from the same moment, so
    that two versions of one sound are compared by ear. Space plays and pauses; the arrow keys
    move the cursor. `blind` hides which is which until the reader asks.

    All sounds are made softer by one common factor where the loudest sample of any goes beyond
    -1 decibel of full scale (0.891); their levels relative to each other stay.

    Parameters
    ----------
    sounds : mapping of str to Tensor, or Tensor
        Each floating point ``[T]``, mostly in [-1, 1]; at most 9, together at most 160,000
        samples (10 seconds at 16,000 a second), so that the page stays small.
    rate : int
        Samples a second, the same for all; from 8,000 to 48,000, which every browser plays.
    blind : bool
        Call the sounds A, B, ... in an order that is drawn anew whenever the page is opened, and
        show neither names nor pictures, until the reader asks for them.
    bits : {16, 8}
        How a sample is kept in the page: 16 bits, or 8 bits on the mu-law scale, half the size
        with a noise 38 decibels below the sound.
    title, alt : str
        Heading, and what is shown in words.

    Attributes
    ----------
    scale : float
        What all samples were multiplied by; 1.0 where nothing was too loud.

    Raises
    ------
    AigcError
        With a sentence, for sounds or settings that cannot be played.

    Examples
    --------
    >>> tone = torch.sin(torch.arange(8000) / 3)
    >>> player = SoundPlayer({"loud": tone, "soft": tone / 10}, rate=8000)
    >>> player.names, player.lengths, round(player.scale, 3)
    (['loud', 'soft'], [8000, 8000], 0.891)
    """

    _esm = page_script("core", "chart", "controls", "fourier", "speaker", "sound_player")
    _css = PageWidget._css + (
        ".aigc-sound-player .aigc-stage { margin-top: 0.5rem; }"
        ".aigc-sound-player .aigc-icon { width: 2.5rem; height: 2.5rem; flex: none; }"
    )

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    lengths = traitlets.List(traitlets.Int()).tag(sync=True)
    waves = traitlets.Bytes(b"").tag(sync=True)  # all sounds one after the other, deflated
    rate = traitlets.Int(16_000).tag(sync=True)
    bits = traitlets.Int(16).tag(sync=True)
    blind = traitlets.Bool(False).tag(sync=True)
    # what the learner changes; written back when things come to rest
    sound = traitlets.Int(0).tag(sync=True)
    time = traitlets.Float(0.0).tag(sync=True)  # the cursor, in seconds
    revealed = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        sounds: Mapping[str, Tensor] | Tensor,
        *,
        rate: int = 16_000,
        blind: bool = False,
        bits: int = 16,
        title: str = "Listen",
        alt: str | None = None,
    ):
        if isinstance(sounds, Tensor):
            sounds = {"sound": sounds}
        check_count("rate", rate, at_least=8_000, at_most=48_000)
        check_choice("bits", bits, (16, 8))
        waves = _check_sounds(sounds, rate)
        if blind and len(waves) < 2:
            raise DataError("blind=True compares sounds by ear: give two of them, or more.")
        all_of_them = torch.cat(list(waves.values()))
        self.scale = min(1.0, PEAK / max(all_of_them.abs().max().item(), 1e-12))
        super().__init__(
            names=list(waves),
            lengths=[len(wave) for wave in waves.values()],
            waves=packed(stored_samples(self.scale * all_of_them, bits)),
            rate=rate,
            bits=bits,
            blind=bool(blind),
            title=title,
            alt=alt or _describe(waves, rate),
        )

    @traitlets.validate("sound")
    def _known(self, proposal) -> int:
        return max(0, min(proposal["value"], max(0, len(self.names) - 1)))


def _check_sounds(sounds: object, rate: int) -> dict[str, Tensor]:
    """Each sound as float64 ``[T]`` on the CPU, or a sentence."""
    if not isinstance(sounds, Mapping) or not sounds:
        raise DtypeError("Give sounds as a dict like {'tone': wave}, each wave a tensor [T].")
    if len(sounds) > MOST_SOUNDS:
        raise RangeError(f"There are {len(sounds)} sounds; the player takes at most {MOST_SOUNDS}.")
    waves = {
        str(name): check_sound(wave, f"The sound {str(name)!r}").detach().cpu().double()
        for name, wave in sounds.items()
    }
    total = sum(map(len, waves.values()))
    if total > MOST_SAMPLES:
        raise RangeError(
            f"The sounds hold {total:,} samples, {total / rate:,.1f} seconds together; the player "
            f"takes at most {MOST_SAMPLES:,}. Give fewer, or a part of each: wave[:{rate}] is a "
            "second."
        )
    return waves


def stored_samples(wave: Tensor, bits: int) -> np.ndarray:
    """Samples in [-1, 1] as int16, or as int8 on the mu-law scale (ITU-T G.711 without segments).

    >>> stored_samples(torch.tensor([0.0, 1.0, -1.0, 0.1]), 8).tolist()
    [0, 127, -127, 75]
    """
    if bits == 8:
        bent = wave.sign() * torch.log1p(MU * wave.abs()) / torch.log1p(torch.tensor(MU))
        return (bent * 127).round().to(torch.int8).numpy()
    return (wave * 32_767).round().to(torch.int16).numpy()


def page_samples(sound: Tensor, taker: str, remedy: str) -> np.ndarray:
    """One sound ``[S]`` as a page keeps it: int8 on the mu-law scale, none beyond -1 decibel.

    `taker` and `remedy` are words for the sentence on a sound that is too long.
    """
    wave = check_sound(sound).detach().cpu().double()
    if len(wave) > MOST_SAMPLES:
        raise RangeError(
            f"The sound holds {len(wave):,} samples; the {taker} takes at most {MOST_SAMPLES:,}. "
            + remedy
        )
    return stored_samples(wave * min(1.0, PEAK / max(wave.abs().max().item(), 1e-12)), 8)


def _describe(waves: Mapping[str, Tensor], rate: int) -> str:
    sounds = "; ".join(f"{name}, {len(wave) / rate:.2g} s" for name, wave in waves.items())
    return (
        f"Sounds to play, each as a wave and as a spectrogram, {rate:,} samples a second: {sounds}."
    )
