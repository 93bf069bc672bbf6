"""How near a sound is to the one it should be, and what of speech is still understood.

``si_sdr``, ``snr``, ``mel_distance`` and ``stoi`` compare two sounds of one length, sample by
sample in time: a shift of a few milliseconds ruins the first two, though nobody hears it.
``word_error_rate`` compares texts: what a recogniser wrote with what was said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..core import DataError, DtypeError, RangeError, ShapeError
from ..core.resample import check_sound, resample

STOI_RATE, STOI_FRAME, STOI_POINTS = 10_000, 256, 512
STOI_BANDS, STOI_LOWEST = 15, 150.0  # third-octave bands; the lowest one's centre in hertz
STOI_SEGMENT = 30  # frames, 384 milliseconds
STOI_RANGE = 40.0  # decibels below the loudest frame: what is softer is silence
STOI_CLIP = 1 + 10 ** (15 / 20)  # a band may be that much louder than the clean one
EPS = torch.finfo(torch.float64).eps


def loudness(wave: Tensor, *, rate: int, fps: float) -> Tensor:
    """How loud a wave is in each frame of a film: the root of its mean square.

    Parameters
    ----------
    wave : Tensor
        ``[S]``.
    rate : int
        Samples a second.
    fps : float
        Frames a second.

    Returns
    -------
    Tensor
        ``[T]`` with T = S * fps / rate, rounded down.

    Raises
    ------
    RangeError
        Where the wave is shorter than a frame.

    >>> loudness(torch.cat([torch.zeros(100), torch.ones(100)]), rate=1000, fps=10)
    tensor([0., 1.])
    """
    frames = int(len(wave) * fps / rate)
    if frames < 1:
        raise RangeError(f"{len(wave)} samples are less than a frame at {fps} frames a second.")
    ends = [round(k * rate / fps) for k in range(frames + 1)]
    pieces = [wave[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    return torch.stack([piece.square().mean().sqrt() for piece in pieces])


def snr(sound: Tensor, clean: Tensor) -> float:
    """Signal-to-noise ratio in decibels: 10 log10(|clean|^2 / |sound - clean|^2).

    Parameters
    ----------
    sound, clean : Tensor
        Floating point ``[T]``, of one length.

    Returns
    -------
    float
        Infinite where both are equal. A sound that is only softer or louder loses.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where the clean sound is silent.

    >>> clean = torch.tensor([0.5, -0.5, 0.5, -0.5], dtype=torch.float64)
    >>> round(snr(0.9 * clean, clean), 6)
    20.0
    """
    x, s = _pair(sound, clean)
    return _decibels(s.square().sum(), (x - s).square().sum())


def si_sdr(sound: Tensor, clean: Tensor) -> float:
    """Scale-invariant signal-to-distortion ratio in decibels.

    J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR - half-baked or well done?", ICASSP
    2019: the clean sound is scaled to fit, ``target = clean <sound, clean> /
    |clean|^2``, and what is left is distortion: ``10 log10(|target|^2 / |sound - target|^2)``.
    The means are not taken away first.

    Parameters
    ----------
    sound, clean : Tensor
        Floating point ``[T]``, of one length.

    Returns
    -------
    float
        Above 100, or infinite, where one is a multiple of the other, also a negative one (only
        rounding is left); minus infinity where they have nothing in common.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where one of the sounds is silent.

    >>> clean = torch.tensor([0.5, -0.5, 0.5, -0.5], dtype=torch.float64)
    >>> noise = torch.tensor([0.05, 0.05, -0.05, -0.05], dtype=torch.float64)
    >>> round(si_sdr(clean + noise, clean), 6), round(si_sdr(3 * (clean + noise), clean), 6)
    (20.0, 20.0)
    """
    x, s = _pair(sound, clean)
    if not x.any():
        raise DataError("The sound is silent: every sample is 0, and no scale makes it fit.")
    target = s * (x @ s) / (s @ s)
    return _decibels(target.square().sum(), (x - target).square().sum())


def mel_distance(levels: Tensor, clean: Tensor) -> float:
    """Mean absolute difference of two log-mel spectrograms, in decibels.

    Parameters
    ----------
    levels, clean : Tensor
        ``[bands, frames]`` as `data.log_mel` makes them: natural logarithms of magnitudes.

    Returns
    -------
    float
        In decibels: a nat of magnitude is 8.686 dB.

    Raises
    ------
    DtypeError, ShapeError, RangeError
        With a sentence, also where the shapes differ.

    >>> round(mel_distance(torch.ones(80, 10), torch.zeros(80, 10)), 3)
    8.686
    """
    for name, x in (("The levels", levels), ("The clean levels", clean)):
        if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise DtypeError(f"{name} must be a floating-point tensor; you gave {kind}.")
        if not torch.isfinite(x).all():
            raise RangeError(f"{name} must be finite; some values are NaN or infinite.")
    if levels.ndim != 2 or levels.shape != clean.shape or not levels.numel():
        raise ShapeError(
            f"Both must have one shape [bands, frames]; yours are {list(levels.shape)} and "
            f"{list(clean.shape)}. Cut the longer sound."
        )
    return (20 / math.log(10)) * (levels.double() - clean.double()).abs().mean().item()


def stoi(sound: Tensor, clean: Tensor, rate: int) -> float:
    """Short-time objective intelligibility: how much of speech is probably understood.

    C. H. Taal, R. C. Hendriks, R. Heusdens and J. Jensen, "An algorithm for intelligibility
    prediction of time-frequency weighted noisy speech", IEEE Transactions on Audio, Speech, and
    Language Processing 19(7), 2011. Both sounds at 10,000 samples a second; frames in which the
    clean one is 40 dB below its loudest are left out; magnitudes in 15 third-octave bands; over
    every 30 frames and in every band the correlation of both, after scaling and clipping; the
    mean of all.

    Parameters
    ----------
    sound, clean : Tensor
        Floating point ``[T]``, of one length; at least 0.4 seconds of speech.
    rate : int
        Samples a second of both.

    Returns
    -------
    float
        About 0 (nothing) to 1 (the clean sound itself). It is no share of words.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where fewer than 30 frames are left.

    Examples
    --------
    >>> t = torch.arange(16_000) / 16_000
    >>> speech = torch.sin(2000 * t) * torch.sin(20 * t)  # as loud and soft as syllables
    >>> round(stoi(speech, speech, 16_000), 6)
    1.0
    """
    x, s = _pair(sound, clean)
    x, s = _without_silence(resample(x, rate, STOI_RATE), resample(s, rate, STOI_RATE))
    x, s = _frames(x), _frames(s)
    if len(s) < STOI_SEGMENT:
        raise DataError(
            f"STOI needs {STOI_SEGMENT} frames in which the clean sound is not silent, 0.4 "
            f"seconds; there are {len(s)}. Give a longer sound."
        )
    x, s = _bands(x), _bands(s)  # [15, frames]
    x, s = (wave.unfold(1, STOI_SEGMENT, 1) for wave in (x, s))  # [15, segments, 30]
    x = x * s.norm(dim=2, keepdim=True) / (x.norm(dim=2, keepdim=True) + EPS)
    x = torch.minimum(x, s * STOI_CLIP)
    x, s = (_unit(wave - wave.mean(2, keepdim=True)) for wave in (x, s))
    return (x * s).sum(2).mean().item()


def _unit(x: Tensor) -> Tensor:
    return x / (x.norm(dim=2, keepdim=True) + EPS)


def _window() -> Tensor:
    """Hann without its zeros: float64 [256]."""
    n = torch.arange(1, STOI_FRAME + 1, dtype=torch.float64)
    return 0.5 - 0.5 * torch.cos(2 * math.pi * n / (STOI_FRAME + 1))


def _frames(wave: Tensor) -> Tensor:
    """Windowed frames ``[frames, 256]``, half of each shared with the next.

    As in the published code, a last frame that would just fit is left out.
    """
    if len(wave) <= STOI_FRAME:
        return wave.new_zeros(0, STOI_FRAME)
    return wave[:-1].unfold(0, STOI_FRAME, STOI_FRAME // 2) * _window()


def _without_silence(x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Both sounds without the frames in which the clean one, `s`, is silent."""
    frames, clean = _frames(x), _frames(s)
    if not len(clean):
        return x, s
    level = 20 * torch.log10(clean.norm(dim=1) + EPS)
    kept = level.max() - STOI_RANGE - level < 0
    hop = STOI_FRAME // 2
    out = []
    for part in (frames[kept], clean[kept]):
        joined = part.new_zeros((len(part) + 1) * hop)
        for half in range(2):  # each half overlaps the other half of a neighbour
            whole = part[:, half * hop : (half + 1) * hop].reshape(-1)
            joined[half * hop : half * hop + len(whole)] += whole
        out.append(joined)
    return out[0], out[1]


