"""Autoencoders: linear, deep and denoising.

Legend: N batch, L latent size, x data, z code.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    DataError,
    DtypeError,
    GenerativeModel,
    Loss,
    ShapeError,
    check_choice,
    check_count,
    check_number,
    check_sizes,
    refuse_condition,
)
from ..nn import mlp, standard_normal
from .checks import check_codes, check_data, check_precision


@final
class Autoencoder(GenerativeModel):
    """A network that squeezes data through a short code and rebuilds them.

    Nothing says where its codes should lie, so what `sample` decodes, standard normal codes,
    need not look like data: it is in the contract so that this can be seen and measured.

    Parameters
    ----------
    data_shape : tuple of int
        Shape of one item.
    latent_size : int
        L.
    hidden : sequence of int
        Widths of the encoder's hidden layers, reversed in the decoder. With none, encoder and
        decoder are linear, and the best such pair spans what principal component analysis
        finds (Baldi & Hornik 1989).
    noise : float
        Spread of the noise added to what the encoder sees, in the data's own units; the clean
        data are to be rebuilt. Above 0 it is a denoising autoencoder (Vincent et al. 2008).

    Examples
    --------
    >>> model = Autoencoder(latent_size=2)
    >>> model.encode(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        data_shape: tuple[int, ...] = (1, 28, 28),
        latent_size: int = 16,
        hidden: Sequence[int] = (256,),
        noise: float = 0.0,
    ):
        super().__init__()
        self.latent_size = check_count("latent_size", latent_size)
        self.noise = check_number("noise", noise)
        hidden = check_sizes("hidden", hidden)
        self.data_shape = check_sizes("data_shape", data_shape, fewest=1)
        size = math.prod(self.data_shape)
        self.encoder = nn.Sequential(nn.Flatten(), *mlp([size, *hidden, latent_size]))
        self.decoder = nn.Sequential(
            *mlp([latent_size, *reversed(hidden), size]), nn.Unflatten(1, self.data_shape)
        )

    def loss(
        self,
        batch: Tensor,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Squared error of the rebuilt items, summed over an item, averaged over the batch.

        Parameters
        ----------
        batch : Tensor
            ``[N, *data_shape]``.
        player : {"model"}
        generator : torch.Generator, optional
            For the noise.

        Returns
        -------
        Loss
            Part: ``pixel``, the root of the mean squared error of one number of an item.
        """
        check_choice("player", player, self.players)
        check_data(batch, self.data_shape, weights=self.weights_dtype)
        seen = batch
        if self.noise:
            eps = standard_normal(*batch.shape, like=batch, generator=generator)
            seen = batch + self.noise * eps
        rebuilt = self.decoder(self.encoder(seen)).float()  # [N, *data_shape]
        squared = (rebuilt - batch).square().flatten(1)  # [N, D]
        return Loss(squared.sum(1).mean(), {"pixel": squared.detach().mean().sqrt()})

    def trajectory(
        self,
        n: int,
        *,
        condition: None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item ``[n, *data_shape]``: standard normal codes, decoded."""
        refuse_condition(self, condition)
        like = next(self.decoder.parameters())
        yield self.decode(standard_normal(n, self.latent_size, like=like, generator=generator))

    def encode(self, x: Tensor) -> Tensor:
        """The codes of data ``[N, *data_shape]``: ``[N, L]``. Noisy images may leave [-1, 1]."""
        if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
            kind = x.dtype if isinstance(x, Tensor) else f"a {type(x).__name__}"
            raise DtypeError(f"x must be a floating-point torch.Tensor; you gave {kind}.")
        if tuple(x.shape[1:]) != self.data_shape or len(x) == 0:
            want = ", ".join(map(str, self.data_shape))
            raise ShapeError(f"x must be [N, {want}], N at least 1; you gave {list(x.shape)}.")
        check_precision("The data", x, self.weights_dtype)
        return self.encoder(x.to(self.device)).float()

    def decode(self, z: Tensor) -> Tensor:
        """Codes ``[N, L]`` as data ``[N, *data_shape]``; nothing keeps images inside [-1, 1]."""
        check_codes(z, self.latent_size, weights=self.weights_dtype)
        return self.decoder(z.to(self.device)).float()

    def rebuild(self, x: Tensor) -> Tensor:
        """Encode and decode ``[N, *data_shape]``."""
        return self.decode(self.encode(x))


def principal_autoencoder(x: Tensor, latent_size: int) -> Autoencoder:
    """The best linear autoencoder of `x`, computed instead of trained.

    Its code holds the coordinates along the eigenvectors of the covariance matrix that have
    the largest eigenvalues, largest first; no linear autoencoder of that size has a smaller
    mean squared error on `x` (Baldi & Hornik 1989). What it leaves over,
    summed over an item and averaged over `x`, is the sum of the other eigenvalues.

    Parameters
    ----------
    x : Tensor
        float32 ``[N, *data_shape]``; images in [-1, 1].
    latent_size : int
        L, at most the smaller of N and the numbers of an item.

    Returns
    -------
    Autoencoder
        With ``hidden=()``; decoder's columns are orthonormal, encoder is its transpose.

    Raises
    ------
    DataError
        If `x` has fewer items, or fewer numbers an item, than the code is to have.

    Examples
    --------
    >>> x = torch.tensor([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    >>> principal_autoencoder(x, 1).rebuild(x).round(decimals=3).tolist()
    [[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]
    """
    check_count("latent_size", latent_size)
    if not isinstance(x, Tensor) or x.ndim < 2:
        raise ShapeError("x must be a tensor [N, ...] of items, such as images [N, C, H, W].")
    check_data(x, tuple(x.shape[1:]))
    flat = x.detach().cpu().double().flatten(1)  # [N, D]; float32 would lose small eigenvalues
    if latent_size > min(flat.shape):
        raise DataError(
            f"latent_size={latent_size} is too large: {flat.shape[0]} items of {flat.shape[1]} "
            f"numbers have at most {min(flat.shape)} directions."
        )
    mean = flat.mean(0)  # [D]
    _, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean))  # smallest first
    basis = vectors.flip(1)[:, :latent_size]  # [D, L], orthonormal
    model = Autoencoder(tuple(x.shape[1:]), latent_size, hidden=())
    encoder, decoder = model.encoder[1], model.decoder[0]
    with torch.no_grad():
        encoder.weight.copy_(basis.T)
        encoder.bias.copy_(-mean @ basis)
        decoder.weight.copy_(basis)
        decoder.bias.copy_(mean)
    return model.eval()
