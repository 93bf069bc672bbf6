"""How far apart the patches of two pictures are, as distributions: sliced transport, and Gram.

Neither asks where in the picture a patch lies: both compare statistics over all places, and that
is what "style" means here.

Legend: N, M points, D numbers each, K directions; B pictures of C channels, H x W pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.errors import DtypeError, RangeError, ShapeError, check_count, check_images


def transport_1d(u: Tensor, v: Tensor, *, power: int = 2) -> Tensor:
    """The exact Wasserstein distance, to its power, between sets of numbers: ``[...]``.

    On a line the cheapest plan keeps the order: the smallest goes to the smallest. So both are
    sorted, and the quantile functions compared; with N = M that is the mean of
    ``|sorted u - sorted v| ** power``.

    Parameters
    ----------
    u, v : Tensor
        Float ``[..., N]`` and ``[..., M]``, equal in all axes but the last.
    power : {1, 2}
        2 gives the *squared* distance W_2^2, 1 the distance W_1.

    Returns
    -------
    Tensor
        ``[...]``, at least 0; differentiable.

    Raises
    ------
    ShapeError, DtypeError, RangeError
        With a sentence.

    Examples
    --------
    >>> transport_1d(torch.tensor([3.0, 0.0]), torch.tensor([1.0, 4.0])).item()
    1.0
    >>> transport_1d(torch.tensor([0.0, 3.0]), torch.tensor([0.0, 3.0, 0.0, 3.0])).item()
    0.0
    """
    for name, each in (("u", u), ("v", v)):
        if not isinstance(each, Tensor) or not each.is_floating_point():
            raise DtypeError(f"{name} must be a floating-point tensor [..., N].")
    if not u.ndim or not v.ndim or u.shape[:-1] != v.shape[:-1] or not u.numel() or not v.numel():
        raise ShapeError(
            "u and v must be [..., N] and [..., M] with equal axes before the last, and not "
            f"empty; yours are {list(u.shape)} and {list(v.shape)}."
        )
    if isinstance(power, bool) or power not in (1, 2):
        raise RangeError(f"power={power!r} must be 1 or 2.")
    u, v = u.sort(-1).values, v.sort(-1).values
    if u.shape[-1] == v.shape[-1]:
        return _raised(u - v, power).mean(-1)
    from_u, from_v, widths = _common_quantiles(u.shape[-1], v.shape[-1], u)
    return (_raised(u[..., from_u] - v[..., from_v], power) * widths).sum(-1)


def random_directions(n: int, shape: tuple[int, ...], *, generator=None) -> Tensor:
    """`n` directions of length 1, evenly spread over the sphere: float32 ``[n, *shape]``.

    Parameters
    ----------
    n : int
        How many.
    shape : tuple of int
        ``(D,)`` for points, ``(C, k, k)`` for patches of k x k pixels.
    generator : torch.Generator, optional
        Draws them.

    Examples
    --------
    >>> directions = random_directions(5, (3, 7, 7), generator=torch.Generator().manual_seed(0))
    >>> directions.shape, directions.flatten(1).norm(dim=1).allclose(torch.ones(5))
    (torch.Size([5, 3, 7, 7]), True)
    """
    check_count("n", n)
    for size in shape:
        check_count("shape", size)
    raw = torch.randn(n, *shape, generator=generator)
    lengths = raw.flatten(1).norm(dim=1).clamp(min=1e-12)
    return raw / lengths.view(-1, *[1] * len(shape))


def sliced_transport(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    """Mean squared transport distance of the shadows that two clouds throw: a scalar.

    The sliced Wasserstein distance (Heitz et al. 2021), squared, estimated with the
    given directions. Fresh ones at each step make it a stochastic loss without bias.

    Parameters
    ----------
    x, y : Tensor
        Float ``[N, D]`` and ``[M, D]``.
    directions : Tensor
        ``[K, D]``, each of length 1.

    Raises
    ------
    ShapeError, DtypeError

    Examples
    --------
    >>> x = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    >>> sliced_transport(x, x + 2, torch.eye(2)).item()  # moved by 2 along both axes
    4.0
    """
    shapes = [list(each.shape) for each in (x, y, directions)]
    if any(len(s) != 2 for s in shapes) or len({s[1] for s in shapes}) > 1:
        raise ShapeError(
            "Points are [N, D] and [M, D], directions [K, D] with one D; yours are "
            f"{shapes[0]}, {shapes[1]} and {shapes[2]}."
        )
    return transport_1d(directions @ x.T, directions @ y.T).mean()


def patch_transport(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    """Sliced transport between all patches of two pictures: a scalar, differentiable in both.

    Projecting every patch on a direction is one convolution, so no patch is ever cut out
    (Elnekave & Weiss 2022).

    Parameters
    ----------
    x, y : Tensor
        Float ``[1, C, H, W]``, any sizes that hold a patch, or ``[B, C, H, W]``: then the b-th
        is compared with the b-th, and the mean returned. A `y` of one picture serves all of x.
    directions : Tensor
        ``[K, C, k, k]``, each of length 1, as from `random_directions`.

    Raises
    ------
    ShapeError, DtypeError, DataError
        With a sentence.

    Examples
    --------
    >>> x = torch.zeros(1, 3, 16, 16)
    >>> directions = random_directions(4, (3, 5, 5))
    >>> patch_transport(x, x.clone(), directions).item()
    0.0
    """
    for each in (x, y):
        check_images(each, check_range=False)
    k = directions.shape[-1] if isinstance(directions, Tensor) and directions.ndim == 4 else 0
    if not k or directions.shape[1] != x.shape[1] or min(*x.shape[2:], *y.shape[2:]) < k:
        raise ShapeError(
            "directions must be [K, C, k, k] with the pictures' C and a k that fits into them; "
            f"yours: {list(getattr(directions, 'shape', []))} for {list(x.shape)} and "
            f"{list(y.shape)}."
        )
    if len(y) not in (1, len(x)) or y.shape[1] != x.shape[1]:
        raise ShapeError(
            f"y must hold 1 or {len(x)} pictures of {x.shape[1]} channels; yours is "
            f"{list(y.shape)}."
        )
    shadows = [F.conv2d(each, directions).flatten(2) for each in (x, y)]  # [B, K, places]
    shadows[1] = shadows[1].expand(len(x), -1, -1)
    return transport_1d(*shadows).mean()


def gram(features: Tensor) -> Tensor:
    """Mean products of channels over all places: ``[B, C, C]`` (Gatys et al. 2016).

    The paper sums over the places; the mean lets pictures of two sizes be compared.

    Parameters
    ----------
    features : Tensor
        Float ``[B, C, H, W]``.

    Raises
    ------
    ShapeError, DtypeError

    Examples
    --------
    >>> gram(torch.ones(1, 2, 4, 4)).tolist()
    [[[1.0, 1.0], [1.0, 1.0]]]
    """
    check_images(features, check_range=False)
    flat = features.flatten(2)  # [B, C, H W]
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _raised(x: Tensor, power: int) -> Tensor:
    return x.square() if power == 2 else x.abs()


def _common_quantiles(n: int, m: int, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces of [0, 1] on which both quantile functions are constant.

    Places are counted in units of 1 / (n m), so no rounding can misplace a border.
    """
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    widths = ends.diff(prepend=ends.new_zeros(1))
    starts = ends - widths
    shares = widths.to(like) / (n * m)
    return (starts // m).to(like.device), (starts // n).to(like.device), shares
