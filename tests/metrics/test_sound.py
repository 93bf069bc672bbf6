"""Measures of sounds: what they must not see, what they must, and bad input in sentences."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.metrics import add_noise, mel_distance, si_sdr, snr, stoi, word_error_rate
from aigc_teach.metrics.sound import edit_distance


def syllables(seconds: float = 1.5, rate: int = 16_000) -> torch.Tensor:
    t = torch.arange(round(seconds * rate)) / rate
    noise = torch.randn(len(t), generator=make_generator(0))
    return 0.2 * noise * torch.sin(6 * t).clamp(min=0) ** 2


def noise(n: int) -> torch.Tensor:
    return torch.randn(n, generator=make_generator(1))


@pytest.mark.parametrize("level", [-20.0, 0.0, 5, 30.0])
def test_noise_is_added_at_the_level_that_was_asked_for(level):
    clean = syllables()
    assert snr(add_noise(clean, noise(40_000), level), clean) == pytest.approx(level, abs=1e-3)


def test_a_level_is_seen_by_snr_alone():
    clean = syllables()
    noisy = add_noise(clean, noise(len(clean)), 10)
    assert si_sdr(0.01 * noisy, clean) == pytest.approx(si_sdr(noisy, clean), abs=1e-3)
    assert stoi(0.01 * noisy, clean, 16_000) == pytest.approx(stoi(noisy, clean, 16_000), abs=1e-6)
    assert snr(0.01 * noisy, clean) < 0.1


def test_ends():
    clean = syllables()
    assert snr(clean, clean) == math.inf
    assert si_sdr(-2 * clean, clean) > 100
    assert si_sdr(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])) == -math.inf
    assert stoi(clean, clean, 16_000) == pytest.approx(1)
    assert mel_distance(torch.ones(2, 3), torch.ones(2, 3)) == 0


def test_more_noise_is_understood_less():
    clean = syllables()
    scores = [stoi(add_noise(clean, noise(len(clean)), v), clean, 16_000) for v in (30, 10, 0, -10)]
    assert scores == sorted(scores, reverse=True) and scores[-1] < 0.5 < scores[0]


def test_a_shift_ruins_si_sdr_and_not_stoi():
    clean = syllables()
    shifted = clean.roll(16)  # a millisecond
    assert si_sdr(shifted, clean) < 0
    assert stoi(shifted, clean, 16_000) > 0.9


@pytest.mark.parametrize(
    ("found", "wanted", "steps"),
    [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("ab", "ba", 2)],
)
def test_edit_distance(found, wanted, steps):
    assert edit_distance(found, wanted) == steps


def test_words_that_were_invented_count():
    assert word_error_rate(["a b c", "one"], ["a", "one"]) == 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: snr(torch.zeros(9), torch.zeros(9)), "clean sound is silent"),
        (lambda: si_sdr(torch.zeros(9), torch.ones(9)), "The sound is silent"),
        (lambda: si_sdr(torch.ones(8), torch.ones(9)), "8 and 9 samples"),
        (lambda: si_sdr(torch.ones(2, 9), torch.ones(9)), "1 axis"),
        (lambda: si_sdr(torch.ones(9, dtype=torch.int16), torch.ones(9)), "int16"),
        (lambda: stoi(torch.ones(900), torch.ones(900), 16_000), "30 frames"),
        (lambda: stoi(torch.ones(100), torch.ones(100), 16_000), "there are 0"),
        (lambda: stoi(torch.ones(900), torch.ones(900), 5), "rate=5"),
        (lambda: mel_distance(torch.ones(2, 3), torch.ones(2, 4)), "one shape"),
        (lambda: mel_distance(torch.full((2, 3), math.nan), torch.ones(2, 3)), "finite"),
        (lambda: mel_distance([1.0], torch.ones(2, 3)), "list"),
        (lambda: word_error_rate("one", "two"), "lists of texts"),
        (lambda: word_error_rate(["one"], []), "1 and 0"),
        (lambda: word_error_rate(["one"], [" "]), r"references\[0\] holds no word"),
        (lambda: add_noise(torch.ones(9), torch.ones(8), 5), "at least as long"),
        (lambda: add_noise(torch.ones(9), torch.zeros(9), 5), "noise is silent"),
        (lambda: add_noise(torch.ones(9), torch.ones(9), 500), "-60 to 100"),
        (lambda: add_noise(torch.ones(9), torch.ones(9), "loud"), "must be a number"),
    ],
)
def test_bad_input_is_a_sentence(call, words):
    with pytest.raises(AigcError, match=words):
        call()
