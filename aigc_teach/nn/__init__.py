"""Building blocks with explicit sizes. Nets only: how they are trained is decided elsewhere."""

from .conv import downsample, upsample
from .cost import Cost, multiply_adds
from .dropout import CheapDropout
from .fourier import FourierConvTranspose2d
from .gaussian import reparameterise, standard_normal
from .halving import Double, Halve, ToImage
from .minibatch import MinibatchStatistic
from .mlp import activation, mlp
from .recurrent import lstm_cell, rnn_cell
from .shapes import conv_size, conv_transpose_size, overlap_counts
from .spectral import SpectralNorm, spectral_norm

__all__ = [
    "CheapDropout",
    "Cost",
    "Double",
    "FourierConvTranspose2d",
    "Halve",
    "MinibatchStatistic",
    "SpectralNorm",
    "ToImage",
    "activation",
    "conv_size",
    "conv_transpose_size",
    "downsample",
    "lstm_cell",
    "mlp",
    "multiply_adds",
    "overlap_counts",
    "reparameterise",
    "rnn_cell",
    "spectral_norm",
    "standard_normal",
    "upsample",
]
