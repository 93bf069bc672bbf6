"""What all that handles pictures shares: a Gaussian window, resampling by a kernel, masks.

Shapes: B pictures of C channels, H x W pixels.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .errors import (
    DtypeError,
    ShapeError,
    check_choice,
    check_count,
    check_images,
    check_number,
)

KERNELS = {"nearest": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}  # half their widths


def brightness(x: Tensor) -> Tensor:
    """Grey ``[B, 1, H, W]`` of pictures ``[B, 3, H, W]``: 0.299 R + 0.587 G + 0.114 B.

    >>> brightness(torch.ones(1, 3, 1, 1)).item()
    1.0
    """
    shares = x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (x * shares).sum(1, keepdim=True)


def middle(x: Tensor, side: int | None = None) -> Tensor:
    """The middle square of a picture; an odd rest is cut off below and on the right.

    Parameters
    ----------
    x : Tensor
        ``[..., H, W]``.
    side : int, optional
        Pixels of the square's side; else as many as the picture's shorter side has.

    Returns
    -------
    Tensor
        ``[..., side, side]``, a view of `x`.

    Raises
    ------
    ShapeError
        Where the picture is smaller than that.
    RangeError, DtypeError
        Where `side` is no whole number of at least 1.

    Examples
    --------
    >>> middle(torch.arange(24).view(4, 6), 2).tolist()
    [[8, 9], [14, 15]]
    >>> list(middle(torch.zeros(1, 3, 40, 25)).shape)
    [1, 3, 25, 25]
    """
    height, width = x.shape[-2:]
    side = min(height, width) if side is None else check_count("side", side)
    if side > min(height, width):
        raise ShapeError(
            f"A picture of {height} x {width} pixels has no middle of {side} x {side}. "
            f"Take a larger picture, or side={min(height, width)} or less."
        )
    top, left = (height - side) // 2, (width - side) // 2
    return x[..., top : top + side, left : left + side]


def gaussian_window(sigma: float, radius: int, like: Tensor) -> Tensor:
    """Weights ``[2 radius + 1]`` of a Gaussian that sum to 1, in the type and place of `like`.

    >>> [round(w, 3) for w in gaussian_window(1.0, 2, torch.zeros(1)).tolist()]
    [0.054, 0.244, 0.403, 0.244, 0.054]
    """
    check_number("sigma", sigma, above=True)
    reach = torch.arange(-radius, radius + 1, dtype=like.dtype, device=like.device)
    weights = torch.exp(-0.5 * (reach / sigma) ** 2)
    return weights / weights.sum()


def filter_both_ways(x: Tensor, weights: Tensor, *, pad: bool = True) -> Tensor:
    """Convolve ``[B, C, H, W]`` with symmetric `weights` ``[K]`` along rows, then along columns.

    Parameters
    ----------
    x, weights : Tensor
        K is odd.
    pad : bool
        True repeats the edge pixels outward and keeps the size; False gives only the places
        where the window lies inside: ``[B, C, H - K + 1, W - K + 1]``.

    Examples
    --------
    >>> filter_both_ways(torch.ones(1, 1, 4, 5), torch.tensor([0.25, 0.5, 0.25])).mean()
    tensor(1.)
    """
    flat, radius = x.flatten(0, 1).unsqueeze(1), len(weights) // 2  # [B C, 1, H, W]
    if pad:
        flat = F.pad(flat, (radius, radius, 0, 0), mode="replicate")
    flat = F.conv2d(flat, weights.view(1, 1, 1, -1))
    if pad:
        flat = F.pad(flat, (0, 0, radius, radius), mode="replicate")
    flat = F.conv2d(flat, weights.view(1, 1, -1, 1))
    return flat.view(*x.shape[:2], *flat.shape[2:])


def resize(
    x: Tensor, height: int, width: int, *, kernel: str = "bicubic", antialias: bool = True
) -> Tensor:
    """Pictures in another size, as Pillow's ``resize`` makes them, with gradients.

    Each new pixel is a weighted mean of old ones. With `antialias` the kernel is stretched when a
    picture shrinks, so that every old pixel counts; without it fine patterns turn into coarse
    ones that were never there. (PyTorch's own bicubic kernel is another: a = -0.75, not -0.5.)

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``, any range. Bicubic and Lanczos go a little beyond it at edges.
    height, width : int
        The new size.
    kernel : {"nearest", "bilinear", "bicubic", "lanczos"}
        Keys 1981 (doi:10.1109/TASSP.1981.1163711) with a = -0.5 is the bicubic one; Lanczos has
        three lobes.
    antialias : bool

    Returns
    -------
    Tensor
        ``[B, C, height, width]``.

    Raises
    ------
    ChoiceError, DtypeError, RangeError, ShapeError, DataError
        With a sentence.

    Examples
    --------
    >>> stripes = torch.tensor([0.0, 1.0]).repeat(8).expand(1, 1, 16, 16)
    >>> resize(stripes, 8, 8, kernel="bilinear").mean()
    tensor(0.5000)
    >>> resize(stripes, 8, 8, kernel="nearest").mean()  # every second column alone
    tensor(1.)
    """
    check_images(x, check_range=False)
    check_count("height", height)
    check_count("width", width)
    rows = resampling_weights(x.shape[2], height, kernel, antialias).to(x)  # [height, H]
    columns = resampling_weights(x.shape[3], width, kernel, antialias).to(x)  # [width, W]
    return rows @ (x @ columns.T)


def resampling_weights(n_in: int, n_out: int, kernel: str, antialias: bool = True) -> Tensor:
    """The matrix that resamples `n_in` values to `n_out`: float64 ``[n_out, n_in]``, rows sum to 1.

    >>> (7 * resampling_weights(4, 2, "bilinear")[0]).round().int().tolist()  # sevenths
    [3, 3, 1, 0]
    """
    check_choice("kernel", kernel, KERNELS)
    scale = n_in / n_out
    centres = (torch.arange(n_out, dtype=torch.float64) + 0.5) * scale  # [n_out]
    if kernel == "nearest":
        chosen = centres.floor().long().clamp(max=n_in - 1)
        return F.one_hot(chosen, n_in).double()
    places = torch.arange(n_in, dtype=torch.float64) + 0.5  # [n_in]
    stretch = max(scale, 1.0) if antialias else 1.0
    weights = _kernel(kernel, (places - centres[:, None]).abs() / stretch)
    return weights / weights.sum(1, keepdim=True)


def _kernel(name: str, t: Tensor) -> Tensor:
    """A kernel's height at distance `t` at least 0."""
    inside = t < KERNELS[name]
    if name == "bilinear":
        return (1 - t) * inside
    if name == "lanczos":
        return torch.sinc(t) * torch.sinc(t / 3) * inside
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return torch.where(t < 1, near, far) * inside


def radius_of(sigma: float) -> int:
    """How far a Gaussian filter looks: four standard deviations, rounded up.

    >>> radius_of(1.5)
    6
    """
    return math.ceil(4 * sigma)


def check_mask(x: Tensor, mask: Tensor) -> None:
    """Refuse a mask that does not fit its pictures.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``.
    mask : Tensor
        bool ``[B, 1, H, W]`` or ``[1, 1, H, W]``.

    Raises
    ------
    DtypeError, ShapeError, DataError
        With a sentence.

    Examples
    --------
    >>> check_mask(torch.zeros(2, 3, 4, 4), torch.zeros(1, 1, 4, 4, dtype=torch.bool))
    """
    check_images(x, check_range=False)
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        kind = mask.dtype if isinstance(mask, Tensor) else f"a {type(mask).__name__}"
        raise DtypeError(
            f"A mask is a boolean tensor, True where a pixel is missing; yours is {kind}. Of "
            "numbers take, for example: mask > 0.5."
        )
    size = (1, *x.shape[2:])
    if mask.ndim != 4 or tuple(mask.shape[1:]) != size or len(mask) not in (1, len(x)):
        raise ShapeError(
            f"The mask of pictures {list(x.shape)} must be {[len(x), *size]} or {[1, *size]}; "
            f"yours is {list(mask.shape)}."
        )
