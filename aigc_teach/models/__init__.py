"""Generative models, one family a file.

Those that are trained by steps speak the contract of ``core``; those that are fitted at once
(densities, n-grams) or known in closed form have ``sample`` and ``log_prob`` only. ``classical``
holds restoration without learning: functions of one picture; ``formant`` a voice from formulas.
"""

from . import classical, formant, ode, quilting, samplers, speaker
from .aligner import Aligner, Alignment, dtw_path, monotone_path
from .attribute_vae import AttributeVAE
from .autoencoder import Autoencoder, principal_autoencoder
from .cache import FileCache, mixture_weights
from .char_rnn import CharRNN
from .code_density import CodeDensity
from .completer import Completer, Suggestion, TokenCounts, cached_rows, next_rows
from .constrained import Constrained, constrained, effective_size, pick
from .copula import GaussianCopula, Marginals
from .dcgan import DCGAN
from .density import Gaussian, GaussianMixture, PixelwiseGaussian
from .diffusion import Diffusion
from .enlarger import Enlarger
from .evolution import SearchGaussian
from .flow import Flow
from .gan import GAN
from .gpt import GPT
from .ideal_denoiser import IdealDenoiser
from .ideal_velocity import IdealVelocity
from .kneser_ney import KneserNey
from .knowledge import Skill
from .linear_gaussian import LinearGaussian
from .masked import masked_ddpm
from .ngram import NGram
from .painter import Painter
from .pointer import PointerGenerator
from .preference import PreferenceGP
from .preference_store import PreferenceStore
from .retrieval import BM25
from .speaker import Durations, Speaker
from .style_gan import StyleGAN
from .table_vae import TableVAE
from .text_vae import TextVAE
from .textrank import textrank
from .tile_collapse import Collapsed, TileCollapse
from .tile_vae import TileVAE
from .translator import Translator
from .units import Units
from .vae import VAE, ConvVAE
from .vq_vae import VQVAE

__all__ = [
    "Aligner",
    "Alignment",
    "AttributeVAE",
    "Autoencoder",
    "BM25",
    "CharRNN",
    "CodeDensity",
    "Collapsed",
    "Completer",
    "Constrained",
    "ConvVAE",
    "DCGAN",
    "Diffusion",
    "Durations",
    "Enlarger",
    "FileCache",
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
    "Painter",
    "PixelwiseGaussian",
    "Speaker",
    "PointerGenerator",
    "PreferenceGP",
    "PreferenceStore",
    "SearchGaussian",
    "Skill",
    "StyleGAN",
    "Suggestion",
    "TableVAE",
    "TextVAE",
    "TileCollapse",
    "TileVAE",
    "TokenCounts",
    "Translator",
    "Units",
    "VAE",
    "VQVAE",
    "cached_rows",
    "classical",
    "constrained",
    "effective_size",
    "dtw_path",
    "formant",
    "masked_ddpm",
    "mixture_weights",
    "monotone_path",
    "next_rows",
    "ode",
    "pick",
    "principal_autoencoder",
    "quilting",
    "samplers",
    "speaker",
    "textrank",
]
