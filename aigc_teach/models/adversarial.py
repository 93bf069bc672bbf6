"""What every GAN shares: two players, two losses, one draw. Goodfellow et al. 2014.

Legend: N batch, L latent size, K classes (0: no labels).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ..core import (
    AigcError,
    Labelled,
    Loss,
    ShapeError,
    check_choice,
    check_number,
)
from ..losses import gan as gan_losses
from ..losses import penalty as penalties
from ..nn import MinibatchStatistic, standard_normal
from .conditional import ClassConditional

PENALTIES = (None, "gradient", "r1")
LOOK_AT_THE_BATCH = (MinibatchStatistic, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class AdversarialModel(ClassConditional, ABC):
    """A generator that makes data from noise against a critic that tells it from real data.

    Parameters
    ----------
    generator : nn.Module
        ``[N, L + K] -> [N, *data_shape]``; noise and one-hot label side by side.
    critic : nn.Module
        ``x -> logits``, ``[N]`` or ``[N, 1]``: a plain ``nn.Sequential`` will do. With labels it
        is called as ``critic(x, labels)``.
    data_shape : tuple of int
        Shape of one item; three axes mean an image in [-1, 1].
    latent_size : int
        L.
    loss : str
        One of ``losses.gan.KINDS``.
    penalty : {None, "gradient", "r1"}
        What is added to the critic's loss to keep its slope in bounds (``losses.penalty``):
        with ``loss="wasserstein"`` the first makes a WGAN-GP.
    penalty_weight : float
        Its weight: 10 for the gradient penalty in its paper; gamma / 2 for R1.
    share_fakes : bool
        True: the fakes of the critic's turn also serve the generator's, which saves a pass
        through the generator, as in many published loops. False: each turn draws its own.
    n_classes : int
        K; 0 for a model without conditions.
    class_shares : sequence of float, optional
        Relative frequency of each class in the data, used where no label is asked for;
        all equal if left out.
    """

    players = ("critic", "generator")

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        *,
        data_shape: tuple[int, ...],
        latent_size: int,
        loss: str = "non_saturating",
        penalty: str | None = None,
        penalty_weight: float = 10.0,
        share_fakes: bool = False,
        n_classes: int = 0,
        class_shares=None,
    ):
        super().__init__(data_shape, latent_size, n_classes=n_classes, class_shares=class_shares)
        check_choice("loss", loss, gan_losses.KINDS)
        check_choice("penalty", penalty, PENALTIES)
        check_number("penalty_weight", penalty_weight)
        if penalty and any(isinstance(part, MinibatchStatistic) for part in critic.modules()):
            raise AigcError(
                "A penalty needs a critic that judges each item alone, and a minibatch statistic "
                "looks at the whole batch. Choose one of the two."
            )
        if n_classes and isinstance(critic, nn.Sequential):
            raise AigcError(
                "A model with classes calls its critic as critic(x, labels), and an nn.Sequential "
                "takes x alone. Write a small nn.Module whose forward takes both."
            )
        self.generator, self.critic = generator, critic
        self.loss_kind, self.penalty, self.penalty_weight = loss, penalty, penalty_weight
        self.share_fakes = share_fakes
        self._shared: tuple[Tensor, Tensor | None] | None = None  # from one turn to the next

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "critic",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Score one batch for the critic or for the generator.

        Parameters
        ----------
        batch : Tensor or Labelled
            Real data ``[N, *data_shape]``; with labels for a conditional model.
        player : {"critic", "generator"}
        generator : torch.Generator, optional
            For the noise.

        Returns
        -------
        Loss
            Parts: for the critic ``real`` and ``fake``, its mean probability of "real" for
            real and for generated data (1/2 each where it cannot tell), and ``penalty`` before
            its weight, if there is one; for the generator ``fake``. A Wasserstein critic gives
            no probabilities: there they are its mean scores.
        """
        check_choice("player", player, self.players)
        x, labels = self.split(batch)
        if player == "generator":
            shared, self._shared = self._shared, None  # once only: backward frees their graph
            fake, labels = shared or (self._generate(len(x), labels, generator), labels)
            fake_logits = self._logits(fake, labels)  # [N]
            total = gan_losses.generator_loss(fake_logits, self.loss_kind)
            return Loss(total, {"fake": self._opinion(fake_logits)})
        share = self.share_fakes and torch.is_grad_enabled()
        with torch.set_grad_enabled(share):  # the critic's turn alone needs no graph of the fakes
            fake = self._generate(len(x), labels, generator)  # [N, *data_shape]
        self._shared = (fake, labels) if share else None
        fake = fake.detach()  # no gradient of the critic's turn may reach the generator
        real_logits, fake_logits = self._judge(x, fake, labels)  # [N] each
        total = gan_losses.critic_loss(real_logits, fake_logits, self.loss_kind)
        parts = {"real": self._opinion(real_logits), "fake": self._opinion(fake_logits)}
        if self.penalty:
            penalty = self._penalty(x, fake, labels, generator)
            total = total + self.penalty_weight * penalty
            parts["penalty"] = penalty.detach()
        return Loss(total, parts)

    def _judge(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[Tensor, ...]:
        """The critic's logits for both; in one pass, the faster way, if it judges items alone."""
        if any(isinstance(part, LOOK_AT_THE_BATCH) for part in self.critic.modules()):
            return self._logits(real, labels), self._logits(fake, labels)
        twice = None if labels is None else torch.cat([labels, labels])  # [2 N]
        return self._logits(torch.cat([real, fake]), twice).chunk(2)

    def _logits(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """One logit an item, ``[N]``, whether the critic gives ``[N]`` or ``[N, 1]``."""
        logits = self.critic(x) if labels is None else self.critic(x, labels)
        if logits.shape == (len(x), 1):
            logits = logits.squeeze(1)
        if logits.shape != (len(x),):
            raise ShapeError(
                f"The critic must give one logit an item, [{len(x)}] or [{len(x)}, 1]; yours gave "
                f"{list(logits.shape)}. End it with nn.Flatten() and nn.Linear(..., 1)."
            )
        return logits

    def _opinion(self, logits: Tensor) -> Tensor:
        logits = logits.detach()
        return (logits if self.loss_kind == "wasserstein" else logits.sigmoid()).mean()

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item: ``[n, *data_shape]``, made in a single step. `condition`: labels [n]."""
        yield self._generate(n, self.labels_for(n, condition, generator), generator)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Data from given noise ``[N, L]`` and, for a conditional model, labels ``[N]``."""
        return self.generator(self.with_label(z, condition))  # [N, *data_shape]

    def _generate(self, n: int, labels: Tensor | None, generator) -> Tensor:
        z = standard_normal(n, self.latent_size, like=self.class_shares, generator=generator)
        return self.decode(z, labels)

    def _penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None, generator) -> Tensor:
        def critic(x: Tensor) -> Tensor:
            return self._logits(x, labels)

        if self.penalty == "gradient":
            return penalties.gradient_penalty(critic, real, fake, generator=generator)
        return penalties.r1_penalty(critic, real)
