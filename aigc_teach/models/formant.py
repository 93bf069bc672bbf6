"""A voice from formulas: pulses or breath through a row of resonators (source and filter).

D. H. Klatt, "Software for a cascade/parallel formant synthesizer", Journal of the Acoustical
Society of America 67(3), 1980. A resonator with centre F and bandwidth W is

    y[n] = A x[n] + B y[n-1] + C y[n-2],
    C = -exp(-2 pi W / rate),  B = 2 exp(-pi W / rate) cos(2 pi F / rate),  A = 1 - B - C,

so that a constant passes unchanged. Its impulse response is known in closed form, a sine that dies
away; so a sound is filtered by a convolution, without a loop.

Legend: T samples, F a frequency in hertz, W a bandwidth in hertz.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_count, check_number, make_generator
from ..core.resample import check_sound

RATE = 11_025
MOST_SECONDS = 60.0
BANDWIDTHS = (60.0, 90.0, 150.0)  # of the first three formants; Klatt's table II is near these
GLOTTIS = (0.0, 100.0)  # Klatt's RGP: makes a pulse soft, about -12 dB an octave
# Means of 33 men, G. E. Peterson and H. L. Barney, "Control methods used in a study of the
# vowels", Journal of the Acoustical Society of America 24(2), 1952, table II. In hertz.
VOWELS = {
    "heed": (270.0, 2290.0, 3010.0),
    "hid": (390.0, 1990.0, 2550.0),
    "head": (530.0, 1840.0, 2480.0),
    "had": (660.0, 1720.0, 2410.0),
    "hod": (730.0, 1090.0, 2440.0),
    "hawed": (570.0, 840.0, 2410.0),
    "hood": (440.0, 1020.0, 2240.0),
    "who'd": (300.0, 870.0, 2240.0),
    "hud": (640.0, 1190.0, 2390.0),
    "heard": (490.0, 1350.0, 1690.0),
}


def resonator(
    frequency: float, bandwidth: float, *, rate: int = RATE
) -> tuple[float, float, float]:
    """A, B and C of one resonator (Klatt 1980, eq. 2).

    Parameters
    ----------
    frequency, bandwidth : float
        F, from 0 to rate / 2, and W, above 0; in hertz.
    rate : int
        Samples a second.

    Returns
    -------
    tuple of float
        A, B, C of ``y[n] = A x[n] + B y[n-1] + C y[n-2]``.

    Raises
    ------
    RangeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> a, b, c = resonator(500.0, 60.0, rate=10_000)
    >>> round(a, 4), round(b, 4), round(c, 4)
    (0.0964, 1.8666, -0.963)
    """
    turn, decay = _checked(frequency, bandwidth, rate)
    c = -(decay**2)
    b = 2 * decay * math.cos(turn)
    return 1 - b - c, b, c


def _checked(frequency: float, bandwidth: float, rate: int) -> tuple[float, float]:
    """The resonator's angle a sample and how much is left after one."""
    check_count("rate", rate, at_least=1000, at_most=200_000)
    check_number("frequency", frequency)
    check_number("bandwidth", bandwidth, above=True)
    if frequency > rate / 2:
        raise RangeError(
            f"frequency={frequency:g} must be at most {rate / 2:g} hertz, half the rate."
        )
    return 2 * math.pi * frequency / rate, math.exp(-math.pi * bandwidth / rate)


def response(at: Tensor, frequency: float, bandwidth: float, *, rate: int = RATE) -> Tensor:
    """By what a resonator multiplies a tone: ``A / (1 - B z^-1 - C z^-2)``, z = exp(2 pi i f).

    Parameters
    ----------
    at : Tensor
        Floating point ``[...]``: the tones' frequencies f, in hertz.
    frequency, bandwidth, rate
        As for `resonator`.

    Returns
    -------
    Tensor
        Complex ``[...]``: ``.abs()`` is the gain, 1 at 0 hertz.

    Examples
    --------
    >>> gain = response(torch.tensor([0.0, 500.0], dtype=torch.float64), 500.0, 60.0).abs()
    >>> [round(value, 2) for value in gain.tolist()]
    [1.0, 8.42]
    """
    a, b, c = resonator(frequency, bandwidth, rate=rate)
    back = torch.exp(-2j * math.pi * at.to(torch.float64) / rate)  # z^-1
    return a / (1 - b * back - c * back**2)


def impulse_response(
    frequency: float, bandwidth: float, length: int, *, rate: int = RATE
) -> Tensor:
    """What one sample of height 1 becomes: ``A r^n sin((n + 1) t) / sin(t)``.

    r = exp(-pi W / rate) and t = 2 pi F / rate are radius and angle of the two poles.

    Parameters
    ----------
    frequency, bandwidth, rate
        As for `resonator`.
    length : int
        Samples.

    Returns
    -------
    Tensor
        float64 ``[length]``.

    Examples
    --------
    >>> h = impulse_response(500.0, 60.0, 4, rate=10_000)
    >>> a, b, c = resonator(500.0, 60.0, rate=10_000)
    >>> bool((h[2] - (b * h[1] + c * h[0])).abs() < 1e-12)
    True
    """
    check_count("length", length)
    turn, decay = _checked(frequency, bandwidth, rate)
    a, _, _ = resonator(frequency, bandwidth, rate=rate)
    n = torch.arange(length, dtype=torch.float64)
    if abs(math.sin(turn)) < 1e-9:  # both poles in one place: the limit of the same
        return a * decay**n * (n + 1) * (math.cos(turn) ** n)
    return a * decay**n * torch.sin((n + 1) * turn) / math.sin(turn)


