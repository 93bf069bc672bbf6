"""Ways to spoil a photograph of which the whole one is known: what restoration is taught with.

Noise, blur, fewer pixels, scratches and missing blocks, each repeatable under a generator. Pictures
are float ``[B, C, H, W]`` of *any* range, which stays what it was; nothing is cut off at black and
white, because cutting changes the noise (do it yourself where a camera would).

A mask is a boolean tensor, **True where a pixel is missing**. (To spoil whole *sets* of digits, so
that a measure notices, use ``metrics.damage``.)
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import (
    DtypeError,
    RangeError,
    ShapeError,
    check_count,
    check_images,
    check_number,
    drawn_on,
)
from ..core.filters import check_mask, filter_both_ways, gaussian_window, radius_of, resize

CPU = torch.device("cpu")


def noise(x: Tensor, sigma: float, *, generator: torch.Generator | None = None) -> Tensor:
    """Gaussian noise of standard deviation `sigma` on every value.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``.
    sigma : float
        In the picture's own units, at least 0. What papers call "sigma 25" of 255 is 25 / 255
        for pictures in [0, 1], and 25 / 127.5 in [-1, 1].
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        ``[B, C, H, W]``, not cut off at black and white.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> x = torch.zeros(1, 1, 64, 64)
    >>> round(noise(x, 0.1, generator=torch.Generator().manual_seed(0)).std().item(), 1)
    0.1
    """
    check_images(x, check_range=False)
    check_number("sigma", sigma)
    eps = torch.randn(
        x.shape, generator=generator, dtype=x.dtype, device=drawn_on(x.device, generator)
    )
    return x + sigma * eps.to(x.device)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur: every pixel becomes a weighted mean of those around it.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``. Beyond the edge its last pixels are repeated.
    sigma : float
        Standard deviation in pixels, 0 (unchanged) to 100; looked at up to 4 of them.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``.

    Examples
    --------
    >>> dot = torch.zeros(1, 1, 1, 9).index_fill(3, torch.tensor([4]), 1.0)
    >>> [round(v, 2) for v in blur(dot, 1.0)[0, 0, 0].tolist()]
    [0.0, 0.0, 0.05, 0.24, 0.4, 0.24, 0.05, 0.0, 0.0]
    """
    check_images(x, check_range=False)
    if check_number("sigma", sigma) > 100:
        raise RangeError(f"sigma={sigma:g} is too large; it must be at most 100 pixels.")
    if sigma == 0:
        return x.clone()
    return filter_both_ways(x, gaussian_window(sigma, radius_of(sigma), x))


