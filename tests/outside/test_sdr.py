"""SNR and SI-SDR against torchmetrics, at levels from hopeless to nearly equal."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.metrics import si_sdr, snr


@pytest.mark.parametrize("loudness", [1e-4, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("level", [1.0, 0.2, -3.0])
def test_noisy_sounds(agree, truth, loudness, level):
    from torchmetrics.functional import audio

    generator = make_generator(0)
    clean, noise = torch.randn(2, 4_000, generator=generator, dtype=torch.float64) + 0.1
    sound = level * (clean + loudness * noise)
    agree(snr(sound, clean), audio.signal_noise_ratio(sound, clean).item())
    theirs = audio.scale_invariant_signal_distortion_ratio(sound, clean, zero_mean=False)
    agree(si_sdr(sound, clean), theirs.item())
