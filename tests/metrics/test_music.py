"""Measures of melodies, by hand and by brute force."""

from __future__ import annotations

import random

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import DataError, RangeError
from aigc_teach.metrics import music


def scale(tonic, steps):
    return [(60 + tonic + s, 3 if s in (0, 7) else 1) for s in steps]


@pytest.mark.parametrize("tonic", range(12))
def test_scales_have_their_keys(tonic):
    major = music.key_of(scale(tonic, (0, 2, 4, 5, 7, 9, 11)))
    assert (major.tonic, major.mode) == (tonic, "major")
    minor = music.key_of(scale(tonic, (0, 2, 3, 5, 7, 8, 11)))
    assert (minor.tonic, minor.mode) == (tonic, "minor")
    assert major.name == f"{music.TONICS[tonic]} major" and 0.7 < major.fit <= 1


def test_a_key_is_a_correlation_and_moves_with_the_tune():
    notes = data.tunes()[3].notes()
    key, time = music.key_of(notes), music.time_of_pitches(notes)
    table = [np.roll(p, k) for p in (music.MAJOR, music.MINOR) for k in range(12)]
    assert key.fit == pytest.approx(max(np.corrcoef(time, row)[0, 1] for row in table))
    up = music.key_of([(p and p + 5, n) for p, n in notes])
    assert up.tonic == (key.tonic + 5) % 12 and up.fit == pytest.approx(key.fit)


def test_no_key_where_there_is_none():
    for notes in ([], [(None, 4)], [(60 + k, 1) for k in range(12)]):
        with pytest.raises(DataError, match="No key"):
            music.key_of(notes)


def test_bars_range_form():
    a, b = [(67, 12)], [(69, 6), (None, 5)]
    assert music.bars_right([a, b, a], 12) == pytest.approx(2 / 3)
    assert music.range_of([(60, 1), (79, 1), (None, 3)]) == 19
    assert music.form_of([a, b, a, b, b, b, b, b], part=2) == "AABB"
    assert music.form_of([a, b, a], part=2) == "AB"
    assert music.bars_that_return([a, b, a, a], 2) == 0.5
    with pytest.raises(DataError, match="no bar"):
        music.bars_right([], 12)
    with pytest.raises(DataError, match="no range"):
        music.range_of([(None, 1)])
    with pytest.raises(DataError, match="none has another"):
        music.bars_that_return([a], 1)
    with pytest.raises(RangeError, match="MIDI"):
        music.range_of([(200, 1)])
    with pytest.raises(RangeError, match="above 0"):
        music.range_of([(60, 0)])


def brute(notes, others):
    best = 0
    mine = music.steps_of(notes)
    for other in others:
        theirs = music.steps_of(other)
        for a in range(len(mine)):
            for b in range(len(theirs)):
                n = 0
                while a + n < len(mine) and b + n < len(theirs) and mine[a + n] == theirs[b + n]:
                    n += 1
                best = max(best, n + 1 if n else 0)
    return best


def test_the_longest_run_is_that_of_brute_force():
    draw = random.Random(0)
    for _ in range(40):
        tunes = [
            [
                (draw.choice([60, 62, 64, None]), draw.choice([1, 2]))
                for _ in range(draw.randint(1, 25))
            ]
            for _ in range(3)
        ]
        found = music.longest_run(tunes[0], tunes[1:])
        assert found.notes == brute(tunes[0], tunes[1:])
        if found.notes:
            mine = tunes[0][found.at : found.at + found.notes]
            theirs = tunes[1 + found.source][found.place : found.place + found.notes]
            assert music.steps_of(mine) == music.steps_of(theirs)


def test_a_copy_in_another_key_is_found_and_another_rhythm_is_not():
    tune = data.tunes()[0].notes()
    moved = [(p and p + 3, n) for p, n in tune]
    assert music.longest_run(moved[5:30], [tune]).notes == 25
    assert music.longest_run([(p, 7 * n) for p, n in tune], [tune]).notes == 0
    assert music.longest_run([], [tune]).notes == 0 and music.longest_run(tune, []).notes == 0
