"""The arithmetic of convolutions along one axis: output sizes, and who touches which pixel.

Height and width follow the same formulas independently, so one axis is enough. Symbols:
i input size, o output size, k kernel, s stride, p padding, d dilation, a output padding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.errors import RangeError, ShapeError, check_count


def conv_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Output size of a convolution, o = floor((i + 2p - d(k - 1) - 1) / s) + 1.

    Dumoulin & Visin 2016, relationships 6 and 15.

    Parameters
    ----------
    size : int
        Input size i, at least 1.
    kernel, stride, dilation : int
        At least 1.
    padding : int
        Zeros added at each end, at least 0.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    DtypeError, RangeError
        If a number is not whole or is too small.
    ShapeError
        If the kernel does not fit into the padded input even once.

    >>> conv_size(28, 4, stride=2, padding=1)
    14
    """
    _check(size, kernel, stride, padding, dilation)
    reach, room = dilation * (kernel - 1) + 1, size + 2 * padding
    if reach > room:
        raise ShapeError(
            f"A kernel that reaches over {reach} pixels does not fit into {room} "
            f"(size {size} + 2 * padding {padding}). Use a smaller kernel or more padding."
        )
    return (room - reach) // stride + 1


def conv_transpose_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Output size of a transposed convolution, o = (i - 1)s - 2p + d(k - 1) + a + 1.

    Dumoulin & Visin 2016, relationship 14 (with dilation 1).

    Parameters
    ----------
    size : int
        Input size i, at least 1.
    kernel, stride, dilation : int
        At least 1.
    padding : int
        Pixels cut off at each end of the output, at least 0.
    output_padding : int
        Pixels added at the output's far end: below the stride or below the dilation.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    DtypeError, RangeError
        If a number is not whole or lies outside its range.
    ShapeError
        If the padding cuts off the whole output.

    >>> conv_transpose_size(7, 4, stride=2, padding=1)
    14
    """
    _check(size, kernel, stride, padding, dilation)
    check_count("output_padding", output_padding, at_least=0)
    if output_padding >= max(stride, dilation):
        raise RangeError(
            f"output_padding={output_padding} must be smaller than the stride {stride} or the "
            f"dilation {dilation}: it only chooses among sizes that one convolution joins."
        )
    full = (size - 1) * stride + dilation * (kernel - 1) + 1
    result = full - 2 * padding + output_padding
    if result < 1:
        raise ShapeError(
            f"The padding cuts {2 * padding} pixels off an output of {full + output_padding}: "
            "nothing is left. Use less padding, or a larger kernel."
        )
    return result


def overlap_counts(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> Tensor:
    """How many kernel taps of a transposed convolution land on each output pixel of one axis.

    Input pixel n writes its tap m on output pixel n s + m d - p. A square kernel's count at
    (row, column) is the product of the two axes' counts: uneven counts are the checkerboard
    of Odena et al. 2016.

    Parameters
    ----------
    size, kernel, stride, padding, output_padding, dilation : int
        As in :func:`conv_transpose_size`.

    Returns
    -------
    Tensor
        int64 ``[o]``, each from 0 to k.

    Raises
    ------
    DtypeError, RangeError, ShapeError
        As in :func:`conv_transpose_size`.

    >>> overlap_counts(4, 3, stride=2)
    tensor([1, 1, 2, 1, 2, 1, 2, 1, 1])
    """
    length = conv_transpose_size(size, kernel, stride, padding, output_padding, dilation)
    starts = torch.arange(size)[:, None] * stride - padding  # [i, 1]
    places = (starts + torch.arange(kernel) * dilation).flatten()  # [i * k]
    inside = places[(places >= 0) & (places < length)]
    return torch.bincount(inside, minlength=length)  # [o]


def _check(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    check_count("size", size)
    check_count("kernel", kernel)
    check_count("stride", stride)
    check_count("padding", padding, at_least=0)
    check_count("dilation", dilation)
