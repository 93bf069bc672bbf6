"""TasteFinder: what goes to the page, and decoders that it refuses in a sentence."""

from __future__ import annotations

import pytest
from torch import nn

from aigc_teach.core import AigcError, DtypeError, RangeError
from aigc_teach.widgets import TasteFinder


def decoder(size=5, side=8):
    return nn.Sequential(
        nn.Linear(size, 3 * side * side), nn.Tanh(), nn.Unflatten(1, (3, side, side))
    )


def test_sizes_are_read_off_the_decoder():
    finder = TasteFinder(decoder(), count=6)
    assert (finder.latent_size, finder.image_shape, finder.count) == (5, [3, 8, 8], 6)
    assert len(finder.weights) == 2 * sum(p.numel() for p in decoder().parameters())
    assert "6 made pictures" in finder.alt and "6 made pictures" in repr(finder)


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: TasteFinder(decoder(), count=3), RangeError, "count=3"),
        (lambda: TasteFinder(decoder(), count=10), RangeError, "count=10"),
        (lambda: TasteFinder(decoder(), rate=0.0), RangeError, "rate=0.0"),
        (lambda: TasteFinder(decoder(), spread_rate=1.5), RangeError, "spread_rate"),
        (lambda: TasteFinder("decoder"), DtypeError, "nn.Sequential"),
        (lambda: TasteFinder(nn.Sequential(nn.Tanh())), DtypeError, "nn.Linear"),
        (lambda: TasteFinder(decoder(size=40, side=128)), AigcError, "1 MB"),
        (lambda: TasteFinder(nn.Sequential(nn.Linear(2, 3))), AigcError, "images"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error) as caught:
        do()
    assert words in str(caught.value)
