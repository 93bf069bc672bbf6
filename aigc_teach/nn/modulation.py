"""A convolution whose weights are scaled by a style, and what stands around it.

Karras et al. 2019 (arXiv:1812.04948) and 2020 (arXiv:1912.04958, section 2.2).

Legend: N batch, I channels in, O channels out, H height, W width, k kernel, S size of a style.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import RangeError, ShapeError, check_count, check_number, drawn_on
from .halving import channels_last

TINY = 1e-8


class PixelNorm(nn.Module):
    """Scales each vector of channels to a mean square of 1.

    Karras et al. 2018 (arXiv:1710.10196, section 4.2); at the entrance of a mapping network it
    puts all codes on one sphere.

    >>> PixelNorm()(torch.tensor([[3.0, 4.0]])).square().mean().round(decimals=4).item()
    1.0
    """

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, ...] -> [N, C, ...]``."""
        return x * (x.square().mean(dim=1, keepdim=True) + TINY).rsqrt()


class ScaledLinear(nn.Module):
    """A dense layer that keeps weights of size 1 and scales them while it runs.

    With Adam every weight moves by about the learning rate, whatever its size; so the scale says
    how fast the layer learns (the "equalised learning rate", Karras et al. 2018, section 4.1).

    Parameters
    ----------
    inputs, outputs : int
    rate : float
        Above 0: the layer learns `rate` times as fast as its neighbours. 0.01 for the mapping
        network of the paper.
    bias : float
        What the biases begin at.
    gain : float
        Above 0: the size of the output for inputs of size 1; the square root of 2 where a
        rectifier follows, which about halves the mean square.

    >>> ScaledLinear(4, 2, bias=1.0)(torch.zeros(3, 4)).tolist()
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rate: float = 1.0,
        bias: float = 0.0,
        gain: float = 1.0,
    ):
        super().__init__()
        check_count("inputs", inputs)
        check_count("outputs", outputs)
        self.rate = check_number("rate", rate, above=True)
        self.scale = self.rate * check_number("gain", gain, above=True) / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / self.rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / self.rate))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs] -> [N, outputs]``."""
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """What each output channel is multiplied by, so that its variance is 1 again.

    Karras et al. 2020, equation 3: ``1 / sqrt(sum over i and k of (s_i w_oik)^2)``, for inputs
    that are independent and of variance 1.

    Parameters
    ----------
    weight : Tensor
        ``[O, I, k, k]``.
    style : Tensor
        ``[N, I]``.

    Returns
    -------
    Tensor
        ``[N, O]``.

    >>> demodulation(torch.full((1, 4, 1, 1), 0.5), torch.ones(1, 4)).round(decimals=4)
    tensor([[1.]])
    """
    energy = weight.square().sum(dim=(2, 3))  # [O, I]
    return (style.square() @ energy.T + TINY).rsqrt()


class ModulatedConv2d(nn.Module):
    """A convolution that every item runs with weights of its own, scaled by its style.

    ``w'_oik = s_i w_oik``, then divided by the length of each output channel's weights
    (Karras et al. 2020, equations 1 to 3). Nobody builds the weights of each item: scaling
    the *input's* channels by s, and the *output's* by what `demodulation` gives, is the same.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.
    kernel : int
        k; odd, so that height and width stay.
    style_size : int
        S: the style is one dense layer of a vector w ``[N, S]``.
    demodulate : bool
        False: modulation alone, as for the layer that makes the colours.

    Raises
    ------
    RangeError, ShapeError
        With a sentence, for an even kernel, and for inputs or styles of another size.

    Examples
    --------
    >>> conv = ModulatedConv2d(8, 16, 3, style_size=4)
    >>> conv(torch.zeros(5, 8, 32, 32), torch.zeros(5, 4)).shape
    torch.Size([5, 16, 32, 32])
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        style_size: int,
        demodulate: bool = True,
    ):
        super().__init__()
        check_count("inputs", inputs)
        check_count("outputs", outputs)
        if check_count("kernel", kernel) % 2 == 0:
            raise RangeError(f"kernel={kernel} must be odd, so that height and width stay.")
        self.style = ScaledLinear(style_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1 / math.sqrt(inputs * kernel**2)
        self.kernel, self.demodulate = kernel, demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Convolve each item with its own weights.

        Parameters
        ----------
        x : Tensor
            ``[N, I, H, W]``.
        w : Tensor
            ``[N, S]``.

        Returns
        -------
        Tensor
            ``[N, O, H, W]``.
        """
        self._check(x, w)
        style, weight = self.style(w), self.weight * self.scale  # [N, I], [O, I, k, k]
        x = channels_last(x * style[:, :, None, None])  # thin layers are faster so, on a CPU
        y = F.conv2d(x, weight, padding=self.kernel // 2)
        if self.demodulate:
            y = y * demodulation(weight, style)[:, :, None, None]
        return y

    def _check(self, x: Tensor, w: Tensor) -> None:
        channels, size = self.weight.shape[1], self.style.weight.shape[1]
        if x.ndim != 4 or x.shape[1] != channels:
            raise ShapeError(f"x must be [N, {channels}, H, W]; you gave {list(x.shape)}.")
        if w.shape != (len(x), size):
            raise ShapeError(
                f"w must be [{len(x)}, {size}], one style an item; you gave {list(w.shape)}."
            )


class NoiseInjection(nn.Module):
    """Adds one picture of noise to all channels, at a strength that is learnt.

    Karras et al. 2019, section 3.2, in the simple form of Karras et al. 2020: one strength a
    layer. It begins at 0.

    >>> NoiseInjection()(torch.ones(1, 2, 4, 4), torch.ones(1, 1, 4, 4)).mean().item()
    1.0
    """

    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """``[N, C, H, W]`` and noise ``[N, 1, H, W]`` to ``[N, C, H, W]``."""
        if noise.shape != (len(x), 1, *x.shape[2:]):
            raise ShapeError(
                f"The noise must be {[len(x), 1, *x.shape[2:]]}; you gave {list(noise.shape)}."
            )
        return x + self.strength * noise


def mixed_styles(
    w: Tensor, layers: int, share: float, *, generator: torch.Generator | None = None
) -> Tensor:
    """A style for every layer; for a share of the items from two codes, with a random cut.

    Karras et al. 2019, section 3.1 (mixing regularisation): up to the cut the item's own style,
    from there on its neighbour's.

    Parameters
    ----------
    w : Tensor
        ``[N, S]``.
    layers : int
        J.
    share : float
        Of the items that are mixed, in [0, 1].
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        ``[N, J, S]``.

    >>> w = torch.randn(3, 8)
    >>> torch.equal(mixed_styles(w, 4, 0.0)[:, 2], w)
    True
    """
    check_count("layers", layers)
    if check_number("share", share) > 1:
        raise RangeError(f"share={share} must lie in [0, 1].")
    own = w[:, None].expand(-1, layers, -1)  # [N, J, S]
    if layers == 1 or share == 0:
        return own
    place = drawn_on(w.device, generator)
    lucky, cut = torch.rand(2, len(w), generator=generator, device=place).to(w.device)  # [N] each
    cut = torch.where(lucky < share, 1 + (cut * (layers - 1)).long(), layers)  # [N]
    first = torch.arange(layers, device=w.device) < cut[:, None]  # [N, J]
    return torch.where(first[:, :, None], own, own.roll(1, 0))
