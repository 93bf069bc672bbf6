"""Chinese numerals against cn2an."""

from __future__ import annotations

import random

from aigc_teach.data import pairs


def test_numerals(agree, truth):
    chance = random.Random(0)
    numbers = [*range(1200), *(chance.randrange(10 ** chance.randint(3, 8)) for _ in range(3000))]
    for _ in range(3000):  # mostly zeros, where the rules are
        figures = chance.choices("0000000123456789", k=chance.randint(1, 8))
        numbers.append(int("".join(figures)))
    for number in numbers:
        agree(float(pairs.chinese_numeral(number) == truth.an2cn(number, "low")), 1.0)