def _bands(frames: Tensor) -> Tensor:
    """Magnitudes in third-octave bands, ``[15, frames]``."""
    power = torch.fft.rfft(frames, n=STOI_POINTS).abs().square()  # [frames, 257]
    rows = torch.linspace(0, STOI_RATE, STOI_POINTS + 1, dtype=torch.float64)[: power.shape[1]]
    k = torch.arange(STOI_BANDS, dtype=torch.float64)
    first, last = (
        (rows - STOI_LOWEST * 2 ** ((2 * k[:, None] + side) / 6)).abs().argmin(1)
        for side in (-1, 1)
    )
    places = torch.arange(len(rows))
    inside = (places >= first[:, None]) & (places < last[:, None])  # [15, 257]
    return (inside.double() @ power.T).sqrt()


def word_error_rate(found: Sequence[str], references: Sequence[str]) -> float:
    """Words to replace, to take out and to put in, divided by the words of the references.

    The counts of all texts are added up first. Words are what blanks divide; letters are compared
    as they are, so write both in one case and without punctuation.

    Parameters
    ----------
    found, references : sequence of str
        What was recognised, and what was said; the k-th belong together.

    Returns
    -------
    float
        0 where all is right; it may be above 1, where words were invented.

    Raises
    ------
    DtypeError, DataError
        If they are no texts, not equally many, or a reference holds no word.

    >>> word_error_rate(["nine ate two", "one"], ["nine eight two", "one one"])
    0.4
    """
    for texts in (found, references):
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise DtypeError("Give two lists of texts: of each list every item must be a str.")
    if len(found) != len(references) or not len(found):
        raise DataError(
            f"There are {len(found)} and {len(references)} texts; they must be equally many, at "
            "least one."
        )
    pairs = [(a.split(), b.split()) for a, b in zip(found, references, strict=True)]
    for k, (_, said) in enumerate(pairs):
        if not said:
            raise DataError(f"references[{k}] holds no word: there is nothing to be wrong about.")
    return sum(edit_distance(a, b) for a, b in pairs) / sum(len(b) for _, b in pairs)


