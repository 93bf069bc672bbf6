"""A VAE's training as tutorials write it, taken apart into the pieces where it goes wrong.

Legend: N batch, L latent size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from ....core import GenerativeModel, Loss, check_choice, check_count, make_generator
from ....losses import elbo
from ....nn import mlp, reparameterise, standard_normal
from ....train import History
from .gan_plan import draw_batches

LATENT_SIZE = 8


def dense_encoder() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to mu and log variance side by side, ``[N, 16]``."""
    return nn.Sequential(nn.Flatten(), mlp([784, 256, 2 * LATENT_SIZE]))


def dense_decoder() -> nn.Module:
    """Codes ``[N, 8]`` to one logit a pixel, ``[N, 1, 28, 28]``."""
    return nn.Sequential(mlp([LATENT_SIZE, 256, 784]), nn.Unflatten(1, (1, 28, 28)))


def unchanged(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1], as a Bernoulli decoder wants them."""
    return pixels


def draw_codes(mu: Tensor, logvar: Tensor, generator: torch.Generator | None) -> Tensor:
    """One code from each cloud: ``[N, L]``."""
    return reparameterise(mu, logvar, generator=generator)


def summed_bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Minus log p(x|z) in nats, summed over the pixels of a picture: ``[N]``."""
    return elbo.bernoulli_nll(logits, x)


def kl_to_prior(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(q || N(0, I)) in nats, summed over the coordinates of a code: ``[N]``."""
    return elbo.kl_to_standard_normal(mu, logvar)


@dataclass(frozen=True)
class VaePlan:
    """The pieces of a VAE's training.

    Attributes
    ----------
    encoder, decoder : callable
        Make the two networks: ``() -> nn.Module``.
    prepare : callable
        Pixels ``[N, 1, 28, 28]`` in [0, 1] to what the networks see.
    draw : callable
        ``(mu, logvar, generator) -> codes [N, L]``.
    reconstruction : callable
        ``(decoder's output, data) -> [N]`` nats.
    kl : callable
        ``(mu, logvar) -> [N]`` nats.
    latent_size : int
        L; encoder and decoder must agree with it.
    lr : float
        Adam's rate.
    batch_size : int
    """

    encoder: Callable[[], nn.Module] = dense_encoder
    decoder: Callable[[], nn.Module] = dense_decoder
    prepare: Callable[[Tensor], Tensor] = unchanged
    draw: Callable[[Tensor, Tensor, torch.Generator | None], Tensor] = draw_codes
    reconstruction: Callable[[Tensor, Tensor], Tensor] = summed_bernoulli_nll
    kl: Callable[[Tensor, Tensor], Tensor] = kl_to_prior
    latent_size: int = LATENT_SIZE
    lr: float = 2e-3
    batch_size: int = 64


@final
class PlannedVae(GenerativeModel):
    """The two networks of a plan, speaking the contract of all models.

    Parameters
    ----------
    plan : VaePlan
        Its networks are made here, from torch's global random numbers.
    """

    def __init__(self, plan: VaePlan):
        super().__init__()
        self.plan = plan
        self.encoder, self.decoder = plan.encoder(), plan.decoder()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): ``[N, L]`` each."""
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Codes ``[N, L]`` to pictures in [0, 1]."""
        return self.decoder(z).sigmoid()

    def loss(
        self,
        batch: Tensor,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """The plan's loss on prepared data: parts ``reconstruction`` and ``kl``."""
        check_choice("player", player, self.players)
        mu, logvar = self.encode(batch)
        logits = self.decoder(self.plan.draw(mu, logvar, generator))
        reconstruction = self.plan.reconstruction(logits, batch).mean()
        kl = self.plan.kl(mu, logvar).mean()
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach()}
        return Loss(reconstruction + kl, parts)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item: codes from N(0, I), decoded to pictures in [0, 1]."""
        yield self.decode(
            standard_normal(n, self.plan.latent_size, like=torch.empty(0), generator=generator)
        )


def train_vae(
    plan: VaePlan, pixels: Tensor, *, steps: int, seed: int = 0
) -> tuple[PlannedVae, History, torch.optim.Optimizer]:
    """Train a plan on pictures, step by step; the counterpart of ``train_gan``.

    Parameters
    ----------
    plan : VaePlan
    pixels : Tensor
        ``[M, 1, 28, 28]`` in [0, 1].
    steps, seed : int

    Returns
    -------
    PlannedVae
        In evaluation mode.
    History
        Series ``total``, ``reconstruction``, ``kl``.
    Optimizer
        What moved its weights.
    """
    check_count("steps", steps)
    history = History()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = PlannedVae(plan).train()
        optimizer = torch.optim.Adam(vae.parameters(), lr=plan.lr, fused=True)
        batches = draw_batches(plan.prepare(pixels), plan.batch_size, seed + 1)
        random = make_generator(seed)
        for step in range(1, steps + 1):
            loss = vae.loss(next(batches), generator=random)
            optimizer.zero_grad()
            loss.total.backward()
            optimizer.step()
            history.append(step, loss)
    return vae.eval(), history, optimizer
