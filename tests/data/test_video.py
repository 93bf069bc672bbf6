"""Moving digits: they move straight on, bounce, never leave, and repeat from a seed."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError
from aigc_teach.core.random import make_generator
from aigc_teach.data.video import bounce, moving_digits

SQUARE = torch.ones(1, 1, 8, 8)


def corners(clip):
    """The first lit row and column of each frame, [T, 2]."""
    return torch.stack([(frame[0] > 0).nonzero().amin(0) for frame in clip]).float()


def clips(n=3, **options):
    options = {"frames": 40, "size": 32, "generator": make_generator(0), **options}
    return moving_digits(n, SQUARE, **options)


def test_the_whole_digit_is_in_every_frame():
    film = clips(20, speed=5.0)
    assert film.shape == (20, 40, 1, 32, 32) and film.dtype == torch.float32
    assert ((film > 0).flatten(2).sum(2) == 64).all()
    assert film.min() == -1 and film.max() == 1


def test_it_moves_at_its_speed_and_bounces():
    for clip in clips(10, speed=2.0):
        steps = corners(clip).diff(dim=0)
        length = steps.norm(dim=1)
        assert length.median() == pytest.approx(2.0, abs=0.8)  # whole pixels
        assert (length <= 2.0 + 2**0.5).all()
    assert (clips(1, speed=0.0)[0] == clips(1, speed=0.0)[0, 0]).all()


def test_bounce_is_a_triangle_wave():
    path = torch.arange(-30.0, 30.0, 0.5)
    folded = bounce(path, torch.tensor(7.0))
    assert folded.min() == 0 and folded.max() == 7
    assert torch.equal(bounce(path + 14, torch.tensor(7.0)), folded)
    assert torch.equal(folded.diff().abs(), torch.full((119,), 0.5))


def test_repeatable_and_another_seed_is_another_film():
    assert torch.equal(clips(), clips())
    assert not torch.equal(clips(), clips(generator=make_generator(1)))


def test_which_digit_is_where():
    three = torch.stack([torch.full((1, 8, 8), v) for v in (0.0, 0.5, 1.0)])
    film = moving_digits(5, three, frames=2, size=32, generator=make_generator(0))
    assert film.flatten(1).amax(1).tolist() == [0.0, 0.5, 1.0, 0.0, 0.5]
    both = moving_digits(2, three, frames=2, size=32, per_clip=2, generator=make_generator(0))
    assert both[0].max() == 0.5 and both[1].max() == 1.0


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: clips(0), RangeError, "n=0"),
        (lambda: clips(frames=0), RangeError, "frames=0"),
        (lambda: clips(2.0), DtypeError, "whole number"),
        (lambda: clips(size=8), RangeError, "smaller than size=8"),
        (lambda: clips(speed=-1.0), RangeError, "speed"),
        (lambda: moving_digits(1, torch.zeros(1, 3, 8, 8)), RangeError, "grey"),
        (lambda: moving_digits(1, 5 * SQUARE), RangeError, "must lie in"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error, match=words):
        do()
