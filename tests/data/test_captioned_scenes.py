"""Scenes and their sentences: the split, the way back, the same bytes; and crossings."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import ChoiceError, DataError, DtypeError, RangeError, make_generator
from aigc_teach.data import captioned_scenes as scenes
from aigc_teach.data import road_scenes as roads


def test_the_split_holds_pairs_and_numbers_out_and_words_in():
    seen = scenes.all_captions("seen")
    colours, shapes = list(scenes.COLOURS), list(scenes.SHAPES)
    things = {(colours[c], shapes[s]) for c, s in seen[:, 1:3].tolist()}
    things |= {(colours[c], shapes[s]) for c, s in seen[seen[:, 3] > 0][:, 4:].tolist()}
    assert not things & set(scenes.PAIRS_HELD) and len(things) == 12
    counts = {(scenes.NUMBERS[n - 1], shapes[s]) for n, _, s in seen[:, :3].tolist()}
    assert not counts & set(scenes.COUNTS_HELD)
    used = {word for row in seen for word in scenes.sentence(row).split()}
    for part in ("pairs", "counts"):  # every word of the held-out sentences is known
        held = {w for row in scenes.all_captions(part) for w in scenes.sentence(row).split()}
        assert held <= used
    assert "four" not in used
    parts = [set(map(tuple, scenes.all_captions(part).tolist())) for part in scenes.PARTS]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_a_sentence_can_be_read_back():
    for part in scenes.PARTS:
        for row in scenes.all_captions(part)[::17]:
            assert list(scenes.read_sentence(scenes.sentence(row).upper())) == row.tolist()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: scenes.word_numbers(3), DtypeError, "a text"),
        (lambda: scenes.word_numbers("a pink pink cow"), DataError, "Unknown words: pink, cow."),
        (lambda: scenes.word_numbers("a " * 14), DataError, "14 words; at most 13"),
        (lambda: scenes.read_sentence("red a circle"), DataError, "no sentence of the grammar"),
        (lambda: scenes.read_sentence("three red 7s above a red circle"), DataError, "one or two"),
        (lambda: scenes.all_captions("new"), ChoiceError, "seen"),
        (lambda: scenes.scenes(0), RangeError, "n=0"),
        (lambda: roads.roads(5, rare=1.5), RangeError, "rare=1.5"),
    ],
)
def test_what_cannot_be_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_same_draws_give_the_same_scenes():
    first, again = (scenes.scenes(20, generator=make_generator(4)) for _ in range(2))
    assert torch.equal(first.x, again.x) and torch.equal(first.captions, again.captions)
    assert first.x.min() >= -1 and first.x.max() <= 1


def test_crossings_have_as_many_rare_ones_as_asked_for_and_are_read_back():
    drawn = roads.roads(400, rare=0.25, generator=make_generator(2))
    assert drawn.rare.sum() == 100
    assert (roads.children_on_zebra(drawn.x) == drawn.rare).float().mean() > 0.98
    sentences = {roads.road_sentence(row) for row in roads.road_captions()}
    assert len(sentences) == 25
    table = scenes.sentence_table(sorted(sentences))
    assert table.shape == (25, scenes.LONGEST) and len(table.unique(dim=0)) == 25
