"""Sounds made by rule: shapes, ranges, repeatability, sentences (the formulas: tests/oracle)."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError
from aigc_teach.core.random import make_generator
from aigc_teach.data import sound


@pytest.mark.parametrize(
    "make",
    [
        lambda: sound.tone(440.0),
        lambda: sound.chirp(50, 9000),
        lambda: sound.pluck(110.0),
        lambda: sound.tune(beat=0.1),
    ],
)
def test_sounds_are_waves(make):
    x = make()
    assert x.dtype == torch.float32 and x.ndim == 1 and torch.isfinite(x).all()
    assert 0.5 < x.abs().max() <= 1
    assert torch.equal(x, make())


def test_lengths_follow_seconds_and_rate():
    assert len(sound.tone(440.0, 0.25, rate=8000)) == 2000
    assert len(sound.pluck(440.0, 0.001)) == 16
    assert len(sound.tune(beat=0.25)) == 16 * 4000


def test_a_pluck_fades_and_another_noise_is_another_sound():
    x = sound.pluck(220.0, 2.0)
    assert x[-4000:].abs().max() < 0.5 * x[:4000].abs().max()
    other = sound.pluck(220.0, 2.0, generator=make_generator(1))
    assert (other - x).abs().max() > 0.1


def test_the_lowest_and_the_highest_pluck():
    for frequency in (20.0, 2000.0):
        assert sound.pluck(frequency, 0.3).abs().max() <= 1


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: sound.tone(-1.0), RangeError, "frequency=-1.0"),
        (lambda: sound.tone(440.0, amplitude=2.0), RangeError, "amplitude"),
        (lambda: sound.tone(440.0, 0.0), RangeError, "no sample"),
        (lambda: sound.tone(440.0, 61.0), RangeError, "seconds"),
        (lambda: sound.tone(440.0, rate=16_000.0), DtypeError, "whole number"),
        (lambda: sound.chirp(float("nan"), 5), RangeError, "start"),
        (lambda: sound.pluck(5.0), RangeError, "from 20 to 2000"),
        (lambda: sound.pluck("a"), RangeError, "frequency='a'"),
        (lambda: sound.tune(beat=9), RangeError, "beat"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error, match=words):
        do()
