"""HolePainter: the mask goes to the page and comes back; bad input is told."""

from __future__ import annotations

import warnings

import pytest
import torch
import traitlets

from aigc_teach.core import AigcError, ChoiceError, DtypeError, RangeError, ShapeError
from aigc_teach.data import degrade
from aigc_teach.widgets import HolePainter


def test_what_is_painted_is_the_mask():
    painter = HolePainter(torch.zeros(3, 6, 9))
    assert painter.mask.shape == (1, 1, 6, 9) and not painter.mask.any()
    painted = bytearray(54)
    painted[9 * 2 + 4] = 1
    painter.painted = bytes(painted)
    assert painter.mask.nonzero().tolist() == [[0, 0, 2, 4]]
    hidden = degrade.hide(torch.zeros(1, 3, 6, 9), painter.mask, fill=1.0)
    assert hidden.sum() == 3


def test_what_the_page_sends_is_taken():
    painter = HolePainter(torch.zeros(1, 2, 2))
    painter.set_state({"painted": memoryview(b"\1\0\0\1"), "asked": 7})
    assert painter.mask[0, 0].tolist() == [[True, False], [False, True]] and painter.answered == 7


def test_a_first_mask_and_a_batch_of_one():
    mask = degrade.block_mask(20, 30, generator=torch.Generator().manual_seed(0), side=5)
    painter = HolePainter(torch.zeros(1, 1, 20, 30), mask, low=0)
    assert painter.mask.equal(mask) and painter.shape == [20, 30, 1]


def test_the_kernel_answers_and_refuses_half_a_mask():
    painter = HolePainter(torch.zeros(1, 4, 4))
    painter.asked = 12345
    assert painter.answered == 12345
    with pytest.raises(traitlets.TraitError, match="one byte for each pixel"):
        painter.painted = b"123"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"picture": torch.zeros(2, 3, 4, 4)}, ShapeError, "One picture is shown"),
        ({"picture": torch.zeros(4, 4)}, ShapeError, "4 axes"),
        ({"mask": torch.zeros(1, 1, 4, 5, dtype=torch.bool)}, ShapeError, "mask of pictures"),
        ({"mask": torch.zeros(1, 1, 4, 4)}, DtypeError, "mask > 0.5"),
        ({"radius": 0}, RangeError, "radius=0"),
        ({"low": 2}, ChoiceError, "low=2"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    given = {"picture": torch.zeros(3, 4, 4), **options}
    with pytest.raises(error, match=words):
        HolePainter(given.pop("picture"), **given)
    assert issubclass(error, AigcError)


def test_a_picture_in_the_other_range_is_warned_of():
    x = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(0))
    with pytest.warns(UserWarning, match="low=0"):
        HolePainter(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HolePainter(x, low=0)
        HolePainter(2 * x - 1)
