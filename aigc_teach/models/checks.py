"""Checks of a batch that every family shares."""

from __future__ import annotations

from torch import Tensor

from ..core import DtypeError, ShapeError, check_images


def check_data(x: Tensor, data_shape: tuple[int, ...]) -> None:
    """Check a batch against a model's item shape; images also for their range.

    The look at the values is skipped off the CPU, where it would make the CPU wait.
    """
    if len(data_shape) == 3:
        near = not isinstance(x, Tensor) or x.device.type == "cpu"
        check_images(x, shape=data_shape, check_range=near)
        return
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise DtypeError(f"Data must be a floating-point tensor; you gave {kind}.")
    if tuple(x.shape[1:]) != tuple(data_shape) or len(x) == 0:
        want = ", ".join(map(str, data_shape))
        raise ShapeError(
            f"This model takes data of shape [N, {want}], N at least 1; you gave {list(x.shape)}."
        )


def check_image_shape(data_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Channels, height and width that two halvings leave whole, or a sentence.

    >>> check_image_shape((3, 32, 32))
    (3, 32, 32)
    """
    shape = tuple(data_shape)
    if len(shape) != 3 or shape[0] not in (1, 3) or any(s < 8 or s % 4 for s in shape[1:]):
        raise ShapeError(
            "data_shape must be (channels, height, width): 1 or 3 channels, and sides that are "
            f"multiples of 4 and at least 8, such as (1, 28, 28) or (3, 32, 32); you gave {shape}."
        )
    return shape