def shrink(x: Tensor, factor: int, *, kernel: str = "bicubic", antialias: bool = True) -> Tensor:
    """A picture with `factor` times fewer pixels a side, as Pillow makes it.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``; `factor` divides H and W.
    factor : int
        Usually 2 or 4; 1 to 64.
    kernel : {"nearest", "bilinear", "bicubic", "lanczos"}
    antialias : bool
        False leaves pixels out instead of averaging them: patterns appear that were never there,
        and a network trained on one kind of small picture fails on the other.

    Returns
    -------
    Tensor
        ``[B, C, H / factor, W / factor]``.

    Examples
    --------
    >>> stripes = torch.tensor([0.0, 1.0]).repeat(8).expand(1, 1, 16, 16)
    >>> shrink(stripes, 2, kernel="bilinear").std() < 0.05  # grey: what one sees from afar
    tensor(True)
    """
    check_images(x, check_range=False)
    check_count("factor", factor, at_most=64)
    height, width = x.shape[2:]
    if height % factor or width % factor:
        cut = f"x[:, :, :{height // factor * factor}, :{width // factor * factor}]"
        raise ShapeError(
            f"factor={factor} does not divide {height} x {width} pixels. Cut the picture: {cut}."
        )
    return resize(x, height // factor, width // factor, kernel=kernel, antialias=antialias)


def enlarge(x: Tensor, factor: int, *, kernel: str = "bicubic") -> Tensor:
    """A picture with `factor` times more pixels a side, as Pillow makes it.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``.
    factor : int
        1 to 64.
    kernel : {"nearest", "bilinear", "bicubic", "lanczos"}

    Returns
    -------
    Tensor
        ``[B, C, H * factor, W * factor]``. Bicubic and Lanczos go a little beyond the range of
        `x` at sharp edges.

    Examples
    --------
    >>> list(enlarge(torch.zeros(1, 3, 5, 7), 4).shape)
    [1, 3, 20, 28]
    """
    check_images(x, check_range=False)
    check_count("factor", factor, at_most=64)
    return resize(x, x.shape[2] * factor, x.shape[3] * factor, kernel=kernel)


def block_mask(
    height: int,
    width: int,
    n: int = 1,
    *,
    count: int = 4,
    side: int = 16,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Square holes at random places.

    Parameters
    ----------
    height, width : int
        The pictures' size.
    n : int
        How many masks.
    count : int
        Squares in each, 0 or more. They lie wholly inside, and may overlap.
    side : int
        Of a square, in pixels; at most the shorter side of the picture.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        bool ``[n, 1, height, width]``, True where a pixel is missing.

    Examples
    --------
    >>> mask = block_mask(32, 48, count=1, side=8)
    >>> mask.dtype, list(mask.shape), int(mask.sum())
    (torch.bool, [1, 1, 32, 48], 64)
    """
    _check_size(height, width, n)
    check_count("count", count, at_least=0)
    check_count("side", side, at_most=min(height, width))
    tops = _integers(height - side + 1, (n, count), generator)
    lefts = _integers(width - side + 1, (n, count), generator)
    down, across = (_within(start, side, size) for start, size in ((tops, height), (lefts, width)))
    return (down[..., :, None] & across[..., None, :]).any(1, keepdim=True)


def scratch_mask(
    height: int,
    width: int,
    n: int = 1,
    *,
    count: int = 6,
    thickness: int = 3,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Thin bent scratches from one random place to another.

    Parameters
    ----------
    height, width : int
        The pictures' size.
    n : int
        How many masks.
    count : int
        Scratches in each, 0 or more.
    thickness : int
        In pixels, 1 to 31; an odd number.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        bool ``[n, 1, height, width]``, True where a pixel is missing.

    Examples
    --------
    >>> mask = scratch_mask(64, 64, generator=torch.Generator().manual_seed(0))
    >>> bool(mask.any()), bool(mask.all())
    (True, False)
    """
    _check_size(height, width, n)
    check_count("count", count, at_least=0)
    if check_count("thickness", thickness, at_most=31) % 2 == 0:
        raise RangeError(f"thickness={thickness} is even; it must be odd: 1, 3, 5, ...")
    mask = torch.zeros(n, 1, height, width)
    if count:
        bends = torch.rand(n, count, 3, 2, generator=generator, device=_where(generator)).cpu()
        t = torch.linspace(0, 1, 2 * (height + width))[:, None]  # [T, 1]
        weights = torch.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2])  # [3, T, 1]: Bezier's curve
        path = (bends[..., None, :] * weights).sum(2).flatten(1, 2)  # [n, count T, 2] in [0, 1)
        rows, columns = (path * torch.tensor([height, width])).long().unbind(2)
        which = torch.arange(n)[:, None].expand_as(rows)
        mask[which, 0, rows.clamp(max=height - 1), columns.clamp(max=width - 1)] = 1
    return F.max_pool2d(mask, thickness, stride=1, padding=thickness // 2) > 0


def hide(x: Tensor, mask: Tensor, *, fill: float = 0.0) -> Tensor:
    """A picture whose missing pixels have one value.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``.
    mask : Tensor
        bool ``[B, 1, H, W]`` or ``[1, 1, H, W]``, True where a pixel is missing. A mask of
        nothing changes nothing; one of everything leaves `fill` alone.
    fill : float
        What stands there instead.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``; the known pixels are those of `x` bit for bit.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> hide(torch.ones(1, 1, 1, 2), torch.tensor([[[[True, False]]]])).tolist()
    [[[[0.0, 1.0]]]]
    """
    check_mask(x, mask)
    if isinstance(fill, bool) or not isinstance(fill, int | float):
        raise DtypeError(f"fill={fill!r} is a {type(fill).__name__}; it must be a number.")
    return x.masked_fill(mask, fill)


def _check_size(height: int, width: int, n: int) -> None:
    for name, value in {"height": height, "width": width, "n": n}.items():
        check_count(name, value)


def _where(generator: torch.Generator | None) -> torch.device:
    return drawn_on(CPU, generator)


def _integers(most: int, shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
    """Whole numbers from 0 to most - 1."""
    return torch.randint(most, shape, generator=generator, device=_where(generator)).cpu()


def _within(start: Tensor, side: int, size: int) -> Tensor:
    """Which of `size` places lie in ``[start, start + side)``: bool ``[*start.shape, size]``."""
    places = torch.arange(size) - start[..., None]
    return (places >= 0) & (places < side)
