"""Joined-up pieces: what is joined from one recording is that recording; fades and choices."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import AigcError, make_generator
from aigc_teach.models import Units
from aigc_teach.models.units import cross_fade


class Take(NamedTuple):
    signs: tuple
    wave: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor


def take(signs, value, each=100):
    times = torch.arange(len(signs) + 1) * each
    return Take(tuple(signs), torch.full((len(signs) * each,), value), times[:-1], times[1:])


def test_a_sentence_of_the_stock_comes_back_whole():
    train = data.speech()[:20]
    units = Units(train)
    for k, one in enumerate(train[:5]):
        again = units.join(one.signs)
        assert again.taken == [(k, place) for place in range(len(one.signs))]
        assert torch.equal(again.wave, one.wave) and again.contiguous == 1
        assert torch.equal(again.ends, one.ends) and set(again.fits) == {2}


def test_context_is_preferred_and_the_lot_ignores_it():
    units = Units([take("_ab_", 0.1), take("_cad_", 0.2), take("_cab_", 0.3)])
    joined = units.join("_cab_", fade=0)
    assert joined.taken == [(2, k) for k in range(5)]  # it goes on in one recording
    joined = units.join("_ad_", fade=0)
    assert joined.taken[1:] == [(1, 2), (1, 3), (1, 4)]
    g = make_generator(0)
    seen = {units.join("a", context=False, generator=g).taken[0][0] for _ in range(40)}
    assert seen == {0, 1, 2}


def test_a_fade_keeps_the_length_and_the_sum():
    units = Units([take("_ab_", 0.1), take("_cd_", 0.2)])
    for fade in (0, 30, 1000):
        joined = units.join("_ad_", fade=fade)
        assert len(joined.wave) == 400 and joined.ends.tolist() == [100, 200, 300, 400]
        assert joined.wave.min() >= 0.1 - 1e-6 and joined.wave.max() <= 0.2 + 1e-6
    ones = cross_fade(torch.ones(50), torch.ones(70), 20)
    assert torch.allclose(ones, torch.ones(100))  # the weights add up to 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Units([]), "at least one recording"),
        (lambda: Units([take("ab", 0.0)._replace(ends=torch.tensor([100]))]), "one end for each"),
        (lambda: Units([take("ab", 0.0)._replace(ends=torch.tensor([100, 999]))]), "inside"),
        (lambda: Units([take("ab", 0.0)]).join("x"), "'x'"),
        (lambda: Units([take("ab", 0.0)]).join([]), "nothing to join"),
        (lambda: Units([take("ab", 0.0)]).join("ab", fade=-1), "fade"),
        (lambda: cross_fade(torch.ones(3), torch.ones(9), 4), "longer than one of the pieces"),
        (lambda: cross_fade(torch.ones(3, 2), torch.ones(9), 1), r"must be \[T\]"),
    ],
)
def test_bad_input_is_a_sentence(make, words):
    with pytest.raises(AigcError, match=words):
        make()
