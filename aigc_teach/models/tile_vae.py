"""A VAE for maps of tiles: each place of the map is one of K tiles, with a softmax of its own.

Given the code, all places are independent. So there are two ways to make a map from a code: draw
each place from its softmax (by Gumbel noise and the largest), or take the likeliest tile (argmax).
Drawing leaves stray tiles; argmax leaves out what is never the likeliest.

Legend: N batch, H and W places, K tiles, L latents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import (
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_number,
    check_sizes,
    refuse_condition,
)
from ..losses import elbo
from ..nn import mlp, reparameterise, sampling, standard_normal
from .checks import check_codes


@final
class TileVAE(GenerativeModel):
    """A VAE whose data are maps of tiles.

    Parameters
    ----------
    tiles : int
        K; a map holds numbers from 0 to K - 1.
    shape : (int, int)
        H and W.
    latent_size : int
        L.
    hidden : sequence of int
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    beta : float
        Weight of the KL term, at least 0.
    draw : bool
        Whether `sample` draws each tile from its softmax; otherwise it takes the likeliest.

    References
    ----------
    Kingma & Welling 2014, eq. 3; the Gumbel trick: Jang, Gu & Poole 2017, eq. 1.

    Examples
    --------
    >>> model = TileVAE(3, shape=(2, 4), latent_size=2, hidden=(16,))
    >>> model.sample(5).shape, model.loss(torch.zeros(4, 2, 4).long()).parts.keys()
    (torch.Size([5, 2, 4]), dict_keys(['reconstruction', 'kl']))
    """

    def __init__(
        self,
        tiles: int,
        *,
        shape: Sequence[int] = (12, 32),
        latent_size: int = 16,
        hidden: Sequence[int] = (256,),
        beta: float = 1.0,
        draw: bool = False,
    ):
        super().__init__()
        self.tiles = check_count("tiles", tiles, at_least=2)
        self.data_shape = check_sizes("shape", shape, fewest=2)
        if len(self.data_shape) != 2:
            raise ShapeError(f"shape={tuple(shape)} must be two numbers: rows and columns.")
        self.latent_size = check_count("latent_size", latent_size)
        self.hidden = check_sizes("hidden", hidden)
        self.beta, self.draw = check_number("beta", beta), bool(draw)
        width = self.tiles * self.data_shape[0] * self.data_shape[1]
        self.encoder = mlp([width, *self.hidden, 2 * self.latent_size])
        self.decoder = mlp([self.latent_size, *reversed(self.hidden), width])

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus the evidence lower bound, in nats a map, averaged over the batch.

        Parameters
        ----------
        batch : Tensor
            int64 ``[N, H, W]``.
        player : {"model"}
        generator : torch.Generator, optional
            For the draw of z.

        Returns
        -------
        Loss
            Parts: ``reconstruction`` and ``kl`` (before the weight beta).
        """
        check_choice("player", player, self.players)
        x = self._checked(batch)
        mu, logvar = self.encode(x)
        logits = self.decode(reparameterise(mu, logvar, generator=generator))  # [N, K, H, W]
        reconstruction = F.cross_entropy(logits, x, reduction="none").sum((1, 2)).mean()
        kl = elbo.kl_to_standard_normal(mu, logvar).mean()
        total = reconstruction + self.beta * kl
        return Loss(total, {"reconstruction": reconstruction.detach(), "kl": kl.detach()})

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): two tensors ``[N, L]``."""
        hot = torch.arange(self.tiles, device=x.device) == self._checked(x)[..., None]
        flat = hot.flatten(1).to(self.weights_dtype)  # [N, H W K]
        return self.encoder(flat).chunk(2, dim=1)

    def decode(self, z: Tensor) -> Tensor:
        """Logits of each place: ``[N, L] -> [N, K, H, W]``."""
        return self.decoder(z).unflatten(1, (self.tiles, *self.data_shape))

    def maps(
        self, z: Tensor, *, draw: bool = False, generator: torch.Generator | None = None
    ) -> Tensor:
        """One map for each code, without gradients: ``[N, L] -> [N, H, W]``.

        Parameters
        ----------
        z : Tensor
        draw : bool
            Draw each tile, by adding Gumbel noise before the argmax; else the likeliest.
        generator : torch.Generator, optional
        """
        check_codes(z, self.latent_size)
        with torch.no_grad():
            logits = self.decode(z)
            if draw:
                logits = logits + sampling.gumbel(logits, generator=generator)
            return logits.argmax(1)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item ``[n, H, W]``: z from the prior, and a map from it."""
        refuse_condition(self, condition)
        like = self.decoder[0].weight
        z = standard_normal(n, self.latent_size, like=like, generator=generator)
        yield self.maps(z.to(like.dtype), draw=self.draw, generator=generator)

    def _checked(self, x: Tensor) -> Tensor:
        if isinstance(x, Labelled) or not isinstance(x, Tensor) or x.dtype != torch.int64:
            given = x.dtype if isinstance(x, Tensor) else f"a {type(x).__name__}"
            raise DtypeError(f"Maps must be an int64 tensor [N, H, W]; you gave {given}.")
        if x.ndim != 3 or tuple(x.shape[1:]) != self.data_shape or not len(x):
            wanted = f"[N, {self.data_shape[0]}, {self.data_shape[1]}]"
            raise ShapeError(f"Maps must be {wanted}; you gave {list(x.shape)}.")
        if x.device.type != "meta" and (x.min() < 0 or x.max() >= self.tiles):
            raise RangeError(
                f"Tiles are numbers from 0 to {self.tiles - 1}; "
                f"these maps have {int(x.min())} to {int(x.max())}."
            )
        return x.to(self.device)
