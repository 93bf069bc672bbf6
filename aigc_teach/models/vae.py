"""Variational autoencoders: dense and convolutional. Kingma & Welling 2014.

Legend: N batch, L latent size, K classes (0: no labels), x data, z code.
"""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    Labelled,
    Loss,
    check_choice,
    check_count,
    check_number,
    check_sizes,
)
from ..losses import elbo
from ..nn import ToImage, downsample, mlp, reparameterise, standard_normal, upsample
from .checks import check_data, check_image_shape
from .conditional import ClassConditional

LIKELIHOODS = ("bernoulli", "gaussian")


class GaussianVAE(ClassConditional, ABC):
    """What both VAEs share: a Gaussian q(z|x), the prior N(0, I) and the bound.

    Parameters
    ----------
    encoder : nn.Module
        ``[N, *data_shape] -> [N, 2 L]``: mu and log variance side by side.
    decoder : nn.Module
        ``[N, L + K] -> [N, *data_shape]``: logits (bernoulli) or means (gaussian); code and
        one-hot label side by side.
    data_shape : tuple of int
        Shape of one item. Bernoulli data lie in [-1, 1], as all images here do.
    latent_size : int
        L.
    likelihood : {"bernoulli", "gaussian"}
    beta : float
        Weight of the KL term, at least 0; 1 is the bound itself (Higgins et al. 2017).
    sigma : float
        Spread of a Gaussian likelihood, in the data's own units; greater than 0.
    n_classes : int
        K; 0 for a model without labels. With labels it learns p(x | z, y), and the code need
        not say what the label says already.
    class_shares : sequence of float, optional
        Relative frequency of each class; all equal if left out.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        data_shape: tuple[int, ...],
        latent_size: int,
        likelihood: str = "bernoulli",
        beta: float = 1.0,
        sigma: float = 1.0,
        n_classes: int = 0,
        class_shares=None,
    ):
        super().__init__(data_shape, latent_size, n_classes=n_classes, class_shares=class_shares)
        check_choice("likelihood", likelihood, LIKELIHOODS)
        check_number("beta", beta)
        check_number("sigma", sigma, above=True)
        self.encoder, self.decoder = encoder, decoder
        self.likelihood, self.beta, self.sigma = likelihood, beta, sigma

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus the evidence lower bound, in nats an item, averaged over the batch.

        Parameters
        ----------
        batch : Tensor or Labelled
            ``[N, *data_shape]``; with labels for a conditional model.
        player : {"model"}
        generator : torch.Generator, optional
            For the draw of z.

        Returns
        -------
        Loss
            Parts: ``reconstruction`` and ``kl`` (before the weight beta).
        """
        check_choice("player", player, self.players)
        x, labels = self.split(batch)
        mu, logvar = self.encode(x)  # [N, L] each
        z = reparameterise(mu, logvar, generator=generator)  # [N, L]
        reconstruction = self._nll(self.decoder(self.with_label(z, labels)), x).mean()
        kl = elbo.kl_to_standard_normal(mu, logvar).mean()
        total = reconstruction + self.beta * kl
        return Loss(total, {"reconstruction": reconstruction.detach(), "kl": kl.detach()})

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item ``[n, *data_shape]``: z from the prior, decoded to its mean.

        `condition`: labels ``[n]``, for a model with labels.
        """
        condition = self.labels_for(n, condition, generator)
        z = standard_normal(n, self.latent_size, like=self.class_shares, generator=generator)
        yield self.decode(z, condition)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): two tensors ``[N, L]``, in float32."""
        check_data(x, self.data_shape, weights=self.weights_dtype)
        mu, logvar = self.encoder(x.to(self.device)).float().chunk(2, dim=1)  # [N, L] each
        return mu, logvar

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """The mean of p(x|z), or of p(x|z, y), as data: Bernoulli images in [-1, 1].

        Codes ``[N, L]`` and, for a conditional model, labels ``[N]``.
        """
        out = self.decoder(self.with_label(z, condition)).float()  # [N, *data_shape]
        return 2 * out.sigmoid() - 1 if self.likelihood == "bernoulli" else out

    def _nll(self, out: Tensor, x: Tensor) -> Tensor:
        out = out.float()  # the sum over pixels is kept in full precision
        if self.likelihood == "bernoulli":
            return elbo.bernoulli_nll(out, (x + 1) / 2)  # [N]
        return elbo.gaussian_nll(out, x, self.sigma)  # [N]


