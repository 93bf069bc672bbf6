"""How near a restored picture is to the one it should be: PSNR and SSIM.

PSNR sums up squared errors pixel by pixel. SSIM (Z. Wang, A. C. Bovik, H. R. Sheikh and
E. P. Simoncelli, "Image quality assessment: from error visibility to structural similarity",
IEEE Transactions on Image Processing 13(4), 2004, doi:10.1109/TIP.2003.819861) compares means,
variances and the covariance under a small Gaussian window. Both need the true picture, and
neither says whether a picture looks good: a blurred one may score above a sharp one.

Shapes: B pictures of C channels, H x W pixels.
"""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor

from aigc_teach.core import RangeError, ShapeError, check_images, check_number
from aigc_teach.core.filters import filter_both_ways, gaussian_window

SIGMA, RADIUS = 1.5, 5  # the published window: 11 x 11
K1, K2 = 0.01, 0.03
MIXED = (
    "The restored pictures fit the true ones far better after {how}: one of the two seems to lie "
    "in [-1, 1], the other in [0, 1]. Bring both to one range."
)


def psnr(restored: Tensor, true: Tensor, *, data_range: float) -> Tensor:
    """Peak signal-to-noise ratio in decibels: 10 log10(data_range^2 / mean squared error).

    Parameters
    ----------
    restored, true : Tensor
        Float ``[B, C, H, W]``. `restored` may leave the range of the true pictures.
    data_range : float
        White minus black: 2 for pictures in [-1, 1], 1 in [0, 1], 255 for bytes.

    Returns
    -------
    Tensor
        float64 ``[B]`` on the CPU, one number a picture; infinite where the two are equal. The
        error is averaged over the channels, too.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where the true pictures span more than `data_range`.

    Warns
    -----
    UserWarning
        Where one seems to lie in [-1, 1] and the other in [0, 1].

    Examples
    --------
    >>> true = torch.zeros(1, 3, 16, 16)
    >>> psnr(true + 0.1, true, data_range=1.0)
    tensor([20.0000], dtype=torch.float64)
    """
    restored, true = _check_pair(restored, true, data_range)
    error = (restored - true).square().mean((1, 2, 3))  # [B]
    return 10 * torch.log10(data_range**2 / error)


def ssim(restored: Tensor, true: Tensor, *, data_range: float) -> Tensor:
    """Structural similarity, averaged over a picture: 1 for equal pictures, less for others.

    The published form: a Gaussian window of 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03, biased
    variances, and only the places where the window lies inside the picture.

    Parameters
    ----------
    restored, true : Tensor
        Float ``[B, C, H, W]``, H and W at least 11. Of several channels the mean is taken.
    data_range : float
        White minus black: 2 for pictures in [-1, 1], 1 in [0, 1], 255 for bytes.

    Returns
    -------
    Tensor
        float64 ``[B]`` on the CPU, from -1 to 1.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence, also where the true pictures span more than `data_range`.

    Notes
    -----
    SSIM compares means, so a shift changes it: the same pictures in [-1, 1] with data_range=2
    get another number than in [0, 1] with data_range=1. Published numbers are of [0, 1] (or
    [0, 255]): bring pictures there first, ``(x + 1) / 2``. PSNR does not care.

    Examples
    --------
    >>> true = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> ssim(true, true, data_range=1.0).tolist()
    [1.0, 1.0]
    """
    return ssim_map(restored, true, data_range=data_range).mean((1, 2, 3))


def ssim_map(restored: Tensor, true: Tensor, *, data_range: float) -> Tensor:
    """Where two pictures resemble each other: SSIM place by place (eq. 13 of the paper).

    Parameters
    ----------
    restored, true, data_range
        As in `ssim`.

    Returns
    -------
    Tensor
        float64 ``[B, C, H - 10, W - 10]``; the first place is that of pixel (5, 5).

    Examples
    --------
    >>> list(ssim_map(torch.zeros(1, 1, 11, 20), torch.zeros(1, 1, 11, 20), data_range=1).shape)
    [1, 1, 1, 10]
    """
    x, y = _check_pair(restored, true, data_range)
    side = 2 * RADIUS + 1
    if min(x.shape[2:]) < side:
        raise ShapeError(
            f"SSIM needs pictures of at least {side} x {side} pixels, the size of its window; "
            f"yours have {x.shape[2]} x {x.shape[3]}."
        )
    window = gaussian_window(SIGMA, RADIUS, x)

    def mean(values: Tensor) -> Tensor:
        return filter_both_ways(values, window, pad=False)  # [B, C, H - 10, W - 10]

    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return above / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))


def _check_pair(restored: Tensor, true: Tensor, data_range: float) -> tuple[Tensor, Tensor]:
    """Both in float64 on the CPU, if they can be compared at all."""
    check_number("data_range", data_range, above=True)
    for pictures in (restored, true):
        check_images(pictures, low=-math.inf, high=math.inf)
    if restored.shape != true.shape:
        raise ShapeError(
            "Restored and true pictures must have one shape; yours have "
            f"{list(restored.shape)} and {list(true.shape)}."
        )
    x, y = (pictures.detach().cpu().double() for pictures in (restored, true))
    low, high = (v.item() for v in y.aminmax())
    if high - low > data_range * 1.001:
        raise RangeError(
            f"The true pictures lie in [{low:g}, {high:g}], which spans more than "
            f"data_range={data_range:g}. Give white minus black: 2 for [-1, 1], 1 for [0, 1]."
        )
    least, most = (v.item() for v in x.aminmax())
    if least < low - 2 * data_range or most > high + 2 * data_range:
        raise RangeError(
            f"The restored pictures lie in [{least:g}, {most:g}], far outside the true ones' "
            f"[{low:g}, {high:g}]. Bring both to one range."
        )
    _warn_of_mixed_ranges(x, y)
    return x, y


def _warn_of_mixed_ranges(x: Tensor, y: Tensor) -> None:
    """Warn where x in the other of the two usual ranges would be ten times nearer to y."""
    if y.std() == 0 or x.std() == 0:  # of flat pictures nobody can tell
        return
    error = (x - y).square().mean()
    for how, other in {"(x + 1) / 2": (x + 1) / 2, "2 x - 1": 2 * x - 1}.items():
        if (other - y).square().mean() < error / 10:
            warnings.warn(MIXED.format(how=how), stacklevel=4)
