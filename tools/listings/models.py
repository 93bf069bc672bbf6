"""The eight listings' own models: networks from :mod:`.nets`, put together.

How they are trained stands in :mod:`listings`.
"""

from __future__ import annotations

from torch import nn

from aigc_teach.core import GenerativeModel
from aigc_teach.models import VAE
from listings.nets import (
    ListingGAN,
    bare_generator,
    conv_critic,
    conv_generator,
    dense_critic,
    dense_generator,
)

COLOUR = (3, 32, 32)


def leaky(slope: float = 0.2) -> nn.Module:
    """A leaky rectifier."""
    return nn.LeakyReLU(slope)


def s0a() -> GenerativeModel:
    """S0a: channels 256, 128, 64 up from 7x7; 64 and 128 down, with dropout."""
    critic = conv_critic([1, 64, 128], dropout=0.3)
    return ListingGAN(conv_generator([256, 128, 64, 1], [1, 2, 2]), critic)


def s0b() -> GenerativeModel:
    """S0b: 256, 512, 1024 up, batch norm after each rectifier; 512 and 256 down."""
    generator = dense_generator([256, 512, 1024], leaky(0.01), norm=True)
    return ListingGAN(generator, dense_critic([512, 256], leaky(0.01)))


def s1() -> GenerativeModel:
    """S1: 128 channels everywhere, no batch norm; two doublings, the rectifiers put in."""
    return ListingGAN(bare_generator(128), conv_critic([1, 128, 128], slope=0.01))


def s2_gan() -> GenerativeModel:
    """S2's empty functions filled in with the smallest dense networks that do."""
    return ListingGAN(dense_generator([128], nn.ReLU()), dense_critic([128], leaky()))


def s2_vae() -> GenerativeModel:
    """S2's empty classes filled in: one hidden layer of 400 each way, a code of 20."""
    return VAE(latent_size=20, hidden=(400,))


def s3() -> GenerativeModel:
    """S3: 128, 64, 32, 16 up to 784 pixels; 128 and 64 down."""
    generator = dense_generator([128, 64, 32, 16], nn.ReLU())
    return ListingGAN(generator, dense_critic([128, 64], nn.ReLU()))


def s4_colour() -> GenerativeModel:
    """S4 in colour: 128 channels from 4x4, three doublings; 64 and 128 down, with dropout."""
    generator = conv_generator([128, 128, 128, 128, 3], [1, 2, 2, 2], side=4)
    return ListingGAN(generator, conv_critic([3, 64, 128], 32, dropout=0.3), COLOUR)


def s4_mnist() -> GenerativeModel:
    """S4 on digits: 128 channels from 7x7, two doublings; 64 and 128 down, with dropout."""
    critic = conv_critic([1, 64, 128], dropout=0.3)
    return ListingGAN(conv_generator([128, 128, 128, 1], [1, 2, 2]), critic)
