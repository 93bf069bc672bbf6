"""Two encoders, of pictures and of sentences, whose vectors are compared. Radford et al. 2021."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..core import ShapeError, check_count
from .cross_attention import WordEncoder, mean_word


class PairedEncoders(nn.Module):
    """A small convolutional net and a :class:`WordEncoder` that end in vectors of one size.

    Parameters
    ----------
    vocabulary, length : int
        As for :class:`WordEncoder`.
    size : int
        D, of the vectors.
    side : int
        Of the square pictures, a multiple of 4.
    width : int
        Channels of the first convolution.

    Examples
    --------
    >>> pair = PairedEncoders(9, length=5, size=8, side=24, width=8)
    >>> pair.pictures(torch.zeros(2, 3, 24, 24)).shape
    torch.Size([2, 8])
    >>> pair.sentences(torch.ones(2, 5, dtype=torch.int64)).shape
    torch.Size([2, 8])
    """

    def __init__(
        self, vocabulary: int, *, length: int, size: int = 48, side: int = 16, width: int = 24
    ):
        super().__init__()
        if check_count("side", side, at_least=4) % 4:
            raise ShapeError(f"side={side} is halved twice: it must be a multiple of 4.")
        check_count("size", size)
        check_count("width", width)
        self.eye = nn.Sequential(
            nn.Conv2d(3, width, 4, stride=2, padding=1),  # [N, W, S / 2, S / 2]
            nn.SiLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),  # [N, 2 W, S / 4, S / 4]
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (side // 4) ** 2, 2 * size),
            nn.SiLU(),
            nn.Linear(2 * size, size),
        )
        self.encoder = WordEncoder(vocabulary, length=length, width=48)
        self.told = nn.Linear(48, size)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))

    def pictures(self, x: Tensor) -> Tensor:
        """``[N, 3, S, S]`` -> ``[N, D]``."""
        return self.eye(x)

    def sentences(self, numbers: Tensor) -> Tensor:
        """Numbers of words ``[N, T]`` -> ``[N, D]``: the mean of the words that are there."""
        return self.told(mean_word(*self.encoder(numbers)))
