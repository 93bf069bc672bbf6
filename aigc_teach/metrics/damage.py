"""Four ways to spoil a set of digits on purpose, so that one can see which measure notices.

Each takes pictures and gives new ones of the same number; strength 0 changes nothing. Pixels
stay in [-1, 1]. Use them in this order: :func:`drop`, :func:`memorise`, :func:`blur`,
:func:`noise`.

Shapes: N pictures, M training pictures, each 1x28x28.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, check_images
from aigc_teach.core.filters import filter_both_ways, gaussian_window

IMAGE_SHAPE = (1, 28, 28)
CLASSES = 10


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur: every pixel becomes a weighted mean of its neighbours.

    Parameters
    ----------
    x : Tensor
        Float ``[N, 1, 28, 28]`` in [-1, 1].
    sigma : float
        Standard deviation in pixels, from 0 (unchanged) to 5.

    Returns
    -------
    Tensor
        ``[N, 1, 28, 28]``.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> dot = torch.zeros(1, 1, 28, 28).index_fill(2, torch.tensor([14]), 1.0)
    >>> [round(v, 2) for v in blur(dot, 1.0)[0, 0, 12:17, 14].tolist()]  # the bell curve
    [0.05, 0.24, 0.4, 0.24, 0.05]
    """
    check_images(x, shape=IMAGE_SHAPE)
    if not _number("sigma", sigma, 5.0):
        return x.clone()
    return filter_both_ways(x, gaussian_window(sigma, 13, x))


def noise(x: Tensor, sigma: float, *, generator: torch.Generator | None = None) -> Tensor:
    """Gaussian noise of spread `sigma` on every pixel, then cut off at -1 and 1.

    Parameters
    ----------
    x : Tensor
        Float ``[N, 1, 28, 28]`` in [-1, 1].
    sigma : float
        From 0 (unchanged) to 5.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        ``[N, 1, 28, 28]``.

    Examples
    --------
    >>> noise(torch.zeros(2, 1, 28, 28), 0.1).std() < 0.2
    tensor(True)
    """
    check_images(x, shape=IMAGE_SHAPE)
    if not _number("sigma", sigma, 5.0):
        return x.clone()
    eps = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return (x + sigma * eps.to(x.device)).clamp(-1, 1)


def drop(
    x: Tensor, labels: Tensor, dropped: int, *, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Leave out the classes 9, 8, ...; copies of other pictures *of the set* fill the places.

    Parameters
    ----------
    x : Tensor
        Float ``[N, 1, 28, 28]`` in [-1, 1].
    labels : Tensor
        Whole numbers ``[N]`` from 0 to 9.
    dropped : int
        How many classes are left out, from 0 (unchanged) to 9.
    generator : torch.Generator, optional
        Chooses which pictures fill the places; none twice before all were used once.

    Returns
    -------
    x : Tensor
        ``[N, 1, 28, 28]``.
    labels : Tensor
        ``[N]``, all below ``10 - dropped``.

    Raises
    ------
    DataError
        Where no picture of a kept class is left.

    Examples
    --------
    >>> x, labels = drop(torch.zeros(20, 1, 28, 28), torch.arange(20) % 10, 8)
    >>> sorted(set(labels.tolist())), len(x)
    ([0, 1], 20)
    """
    labels = _check_labelled(x, labels)
    if isinstance(dropped, bool) or not isinstance(dropped, int):
        raise DtypeError(f"dropped={dropped!r} must be a whole number of classes.")
    if not 0 <= dropped < CLASSES:
        raise RangeError(f"dropped={dropped} must lie between 0 and {CLASSES - 1}.")
    kept = labels < CLASSES - dropped  # [N]
    pool, gaps = kept.nonzero().flatten(), (~kept).nonzero().flatten()
    if not len(pool):
        raise DataError(f"No picture is left without the {dropped} dropped classes.")
    rounds = -(-len(gaps) // len(pool))
    orders = [torch.randperm(len(pool), generator=generator) for _ in range(rounds)]
    source = torch.arange(len(x))
    if rounds:
        source[gaps] = pool[torch.cat(orders)[: len(gaps)]]
    return x[source], labels[source]


def memorise(
    x: Tensor,
    labels: Tensor,
    train_images: Tensor,
    train_labels: Tensor,
    share: float,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Put training pictures of the same classes in the place of a share of the pictures.

    Parameters
    ----------
    x, labels : Tensor
        ``[N, 1, 28, 28]`` in [-1, 1], ``[N]``.
    train_images, train_labels : Tensor
        ``[M, 1, 28, 28]``, ``[M]``: what is copied; every class that occurs in `labels`.
    share : float
        From 0 (unchanged) to 1 (every picture is a copy).
    generator : torch.Generator, optional
        Chooses the places and the pictures.

    Returns
    -------
    Tensor
        ``[N, 1, 28, 28]``.

    Raises
    ------
    DtypeError, ShapeError, DataError, RangeError
        With a sentence.

    Examples
    --------
    >>> new, old = torch.zeros(4, 1, 28, 28), torch.ones(4, 1, 28, 28)
    >>> memorise(new, torch.arange(4), old, torch.arange(4), 0.5).mean()
    tensor(0.5000)
    """
    labels, known = _check_labelled(x, labels), _check_labelled(train_images, train_labels)
    count = round(_number("share", share, 1.0) * len(x))
    places = torch.randperm(len(x), generator=generator)[:count]
    x = x.clone()
    for digit in range(CLASSES):
        mine = places[labels[places] == digit]
        theirs = (known == digit).nonzero().flatten()
        if len(mine) and not len(theirs):
            raise DataError(f"There is no training picture of the class {digit} to copy.")
        if len(mine):
            order = torch.randperm(len(theirs), generator=generator)
            chosen = theirs[order[torch.arange(len(mine)) % len(theirs)]]
            x[mine] = train_images[chosen].to(x)
    return x


def _number(name: str, value: float, largest: float) -> float:
    """`value` as a float between 0 and `largest`, or a sentence."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DtypeError(f"{name}={value!r} must be a number.")
    if not 0 <= value <= largest:
        raise RangeError(f"{name}={value:g} must lie between 0 and {largest:g}.")
    return float(value)


def _check_labelled(x: Tensor, labels: Tensor) -> Tensor:
    """The labels, if they are one class from 0 to 9 for each picture."""
    check_images(x, shape=IMAGE_SHAPE)
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.ndim != 1:
        raise DtypeError("Labels must be a tensor of whole numbers with one axis, [N].")
    if len(labels) != len(x):
        raise ShapeError(f"{len(x)} pictures need {len(x)} labels; there are {len(labels)}.")
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise RangeError(f"Labels must lie between 0 and {CLASSES - 1}.")
    return labels
