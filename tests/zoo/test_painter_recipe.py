"""The painter: halves keep their digits as often as the list says, and holes are of many kinds."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import zoo
from aigc_teach.core import make_generator
from aigc_teach.zoo import painter_recipe as recipe


def test_the_shipped_one_keeps_what_the_list_says():
    entry, painter = zoo.manifest()["painter"], zoo.load("painter")
    now = recipe.measure_painter(painter)
    for key, figures in entry["quality"].items():
        assert now[key] == pytest.approx(figures["shipped"], abs=0.03)
    assert entry["recipe"] == recipe.settings()
    assert entry["arguments"] == recipe.ARGUMENTS
    assert entry["bytes"] <= 0.8e6


def test_every_half_and_many_rectangles_are_hidden():
    masks = recipe.holes(400, make_generator(0))
    assert masks.shape == (400, 1, 28, 28) and masks.dtype == torch.bool
    halves = 0
    for top, bottom, left, right in recipe.HALVES:
        half = torch.zeros(28, 28, dtype=torch.bool)
        half[top:bottom, left:right] = True
        found = (masks[:, 0] == half).flatten(1).all(1).sum()
        assert found > 20
        halves += int(found)
    assert 150 < halves < 250
    assert len({int(mask.sum()) for mask in masks}) > 50


def test_training_is_repeatable(monkeypatch):
    monkeypatch.setattr(recipe, "ARGUMENTS", {"data_shape": [1, 28, 28], "width": 4, "depth": 1})
    monkeypatch.setattr(recipe, "BATCH_SIZE", 4)
    monkeypatch.setattr(recipe, "STEPS", 2)
    one, two, other = (recipe.train_painter(seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
