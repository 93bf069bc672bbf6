"""Generative models, one family a file, all speaking the contract of ``core``."""

from .dcgan import DCGAN
from .gan import GAN
from .vae import VAE, ConvVAE

__all__ = ["DCGAN", "GAN", "VAE", "ConvVAE"]
