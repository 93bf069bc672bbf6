"""Sizes and overlap counts: bad input is told in a sentence, small cases by hand."""

from __future__ import annotations

import pytest

from aigc_teach.core.errors import DtypeError, RangeError, ShapeError
from aigc_teach.nn.shapes import conv_size, conv_transpose_size, overlap_counts


@pytest.mark.parametrize(
    "function, arguments, error, words",
    [
        (conv_size, (4, 5), ShapeError, "does not fit into 4"),
        (conv_size, (4, 3, 1, 0, 2), ShapeError, "reaches over 5 pixels"),
        (conv_size, (0, 1), RangeError, "size=0 is too small"),
        (conv_size, (5, 3, 0), RangeError, "stride=0 is too small"),
        (conv_size, (5, 3, 1, -1), RangeError, "padding=-1 is too small"),
        (conv_size, (5, 3, 1, 0, 0), RangeError, "dilation=0 is too small"),
        (conv_size, (5.0, 3), DtypeError, "whole number"),
        (conv_transpose_size, (1, 2, 1, 1), ShapeError, "nothing is left"),
        (conv_transpose_size, (7, 4, 2, 1, 2), RangeError, "smaller than the stride 2"),
        (conv_transpose_size, (7, 4, 2, 1, -1), RangeError, "output_padding=-1"),
        (conv_transpose_size, (7, True), DtypeError, "kernel=True"),
        (overlap_counts, (7, 0), RangeError, "kernel=0 is too small"),
        (overlap_counts, (1, 2, 1, 1), ShapeError, "nothing is left"),
    ],
)
def test_bad_input_is_a_sentence(function, arguments, error, words):
    with pytest.raises(error, match=words):
        function(*arguments)


def test_a_convolution_loses_what_its_stride_skips():
    assert conv_size(7, 4, 2, 1) == conv_size(6, 4, 2, 1) == 3
    assert conv_transpose_size(3, 4, 2, 1) == 6
    assert conv_transpose_size(3, 4, 2, 1, output_padding=1) == 7  # which of the two was meant


def test_transposed_undoes_the_size_of_a_convolution():
    for kernel, stride, padding, dilation in [(4, 2, 1, 1), (3, 1, 1, 1), (5, 3, 2, 2)]:
        for size in range(9, 30):
            down = conv_size(size, kernel, stride, padding, dilation)
            left_over = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride
            back = conv_transpose_size(down, kernel, stride, padding, left_over, dilation)
            assert back == size


def test_counts_are_even_inside_where_the_stride_divides_the_kernel():
    assert set(overlap_counts(7, 4, 2, 1)[1:-1].tolist()) == {2}
    assert set(overlap_counts(7, 3, 2, 1)[1:-1].tolist()) == {1, 2}
    assert overlap_counts(3, 2, 3).tolist() == [1, 1, 0, 1, 1, 0, 1, 1]  # holes


def test_the_package_exports_them():
    from aigc_teach import nn

    assert nn.conv_size is conv_size and nn.overlap_counts is overlap_counts
    assert nn.conv_transpose_size is conv_transpose_size
