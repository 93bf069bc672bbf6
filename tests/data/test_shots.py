"""Films by rule: what is said about them is true of their pixels."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.data import landscapes, shots


@pytest.fixture(scope="module")
def film():
    return shots.cut_film(8, grain=0.0, flashes=1.0, generator=make_generator(4))


def test_the_same_seed_gives_the_same_film_and_size_changes_no_cut(film):
    again = shots.cut_film(8, grain=0.0, flashes=1.0, generator=make_generator(4))
    assert torch.equal(film.frames, again.frames) and film.flashes == again.flashes
    large = shots.cut_film(8, size=64, grain=0.0, flashes=1.0, generator=make_generator(4))
    assert large.transitions == film.transitions and large.frames.shape[2:] == (64, 64)


def test_what_is_written_down_is_in_the_pixels(film):
    assert len(film.transitions) == 7 and len(film.flashes) == 8
    assert len(film.frames) == len(film.shot) and film.frames.abs().max() <= 1
    assert film.shot.diff().min() >= 0 and film.shot[-1] == 7
    bright = film.frames.mean((1, 2, 3))
    for at in film.flashes:
        assert bright[at] > bright[at - 1] + 0.1 and bright[at] > bright[at + 2]
    for kind, first, last in film.transitions:
        assert film.shot[first - 1] < film.shot[last + (kind != "cut")]
        if kind == "fade":
            middle = (first + last) // 2
            assert bright[middle] < bright[first] and bright[middle] < -0.6
        if kind == "cut":
            assert first == last


def test_a_dissolve_is_a_mixture():
    film = shots.cut_film(
        2,
        kinds=("fast",),
        transitions=("dissolve",),
        flashes=0,
        grain=0,
        generator=make_generator(1),
    )
    _, first, last = film.transitions[0]
    assert 6 <= last - first + 1 <= 12
    assert film.shot[first] == 0 and film.shot[last] == 1


def test_shapes_are_where_they_are_said_to_be():
    clips = shots.moving_shapes(5, frames=6, speed=(1.0, 4.0), generator=make_generator(0))
    again = shots.over(clips.paint[:, None, :, None, None], clips.alpha, clips.plate[:, None])
    assert torch.equal(again, clips.frames)
    rows = torch.arange(32) + 0.5
    weight = clips.alpha[:, :, 0]
    total = weight.sum((2, 3))
    down = (weight.sum(3) * rows).sum(2) / total
    right = (weight.sum(2) * rows).sum(2) / total
    assert torch.stack([down, right], 2).sub(clips.place).abs().max() < 0.1


def test_a_face_over_a_background_is_what_it_covers():
    layer = shots.cut_out_faces(6, generator=make_generator(0))
    back, _ = landscapes(6)
    shown = shots.over(layer.colour, layer.alpha, back)
    assert torch.equal(shown[:, :, 0, 0], back[:, :, 0, 0])  # a corner: no face
    solid = (layer.alpha == 1).expand_as(shown)
    assert torch.equal(shown[solid], layer.colour[solid]) and solid.float().mean() > 0.2
    assert ((layer.alpha > 0) & (layer.alpha < 1)).any() and layer.colour.abs().max() <= 1


def test_a_face_moves_over_time():
    layer = shots.moving_face(30, generator=make_generator(1))
    assert layer.colour.diff(dim=0).abs().amax((1, 2, 3)).min() > 0


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: shots.cut_film(0), "at least 1"),
        (lambda: shots.cut_film(3, kinds=("boat",)), "'boat'"),
        (lambda: shots.cut_film(3, transitions=("wipe",)), "'wipe'"),
        (lambda: shots.cut_film(3, kinds="fast"), "sequence of names"),
        (lambda: shots.cut_film(3, transitions=()), "at least one"),
        (lambda: shots.cut_film(3, length=(20, 10)), "lower one"),
        (lambda: shots.cut_film(3, length=(2, 10)), "at least 8"),
        (lambda: shots.cut_film(3, flashes=2), "0 to 1"),
        (lambda: shots.cut_film(3, grain=0.5), "0 to 0.2"),
        (lambda: shots.cut_film(3, size=33), "size"),
        (lambda: shots.shot("boat", 3), "'boat'"),
        (lambda: shots.moving_shapes(2, speed=(4, 1)), "lower one first"),
        (lambda: shots.moving_shapes(2, radius=(0.1, 0.6)), "0.5"),
        (lambda: shots.moving_shapes(20_000, frames=9), "at most"),
        (lambda: shots.moving_face(0), "at least 1"),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises(AigcError, match=sentence):
        make()
