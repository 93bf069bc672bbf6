"""The first GAN: two dense networks. Goodfellow et al. 2014."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

from torch import Tensor, nn

from ..core import check_count, check_sizes
from ..nn import MinibatchStatistic, mlp
from ..nn import spectral_norm as normalise_slopes
from .adversarial import AdversarialModel


class DenseCritic(nn.Module):
    """An MLP that gives one logit for each item: positive means "looks real"."""

    def __init__(
        self, data_shape: tuple[int, ...], hidden: Sequence[int], minibatch_statistic: bool = False
    ):
        super().__init__()
        layers = [*mlp([math.prod(data_shape), *hidden, 1], "leaky_relu")]
        if minibatch_statistic:
            layers[-1:] = [MinibatchStatistic(), nn.Linear(layers[-1].in_features + 1, 1)]
        self.net = nn.Sequential(nn.Flatten(), *layers)

    def forward(self, x: Tensor, labels: None = None) -> Tensor:
        """``[N, *data_shape] -> logits [N]``. `labels` is there for the common call only."""
        return self.net(x).squeeze(1)  # [N]


@final
class GAN(AdversarialModel):
    """Generator and critic as plain MLPs, for points in the plane or for small images.

    Parameters
    ----------
    data_shape : tuple of int
        Shape of one item: ``(2,)`` for points, ``(1, 28, 28)`` for digits in [-1, 1].
    latent_size : int
        Size of the noise vector z ~ N(0, I).
    hidden : sequence of int
        Widths of the generator's hidden layers; the critic has them in reverse.
    loss : {"non_saturating", "saturating", "least_squares", "hinge", "wasserstein"}
    penalty : {None, "gradient", "r1"}
    penalty_weight : float
        See :class:`~aigc_teach.models.adversarial.AdversarialModel`.
    spectral_norm : bool
        Divide each of the critic's weights by its largest singular value.
    minibatch_statistic : bool
        Tell the critic how much its batch varies.
    share_fakes : bool
        Use the fakes of the critic's turn in the generator's turn too: faster.

    >>> GAN(data_shape=(2,), latent_size=3).sample(5).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        data_shape: tuple[int, ...] = (1, 28, 28),
        *,
        latent_size: int = 64,
        hidden: Sequence[int] = (256, 256),
        loss: str = "non_saturating",
        penalty: str | None = None,
        penalty_weight: float = 10.0,
        spectral_norm: bool = False,
        minibatch_statistic: bool = False,
        share_fakes: bool = False,
    ):
        check_count("latent_size", latent_size)
        hidden = check_sizes("hidden", hidden)
        data_shape = check_sizes("data_shape", data_shape, fewest=1)
        layers = [*mlp([latent_size, *hidden, math.prod(data_shape)])]
        if len(data_shape) == 3:
            layers.append(nn.Tanh())  # images end in [-1, 1], as the data do
        generator = nn.Sequential(*layers, nn.Unflatten(1, data_shape))
        critic = DenseCritic(data_shape, list(reversed(hidden)), minibatch_statistic)
        super().__init__(
            generator,
            normalise_slopes(critic) if spectral_norm else critic,
            data_shape=data_shape,
            latent_size=latent_size,
            loss=loss,
            penalty=penalty,
            penalty_weight=penalty_weight,
            share_fakes=share_fakes,
        )
        self.hidden = hidden
