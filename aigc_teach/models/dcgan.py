"""A deep convolutional GAN sized for two CPU cores, with or without labels.

Radford, Metz & Chintala 2016 (transposed convolutions up, strided convolutions down);
the label enters the critic by projection, Miyato & Koyama 2018, section 3.
"""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from ..core import check_count
from ..nn import downsample, upsample
from .adversarial import AdversarialModel


class ConvCritic(nn.Module):
    """Strided convolutions to one logit; labels are compared with the features by projection.

    ``logit = w . f(x) + v_y . f(x)``: the first term asks "does it look real?", the second
    "does it look like class y?" (v_y is learnt).
    """

    def __init__(self, width: int, n_classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *downsample([1, width // 2, width, 2 * width]),  # 28 -> 14 -> 7 -> 3
            nn.Flatten(),  # [N, 2 * width * 9]
        )
        size = 2 * width * 9
        self.head = nn.Linear(size, 1)
        self.class_vectors = nn.Embedding(n_classes, size) if n_classes else None
        if n_classes:
            nn.init.normal_(self.class_vectors.weight, std=0.02)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``[N, 1, 28, 28]`` and labels ``[N]`` (or None) to logits ``[N]``."""
        f = self.features(x)  # [N, F]
        logit = self.head(f).squeeze(1)  # [N]
        if self.class_vectors is not None:
            logit = logit + (self.class_vectors(labels) * f).sum(1)  # [N]
        return logit


@final
class DCGAN(AdversarialModel):
    """Convolutional generator and critic for 28x28 grey images in [-1, 1].

    Parameters
    ----------
    latent_size : int
        Size of the noise vector z ~ N(0, I).
    width : int
        Channels of the middle layer; the others are half and twice as wide. At least 2.
    n_classes : int
        0 for a model without labels; 10 to be able to ask for a digit.
    loss : {"non_saturating", "saturating", "least_squares", "hinge"}
    class_shares : sequence of float, optional
        How frequent each class is in the data; equal if left out.

    >>> import torch
    >>> model = DCGAN(latent_size=8, width=4, n_classes=10)
    >>> model.sample(3, condition=torch.tensor([7, 7, 7])).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        *,
        latent_size: int = 64,
        width: int = 32,
        n_classes: int = 0,
        loss: str = "non_saturating",
        class_shares=None,
    ):
        check_count("width", width, at_least=2)
        check_count("latent_size", latent_size)
        wide = 2 * width
        generator = nn.Sequential(
            nn.Linear(latent_size + n_classes, wide * 7 * 7),
            nn.Unflatten(1, (wide, 7, 7)),  # [N, wide, 7, 7]
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            *upsample([wide, width]),  # [N, width, 14, 14]
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *upsample([width, 1]),  # [N, 1, 28, 28]
            nn.Tanh(),
        )
        super().__init__(
            generator,
            ConvCritic(width, n_classes),
            data_shape=(1, 28, 28),
            latent_size=latent_size,
            loss=loss,
            n_classes=n_classes,
            class_shares=class_shares,
        )
        self.width = width
