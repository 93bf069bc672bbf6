"""Restoration without learning: what a network must beat before it is worth its training.

Median, bilateral filter, total variation, non-local means and biharmonic filling, in plain PyTorch
and equal or close to scikit-image's (the tests say how close). Each looks at the one picture it
restores and knows nothing else.

Pictures are float ``[B, C, H, W]`` of any range. Strengths are in the picture's own units: for
pictures in [-1, 1] they are twice those for [0, 1].
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import (
    DataError,
    RangeError,
    ShapeError,
    check_count,
    check_images,
    check_number,
)
from ..core.filters import check_mask

LEAST = 5.0  # non-local means: patches less alike than exp(-LEAST) do not count


def median(x: Tensor, size: int = 3) -> Tensor:
    """Each value becomes the median of the square around it: best against lone wrong pixels.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``. Beyond the edge its last pixels are repeated.
    size : int
        Of the square, odd, 1 to 15.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``, each channel by itself.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> lone = torch.zeros(1, 1, 5, 5)
    >>> lone[0, 0, 2, 2] = 1
    >>> median(lone).sum()
    tensor(0.)
    """
    check_images(x, check_range=False)
    if check_count("size", size, at_most=15) % 2 == 0:
        raise RangeError(f"size={size} is even; it must be odd: 3, 5, 7, ...")
    r = size // 2
    around = F.pad(x, (r, r, r, r), mode="replicate").unfold(2, size, 1).unfold(3, size, 1)
    return around.flatten(4).median(dim=4).values


def bilateral(
    x: Tensor, sigma_value: float, sigma_space: float = 1.0, *, radius: int | None = None
) -> Tensor:
    """A mean over near pixels of like colour: smooths, and stops at edges.

    Tomasi and Manduchi 1998 (doi:10.1109/ICCV.1998.710815).

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``. Beyond the edge its last pixels are repeated.
    sigma_value : float
        How different colours may be, over all channels together; above 0.
    sigma_space : float
        How far away pixels may lie, above 0.
    radius : int, optional
        How far is looked at all, 1 to 30; three times `sigma_space` if left out.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``.

    Examples
    --------
    >>> edge = torch.zeros(1, 1, 6, 6)
    >>> edge[..., 3:] = 1
    >>> torch.allclose(bilateral(edge, 0.05), edge, atol=1e-6)
    True
    """
    check_images(x, check_range=False)
    check_number("sigma_value", sigma_value, above=True)
    check_number("sigma_space", sigma_space, above=True)
    r = math.ceil(3 * sigma_space) if radius is None else radius
    check_count("radius", r, at_most=30)
    height, width = x.shape[2:]
    wide = F.pad(x, (r, r, r, r), mode="replicate")
    total, weights = torch.zeros_like(x), x.new_zeros(len(x), 1, height, width)
    for i in range(2 * r + 1):
        for j in range(2 * r + 1):
            other = wide[:, :, i : i + height, j : j + width]
            far = ((i - r) ** 2 + (j - r) ** 2) / sigma_space**2
            unlike = (other - x).square().sum(1, keepdim=True) / sigma_value**2
            weight = torch.exp(-0.5 * (far + unlike))  # [B, 1, H, W]
            total += weight * other
            weights += weight
    return total / weights


def total_variation(x: Tensor, weight: float = 0.1, *, steps: int = 200) -> Tensor:
    """The picture u that minimises |u - x|^2 / 2 + weight * (sum of its gradients' lengths).

    Rudin, Osher and Fatemi 1992 (doi:10.1016/0167-2789(92)90242-F), solved by the dual steps of
    Chambolle 2004 (doi:10.1023/B:JMIV.0000011325.36760.1e). Flat regions become flat, edges stay.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``.
    weight : float
        Above 0: the larger, the smoother.
    steps : int
        How many steps, 1 to 10,000; no step is left out where little changes.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``, each channel by itself; its mean is that of `x`.

    Examples
    --------
    >>> flat = total_variation(torch.tensor([[[[0.0, 1.0, 0.0, 1.0]]]]), weight=10.0)
    >>> round(flat.std().item(), 2)
    0.0
    """
    check_images(x, check_range=False)
    check_number("weight", weight, above=True)
    check_count("steps", steps, at_most=10_000)
    p = x.new_zeros(2, *x.shape)  # the dual: one vector at every pixel
    tau, u = 0.25, x
    for _ in range(steps):
        g = torch.stack(  # the gradient of u, 0 beyond the last row and column
            [F.pad(u.diff(dim=2), (0, 0, 0, 1)), F.pad(u.diff(dim=3), (0, 1, 0, 0))]
        )
        p = (p - tau * g) / (1 + tau / weight * g.square().sum(0).sqrt())
        down, across = F.pad(p[0], (0, 0, 1, 0)), F.pad(p[1], (1, 0, 0, 0))
        u = x - down.diff(dim=2) - across.diff(dim=3)  # x minus the divergence of p
    return u


def non_local_means(
    x: Tensor, h: float, *, sigma: float = 0.0, patch: int = 7, reach: int = 11
) -> Tensor:
    """A mean over pixels, wherever they lie nearby, whose surroundings look alike.

    Buades, Coll and Morel 2005 (doi:10.1109/CVPR.2005.38), with square patches of equal weights
    (Darbon et al. 2008, doi:10.1109/ISBI.2008.4541250). Two patches at the squared distance d2
    (its mean over pixels and channels) count exp(-max(d2 - 2 sigma^2, 0) / h^2); what would count
    less than exp(-5) is left out, as scikit-image does: hundreds of such would drown the alike.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``; H and W above ``reach + patch // 2``.
    h : float
        How different patches may be, above 0; with `sigma` given, about 0.8 sigma.
    sigma : float
        The noise's standard deviation, where it is known.
    patch : int
        Side of a patch, odd, 1 to 15.
    reach : int
        How far patches are looked for, 1 to 30 pixels in each direction.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``.

    Examples
    --------
    >>> x = 0.5 + 0.1 * torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> non_local_means(x, 0.08, sigma=0.1, patch=5, reach=5).std() < 0.03
    tensor(True)
    """
    check_images(x, check_range=False)
    check_number("h", h, above=True)
    check_number("sigma", sigma)
    check_count("reach", reach, at_most=30)
    if check_count("patch", patch, at_most=15) % 2 == 0:
        raise RangeError(f"patch={patch} is even; it must be odd: 3, 5, 7, ...")
    half, (height, width) = patch // 2, x.shape[2:]
    edge = reach + half
    if min(height, width) <= edge:
        raise ShapeError(
            f"With reach={reach} and patch={patch} a picture must have more than {edge} x {edge} "
            f"pixels; yours has {height} x {width}."
        )
    wide = F.pad(x, (edge,) * 4, mode="reflect")
    middle = wide[:, :, reach:-reach, reach:-reach]  # [B, C, H + 2 half, W + 2 half]
    total, weights = torch.zeros_like(x), x.new_zeros(len(x), 1, height, width)
    for i in range(2 * reach + 1):
        for j in range(2 * reach + 1):
            other = wide[:, :, i : i + height + 2 * half, j : j + width + 2 * half]
            squared = (other - middle).square().mean(1, keepdim=True)
            d2 = F.avg_pool2d(squared, patch, stride=1)  # [B, 1, H, W]
            unlike = (d2 - 2 * sigma**2).clamp(min=0) / h**2
            weight = torch.exp(-unlike) * (unlike <= LEAST)
            total += weight * other[:, :, half : half + height, half : half + width]
            weights += weight
    return total / weights


def fill_holes(
    x: Tensor, mask: Tensor, *, tolerance: float = 1e-8, most_steps: int = 20_000
) -> Tensor:
    """Missing pixels filled so that the surface is as smooth as it can be: biharmonic filling.

    In the hole the Laplacian of the Laplacian is zero; value and slope at its rim are those of the
    known pixels (Damelin and Hoang 2018, doi:10.1155/2018/3950312). The equations are solved by
    conjugate gradients, in float64. Thin scratches cost tens of steps, large holes thousands.

    Parameters
    ----------
    x : Tensor
        Float ``[B, C, H, W]``; what stands in the holes does not matter, not even NaN.
    mask : Tensor
        bool ``[B, 1, H, W]`` or ``[1, 1, H, W]``, True where a pixel is missing.
    tolerance : float
        The solver stops where the residual is this part of what it was, above 0.
    most_steps : int
        Of the solver.

    Returns
    -------
    Tensor
        ``[B, C, H, W]``. The known pixels are those of `x` bit for bit; the others lie between the
        least and the largest known value of their channel.

    Raises
    ------
    DataError
        Where nothing is known of a picture, or `most_steps` do not suffice.
    DtypeError, ShapeError, RangeError
        With a sentence.

    Examples
    --------
    >>> slope = torch.arange(9.0).expand(1, 1, 9, 9)
    >>> hole = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    >>> hole[..., 3:6, 3:6] = True
    >>> torch.allclose(fill_holes(slope.masked_fill(hole, -99), hole), slope, atol=1e-4)
    True
    """
    check_images(x, check_range=False)
    check_number("tolerance", tolerance, above=True)
    check_count("most_steps", most_steps)
    check_mask(x, mask)
    if mask.flatten(1).all(1).any():
        raise DataError("The mask hides a whole picture: nothing is known to fill it from.")
    known = x.masked_fill(mask, 0).double()
    holes = mask.expand_as(x)
    solution = _solve(known, mask, tolerance, most_steps)
    least = known.masked_fill(holes, torch.inf).amin((2, 3), keepdim=True)
    largest = known.masked_fill(holes, -torch.inf).amax((2, 3), keepdim=True)
    return torch.where(mask, solution.clamp(least, largest).to(x.dtype), x)


def _laplacian(u: Tensor) -> Tensor:
    """The five-point Laplacian; beyond the edge the last pixels are repeated."""
    wide = F.pad(u, (1, 1, 1, 1), mode="replicate")
    around = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1] + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
    return around - 4 * u


def _solve(known: Tensor, mask: Tensor, tolerance: float, most_steps: int) -> Tensor:
    """Conjugate gradients for the missing values, each picture and channel by itself."""

    def apply(u: Tensor) -> Tensor:
        return _laplacian(_laplacian(u)) * mask

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum((2, 3), keepdim=True)  # [B, C, 1, 1]

    u = torch.zeros_like(known)
    residual = -apply(known)
    direction, size = residual, dot(residual, residual)
    enough = tolerance**2 * size
    for _ in range(most_steps):
        if not (size > enough).any():
            return u
        image = apply(direction)
        slope = dot(direction, image)
        step = torch.where(size > enough, size / slope, 0.0)
        u = u + step * direction
        residual = residual - step * image
        new = dot(residual, residual)
        direction = residual + torch.where(size > enough, new / size, 0.0) * direction
        size = torch.where(size > enough, new, size)
    raise DataError(
        f"Filling was not done after most_steps={most_steps}: the holes are very large. Allow more "
        "steps, a larger tolerance, or shrink the picture first."
    )