@final
class VAE(GaussianVAE):
    """A dense VAE.

    Parameters
    ----------
    data_shape : tuple of int
        ``(1, 28, 28)`` for digits, ``(D,)`` for vectors.
    latent_size : int
        Dimensions of the code z.
    hidden : sequence of int
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    likelihood : {"bernoulli", "gaussian"}
        Bernoulli for images, Gaussian for vectors.
    beta : float
        Weight of the KL term.
    sigma : float
        Spread of a Gaussian likelihood. Detail finer than sigma is noise to the model: a
        ring of radius 1 is lost on it at sigma = 1 and learnt at sigma = 0.1.

    >>> VAE(latent_size=2, hidden=(16,)).sample(3).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        data_shape: tuple[int, ...] = (1, 28, 28),
        *,
        latent_size: int = 2,
        hidden: Sequence[int] = (400,),
        likelihood: str = "bernoulli",
        beta: float = 1.0,
        sigma: float = 1.0,
    ):
        check_count("latent_size", latent_size)
        hidden = check_sizes("hidden", hidden)
        size = math.prod(check_sizes("data_shape", data_shape, fewest=1))
        encoder = nn.Sequential(nn.Flatten(), *mlp([size, *hidden, 2 * latent_size]))
        decoder = nn.Sequential(
            *mlp([latent_size, *reversed(hidden), size]), nn.Unflatten(1, tuple(data_shape))
        )
        super().__init__(
            encoder,
            decoder,
            data_shape=data_shape,
            latent_size=latent_size,
            likelihood=likelihood,
            beta=beta,
            sigma=sigma,
        )
        self.hidden = hidden


@final
class ConvVAE(GaussianVAE):
    """A convolutional VAE for images in [-1, 1], with or without labels.

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels (1 or 3), height and width; both sides a multiple of 4 and at least 8.
    latent_size : int
        Dimensions of the code z.
    width : int
        Channels of the first convolution; the second has twice as many.
    beta : float
        Weight of the KL term.
    n_classes : int
        0 for a model without labels; 10 to be able to ask for a digit.
    class_shares : sequence of float, optional
        How frequent each class is in the data; equal if left out.

    >>> ConvVAE(latent_size=4, width=4).sample(3).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        latent_size: int = 16,
        width: int = 16,
        beta: float = 1.0,
        n_classes: int = 0,
        class_shares=None,
    ):
        check_count("latent_size", latent_size)
        check_count("width", width)
        check_count("n_classes", n_classes, at_least=0)
        channels, height, breadth = check_image_shape(data_shape)
        small = (2 * width, height // 4, breadth // 4)
        flat = math.prod(small)
        encoder = nn.Sequential(
            *downsample([channels, width, 2 * width], "relu"),  # [N, 2 * width, H / 4, W / 4]
            nn.Flatten(),
            nn.Linear(flat, 2 * latent_size),
        )
        decoder = nn.Sequential(
            nn.Linear(latent_size + n_classes, flat),
            nn.ReLU(),
            ToImage(small),
            *upsample([2 * width, width, channels]),  # [N, C, H, W]
        )
        super().__init__(
            encoder,
            decoder,
            data_shape=data_shape,
            latent_size=latent_size,
            beta=beta,
            n_classes=n_classes,
            class_shares=class_shares,
        )
        self.width = width
