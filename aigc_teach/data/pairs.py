"""Pairs with one right answer, as many as you like: dates, Chinese numerals, quantities.

A few lines of rules make them, so that every translation can be judged by equality. The written
forms are those of Unicode's Common Locale Data Repository (CLDR) for English, French and Chinese,
as Babel writes them, and for numerals those of cn2an; the tests compare thousands of draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import torch

from ..core import ChoiceError, RangeError, check_choice, check_count, make_generator

LANGUAGES = ("en", "fr", "zh")
STYLES = ("medium", "long", "full")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
SHORT = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
}
DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "zh": "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
}
UNITS = {  # English and French, in the singular; both take an s in the plural
    "kilogram": "kilogramme",
    "gram": "gramme",
    "meter": "mètre",
    "kilometer": "kilomètre",
    "liter": "litre",
    "hour": "heure",
    "second": "seconde",
    "day": "jour",
}
DIGITS = "零一二三四五六七八九"
LARGEST = 10**8  # beyond it, writers differ on where a 零 stands


def written_date(day: date, language: str, style: str = "long") -> str:
    """A date in words.

    Parameters
    ----------
    day : datetime.date
        Of a year from 1000 on.
    language : {"en", "fr", "zh"}
    style : {"medium", "long", "full"}
        A month in short, in full, or with the day of the week.

    Returns
    -------
    str

    Examples
    --------
    >>> day = date(2031, 3, 5)
    >>> written_date(day, "en", "full"), written_date(day, "fr"), written_date(day, "zh")
    ('Wednesday, March 5, 2031', '5 mars 2031', '2031年3月5日')
    """
    check_choice("language", language, LANGUAGES)
    check_choice("style", style, STYLES)
    if day.year < 1000:
        raise RangeError(f"The year {day.year} is too early; dates are written from 1000 on.")
    week = DAYS[language].split()[day.weekday()] if style == "full" else ""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日{week}"
    month = (SHORT if style == "medium" else MONTHS)[language].split()[day.month - 1]
    if language == "fr":
        return f"{week} {day.day} {month} {day.year}".lstrip()
    return f"{week + ', ' if week else ''}{month} {day.day}, {day.year}"


def chinese_numeral(number: int) -> str:
    """A whole number in Chinese numerals (小写).

    Two groups of four digits: 千百十 within a group, 万 after the first. A 零 stands for zeros
    before a later digit, one for a run; 10 to 19 begin with 十.

    Parameters
    ----------
    number : int
        From 0 to 10^8 - 1.

    Returns
    -------
    str

    Examples
    --------
    >>> [chinese_numeral(n) for n in (0, 15, 20_305, 10_000_001)]
    ['零', '十五', '二万零三百零五', '一千万零一']
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < LARGEST:
        raise RangeError(f"number={number!r} must be a whole number from 0 to 10^8 - 1.")
    if not number:
        return DIGITS[0]
    words = ""
    for size, name in ((10**4, "万"), (1, "")):
        group = number // size % 10**4
        if group:
            words += (DIGITS[0] if words and group < 1000 else "") + _group(group) + name
    return words.removeprefix("一") if words.startswith("一十") else words


def _group(group: int) -> str:
    """1 to 9999, with a 零 for zeros between its digits."""
    words, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = group // size % 10
        if digit:
            words += (DIGITS[0] if gap and words else "") + DIGITS[digit] + name
        gap = not digit
    return words


def written_quantity(number: float, unit: str, language: str) -> str:
    r"""A number with its unit, in English or French.

    English has the plural for all numbers but 1; French from 2 on. French writes a comma before
    decimals, narrow spaces between thousands, and a space that does not break before the unit.

    Parameters
    ----------
    number : float
        At least 0, below a million; three decimals at most are written.
    unit : str
        An English name out of `UNITS`.
    language : {"en", "fr"}

    Returns
    -------
    str

    Examples
    --------
    >>> written_quantity(1.5, "kilogram", "en"), written_quantity(1.5, "kilogram", "fr")
    ('1.5 kilograms', '1,5\xa0kilogramme')
    """
    check_choice("language", language, LANGUAGES[:2])
    check_choice("unit", unit, UNITS)
    if not 0 <= number < 1_000_000:
        raise RangeError(f"number={number} must lie from 0 to below a million.")
    text = f"{number:,.3f}".rstrip("0").rstrip(".")
    if language == "en":
        return f"{text} {unit}{'' if number == 1 else 's'}"
    text = text.translate({ord(","): "\u202f", ord("."): ","})
    return f"{text}\u00a0{UNITS[unit]}{'' if number < 2 else 's'}"