def edit_distance(found: Sequence, wanted: Sequence) -> int:
    """Fewest items to replace, take out or put in that make one sequence the other.

    V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals",
    Soviet Physics Doklady 10(8), 1966.

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(wanted) + 1))
    for i, one in enumerate(found, 1):
        above, row = row, [i]
        for j, other in enumerate(wanted, 1):
            row.append(min(above[j - 1] + (one != other), above[j] + 1, row[-1] + 1))
    return row[-1]


def add_noise(clean: Tensor, noise: Tensor, decibels: float) -> Tensor:
    """The clean sound with noise, the noise scaled so that `snr` is what was asked for.

    Parameters
    ----------
    clean, noise : Tensor
        Floating point ``[T]``; the noise at least as long, what is longer is cut off.
    decibels : float
        Signal-to-noise ratio, -60 to 100.

    Returns
    -------
    Tensor
        ``[T]``. It may go beyond [-1, 1]: scale it down before you write or play it.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where one of the sounds is silent.

    >>> clean = torch.tensor([1.0, -1.0, 1.0, -1.0])
    >>> noisy = add_noise(clean, torch.tensor([1.0, 1.0, -1.0, -1.0]), 20.0)
    >>> round(snr(noisy, clean), 4)
    20.0
    """
    check_sound(clean, "The clean sound")
    check_sound(noise, "The noise")
    if isinstance(decibels, bool) or not isinstance(decibels, int | float):
        raise DtypeError(f"decibels={decibels!r} must be a number.")
    if not -60 <= decibels <= 100:
        raise RangeError(f"decibels={decibels} must be from -60 to 100.")
    if len(noise) < len(clean):
        raise ShapeError(
            f"The noise has {len(noise):,} samples, the clean sound {len(clean):,}; it must be at "
            "least as long."
        )
    noise = noise[: len(clean)]
    for name, wave in (("clean sound", clean), ("noise", noise)):
        if not wave.any():
            raise DataError(f"The {name} is silent: no ratio can be set.")
    gain = clean.norm() / noise.norm() * 10 ** (-decibels / 20)
    return clean + gain * noise


def _pair(sound: object, clean: object) -> tuple[Tensor, Tensor]:
    """Both as float64 on the CPU, or a sentence."""
    x = check_sound(sound, "The sound").detach().cpu().double()
    s = check_sound(clean, "The clean sound").detach().cpu().double()
    if len(x) != len(s):
        raise ShapeError(
            f"Both sounds must have one length; yours have {len(x):,} and {len(s):,} samples. "
            "Cut the longer one, and make sure that they begin at the same moment."
        )
    if not s.any():
        raise DataError("The clean sound is silent: every sample is 0, nothing can be compared.")
    return x, s


def _decibels(power: Tensor, left: Tensor) -> float:
    if left == 0:
        return math.inf
    return 10 * math.log10(power / left) if power > 0 else -math.inf
