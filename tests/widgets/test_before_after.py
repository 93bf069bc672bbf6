"""BeforeAfter: what it hands to the page, and what it refuses in words."""

from __future__ import annotations

import warnings
import zlib

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, ChoiceError, DataError, DtypeError, RangeError, ShapeError
from aigc_teach.widgets import BeforeAfter


def pixels(widget, name):
    raw = zlib.decompress(getattr(widget, name))
    return np.frombuffer(raw, np.uint8).reshape(widget.shape)


@pytest.mark.parametrize("low", [-1, 0])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_gets_both_pictures(low, channels):
    x = torch.linspace(low, 1, channels * 6 * 5).view(channels, 6, 5)
    widget = BeforeAfter(x, x.flip(2)[None], low=low)
    wanted = ((x - low) / (1 - low) * 255).round().permute(1, 2, 0).numpy()
    assert widget.shape == [6, 5, channels]
    assert np.abs(pixels(widget, "before") - wanted).max() <= 1
    assert np.abs(pixels(widget, "after") - wanted[:, ::-1]).max() <= 1
    assert "5 x 6 pixels" in widget.alt and "Before and after" in repr(widget)


def test_what_overshoots_is_cut_off_and_nothing_is_changed():
    x = torch.full((1, 4, 4), 1.3)
    assert (pixels(BeforeAfter(x, -x), "before") == 255).all()
    assert (x == 1.3).all()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"before": torch.zeros(1, 4, 4)}, ShapeError, "one size"),
        ({"before": torch.zeros(2, 3, 5, 4)}, ShapeError, "One picture is shown"),
        ({"before": torch.zeros(2, 5, 4)}, ShapeError, "1 or 3 channels"),
        ({"before": torch.zeros(3, 5, 4).byte()}, DtypeError, "floating point"),
        ({"before": torch.full((3, 5, 4), 255.0)}, RangeError, "yours lie in"),
        ({"before": torch.zeros(3, 1200, 1200)}, DataError, "Cut a piece"),
        ({"before": None}, DtypeError, "torch.Tensor"),
        ({"names": ("one",)}, DataError, "two names"),
        ({"names": "ab"}, DataError, "two names"),
        ({"position": 2}, RangeError, "between 0 and 1"),
        ({"low": 0.5}, ChoiceError, "low=0.5"),
    ],
)
def test_what_cannot_be_is_a_sentence(options, error, words):
    x = torch.zeros(3, 5, 4)
    given = {"before": x, "after": x, **options}
    with pytest.raises(error, match=words):
        BeforeAfter(given.pop("before"), given.pop("after"), **given)
    assert issubclass(error, AigcError)


def test_a_picture_in_the_other_range_is_warned_of():
    x = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(0))
    with pytest.warns(UserWarning, match="low=0"):
        BeforeAfter(x, x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BeforeAfter(x, x, low=0)
        BeforeAfter(x, 2 * x - 1)
