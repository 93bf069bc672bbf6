"""A resonator's sound and its response against scipy.signal: lfilter (a loop) and freqz.

Ours is filtered by a convolution with the impulse response in closed form; theirs sample by sample.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.models import formant

FREQUENCIES = [0.0, 90.0, 500.0, 2290.0, formant.RATE / 2]


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("bandwidth", [30.0, 150.0])
def test_sound(agree, frequency, bandwidth):
    import scipy.signal

    a, b, c = formant.resonator(frequency, bandwidth)
    x = torch.randn(3000, generator=make_generator(1), dtype=torch.float64)
    theirs = scipy.signal.lfilter([a], [1, -b, -c], x.numpy())
    size = max(1.0, abs(theirs).max())
    agree(formant.resonate(x, frequency, bandwidth).numpy() / size, theirs / size)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_response(agree, frequency):
    import scipy.signal

    a, b, c = formant.resonator(frequency, 60.0)
    at = torch.linspace(0, formant.RATE / 2, 200, dtype=torch.float64)
    _, theirs = scipy.signal.freqz([a], [1, -b, -c], worN=at.numpy(), fs=formant.RATE)
    ours = formant.response(at, frequency, 60.0).numpy()
    size = max(1.0, abs(theirs).max())
    agree(ours.real / size, theirs.real / size)
    agree(ours.imag / size, theirs.imag / size)
