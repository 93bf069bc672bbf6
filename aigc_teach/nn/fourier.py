"""A convolution with a large kernel on a small image, through Fourier coefficients.

Under the Fourier transform a convolution becomes a product, frequency by frequency. On a
7x7 image with a 5x5 kernel that leaves 121 products where the sum of shifts takes 1225. The
transforms themselves are matrix products with fixed tables:

    y = D ((A x) * (B w))

Legend: N batch, I and O channels, H the image's side, k the kernel's, P the period,
R the number of real products.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..core import ShapeError


class FourierConvTranspose2d(nn.Module):
    """``nn.ConvTranspose2d(I, O, k, stride=1, padding=k // 2, bias=False)`` computed another way.

    The weight has the same name, shape and initial values, so a state dict of one fits the
    other; the results agree to rounding (a few 1e-7 of the largest entry). It pays where the
    image is hardly larger than the kernel and there are many channels.

    Parameters
    ----------
    inputs, outputs : int
        Channels I and O.
    kernel : int
        k, odd.
    size : int
        H: the images are ``[N, I, H, H]``.

    >>> layer = FourierConvTranspose2d(3, 2, kernel=5, size=7)
    >>> usual = nn.ConvTranspose2d(3, 2, 5, padding=2, bias=False)
    >>> _ = usual.load_state_dict(layer.state_dict())
    >>> x = torch.randn(4, 3, 7, 7)
    >>> torch.allclose(layer(x), usual(x), atol=1e-5)
    True
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int, size: int):
        super().__init__()
        if kernel % 2 == 0 or size < 1:
            raise ShapeError(f"kernel={kernel} must be odd and size={size} at least 1.")
        usual = nn.ConvTranspose2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.weight, self.kernel, self.size = usual.weight, kernel, size  # weight [I, O, k, k]
        for name, table in zip("ABD", fourier_tables(size, kernel), strict=True):
            self.register_buffer(name, table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, I, H, H] -> [N, O, H, H]``."""
        n, (inputs, outputs), side = len(x), self.weight.shape[:2], self.size
        if x.shape[1:] != (inputs, side, side):
            raise ShapeError(f"x must be [N, {inputs}, {side}, {side}]; yours is {list(x.shape)}.")
        pixels = x.permute(2, 3, 0, 1).reshape(side**2, n * inputs)  # [H H, N I]
        taps = self.weight.permute(2, 3, 0, 1).reshape(self.kernel**2, -1)  # [k k, I O]
        image = (self.A @ pixels).view(-1, n, inputs)  # [R, N, I]
        weight = (self.B @ taps).view(-1, inputs, outputs)  # [R, I, O]
        product = torch.bmm(image, weight).view(-1, n * outputs)  # [R, N O]
        y = (self.D @ product).view(side, side, n, outputs)
        return y.permute(2, 3, 0, 1)  # [N, O, H, H]

    def extra_repr(self) -> str:
        """What stands in the brackets when it is printed."""
        inputs, outputs = self.weight.shape[:2]
        return f"{inputs}, {outputs}, kernel={self.kernel}, size={self.size}"


def fourier_tables(size: int, kernel: int) -> tuple[Tensor, Tensor, Tensor]:
    """The tables A ``[R, H H]``, B ``[R, k k]`` and D ``[H H, R]``.

    On a circle of P = H + k // 2 points the part of the result that is kept does not meet its
    own end. Of two conjugate frequencies one is enough. A complex product (a + ib)(c + id)
    is made of three real ones: ac, bd and (a + b)(c + d).

    >>> [list(table.shape) for table in fourier_tables(7, 5)]
    [[121, 49], [121, 25], [49, 121]]
    """
    period = size + kernel // 2
    rows: tuple[list, list, list] = ([], [], [])
    for u in range(period):
        for v in range(period):
            mirror = (-u % period, -v % period)
            if (u, v) > mirror:
                continue
            image = _wave(u, v, period, size)
            weight = _wave(u, v, period, kernel, shift=-(kernel // 2))
            back = image.conj() * (1 if (u, v) == mirror else 2) / period**2
            rows[0].append(image.real)
            rows[1].append(weight.real)
            if (u, v) == mirror:  # a real coefficient: one product
                rows[2].append(back.real)
                continue
            rows[0].extend([image.imag, image.real + image.imag])
            rows[1].extend([weight.imag, weight.real + weight.imag])
            rows[2].extend([back.real + back.imag, back.imag - back.real, -back.imag])
    a, b, d = (torch.stack(row).float() for row in rows)
    return a, b, d.T.contiguous()


def _wave(u: int, v: int, period: int, side: int, shift: int = 0) -> Tensor:
    """exp(-2 pi i (u row + v column) / P) on a square: complex ``[side * side]``."""
    at = torch.arange(side, dtype=torch.float64) + shift
    angle = 2 * math.pi * (u * at[:, None] + v * at[None, :]) / period
    return torch.polar(torch.ones_like(angle), -angle).flatten()