def date_pairs(
    n: int,
    *,
    to: str = "fr",
    years: Iterable[int] = range(1950, 2030),
    styles: Sequence[str] = ("long",),
    seed: int = 0,
) -> list[tuple[str, str]]:
    """English dates and their translations, drawn evenly: year, month, day of 1 to 28, style.

    Parameters
    ----------
    n : int
    to : {"fr", "zh"}
    years : iterable of int
        Which years may be drawn.
    styles : sequence of {"medium", "long", "full"}
        Of both sides.
    seed : int

    Returns
    -------
    list of (str, str)

    Examples
    --------
    >>> date_pairs(1, years=[2031])
    [('April 22, 2031', '22 avril 2031')]
    """
    check_choice("to", to, LANGUAGES[1:])
    years, styles = list(years), list(styles)
    draws = _draws(check_count("n", n), (len(years), 12, 28, len(styles)), seed)
    pairs = []
    for year, month, day, style in draws:
        it = date(years[year], month + 1, day + 1)
        pairs.append(tuple(written_date(it, language, styles[style]) for language in ("en", to)))
    return pairs


def numeral_pairs(
    n: int, *, digits: Sequence[int] = (1, 2, 3, 4), seed: int = 0
) -> list[tuple[str, str]]:
    """Numbers in digits and in Chinese numerals; every length equally often.

    Parameters
    ----------
    n : int
    digits : sequence of int
        How many digits a number may have, each from 1 to 8.
    seed : int

    Returns
    -------
    list of (str, str)

    Examples
    --------
    >>> numeral_pairs(2, digits=[3], seed=1)
    [('131', '一百三十一'), ('631', '六百三十一')]
    """
    digits = [check_count("digits", length, at_most=8) for length in digits]
    pairs = []
    for length, *figures in _draws(check_count("n", n), (len(digits), 9, *[10] * 7), seed):
        figures = [figures[0] + 1, *figures[1 : digits[length]]]  # the first is not 0
        text = "".join(map(str, figures))
        pairs.append((text, chinese_numeral(int(text))))
    return pairs


def quantity_pairs(n: int, *, largest: int = 2000, seed: int = 0) -> list[tuple[str, str]]:
    r"""English quantities and their French forms.

    A third are whole numbers from 0 to 4, where the plural is decided, the others whole or with
    one decimal up to `largest`.

    Parameters
    ----------
    n : int
    largest : int
        1 to 999,999.
    seed : int

    Returns
    -------
    list of (str, str)

    Examples
    --------
    >>> quantity_pairs(1, seed=1)
    [('125 days', '125\xa0jours')]
    """
    check_count("largest", largest, at_most=999_999)
    units, pairs = list(UNITS), []
    for kind, few, many, tenths, unit in _draws(
        check_count("n", n), (3, 5, largest, 10, len(units)), seed
    ):
        number = (few, many + 1, many + tenths / 10)[kind]
        pairs.append(
            tuple(written_quantity(number, units[unit], language) for language in ("en", "fr"))
        )
    return pairs


def _draws(n: int, sizes: Sequence[int], seed: int) -> list[list[int]]:
    """`n` rows of whole numbers, the k-th below sizes[k]."""
    if 0 in sizes:
        raise ChoiceError("There is nothing to draw from: one of the choices is empty.")
    generator = make_generator(seed)
    columns = [torch.randint(size, (n,), generator=generator) for size in sizes]
    return torch.stack(columns, dim=1).tolist()
