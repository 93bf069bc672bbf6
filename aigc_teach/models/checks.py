"""Checks of a batch that every family shares."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import DtypeError, ShapeError, check_images, check_sizes


def check_data(
    x: Tensor, data_shape: tuple[int, ...], *, weights: torch.dtype | None = None
) -> None:
    """Check a batch against a model's item shape and weights; images also for their range.

    The look at the values is skipped on every device but the CPU, which it would make wait.
    """
    if len(data_shape) == 3:
        on_cpu = isinstance(x, Tensor) and x.device.type == "cpu"
        check_images(x, shape=data_shape, check_range=on_cpu)
    else:
        check_vectors(x, data_shape)
    check_precision("The data", x, weights)


def check_precision(what: str, x: Tensor, weights: torch.dtype | None) -> None:
    """Raise a sentence if `x` is float64 and the weights are not, or the other way round."""
    if weights is not None and (x.dtype == torch.float64) != (weights == torch.float64):
        how = "x.double()" if weights == torch.float64 else "x.float()"
        raise DtypeError(
            f"{what} are {x.dtype} and this model computes in {weights}. Use {how}; numbers "
            "from NumPy are float64 unless you say otherwise."
        )


def check_vectors(x: Tensor, data_shape: tuple[int, ...]) -> None:
    """Check a batch of items that are no images: ``[N, *data_shape]``, floating-point."""
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise DtypeError(f"Data must be a floating-point tensor; you gave {kind}.")
    if tuple(x.shape[1:]) != tuple(data_shape) or len(x) == 0:
        want = ", ".join(map(str, data_shape))
        raise ShapeError(
            f"This model takes data of shape [N, {want}], N at least 1; you gave {list(x.shape)}."
        )


def check_codes(z: Tensor, latent_size: int, *, weights: torch.dtype | None = None) -> None:
    """Raise a sentence unless `z` is a batch of codes ``[N, L]`` for a model of these weights.

    >>> check_codes(torch.zeros(3, 2), 2)
    """
    if not isinstance(z, Tensor) or not z.dtype.is_floating_point:
        kind = z.dtype if isinstance(z, Tensor) else f"a {type(z).__name__}"
        raise DtypeError(f"z must be a floating-point torch.Tensor of codes; you gave {kind}.")
    if z.ndim != 2 or z.shape[1] != latent_size:
        raise ShapeError(f"z must be [N, {latent_size}]; you gave {list(z.shape)}.")
    check_precision("The codes", z, weights)


def check_image_shape(data_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Channels, height and width that two halvings leave whole, or a sentence.

    >>> check_image_shape((3, 32, 32))
    (3, 32, 32)
    """
    shape = check_sizes("data_shape", data_shape)
    if len(shape) != 3 or shape[0] not in (1, 3) or any(s < 8 or s % 4 for s in shape[1:]):
        raise ShapeError(
            "data_shape must be (channels, height, width): 1 or 3 channels, and sides that are "
            f"multiples of 4 and at least 8, such as (1, 28, 28) or (3, 32, 32); you gave {shape}."
        )
    return shape
