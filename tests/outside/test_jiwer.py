"""Word error rate against jiwer, on random texts from few words."""

from __future__ import annotations

import random

import pytest

from aigc_teach.metrics import word_error_rate


def texts(chance: random.Random, n: int, shortest: int) -> list[str]:
    words = ["one", "two", "three", "four", "five"]
    return [" ".join(chance.choices(words, k=chance.randint(shortest, 9))) for _ in range(n)]


@pytest.mark.parametrize("seed", range(20))
def test_random_texts(agree, truth, seed):
    chance = random.Random(seed)
    n = chance.randint(1, 30)
    found, references = texts(chance, n, 0), texts(chance, n, 1)
    agree(word_error_rate(found, references), truth.wer(references, found))
