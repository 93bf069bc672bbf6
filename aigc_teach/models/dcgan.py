"""A deep convolutional GAN sized for two CPU cores: grey or colour, with or without labels.

Radford, Metz & Chintala 2016 (transposed convolutions up, strided convolutions down);
the label enters the critic by projection, Miyato & Koyama 2018, section 3.
"""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from ..core import check_count
from ..nn import MinibatchStatistic, ToImage, downsample, upsample
from ..nn import spectral_norm as normalise_slopes
from .adversarial import AdversarialModel
from .checks import check_image_shape


class ConvCritic(nn.Module):
    """Strided convolutions to one logit; labels are compared with the features by projection.

    ``logit = w . f(x) + v_y . f(x)``: the first term asks "does it look real?", the second
    "does it look like class y?" (v_y is learnt).
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int],
        width: int,
        n_classes: int,
        minibatch_statistic: bool = False,
    ):
        super().__init__()
        channels, height, breadth = data_shape
        self.features = nn.Sequential(
            *downsample([channels, width // 2, width, 2 * width]),  # 28 -> 14 -> 7 -> 3
            nn.Flatten(),  # [N, F]
        )
        size = 2 * width * (height // 8) * (breadth // 8)  # F
        self.statistic = MinibatchStatistic() if minibatch_statistic else nn.Identity()
        self.head = nn.Linear(size + minibatch_statistic, 1)
        self.class_vectors = nn.Embedding(n_classes, size) if n_classes else None
        if n_classes:
            nn.init.normal_(self.class_vectors.weight, std=0.02)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N, C, H, W]`` and labels ``[N]`` (or None) to logits ``[N]``."""
        f = self.features(x)  # [N, F]
        logit = self.head(self.statistic(f)).squeeze(1)  # [N]
        if self.class_vectors is not None:
            logit = logit + (self.class_vectors(labels) * f).sum(1)  # [N]
        return logit


@final
class DCGAN(AdversarialModel):
    """Convolutional generator and critic for images in [-1, 1].

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels (1 or 3), height and width; both sides a multiple of 4 and at least 8.
    latent_size : int
        Size of the noise vector z ~ N(0, I).
    width : int
        Channels of the middle layer; the others are half and twice as wide. At least 2.
    n_classes : int
        0 for a model without labels; 10 to be able to ask for a digit.
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
    class_shares : sequence of float, optional
        How frequent each class is in the data; equal if left out.

    >>> import torch
    >>> model = DCGAN(latent_size=8, width=4, n_classes=10)
    >>> model.sample(3, condition=torch.tensor([7, 7, 7])).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        latent_size: int = 64,
        width: int = 32,
        n_classes: int = 0,
        loss: str = "non_saturating",
        penalty: str | None = None,
        penalty_weight: float = 10.0,
        spectral_norm: bool = False,
        minibatch_statistic: bool = False,
        share_fakes: bool = False,
        class_shares=None,
    ):
        check_count("width", width, at_least=2)
        check_count("latent_size", latent_size)
        check_count("n_classes", n_classes, at_least=0)
        channels, height, breadth = check_image_shape(data_shape)
        wide, small = 2 * width, (height // 4, breadth // 4)
        generator = nn.Sequential(
            nn.Linear(latent_size + n_classes, wide * small[0] * small[1]),
            ToImage((wide, *small)),  # [N, wide, H / 4, W / 4]
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            *upsample([wide, width]),  # [N, width, H / 2, W / 2]
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *upsample([width, channels]),  # [N, C, H, W]
            nn.Tanh(),
        )
        critic = ConvCritic(data_shape, width, n_classes, minibatch_statistic)
        super().__init__(
            generator,
            normalise_slopes(critic) if spectral_norm else critic,
            data_shape=data_shape,
            latent_size=latent_size,
            loss=loss,
            penalty=penalty,
            penalty_weight=penalty_weight,
            share_fakes=share_fakes,
            n_classes=n_classes,
            class_shares=class_shares,
        )
        self.width = width
