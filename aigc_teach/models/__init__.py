"""Generative models, one family a file.

Those that are trained by steps speak the contract of ``core``; those that are fitted at once
(densities, n-grams) or known in closed form have ``sample`` and ``log_prob`` only.
"""

from .autoencoder import Autoencoder, principal_autoencoder
from .code_density import CodeDensity
from .dcgan import DCGAN
from .density import Gaussian, GaussianMixture, PixelwiseGaussian
from .gan import GAN
from .linear_gaussian import LinearGaussian
from .ngram import NGram
from .vae import VAE, ConvVAE

__all__ = [
    "DCGAN",
    "GAN",
    "VAE",
    "Autoencoder",
    "CodeDensity",
    "ConvVAE",
    "Gaussian",
    "GaussianMixture",
    "LinearGaussian",
    "NGram",
    "PixelwiseGaussian",
    "principal_autoencoder",
]
