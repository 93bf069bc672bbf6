"""The two language models: they cost what the list says, write, and lie below the counts."""

from __future__ import annotations

import dataclasses
import platform

import pytest
import torch

from aigc_teach import data, zoo
from aigc_teach.core import make_generator
from aigc_teach.zoo import language_recipe as recipe

NAMES = list(recipe.WRITERS)


def error_of(name, entry):
    """How far a figure may lie off: another Python brings another library to read."""
    here = platform.python_version() == entry["made_with"]["python"]
    return 2e-3 if here or recipe.WRITERS[name].source != "code" else 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_one_costs_what_the_list_says(name):
    entry, model, signs = zoo.manifest()[name], zoo.load(name), zoo.tokenizer(name)
    bits = recipe.bits_of(name, model, signs)
    quality = {key: figures["shipped"] for key, figures in entry["quality"].items()}
    assert bits == pytest.approx(quality["bits"], abs=error_of(name, entry))
    assert quality["below_count"] == pytest.approx(1 - quality["bits"] / quality["count"], abs=1e-3)
    assert quality["below_count"] > 0.03
    assert entry["recipe"] == recipe.settings(name)
    assert entry["bytes"] <= 3e6 and entry["stored_as"] == "float16"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_counts_are_measured_again(name):
    quality = zoo.manifest()[name]["quality"]
    now = recipe.measure_writer(name, zoo.load(name))
    for key, figures in quality.items():
        assert now[key] == pytest.approx(
            figures["shipped"], abs=error_of(name, zoo.manifest()[name])
        )
    assert recipe.tokenizer_of(name).encode("the whale 春") == zoo.tokenizer(name).encode(
        "the whale 春"
    )


def test_the_prose_goes_on_in_english():
    model, signs = zoo.load("prose_writer"), zoo.tokenizer("prose_writer")
    prompt = data.prompt(signs, "The white whale")[None]
    *_, text = model.generate(prompt, 100, temperature=0.7, generator=make_generator(0))
    words = signs.decode(text[0].tolist()).lower().split()[3:-1]
    known = set(data.prose().lower().split())
    assert len(words) > 30 and sum(word in known for word in words) > 0.8 * len(words)


def test_the_verse_keeps_its_form():
    model, signs = zoo.load("verse_writer"), zoo.tokenizer("verse_writer")
    poems = [signs.decode(row) for row in model.sample(40, generator=make_generator(0)).tolist()]
    lines = [recipe.lines_of([poem]) for poem in poems]
    assert sum([len(line) for line in poem] == [7] * 4 for poem in lines) > 36


@pytest.mark.parametrize("name", NAMES)
def test_training_is_repeatable(name, monkeypatch):
    pairs = 300 if recipe.WRITERS[name].source == "code" else 0
    short = dataclasses.replace(recipe.WRITERS[name], steps=2, width=8, pairs=pairs)
    monkeypatch.setitem(recipe.WRITERS, name, short)
    known, kept = recipe.texts(name)
    few = [text[:5000] for text in known[:50]], [text[:500] for text in kept[:3]]
    monkeypatch.setattr(recipe, "texts", lambda _: few)
    recipe.tokenizer_of.cache_clear()
    one, two = (recipe.train_writer(name, seed=1)[0].state_dict() for _ in range(2))
    other = recipe.train_writer(name, seed=2)[0].state_dict()
    recipe.tokenizer_of.cache_clear()
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
