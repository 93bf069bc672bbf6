"""What every GAN shares: two players, two losses, one draw. Goodfellow et al. 2014.

Legend: N batch, L latent size, K classes (0: no labels).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    refuse_condition,
)
from ..losses import gan as gan_losses
from ..nn import standard_normal
from .checks import check_data


class AdversarialModel(GenerativeModel, ABC):
    """A generator that makes data from noise against a critic that tells it from real data.

    Parameters
    ----------
    generator : nn.Module
        ``[N, L + K] -> [N, *data_shape]``; noise and one-hot label side by side.
    critic : nn.Module
        ``(x, labels or None) -> logits [N]``.
    data_shape : tuple of int
        Shape of one item; three axes mean an image in [-1, 1].
    latent_size : int
        L.
    loss : str
        One of ``losses.gan.KINDS``.
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
        n_classes: int = 0,
        class_shares=None,
    ):
        super().__init__()
        check_choice("loss", loss, gan_losses.KINDS)
        self.generator, self.critic = generator, critic
        self.data_shape = tuple(data_shape)
        self.latent_size = check_count("latent_size", latent_size)
        self.loss_kind = loss
        self.n_classes = check_count("n_classes", n_classes, at_least=0)
        self.register_buffer("class_shares", _shares(class_shares, n_classes))

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
            real and for generated data (1/2 each where it cannot tell); for the generator
            ``fake``.
        """
        check_choice("player", player, self.players)
        x, labels = self._split(batch)
        if player == "generator":
            fake_logits = self.critic(self._generate(len(x), labels, generator), labels)  # [N]
            total = gan_losses.generator_loss(fake_logits, self.loss_kind)
            return Loss(total, {"fake": fake_logits.detach().sigmoid().mean()})
        with torch.no_grad():  # the critic's turn: no gradient may reach the generator
            fake = self._generate(len(x), labels, generator)  # [N, *data_shape]
        real_logits, fake_logits = self.critic(x, labels), self.critic(fake, labels)  # [N]
        total = gan_losses.critic_loss(real_logits, fake_logits, self.loss_kind)
        parts = {"real": real_logits.detach().sigmoid(), "fake": fake_logits.detach().sigmoid()}
        return Loss(total, {name: value.mean() for name, value in parts.items()})

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item: ``[n, *data_shape]``, made in a single step. `condition`: labels [n]."""
        if not self.n_classes:
            refuse_condition(self, condition)
        elif condition is None:
            condition = self.draw_labels(n, generator=generator)
        yield self._generate(n, condition, generator)

    def draw_labels(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw `n` labels with the data's own frequencies: int64 ``[n]``."""
        if not self.n_classes:
            raise AigcError(f"{type(self).__name__} was built without classes; it has no labels.")
        made_on = generator.device if generator is not None else self.device
        shares = self.class_shares.to(made_on)
        labels = torch.multinomial(shares, n, replacement=True, generator=generator)
        return labels.to(self.device)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Data from given noise ``[N, L]`` and, for a conditional model, labels ``[N]``."""
        if z.ndim != 2 or z.shape[1] != self.latent_size:
            raise ShapeError(f"z must be [N, {self.latent_size}]; you gave {list(z.shape)}.")
        z = z.to(self.device)
        if not self.n_classes:
            refuse_condition(self, condition)
            return self.generator(z)  # [N, *data_shape]
        labels = self._check_labels(condition, len(z))
        one_hot = F.one_hot(labels, self.n_classes).to(z.dtype)  # [N, K]
        return self.generator(torch.cat([z, one_hot], dim=1))  # [N, *data_shape]

    def _generate(self, n: int, labels: Tensor | None, generator) -> Tensor:
        z = standard_normal(n, self.latent_size, like=self.class_shares, generator=generator)
        return self.decode(z, labels)

    def _split(self, batch: Tensor | Labelled) -> tuple[Tensor, Tensor | None]:
        has_labels = isinstance(batch, Labelled)
        if has_labels != bool(self.n_classes):
            need = "Labelled(x, condition)" if self.n_classes else "a plain tensor"
            raise AigcError(
                f"This {type(self).__name__} has n_classes={self.n_classes}, so its batch must be "
                f"{need}; you gave a {type(batch).__name__}."
            )
        x, labels = batch if has_labels else (batch, None)
        check_data(x, self.data_shape)
        return x, self._check_labels(labels, len(x)) if has_labels else None

    def _check_labels(self, labels: Tensor | None, n: int) -> Tensor:
        if labels is None:
            raise AigcError(f"{type(self).__name__} is conditional: give one label for each item.")
        if labels.dtype.is_floating_point or labels.dtype == torch.bool:
            raise DtypeError(f"Labels must be whole numbers (int64); yours are {labels.dtype}.")
        if labels.shape != (n,):
            raise ShapeError(f"Labels must be [{n}], one an item; yours are {list(labels.shape)}.")
        if not labels.is_cuda and (labels.min() < 0 or labels.max() >= self.n_classes):
            raise RangeError(
                f"Labels must lie in 0..{self.n_classes - 1}; "
                f"yours lie in {int(labels.min())}..{int(labels.max())}."
            )
        return labels.to(self.device, torch.int64)


def _shares(shares, n_classes: int) -> Tensor:
    if shares is None:
        return torch.ones(max(n_classes, 1)) / max(n_classes, 1)
    shares = torch.as_tensor(shares, dtype=torch.float32)
    if shares.shape != (n_classes,) or shares.min() < 0 or shares.sum() <= 0:
        raise RangeError(
            f"class_shares must be {n_classes} numbers, none negative, not all 0; "
            f"you gave {shares.tolist()}."
        )
    return shares / shares.sum()
