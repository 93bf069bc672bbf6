"""The networks of the published listings, in PyTorch: layers, sizes and settings as printed.

What the listings leave to Keras is written out: its leaky rectifier has slope 0.3 unless told
otherwise, and a layer with padding "same" and stride 2 halves or doubles the side. Where a
listing's layers cannot fit together, the nearest that do stand here.

Legend: N batch, L = 100 latent size, C channels, S side of a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from torch import Tensor, nn

from aigc_teach.models.adversarial import AdversarialModel

LATENT = 100
KERAS_SLOPE = 0.3


class Critic(nn.Module):
    """A network with one output as the critic of an ``AdversarialModel``."""

    def __init__(self, net: nn.Sequential):
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, labels: None = None) -> Tensor:
        """Pictures ``[N, C, S, S]`` to logits ``[N]``; `labels` is for the common call only."""
        return self.net(x).squeeze(1)


@final
class ListingGAN(AdversarialModel):
    """A listing's two networks with the loss that all of them mean.

    The pictures of the critic's turn serve the generator's turn too, as in the listings, and
    the generator is told by the critic as it is after its move.

    Parameters
    ----------
    generator : nn.Module
        ``[N, 100] -> [N, C, S, S]`` in [-1, 1].
    critic : nn.Sequential
        ``[N, C, S, S] -> [N, 1]``: a logit, without a sigmoid.
    data_shape : (int, int, int)
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Sequential,
        data_shape: tuple[int, int, int] = (1, 28, 28),
    ):
        super().__init__(
            generator,
            Critic(critic),
            data_shape=data_shape,
            latent_size=LATENT,
            share_fakes=True,
        )


def dense_critic(widths: Sequence[int], rectifier: nn.Module) -> nn.Sequential:
    """Pictures ``[N, 1, 28, 28]`` through dense layers to one logit ``[N, 1]``."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip([784, *widths[:-1]], widths, strict=True):
        layers += [nn.Linear(inputs, outputs), rectifier]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 1))


def dense_generator(
    widths: Sequence[int], rectifier: nn.Module, *, norm: bool = False
) -> nn.Sequential:
    """Noise ``[N, 100]`` through dense layers to pictures ``[N, 1, 28, 28]``.

    Parameters
    ----------
    widths : sequence of int
    rectifier : nn.Module
        One layer without weights, used everywhere.
    norm : bool
        Batch normalisation after each rectifier.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in zip([LATENT, *widths[:-1]], widths, strict=True):
        layers += [nn.Linear(inputs, outputs), rectifier]
        layers += [nn.BatchNorm1d(outputs, momentum=0.2)] if norm else []  # 0.8 in Keras
    last = [nn.Linear(widths[-1], 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
    return nn.Sequential(*layers, *last)


def conv_critic(
    channels: Sequence[int], side: int = 28, *, slope: float = KERAS_SLOPE, dropout: float = 0.0
) -> nn.Sequential:
    """Pictures ``[N, C, S, S]`` through 5x5 convolutions of stride 2 to one logit ``[N, 1]``.

    Parameters
    ----------
    channels : sequence of int
        ``[C, first, second]``: two halvings.
    side : int
        S, a multiple of 4.
    slope, dropout : float
        Of the leaky rectifier; the share of its outputs that is dropped.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in zip(channels[:-1], channels[1:], strict=True):
        layers += [nn.Conv2d(inputs, outputs, 5, stride=2, padding=2), nn.LeakyReLU(slope)]
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * (side // 4) ** 2, 1))


def transposed(inputs: int, outputs: int, stride: int, *, bias: bool = False) -> nn.Module:
    """A 5x5 transposed convolution that multiplies the side by its stride."""
    return nn.ConvTranspose2d(
        inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=bias
    )


def conv_generator(channels: Sequence[int], strides: Sequence[int], side: int = 7) -> nn.Sequential:
    """Noise ``[N, 100]``, a dense layer, then transposed convolutions with batch norm between.

    Parameters
    ----------
    channels : sequence of int
        Of the dense layer's output, then of each convolution's: the last is the picture's.
    strides : sequence of int
        One a convolution.
    side : int
        Of the dense layer's output. The batch norm behind it has one pair of numbers for each
        of these outputs, as the listings have it.
    """
    first, flat = channels[0], channels[0] * side * side
    fold = nn.Unflatten(1, (first, side, side))
    dense = nn.Linear(LATENT, flat, bias=False)
    layers = [dense, nn.BatchNorm1d(flat), fold, nn.LeakyReLU(KERAS_SLOPE)]
    for inputs, outputs, stride in zip(channels[:-1], channels[1:], strides, strict=True):
        layers.append(transposed(inputs, outputs, stride))
        layers += [nn.BatchNorm2d(outputs), nn.LeakyReLU(KERAS_SLOPE)]
    return nn.Sequential(*layers[:-2], nn.Tanh())  # neither of the two after the last


def bare_generator(channels: int) -> nn.Sequential:
    """S1's: noise ``[N, 100]`` to 7x7, two doublings, a 1x1 convolution to the picture.

    As printed nothing stands between the convolutions; here a leaky rectifier does.
    """
    layers: list[nn.Module] = [nn.Linear(LATENT, channels * 49), nn.ReLU()]
    layers.append(nn.Unflatten(1, (channels, 7, 7)))
    for _ in range(2):
        layers += [transposed(channels, channels, 2, bias=True), nn.LeakyReLU(0.01)]
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 1), nn.Tanh())
