"""Moving digits: they move straight on, bounce, never leave, and repeat from a seed."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import ChoiceError, DtypeError, RangeError
from aigc_teach.core.random import make_generator
from aigc_teach.data.video import SHAPES, bounce, moving_digits, moving_pictures, plain_shapes

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
        (lambda: moving_pictures(1, SQUARE, size=8), RangeError, "smaller than size=8"),
        (lambda: moving_pictures(1, SQUARE, fastest=0), RangeError, "fastest=0"),
        (lambda: moving_pictures(1, SQUARE, path="circle"), ChoiceError, "mirror"),
        (lambda: plain_shapes(4), RangeError, "side=4"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error, match=words):
        do()


@pytest.mark.parametrize("path", ["mirror", "fork"])
def test_the_true_places_are_where_the_picture_is(path):
    film = moving_pictures(9, SQUARE, frames=15, path=path, generator=make_generator(3))
    for clip, where in zip(film.x, film.where.tolist(), strict=True):
        for frame, (row, column) in zip(clip[:, 0], where, strict=True):
            expected = torch.full((32, 32), -1.0)
            expected[row : row + 8, column : column + 8] = SQUARE[0, 0]
            assert torch.equal(frame, expected)


def test_mirrors_keep_the_speed_in_size():
    where = moving_pictures(500, SQUARE, frames=12, fastest=3, generator=make_generator(1)).where
    where = where[((where[:, 0] >= 3) & (where[:, 0] <= 21)).all(1)]  # no wall in the first step
    speed = where[:, 1] - where[:, 0]
    straight = where[:, 0, None] + torch.arange(12)[:, None] * speed[:, None]
    assert torch.equal(where, bounce(straight, torch.tensor(24)))
    assert speed.abs().max() == 3 and (speed.abs().sum(1) > 0).all()
    assert len(speed.unique(dim=0)) == 48  # all pairs of speeds but (0, 0)


def test_a_fork_goes_either_way_after_the_wall():
    where = moving_pictures(400, SQUARE, frames=8, path="fork", generator=make_generator(2)).where
    hit = where[:, :, 1].argmax(1)
    assert where[:, :, 1].amax(1).eq(24).all() and hit.unique().tolist() == [4, 5, 6]
    assert (where[:, :5, 0] == where[:, :1, 0]).all()  # level until then
    after = where[torch.arange(400), hit + 1] - where[torch.arange(400), hit]
    assert after[:, 1].eq(-2).all() and after[:, 0].unique().tolist() == [-2, 2]
    assert 160 < int((after[:, 0] > 0).sum()) < 240


def test_shapes_are_whole_and_differ():
    for side in (5, 8, 14):
        x = plain_shapes(side)
        assert x.shape == (len(SHAPES), 1, side, side) and x.unique().tolist() == [-1, 1]
        ink = (x > 0).flatten(1).sum(1)
        assert len(ink.unique()) == len(SHAPES) and ink[1] == side**2
        assert torch.equal(x, x.flip(2)) and torch.equal(x, x.flip(3))
