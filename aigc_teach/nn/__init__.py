"""Building blocks with explicit sizes. Nets only: how they are trained is decided elsewhere."""

from . import forms, positions, python_prefix, sampling, search
from .attention import KVCache, SelfAttention, attention, causal_mask
from .conv import downsample, upsample
from .conv_lstm import NextFrame, conv_lstm_cell, moved_by
from .cost import Cost, multiply_adds
from .cross_attention import CrossAttention, WordEncoder, WordUNet
from .dropout import CheapDropout
from .fourier import FourierConvTranspose2d
from .gaussian import reparameterise, standard_normal
from .halving import Double, Halve, ToImage
from .hourglass import Hourglass
from .minibatch import MinibatchStatistic
from .mlp import activation, mlp
from .modulation import (
    ModulatedConv2d,
    NoiseInjection,
    PixelNorm,
    ScaledLinear,
    demodulation,
    mixed_styles,
)
from .paired import PairedEncoders
from .quantizer import Quantized, VectorQuantizer, nearest_codes, straight_through
from .recurrent import gru_cell, lstm_cell, rnn_cell
from .restorer import Restorer
from .shapes import conv_size, conv_transpose_size, overlap_counts
from .spectral import SpectralNorm, spectral_norm
from .tiles import apply_in_tiles, seams
from .unet import DenoisingMLP, UNet

__all__ = [
    "CheapDropout",
    "Cost",
    "CrossAttention",
    "DenoisingMLP",
    "Double",
    "FourierConvTranspose2d",
    "Halve",
    "Hourglass",
    "KVCache",
    "MinibatchStatistic",
    "ModulatedConv2d",
    "NextFrame",
    "NoiseInjection",
    "PairedEncoders",
    "PixelNorm",
    "Quantized",
    "Restorer",
    "ScaledLinear",
    "SelfAttention",
    "SpectralNorm",
    "ToImage",
    "UNet",
    "VectorQuantizer",
    "WordEncoder",
    "WordUNet",
    "activation",
    "apply_in_tiles",
    "attention",
    "causal_mask",
    "conv_lstm_cell",
    "conv_size",
    "conv_transpose_size",
    "demodulation",
    "downsample",
    "forms",
    "gru_cell",
    "lstm_cell",
    "mixed_styles",
    "mlp",
    "moved_by",
    "multiply_adds",
    "nearest_codes",
    "overlap_counts",
    "positions",
    "python_prefix",
    "reparameterise",
    "rnn_cell",
    "sampling",
    "seams",
    "search",
    "spectral_norm",
    "standard_normal",
    "straight_through",
    "upsample",
]
