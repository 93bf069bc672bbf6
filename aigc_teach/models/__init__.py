"""Generative models, one family a file.

Those that are trained by steps speak the contract of ``core``; those that are fitted at once
(densities, n-grams) or known in closed form have ``sample`` and ``log_prob`` only. ``classical``
holds restoration without learning: functions of one picture.
"""

from . import classical, ode, quilting, samplers
from .attribute_vae import AttributeVAE
from .autoencoder import Autoencoder, principal_autoencoder
from .char_rnn import CharRNN
from .code_density import CodeDensity
from .constrained import Constrained, constrained, effective_size, pick
from .copula import GaussianCopula, Marginals
from .dcgan import DCGAN
from .density import Gaussian, GaussianMixture, PixelwiseGaussian
from .diffusion import Diffusion
from .enlarger import Enlarger
from .flow import Flow
from .gan import GAN
from .gpt import GPT
from .ideal_denoiser import IdealDenoiser
from .ideal_velocity import IdealVelocity
from .kneser_ney import KneserNey
from .linear_gaussian import LinearGaussian
from .masked import masked_ddpm
from .ngram import NGram
from .retrieval import BM25
from .style_gan import StyleGAN
from .table_vae import TableVAE
from .text_vae import TextVAE
from .translator import Translator
from .vae import VAE, ConvVAE
from .vq_vae import VQVAE

__all__ = [
    "AttributeVAE",
    "Autoencoder",
    "BM25",
    "CharRNN",
    "CodeDensity",
    "Constrained",
    "ConvVAE",
    "DCGAN",
    "Diffusion",
    "Enlarger",
    "Flow",
    "GAN",
    "GPT",
    "Gaussian",
    "GaussianCopula",
    "GaussianMixture",
    "IdealDenoiser",
    "IdealVelocity",
    "KneserNey",
    "LinearGaussian",
    "Marginals",
    "NGram",
    "PixelwiseGaussian",
    "StyleGAN",
    "TableVAE",
    "TextVAE",
    "Translator",
    "VAE",
    "VQVAE",
    "classical",
    "constrained",
    "effective_size",
    "masked_ddpm",
    "ode",
    "pick",
    "principal_autoencoder",
    "quilting",
    "samplers",
]
