"""A style-based generator: a code becomes a style, and the style scales every convolution.

Karras et al. 2019 (arXiv:1812.04948) with the modulation of Karras et al. 2020
(arXiv:1912.04958), sized for two CPU cores.

Legend: N batch, L latent size, S style size, J layers that take a style, C, H, W the image's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    AigcError,
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
from ..losses import gan as gan_losses
from ..losses import penalty as penalties
from ..nn import (
    ModulatedConv2d,
    NoiseInjection,
    PixelNorm,
    ScaledLinear,
    mixed_styles,
    standard_normal,
)
from .checks import check_codes, check_data
from .dcgan import ConvCritic

FIRST = 4  # the side of the learnt constant
SLOPE = 0.2
GAIN = math.sqrt(2)  # LeakyReLU about halves the mean square
MEMORY = 0.995  # of the running mean of w, a step


class StyleLayer(nn.Module):
    """Enlarge, convolve by the style, add noise and bias, rectify: ``[N, I, H, W]``."""

    def __init__(self, inputs: int, outputs: int, style_size: int, *, up: bool, demodulate: bool):
        super().__init__()
        self.conv = ModulatedConv2d(
            inputs, outputs, 3, style_size=style_size, demodulate=demodulate
        )
        self.noise = NoiseInjection()
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.up = up

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        """A style ``[N, S]`` and noise ``[N, 1, H', W']`` to ``[N, O, H', W']``."""
        if self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.noise(self.conv(x, w), noise) + self.bias[:, None, None]
        return F.leaky_relu(x, SLOPE) * GAIN


class StyleGenerator(nn.Module):
    """Mapping network, learnt constant, and the layers that styles steer."""

    def __init__(
        self,
        data_shape: tuple[int, int, int],
        latent_size: int,
        style_size: int,
        channels: Sequence[int],
        mapping_layers: int,
        mapping_rate: float,
        demodulate: bool,
    ):
        super().__init__()
        sizes = [latent_size] + [style_size] * mapping_layers
        steps: list[nn.Module] = [PixelNorm()]
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            layer = ScaledLinear(inputs, outputs, rate=mapping_rate, gain=GAIN)
            steps += [layer, nn.LeakyReLU(SLOPE)]
        self.mapping = nn.Sequential(*steps)
        self.constant = nn.Parameter(torch.randn(1, channels[0], FIRST, FIRST))
        wide = [channels[0], *channels]
        self.layers = nn.ModuleList(
            StyleLayer(a, b, style_size, up=place > 0, demodulate=demodulate)
            for place, (a, b) in enumerate(zip(wide[:-1], wide[1:], strict=True))
        )
        self.to_colour = ModulatedConv2d(
            channels[-1], data_shape[0], 1, style_size=style_size, demodulate=False
        )
        self.colour_bias = nn.Parameter(torch.zeros(data_shape[0]))

    def forward(self, w: Tensor, noise: Sequence[Tensor]) -> Tensor:
        """Styles ``[N, J, S]`` and a picture of noise for each layer to ``[N, C, H, W]``."""
        x = self.constant.expand(len(w), -1, -1, -1)  # [N, C_0, 4, 4]
        for place, layer in enumerate(self.layers):
            x = layer(x, w[:, place], noise[place])
        colour = self.to_colour(x, w[:, -1]) + self.colour_bias[:, None, None]
        return colour.tanh()


@final
class StyleGAN(GenerativeModel):
    """Style-based generator and convolutional critic for square images in [-1, 1].

    Non-saturating loss, R1 on real data (Karras et al. 2019, section 2). Every layer of the
    generator has a style; layer 0 makes 4 x 4 pixels, each next one twice as many a side.

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels (1 or 3), height and width; both sides alike, 8, 16, 32, 64 ...: 4 doubled.
    latent_size, style_size : int
        L of the code z ~ N(0, I), and S of the style w that the mapping network makes of it.
    channels : sequence of int, optional
        Of each layer, one for each size from 4 x 4 to the image's; 64, 48, 32, 16 for 32 x 32
        (halved again for larger ones) if left out.
    mapping_layers : int
        Dense layers from z to w.
    mapping_rate : float
        How fast these learn, as a share of the others' learning rate.
    mixing : float
        Share of the training's items whose layers have styles of two codes.
    demodulate : bool
        Divide by the length of each channel's weights, see `nn.ModulatedConv2d`.
    critic_width : int
        Channels of the critic's middle layer.
    penalty_weight : float
        Of the mean squared slope of the critic at real data: gamma / 2; 0 leaves it out.
    share_fakes : bool
        Use the fakes of the critic's turn in the generator's turn too: faster.
    truncation : float
        In [0, 1]: how far from the mean style `sample` goes; 1 changes nothing.

    Raises
    ------
    ShapeError, RangeError
        With a sentence, where a size or share is impossible.

    Examples
    --------
    >>> model = StyleGAN((1, 16, 16), latent_size=8, style_size=8, channels=(8, 8, 4))
    >>> model.sample(3).shape, model.n_layers
    (torch.Size([3, 1, 16, 16]), 3)
    """

    players = ("critic", "generator")

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (3, 32, 32),
        *,
        latent_size: int = 64,
        style_size: int = 64,
        channels: Sequence[int] | None = None,
        mapping_layers: int = 3,
        mapping_rate: float = 0.01,
        mixing: float = 0.9,
        demodulate: bool = True,
        critic_width: int = 32,
        penalty_weight: float = 1.0,
        share_fakes: bool = False,
        truncation: float = 1.0,
    ):
        super().__init__()
        self.data_shape = _check_shape(data_shape)
        self.latent_size = check_count("latent_size", latent_size)
        self.style_size = check_count("style_size", style_size)
        check_count("mapping_layers", mapping_layers)
        check_count("critic_width", critic_width, at_least=2)
        self.penalty_weight = check_number("penalty_weight", penalty_weight)
        if check_number("mixing", mixing) > 1:
            raise RangeError(f"mixing={mixing} is a share of the items; it must lie in [0, 1].")
        self.mixing, self.truncation = mixing, _check_truncation(truncation)
        self.channels = _check_channels(channels, self.data_shape[1])
        self.n_layers = len(self.channels)
        self.generator = StyleGenerator(
            self.data_shape,
            latent_size,
            style_size,
            self.channels,
            mapping_layers,
            mapping_rate,
            demodulate,
        )
        self.critic = ConvCritic(self.data_shape, critic_width, 0)
        self.register_buffer("mean_style", torch.zeros(style_size))
        self.share_fakes = share_fakes
        self._shared: Tensor | None = None  # from the critic's turn to the generator's

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
        batch : Tensor
            Real images ``[N, C, H, W]`` in [-1, 1].
        player : {"critic", "generator"}
        generator : torch.Generator, optional
            For codes, noise and mixing.

        Returns
        -------
        Loss
            Parts: for the critic ``real`` and ``fake``, its mean probability of "real" for both,
            and ``penalty`` before its weight; for the generator ``fake``.
        """
        check_choice("player", player, self.players)
        if isinstance(batch, Labelled):
            raise AigcError("StyleGAN has no classes; give its batch as a plain tensor.")
        check_data(batch, self.data_shape, weights=self.weights_dtype)
        if player == "generator":
            fake, self._shared = self._shared, None  # once only: backward frees its graph
            if fake is None:
                fake = self._fakes(len(batch), generator)
            logits = self.critic(fake)  # [N]
            return Loss(gan_losses.generator_loss(logits), {"fake": _opinion(logits)})
        share = self.share_fakes and torch.is_grad_enabled()
        with torch.set_grad_enabled(share):
            fake = self._fakes(len(batch), generator)  # [N, C, H, W]
        self._shared = fake if share else None
        real_logits, fake_logits = self.critic(torch.cat([batch, fake.detach()])).chunk(2)
        total = gan_losses.critic_loss(real_logits, fake_logits)
        parts = {"real": _opinion(real_logits), "fake": _opinion(fake_logits)}
        if self.penalty_weight:
            penalty = penalties.r1_penalty(self.critic, batch)
            total = total + self.penalty_weight * penalty
            parts["penalty"] = penalty.detach()
        return Loss(total, parts)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
        truncation: float | None = None,
        styles: Tensor | None = None,
    ) -> Iterator[Tensor]:
        """One item: ``[n, C, H, W]``, made in a single step.

        Parameters
        ----------
        n : int
        generator : torch.Generator, optional
            For the codes, then for the noise.
        truncation : float, optional
            In the place of the model's own.
        styles : Tensor, optional
            ``[n, S]``, or ``[n, J, S]`` with one for each layer, as `mix` gives them; no codes
            are drawn then, and nothing is truncated unless `truncation` is given.
        """
        refuse_condition(self, condition)
        if styles is None:
            z = standard_normal(n, self.latent_size, like=self.mean_style, generator=generator)
            styles = self.style(z.to(self.weights_dtype), truncation=truncation)
        elif truncation is not None:
            styles = self.truncate(styles, truncation)
        if len(styles) != n:
            raise ShapeError(f"There are {len(styles)} styles for n={n} samples.")
        yield self.synthesise(styles, noise=self.draw_noise(n, generator=generator))

    def style(self, z: Tensor, *, truncation: float | None = None) -> Tensor:
        """Codes ``[N, L]`` to styles ``[N, S]``: the mapping network, then `truncate`."""
        check_codes(z, self.latent_size, weights=self.weights_dtype)
        w = self.generator.mapping(z.to(self.device))
        return self.truncate(w, self.truncation if truncation is None else truncation)

    def truncate(self, w: Tensor, truncation: float) -> Tensor:
        """Styles ``[..., S]`` drawn towards their mean: 1 leaves them, 0 gives the mean.

        Karras et al. 2019, appendix B.
        """
        if _check_truncation(truncation) == 1:
            return w
        return torch.lerp(self.mean_style.expand_as(w), w, truncation)

    def mix(self, coarse: Tensor, fine: Tensor, at: int) -> Tensor:
        """Layers 0 to `at` - 1 take the first styles, the others the second.

        Parameters
        ----------
        coarse, fine : Tensor
            ``[N, S]`` each.
        at : int
            From 0 (all from `fine`) to J (all from `coarse`).

        Returns
        -------
        Tensor
            ``[N, J, S]``.
        """
        check_count("at", at, at_least=0, at_most=self.n_layers)
        first, second = self._every_layer(coarse), self._every_layer(fine)
        if first.shape != second.shape:
            raise ShapeError(f"There are {len(first)} coarse styles and {len(second)} fine ones.")
        return torch.cat([first[:, :at], second[:, at:]], dim=1)

    def synthesise(self, styles: Tensor, *, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images of styles ``[N, S]`` or ``[N, J, S]``; without `noise` there is none.

        `noise` holds one ``[N, 1, side, side]`` a layer, as `draw_noise` gives them.
        """
        w = self._every_layer(styles).to(self.device)
        if noise is None:
            noise = [w.new_zeros(len(w), 1, side, side) for side in self.sides]
        if len(noise) != self.n_layers:
            raise ShapeError(
                f"There are {len(noise)} pictures of noise for {self.n_layers} layers."
            )
        return self.generator(w, noise)  # [N, C, H, W]

    def decode(self, z: Tensor) -> Tensor:
        """Images ``[N, C, H, W]`` of codes ``[N, L]``, without noise."""
        return self.synthesise(self.style(z))

    def draw_noise(self, n: int, *, generator: torch.Generator | None = None) -> list[Tensor]:
        """Fresh noise for each layer: ``[n, 1, 4, 4]``, ``[n, 1, 8, 8]``, ..."""
        areas = [side * side for side in self.sides]
        drawn = standard_normal(n, sum(areas), like=self.mean_style, generator=generator)
        parts = drawn.to(self.weights_dtype).split(areas, dim=1)
        return [part.reshape(n, 1, s, s) for part, s in zip(parts, self.sides, strict=True)]

    @property
    def sides(self) -> list[int]:
        """Pixels a side of each layer's picture: 4, 8, 16, ..."""
        return [FIRST * 2**place for place in range(self.n_layers)]

    def _fakes(self, n: int, generator: torch.Generator | None) -> Tensor:
        """Images as the training sees them: mixed, noisy, not truncated."""
        z = standard_normal(n, self.latent_size, like=self.mean_style, generator=generator)
        w = self.generator.mapping(z.to(self.weights_dtype))  # [N, S]
        if self.training:
            mean = w.detach().mean(0).to(self.mean_style)  # bf16 under autocast, the memory is not
            self.mean_style.lerp_(mean, 1 - MEMORY)
        styles = mixed_styles(w, self.n_layers, self.mixing, generator=generator)
        return self.generator(styles, self.draw_noise(n, generator=generator))

    def _every_layer(self, styles: Tensor) -> Tensor:
        """``[N, S]`` or ``[N, J, S]`` to ``[N, J, S]``."""
        if styles.ndim == 2 and styles.shape[1] == self.style_size:
            return styles[:, None].expand(-1, self.n_layers, -1)
        if styles.ndim != 3 or styles.shape[1:] != (self.n_layers, self.style_size):
            raise ShapeError(
                f"Styles must be [N, {self.style_size}] or [N, {self.n_layers}, "
                f"{self.style_size}]; you gave {list(styles.shape)}."
            )
        return styles


def _opinion(logits: Tensor) -> Tensor:
    return logits.detach().sigmoid().mean()


def _check_truncation(truncation: float) -> float:
    if check_number("truncation", truncation) > 1:
        raise RangeError(f"truncation={truncation} must lie in [0, 1]; 1 changes nothing.")
    return float(truncation)


def _check_shape(data_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    shape = check_sizes("data_shape", data_shape)
    fits = len(shape) == 3 and shape[0] in (1, 3) and shape[1] == shape[2] >= 2 * FIRST
    if not fits or shape[1] & (shape[1] - 1):
        raise ShapeError(
            "data_shape must be (1 or 3 channels, side, side), where the side is 4 doubled again "
            f"and again: 8, 16, 32, 64, ...; you gave {shape}. Pad 28 x 28 pictures to 32 x 32."
        )
    return shape


def _check_channels(channels: Sequence[int] | None, side: int) -> tuple[int, ...]:
    layers = int(math.log2(side // FIRST)) + 1
    if channels is None:
        wanted = [64, 48, 32, 16, *(max(16 >> more, 4) for more in range(1, layers))]
        return tuple(wanted[:layers])
    channels = check_sizes("channels", channels)
    if len(channels) != layers:
        raise ShapeError(
            f"channels must be {layers} numbers, one for each size from 4 x 4 to {side} x {side}; "
            f"you gave {channels}."
        )
    return channels
