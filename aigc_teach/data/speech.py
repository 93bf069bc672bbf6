"""188 short utterances of a synthetic voice, with the time of every phoneme, inside the package.

Numbers, times of day and the weather, spoken by the synthesiser eSpeak NG at three pitches. No
person was recorded: it is the voice of a program. The waves are stored as 8-bit mu-law codes at
11,025 samples a second; the times are the synthesiser's own, exact to one sample.

The split is by what was heard: *sentences* are new, but all of their words and pairs of words
occur in training; *pairs* have two neighbours that never stand together there; *words* have a
word that is never said there. Origin, licence and checksum: ``speech.json`` and
``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import DtypeError, RangeError, check_choice
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "speech.npz"
RECORD = FOLDER / "speech.json"
RATE = 11_025  # samples a second
SILENCE = "_"
HERTZ = {35: 96, 50: 109, 65: 119}  # the synthesiser's settings, and the median of the vowels
SIZES = {"train": 140, "sentences": 16, "pairs": 16, "words": 16}
HELD_OUT = ("sentences", "pairs", "words")
NO_WORD = 255
MU = 255  # of the mu-law


class Utterance(NamedTuple):
    """One spoken sentence.

    Attributes
    ----------
    text : str
        Its words, in small letters.
    wave : Tensor
        float32 ``[T]`` in [-1, 1], at 11,025 samples a second.
    signs : tuple of str
        ``P`` phonemes in the synthesiser's own spelling, "_" for silence; the first and the last
        are silences.
    stress : Tensor
        int64 ``[P]``: 0 none, 1 secondary, 2 primary.
    starts, ends : Tensor
        int64 ``[P]``, in samples: a phoneme sounds in ``wave[start:end]``. They follow each other
        without a gap, from 0 to T, and none is empty.
    word : Tensor
        int64 ``[P]``: the place of the word in the text, from 0; -1 for silence.
    pitch : int
        The synthesiser's setting, 35, 50 or 65; about 96, 109 and 119 Hz.
    """

    text: str
    wave: Tensor
    signs: tuple[str, ...]
    stress: Tensor
    starts: Tensor
    ends: Tensor
    word: Tensor
    pitch: int


def speech(split: str = "train") -> list[Utterance]:
    """Utterances of the synthetic voice.

    Parameters
    ----------
    split : {"train", "sentences", "pairs", "words", "held_out", "all"}
        140 to learn from; 16 new sentences of known words and known pairs of words; 16 with a
        pair that never occurs in training; 16 with a word that never occurs there; these three
        together; or all.

    Returns
    -------
    list of Utterance
        0.4 to 2 seconds each.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> one = speech("pairs")[0]
    >>> one.text, one.pitch, one.signs[:6]
    ('light fog tonight', 35, ('_', 'l', 'aI', 't', 'f', '0'))
    >>> bool(one.ends[-1] == len(one.wave)), bool((one.starts[1:] == one.ends[:-1]).all())
    (True, True)
    """
    check_choice("split", split, (*SIZES, "held_out", "all"))
    n = sum(SIZES.values())
    flat = dict.fromkeys(("codes", "sign", "stress", "word", "start", "text"), (None,))
    shapes = flat | dict.fromkeys(("samples", "phonemes", "pitch"), (n,))
    stored = read_vendored(FILE, RECORD, shapes)
    with refusing(f"{FILE.name} is damaged", remedy=AGAIN):
        utterances = _unpacked(stored)
    bounds = np.cumsum([0, *SIZES.values()]).tolist()
    places = dict(zip(SIZES, zip(bounds, bounds[1:], strict=False), strict=True))
    places |= {"held_out": (SIZES["train"], n), "all": (0, n)}
    return utterances[slice(*places[split])]


def _unpacked(stored: dict[str, np.ndarray]) -> list[Utterance]:
    """The stored arrays, cut into utterances."""
    words = json.loads(stored["text"].tobytes().decode("utf-8"))
    ends = np.cumsum(stored["samples"].astype(np.int64))
    last = np.cumsum(stored["phonemes"].astype(np.int64))
    if ends[-1] != len(stored["codes"]) or last[-1] != len(stored["sign"]):
        raise ValueError("its lengths do not add up")
    told = []
    for k, text in enumerate(words["texts"]):
        steps = stored["codes"][ends[k] - stored["samples"][k] : ends[k]]
        codes = np.cumsum(steps, dtype=np.uint8) + np.uint8(128)  # stored as differences
        place = slice(last[k] - stored["phonemes"][k], last[k])
        stress, start, word = (
            torch.from_numpy(stored[name][place].astype(np.int64))
            for name in ("stress", "start", "word")
        )
        end = torch.cat([start[1:], torch.tensor([len(codes)])])
        if start[0] != 0 or not bool((end > start).all()):
            raise ValueError(f"the times of {text!r} do not follow each other")
        told.append(
            Utterance(
                text=text,
                wave=from_mu_law(torch.from_numpy(codes)),
                signs=tuple(words["signs"][sign] for sign in stored["sign"][place]),
                stress=stress,
                starts=start,
                ends=end,
                word=word.where(word != NO_WORD, -1),
                pitch=int(stored["pitch"][k]),
            )
        )
    return told


def phoneme_signs() -> tuple[str, ...]:
    """All phonemes of the training set in the order of the alphabet, the silence among them.

    >>> signs = phoneme_signs()
    >>> len(signs), signs[:4]
    (44, ('0', '3', '3:', ';'))
    """
    return tuple(sorted({sign for utterance in speech() for sign in utterance.signs}))


def mu_law(wave: Tensor) -> Tensor:
    """Samples as 8-bit codes, fine near silence and coarse where it is loud.

    ``F(x) = sign(x) log(1 + 255 |x|) / log(256)``, then [-1, 1] is cut into 256 codes. It is the
    mu-law of telephony; the standard there, ITU-T G.711, replaces the curve by straight pieces.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[...]`` in [-1, 1]; what lies outside is clipped.

    Returns
    -------
    Tensor
        uint8 ``[...]``; silence is 127 or 128.

    Raises
    ------
    DtypeError, RangeError
        For whole numbers, and for values that are no number.

    Examples
    --------
    >>> mu_law(torch.tensor([-1.0, -0.01, 0.0, 0.01, 1.0])).tolist()
    [0, 98, 128, 157, 255]
    """
    if not wave.is_floating_point():
        raise DtypeError(f"mu_law takes samples in floating point, not {wave.dtype}.")
    if not bool(torch.isfinite(wave).all()):
        raise RangeError("mu_law takes finite samples; some of these are not.")
    x = wave.double().clamp(-1, 1)
    pressed = x.sign() * torch.log1p(MU * x.abs()) / math.log(1 + MU)
    return ((pressed + 1) * (MU / 2)).round().to(torch.uint8)


def from_mu_law(codes: Tensor) -> Tensor:
    """The samples of 8-bit mu-law codes: the inverse of `mu_law` but for the rounding.

    Parameters
    ----------
    codes : Tensor
        uint8 ``[...]``.

    Returns
    -------
    Tensor
        float32 ``[...]`` in [-1, 1].

    Raises
    ------
    DtypeError
        For codes that are not uint8.

    Examples
    --------
    >>> from_mu_law(torch.tensor([0, 255], dtype=torch.uint8)).tolist()
    [-1.0, 1.0]
    """
    if codes.dtype != torch.uint8:
        raise DtypeError(f"from_mu_law takes codes in uint8, not {codes.dtype}.")
    pressed = codes.double() / (MU / 2) - 1
    return (pressed.sign() * torch.expm1(pressed.abs() * math.log(1 + MU)) / MU).float()


def verify() -> list[str]:
    """Compare the stored speech with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def about() -> dict:
    """Where the speech comes from, as the JSON beside it says.

    >>> about()["utterances"]
    188
    """
    return read_record(RECORD, utterances=int, source=str, licence=str)
