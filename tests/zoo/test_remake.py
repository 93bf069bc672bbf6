"""Remaking the zoo: the first seed is shipped, the range recorded, mistakes are sentences."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core import ChoiceError
from aigc_teach.zoo import recipes, remake, store

ONE_SEED = ("prose_writer", "code_writer")  # a quarter of an hour each


@pytest.fixture
def shelf(tmp_path):
    shutil.copytree(store.FOLDER / "weights", tmp_path / "weights")
    shutil.copy(store.FOLDER / "manifest.json", tmp_path)
    return tmp_path


def short(name: str, steps: int = 3):
    recipe = recipes.RECIPES[name]
    return replace(recipe, config=recipe.config | {"steps": steps}, batch_size=16)


def test_the_first_training_is_shipped_with_the_range_of_all():
    trained = [(f"model {i}", {"seconds": i}, {"good": g}) for i, g in enumerate((0.7, 0.5, 0.9))]
    model, entry = remake.ship_first(trained, (10, 11, 12))
    assert model == "model 0"
    assert entry["seed"] == 10 and entry["seeds"] == [10, 11, 12]
    assert entry["seconds"] == [0, 1, 2]
    assert entry["quality"]["good"] == {"shipped": 0.7, "low": 0.5, "high": 0.9}


def test_an_unknown_name_is_refused_before_anything_is_trained(monkeypatch, capsys):
    monkeypatch.setattr(remake, "make_generative", None)
    with pytest.raises(ChoiceError, match="'vea' is not known"):
        remake.remake(["vae", "vea"])
    assert remake.main(["vea"]) == 1
    assert "Choose one of: 'judge', 'vae'" in capsys.readouterr().err


def test_remaking_one_model_leaves_the_others_alone(shelf, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "vae", short("vae"))
    before, said = zoo.manifest(shelf), []
    remake.remake(["vae"], seeds=(0, 1), folder=shelf, say=said.append)
    after = zoo.manifest(shelf)
    assert zoo.verify(shelf) == []
    assert after["vae"]["sha256"] != before["vae"]["sha256"]
    assert after["vae"]["recipe"]["config"]["steps"] == 3
    assert after["vae"]["judged_by"] == after["judge"]["sha256"]
    assert {name: after[name] for name in after if name != "vae"} == {
        name: before[name] for name in before if name != "vae"
    }
    assert len(said) == 3


@pytest.mark.parametrize("name", ["vae", "dcgan"])
def test_training_is_repeatable_bit_for_bit(name):
    digits = data.digits("held_out")
    one, two = (recipes.train_model(short(name), digits, seed=1).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    other = recipes.train_model(short(name), digits, seed=2).state_dict()
    assert any(not torch.equal(one[key], other[key]) for key in one)


def test_every_stored_figure_has_its_yardstick_and_its_command():
    entries = zoo.manifest()
    assert {"good", "rarest", "frechet", "nearest"} <= entries["judge"]["real_digits"].keys()
    for name, entry in entries.items():
        _, quality = remake.headline(entry["quality"])
        assert quality["low"] <= quality["shipped"] <= quality["high"]
        assert entry["seeds"] == ([0] if name in ONE_SEED else [0, 1, 2])
        assert entry["command"] == remake.command(name, entry["seeds"])
        assert entry["made_with"]["torch"]


def test_models_were_judged_by_the_judge_that_is_shipped():
    entries = zoo.manifest()
    for name in recipes.RECIPES:
        assert entries[name]["judged_by"] == entries["judge"]["sha256"]
        assert entries[name]["recipe"] == recipes.RECIPES[name].as_dict()


def test_the_gan_comes_near_the_real_digits_and_obeys():
    entries = zoo.manifest()
    real, gan = entries["judge"]["real_digits"], entries["dcgan"]["quality"]
    assert gan["good"]["low"] >= 0.85 * real["good"]
    assert gan["obeys"]["low"] >= 0.85
