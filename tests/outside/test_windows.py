"""What the three windows do to a tone, against the figures that measurement people use.

G. Heinzel, A. Ruediger and R. Schilling, "Spectrum and spectral density estimation by the discrete
Fourier transform", Max-Planck-Institut fuer Gravitationsphysik, 2002, lists for each window, in
bins and decibels: noise bandwidth, width of the line 3 dB below its top, loss halfway between two
bins, highest side lobe. F. Harris, "On the use of windows", Proc. IEEE 66(1), 1978, table I, has
the same two digits shorter (his Hamming window is another one).
"""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.data import spectrum

LENGTH, FINE = 4096, 64  # of the window; points to a bin
FIGURES = {  # noise bandwidth, width at -3 dB, loss halfway, side lobe (one digit)
    "rectangular": (1.0000, 0.8845, -3.9224, -13.3),
    "hann": (1.5000, 1.4382, -1.4236, -31.5),
    "hamming": (1.3628, 1.3008, -1.7514, -42.7),
}


def decibels(window: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
    """The window's transform at these distances from its centre, relative to the centre."""
    n = torch.arange(LENGTH, dtype=torch.float64)
    turn = torch.exp(-2j * math.pi * torch.outer(bins, n) / LENGTH)
    return 20 * torch.log10((turn @ window.to(turn.dtype)).abs() / window.sum())


def width(window: torch.Tensor) -> float:
    """Twice the distance at which the line has fallen by 3 dB, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        level = decibels(window, torch.tensor([middle], dtype=torch.float64)).item()
        low, high = (middle, high) if level > -3 else (low, middle)
    return low + high


@pytest.mark.parametrize("shape", FIGURES)
def test_line(agree, shape):
    noise, line, loss, _ = FIGURES[shape]
    w = spectrum.window(shape, LENGTH)
    agree((LENGTH * (w**2).sum() / w.sum() ** 2).item(), noise, "noise bandwidth in bins")
    agree(width(w), line, "width 3 dB below the top in bins")
    halfway = decibels(w, torch.tensor([0.5], dtype=torch.float64)).item()
    agree(halfway, loss, "loss halfway between two bins in dB")


@pytest.mark.parametrize("shape", FIGURES)
def test_highest_side_lobe(agree, shape):
    first_zero = 1 if shape == "rectangular" else 2
    bins = torch.arange(first_zero * FINE, 12 * FINE, dtype=torch.float64) / FINE
    highest = decibels(spectrum.window(shape, LENGTH), bins).max().item()
    agree(round(highest, 1), FIGURES[shape][3], "highest side lobe in dB")


@pytest.mark.parametrize("shape", FIGURES)
def test_a_spectrogram_of_a_tone_between_two_rows(agree, shape):
    """The loss halfway as a reader sees it; the tone's mirror image is far away and faint."""
    n = torch.arange(4 * LENGTH, dtype=torch.float64)
    turn = 2 * math.pi * (LENGTH // 4 + 0.5) * n / LENGTH
    levels = [
        spectrum.spectrogram(f(turn), window_length=LENGTH, hop=LENGTH, shape=shape)
        for f in (torch.sin, torch.cos)
    ]
    power = sum(10 ** (level[LENGTH // 4, 2] / 10) for level in levels) / 2
    agree(10 * math.log10(power), FIGURES[shape][2], "loss halfway between two rows in dB")
