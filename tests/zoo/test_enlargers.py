"""The enlargers: what they gain is what the list says; variety leaves pairs true."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core import make_generator
from aigc_teach.data import degrade
from aigc_teach.zoo import enlarger_recipe as recipe

NAMES = list(recipe.SIZES)


@pytest.mark.parametrize("name", NAMES)
def test_a_varied_pair_is_still_a_pair(name):
    size = recipe.SIZES[name]
    large = data.photograph_patches(size.piece, 12, seed=5, channels=1)
    small = degrade.shrink(large, size.factor)
    seen = set()
    for seed in range(6):
        x, y = recipe.varied(small, large, batch_size=8, generator=make_generator(seed))
        assert torch.allclose(degrade.shrink(y, size.factor), x, atol=1e-5)
        seen |= {round(float(value), 4) for value in y.std((1, 2, 3))}
    assert len(seen) > 12  # contrasts that no photograph has


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_one_gains_what_the_list_says(name):
    entry, net = zoo.manifest()[name], zoo.load(name)
    now = recipe.measure_enlarger(name, net)
    for key, figures in entry["quality"].items():
        assert now[key] == pytest.approx(figures["shipped"], abs=0.02)
    assert entry["recipe"] == recipe.settings(name)
    assert entry["quality"]["over_lanczos"]["low"] > {2: 1.9, 4: 1.0}[entry["arguments"]["factor"]]


def test_the_baselines_are_the_lesson_s():
    held_out = recipe.middles("held_out")
    assert [tuple(x.shape) for x in held_out] == [(1, 1, 256, 256)] * 3
    bicubic = recipe.decibels(lambda small: degrade.enlarge(small, 2), 2, held_out)
    assert 27.4 < bicubic < 27.7  # as the lesson states
    assert recipe.decibels(lambda small: degrade.enlarge(small, 4), 4, held_out) < bicubic - 2


def test_training_is_repeatable_and_starts_at_bicubic(monkeypatch):
    short = dataclasses.replace(recipe.SIZES["enlarger_2"], steps=2, width=8, blocks=1)
    monkeypatch.setitem(recipe.SIZES, "enlarger_2", short)
    monkeypatch.setattr(recipe, "PIECES", 16)
    one, two = (recipe.train_enlarger("enlarger_2", seed=1).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    other = recipe.train_enlarger("enlarger_2", seed=2).state_dict()
    assert any(not torch.equal(one[key], other[key]) for key in one)
