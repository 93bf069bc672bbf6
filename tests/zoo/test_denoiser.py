"""The denoiser: what it gains over tuned non-local means is what the list says."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import zoo
from aigc_teach.core import make_generator
from aigc_teach.zoo import denoiser_recipe as recipe


def test_the_shipped_one_gains_what_the_list_says():
    entry, net = zoo.manifest()["denoiser"], zoo.load("denoiser")
    now = recipe.measure_denoiser(net)
    for key, figures in entry["quality"].items():
        assert now[key] == pytest.approx(figures["shipped"], abs=0.02)
    assert entry["recipe"] == recipe.settings()
    assert entry["arguments"] == recipe.ARGUMENTS
    assert entry["bytes"] <= 0.8e6


def test_its_pieces_are_pictures_and_a_share_of_them_was_shrunk(monkeypatch):
    monkeypatch.setattr(recipe, "PIECES", 12)
    pieces = recipe.pieces(0)
    assert pieces.shape == (12, 1, recipe.PIECE, recipe.PIECE)
    assert pieces.min() > -1.5 and pieces.max() < 1.5
    plain = pieces[: 12 - int(12 * recipe.HALVED_SHARE)]
    assert torch.equal(plain, recipe.data.photograph_patches(recipe.PIECE, 9, seed=0, channels=1))


def test_the_rival_is_tuned_where_nobody_is_judged(monkeypatch):
    monkeypatch.setattr(recipe, "STRENGTHS", (0.1, 0.7))
    monkeypatch.setattr(recipe, "SIDES", (3,))
    pairs = recipe.noisy_pairs("train", 24, seed=0)
    assert len(pairs) == 6 and recipe.best_means(pairs) == (0.7, 3)
    noisy, clean = pairs[0]
    assert (noisy - clean).std() == pytest.approx(recipe.SIGMA, rel=0.1)


def test_training_is_repeatable_and_starts_by_giving_the_picture_back(monkeypatch):
    monkeypatch.setattr(recipe, "ARGUMENTS", {"width": 8, "depth": 1})
    monkeypatch.setattr(recipe, "PIECES", 16)
    monkeypatch.setattr(recipe, "STEPS", 0)
    x = torch.rand(1, 1, 10, 10, generator=make_generator(0))
    assert torch.equal(recipe.train_denoiser()(x), x)
    monkeypatch.setattr(recipe, "STEPS", 2)
    one, two = (recipe.train_denoiser(seed=1)(x) for _ in range(2))
    assert torch.equal(one, two) and not torch.equal(one, recipe.train_denoiser(seed=2)(x))
