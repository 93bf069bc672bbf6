"""The Chinese line of each sentence: numbers, times of day and the weather follow a few rules."""

from __future__ import annotations

from ....core import DataError, check_text
from ....data import chinese_numeral

ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
ONES += " sixteen seventeen eighteen nineteen"
NUMBERS = {name: k for k, name in enumerate(ONES.split(), 1)}
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS |= {name: 10 * k for k, name in enumerate(TENS.split(), 2)}
WHEN = {"tonight": "今夜", "tomorrow": "明天", "this evening": "今晚", "this morning": "今早"}
THINGS = {"fog": "雾", "frost": "霜", "wind": "风", "rain": "雨", "sun": "阳光", "snow": "雪"}
KINDS = {"strong": "强", "light": "轻", "heavy": "重", "cold": "冷", "warm": "暖"}
STATES = {"sunny": "晴朗", "dry": "干燥", "cloudy": "多云", "warm": "温暖", "wet": "潮湿"}
STATES |= {"windy": "有风", "cold": "寒冷", "foggy": "有雾", "rainy": "有雨"}
WAYS = {"north": "北", "south": "南", "east": "东", "west": "西"}


def number(words: list[str]) -> int:
    """The value of English number words, 1 to 999.

    >>> number("three hundred and twenty five".split()), number(["forty"])
    (325, 40)

    Raises
    ------
    KeyError, ValueError
        For words that are no number.
    """
    if words[1:2] == ["hundred"]:
        hundreds = _below(10, words[:1])
        if len(words) == 2:
            return 100 * hundreds
        if words[2] != "and":
            raise ValueError(words)
        return 100 * hundreds + _below(100, words[3:])
    return _below(100, words)


def _below(limit: int, words: list[str]) -> int:
    """One word, or tens and ones."""
    if len(words) == 2 and words[0] in TENS.split():
        return _below(limit, words[:1]) + _below(10, words[1:])
    value = NUMBERS[_only(words)]
    if value >= limit:
        raise ValueError(words)
    return value


def chinese(text: str) -> str:
    """The Chinese line of one of the sentences of `data.speech`.

    Parameters
    ----------
    text : str
        In small letters.

    Returns
    -------
    str

    Raises
    ------
    DataError
        For a sentence of another kind.

    Examples
    --------
    >>> [chinese(text) for text in ("twenty five past one", "half past two", "ten to two")]
    ['一点过二十五分', '两点半', '两点差十分']
    >>> [chinese(text) for text in ("sunny and dry", "strong fog this evening")]
    ['晴朗且干燥', '今晚有强雾']
    >>> [chinese(text) for text in ("rain moving west", "two hundred and ten", "ten degrees")]
    ['雨向西移动', '二百一十', '十度']
    """
    words = check_text("text", text).split()
    try:
        return _said(words)
    except (KeyError, ValueError):
        raise DataError(
            f"{text!r} has no Chinese line: only numbers to 999, times and the weather have one."
        ) from None


def _said(words: list[str]) -> str:
    for between in ("past", "to"):
        if between in words:
            place = words.index(between)
            return _time(words[:place], between, _below(13, words[place + 1 :]))
    if words[-1:] == ["degrees"]:
        return chinese_numeral(number(words[:-1])) + "度"
    if words[1:2] == ["moving"]:
        return f"{THINGS[words[0]]}向{WAYS[_only(words[2:])]}移动"
    if words and words[0] in STATES and words[1:2] == ["and"]:
        return f"{STATES[words[0]]}且{STATES[_only(words[2:])]}"
    if words and words[0] in KINDS:
        return f"{WHEN[' '.join(words[2:])]}有{KINDS[words[0]]}{THINGS[words[1]]}"
    return chinese_numeral(number(words))


def _time(minutes: list[str], between: str, hour: int) -> str:
    clock = ("两" if hour == 2 else chinese_numeral(hour)) + "点"
    if between == "past" and minutes in (["half"], ["quarter"]):
        return clock + {"half": "半", "quarter": "一刻"}[minutes[0]]
    return (
        clock + {"past": "过", "to": "差"}[between] + chinese_numeral(_below(100, minutes)) + "分"
    )


def _only(words: list[str]) -> str:
    (word,) = words
    return word
