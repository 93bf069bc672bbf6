"""The parser reads what the program drew; obedience and binding errors on known things."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import ShapeError, make_generator
from aigc_teach.data import captioned_scenes as scenes
from aigc_teach.metrics import Reading, SceneParser, obeys
from aigc_teach.metrics.scene_parser import areas

RED_CIRCLE, BLUE_SQUARE = (0, 0), (2, 1)
ASKED = torch.tensor([[1, 0, 0, 1, 2, 1]])  # a red circle left of a blue square


@pytest.fixture(scope="module")
def parser():
    return SceneParser(*scenes.scene_style())


@pytest.mark.parametrize("part", scenes.PARTS)
def test_true_scenes_are_read_as_they_are(parser, part):
    drawn = scenes.scenes(150, part=part, generator=make_generator(1))
    found = obeys(parser(drawn.x), drawn.captions)
    assert found.whole.float().mean() > 0.98 and not found.bound_wrongly.any()


def test_noise_makes_it_stricter_and_never_kinder(parser):
    drawn = scenes.scenes(200, generator=make_generator(1))
    noise = torch.randn(drawn.x.shape, generator=make_generator(2))
    grainy = (drawn.x + 0.3 * noise).clamp(-1, 1)
    right = obeys(parser(grainy), drawn.captions).whole
    wrong = obeys(parser(grainy), drawn.captions.roll(1, 0)).whole
    same = (drawn.captions == drawn.captions.roll(1, 0)).all(1)
    assert 0.3 < right.float().mean() < 0.75 and not wrong[~same].any()


def test_an_empty_picture_and_one_of_noise(parser):
    dark = parser.background.view(1, 3, 1, 1).expand(2, 3, 16, 16)
    assert parser(dark).counts.tolist() == [0, 0]
    noise = torch.rand(3, 3, 16, 16, generator=make_generator(0)) * 2 - 1
    assert not obeys(parser(noise), ASKED.expand(3, 6)).whole.any()


def read(*things):
    """A reading of things (colour, shape, x, y)."""
    table = torch.tensor([[*map(float, thing)] for thing in things])
    colours, shapes = table[:, 0].long(), table[:, 1].long()
    return Reading(colours[None], shapes[None], table[None, :, 2:], torch.tensor([len(things)]))


@pytest.mark.parametrize(
    ("things", "right"),
    [
        ([(0, 0, 4, 4), (2, 1, 12, 4)], "counts colours shapes things relation whole"),
        ([(2, 1, 12, 4), (0, 0, 4, 12)], "counts colours shapes things relation whole"),
        ([(0, 0, 12, 4), (2, 1, 4, 4)], "counts colours shapes things"),
        ([(0, 0, 4, 4), (2, 1, 4, 12)], "counts colours shapes things"),
        ([(2, 0, 4, 4), (0, 1, 12, 4)], "counts colours shapes bound_wrongly"),
        ([(0, 0, 4, 4), (2, 0, 12, 4)], "counts colours"),
        ([(0, 0, 4, 4)], ""),
        ([(0, 0, 4, 4), (2, 1, 12, 4), (2, 1, 12, 12)], "relation"),
        ([(0, -2, 4, 4), (2, 1, 12, 4)], "counts colours"),
    ],
)
def test_obedience_by_kind(things, right):
    found = obeys(read(*things), ASKED)
    assert {name for name, part in found._asdict().items() if part.item()} == set(right.split())


@pytest.mark.parametrize(
    ("relation", "places"), [(2, (12, 4, 4, 4)), (3, (4, 4, 4, 12)), (4, (4, 12, 4, 4))]
)
def test_each_relation_has_its_direction(relation, places):
    x, y, x2, y2 = places
    asked = torch.tensor([[1, 0, 0, relation, 2, 1]])
    assert obeys(read((0, 0, x, y), (2, 1, x2, y2)), asked).whole.item()
    assert not obeys(read((0, 0, x2, y2), (2, 1, x, y)), asked).whole.item()


def test_areas_touch_by_sides_only():
    mask = torch.tensor([[1, 1, 0, 1], [0, 1, 0, 0], [1, 0, 1, 1]], dtype=torch.bool)
    found = areas(mask[None, None])[0, 0]
    assert len(found[found > 0].unique()) == 4
    assert found[0, 0] == found[1, 1] and found[2, 0] != found[1, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SceneParser(torch.zeros(1), torch.zeros(2, 3), torch.zeros(1, 1, 7, 7)), r"\[3\]"),
        (lambda: SceneParser(torch.zeros(3), torch.zeros(2, 3), torch.zeros(1, 7, 7)), "templates"),
        (lambda: obeys(read((0, 0, 1, 1)), torch.zeros(1, 5).long()), r"\[1, 6\]"),
    ],
)
def test_bad_shapes_are_told(call, words):
    with pytest.raises(ShapeError, match=words):
        call()
