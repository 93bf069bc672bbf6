"""Dates and quantities in words against Babel, which reads Unicode's CLDR."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from aigc_teach.data import pairs

KINDS = {
    **dict.fromkeys(("kilogram", "gram"), "mass"),
    **dict.fromkeys(("meter", "kilometer"), "length"),
    **dict.fromkeys(("hour", "second", "day"), "duration"),
    "liter": "volume",
}


@pytest.mark.parametrize("language", pairs.LANGUAGES)
def test_dates(agree, truth, language):
    from babel.dates import format_date

    chance = random.Random(0)
    for _ in range(1000):
        day = date(1000, 1, 1) + timedelta(days=chance.randrange(700_000))
        for style in pairs.STYLES:
            theirs = format_date(day, style, locale=language)
            agree(float(pairs.written_date(day, language, style) == theirs), 1.0)


@pytest.mark.parametrize("language", pairs.LANGUAGES[:2])
def test_quantities(agree, truth, language):
    from babel.units import format_unit

    chance = random.Random(0)
    for _ in range(3000):
        whole = chance.randrange(10 ** chance.randint(1, 6))
        parted = round(chance.random() * 10 ** chance.randint(0, 5), chance.randint(1, 3))
        number, unit = chance.choice([chance.randrange(5), whole, parted]), chance.choice([*KINDS])
        theirs = format_unit(number, f"{KINDS[unit]}-{unit}", "long", locale=language)
        agree(float(pairs.written_quantity(number, unit, language) == theirs), 1.0)
