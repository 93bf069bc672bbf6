"""Three ways to clean a sound, all of them a factor for each place of its spectrogram."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ....core import seed_everything
from ....data import istft, stft

WINDOW, HOP = 512, 128  # 46 and 12 milliseconds
LEAD_FRAMES = 40  # whole frames before the sound begins
FLOOR = 0.05  # the least factor


def spectrum(wave: Tensor) -> Tensor:
    """Complex ``[257, frames]``."""
    return stft(wave, window_length=WINDOW, hop=HOP)


def back(coefficients: Tensor, length: int) -> Tensor:
    """The sound of a spectrum."""
    return istft(coefficients, length=length, hop=HOP)


def subtraction(size: Tensor) -> Tensor:
    """Factors of spectral subtraction: the mean magnitude of the noise is taken away.

    S. F. Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE
    Transactions on Acoustics, Speech and Signal Processing 27(2), 1979.

    Parameters
    ----------
    size : Tensor
        Magnitudes ``[257, frames]``; the first `LEAD_FRAMES` are noise alone.

    Returns
    -------
    Tensor
        ``[257, frames]`` from `FLOOR` to 1.
    """
    noise = size[:, :LEAD_FRAMES].mean(1, keepdim=True)
    return (1 - noise / size.clamp(min=1e-9)).clamp(FLOOR, 1)


def wiener(size: Tensor, *, memory: float = 0.0) -> Tensor:
    """Factors of a Wiener filter, ``ratio / (1 + ratio)``: the ratio of sound to noise power.

    With a `memory` the ratio is mostly that of the frame before, after cleaning: the
    decision-directed estimate of Y. Ephraim and D. Malah, "Speech enhancement using a minimum
    mean-square error short-time spectral amplitude estimator", IEEE Transactions on Acoustics,
    Speech and Signal Processing 32(6), 1984.

    Parameters
    ----------
    size : Tensor
        As for `subtraction`.
    memory : float
        From 0 (each frame by itself) to below 1; 0.98 is theirs.

    Returns
    -------
    Tensor
        ``[257, frames]`` from `FLOOR` to 1.
    """
    power = size.square()
    noise = power[:, :LEAD_FRAMES].mean(1).clamp(min=1e-12)
    factors, cleaned = [], torch.zeros_like(noise)
    for now in power.T:
        ratio = (now / noise - 1).clamp(min=0)
        ratio = memory * cleaned / noise + (1 - memory) * ratio
        factor = (ratio / (1 + ratio)).clamp(FLOOR, 1)
        cleaned = factor.square() * now
        factors.append(factor)
    return torch.stack(factors, 1)


class MaskNet(nn.Module):
    """Looks at a noisy spectrogram and gives a factor from 0 to `most` for each place.

    Residual convolutions along time; what goes in are logarithms of magnitudes, less their mean,
    so that the loudness of the recording does not matter.
    """

    def __init__(self, width: int = 128, most: float = 1.0):
        super().__init__()
        bins = WINDOW // 2 + 1
        self.most = most
        self.enter = nn.Conv1d(bins, width, 1)
        self.middle = nn.ModuleList(
            nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in (1, 2, 4)
        )
        self.leave = nn.Conv1d(width, bins, 1)

    def forward(self, size: Tensor) -> Tensor:
        """Factors ``[B, 257, frames]`` for magnitudes of the same shape."""
        x = size.clamp(min=1e-4).log()
        h = self.enter((x - x.mean((1, 2), keepdim=True)) / 2)
        for layer in self.middle:
            h = h + torch.relu(layer(h))
        return self.most * torch.sigmoid(self.leave(h))


def new_net(seed: int, *, most: float = 1.0) -> MaskNet:
    """A network whose first weights follow from the seed."""
    seed_everything(seed)
    return MaskNet(most=most)


@torch.no_grad()
def network(net: MaskNet, size: Tensor) -> Tensor:
    """The network's factors for one spectrogram ``[257, frames]``."""
    return net(size[None])[0]