def resonate(wave: Tensor, frequency: float, bandwidth: float, *, rate: int = RATE) -> Tensor:
    """A sound behind one resonator that was at rest before.

    Parameters
    ----------
    wave : Tensor
        Floating point ``[T]``.
    frequency, bandwidth, rate
        As for `resonator`.

    Returns
    -------
    Tensor
        float64 ``[T]``.

    Examples
    --------
    >>> x = torch.tensor([1.0, 0.0, 0.0])
    >>> y = resonate(x, 500.0, 60.0)
    >>> bool(torch.allclose(y, impulse_response(500.0, 60.0, 3)))
    True
    """
    check_sound(wave, "The source")
    n = len(wave)
    heard = impulse_response(frequency, bandwidth, n, rate=rate)
    size = 2 ** math.ceil(math.log2(2 * n))  # long enough that nothing comes round
    spectrum = torch.fft.rfft(wave.double(), size) * torch.fft.rfft(heard, size)
    return torch.fft.irfft(spectrum, size)[:n]


def pulses(pitch: float | Tensor, seconds: float, *, rate: int = RATE) -> Tensor:
    """One pulse for each opening of the vocal folds, softened.

    A pulse stands wherever the phase, the sum of ``pitch / rate``, passes a whole number. It
    is shared by two samples, so that the pitch is not rounded.

    Parameters
    ----------
    pitch : float or Tensor
        Hertz, 20 to rate / 4; a tensor ``[T]`` gives one for each sample.
    seconds : float
        Above 0, at most 60.
    rate : int

    Returns
    -------
    Tensor
        float64 ``[T]``, T = round(seconds rate).

    Examples
    --------
    >>> wave = pulses(100.0, 0.5, rate=8000)
    >>> wave.shape, bool(torch.allclose(wave[800:880], wave[880:960], atol=1e-3))
    (torch.Size([4000]), True)
    """
    n = _length(seconds, rate)
    curve = (
        torch.as_tensor(pitch, dtype=torch.float64).expand(n)
        if not isinstance(pitch, Tensor)
        else pitch.double()
    )
    if curve.shape != (n,):
        raise ShapeError(f"pitch must be a number or [T], T = {n}; it is {list(curve.shape)}.")
    if not bool(((curve >= 20) & (curve <= rate / 4)).all()):
        raise RangeError(f"pitch must lie from 20 to {rate / 4:g} hertz everywhere.")
    phase = torch.cumsum(curve / rate, 0)
    whole = phase.floor()
    before = torch.cat([whole.new_zeros(1), whole[:-1]])
    late = (phase - whole) / (curve / rate)  # samples since the pulse, in [0, 1)
    comes = (whole > before).double() * (rate / curve)  # as much energy a second at any pitch
    train = comes * (1 - late)
    train[:-1] += (comes * late)[1:]
    return resonate(train, *GLOTTIS, rate=rate)


def breath(seconds: float, *, rate: int = RATE, generator: torch.Generator | None = None) -> Tensor:
    """Noise, the source of a whisper and of an h.

    Parameters
    ----------
    seconds, rate
        As for `pulses`.
    generator : torch.Generator, optional
        Without it the same noise each time.

    Returns
    -------
    Tensor
        float64 ``[T]``, normal with standard deviation 1.

    >>> breath(0.1, rate=8000).shape
    torch.Size([800])
    """
    generator = generator or make_generator(0)
    return torch.randn(_length(seconds, rate), generator=generator, dtype=torch.float64)


def _length(seconds: float, rate: int) -> int:
    check_count("rate", rate, at_least=1000, at_most=200_000)
    check_number("seconds", seconds, above=True)
    if seconds > MOST_SECONDS or round(seconds * rate) < 1:
        raise RangeError(
            f"seconds={seconds:g} must hold at least one sample and be at most {MOST_SECONDS:g}."
        )
    return round(seconds * rate)


def vowel(
    formants: Sequence[float],
    seconds: float = 0.6,
    *,
    pitch: float | Tensor = 110.0,
    bandwidths: Sequence[float] = BANDWIDTHS,
    whispered: bool = False,
    rate: int = RATE,
    generator: torch.Generator | None = None,
) -> Tensor:
    """A vowel: pulses (or breath) through a cascade of resonators, and out of the lips.

    The lips are a first difference (Klatt 1980): what leaves the mouth grows with frequency.

    Parameters
    ----------
    formants, bandwidths : sequence of float
        One of each for a resonator, in hertz; at most 6. Zero formants leave the bare source.
    seconds, pitch, rate
        As for `pulses`.
    whispered : bool
        Take breath instead of pulses.
    generator : torch.Generator, optional
        For the breath.

    Returns
    -------
    Tensor
        float32 ``[T]``, its peak 0.5; 20 milliseconds fade in and out.

    Raises
    ------
    RangeError, ShapeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> wave = vowel(VOWELS["heed"], 0.3)
    >>> wave.shape, round(wave.abs().max().item(), 3)
    (torch.Size([3308]), 0.5)
    """
    if len(formants) > 6 or len(formants) > len(bandwidths):
        raise ShapeError(
            f"There are {len(formants)} formants and {len(bandwidths)} bandwidths: give one "
            "bandwidth each, and at most 6 formants."
        )
    source = (
        breath(seconds, rate=rate, generator=generator)
        if whispered
        else pulses(pitch, seconds, rate=rate)
    )
    wave = source
    for frequency, bandwidth in zip(formants, bandwidths, strict=False):
        wave = resonate(wave, frequency, bandwidth, rate=rate)
    wave = torch.diff(wave, prepend=wave.new_zeros(1))  # the lips
    fade = min(len(wave) // 2, rate // 50)
    if fade:
        ramp = torch.linspace(0, 1, fade, dtype=torch.float64)
        wave[:fade] *= ramp
        wave[-fade:] *= ramp.flip(0)
    return (0.5 * wave / wave.abs().max().clamp(min=1e-9)).float()
