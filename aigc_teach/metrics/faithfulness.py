"""Whether a text about a day's weather says what the record says: claim by claim, by looking up.

A *claim* (陈述) is a piece of text that the record can be asked about: a number with its unit, a
date, a word for the weather, a comparison. `find_claims` finds claims by patterns and looks each
up: right, wrong, or unknown. Unknown is what the patterns see but cannot look up: a number
without a unit, "the warmest day of the year", a value that the record lacks. It is never counted
as right.

What this cannot see: a claim in words that no pattern knows ("a fine day", "umbrellas were
needed"), a contradiction in tone, and what a reader concludes. `omitted` says what was left out.
A number belongs to the cue next to it ("high of", "night of"); text that is cued in another way
may be looked up in the wrong field, and then a true sentence is called wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ..core import DataError, DtypeError, ShapeError, check_text

FIELDS = ("date", "weather", "high", "low", "rain", "wind", "change")
VERDICTS = ("right", "wrong", "unknown")


class Claim(NamedTuple):
    """One claim of a text.

    Attributes
    ----------
    kind : {"number", "date", "weather", "comparison"}
    field : str
        What was looked up: one of `FIELDS`, "weekday" or "week"; empty where nothing was.
    words : str
        As they stand in the text, from `begin` to `end`.
    begin, end : int
    verdict : {"right", "wrong", "unknown"}
    """

    kind: str
    field: str
    words: str
    begin: int
    end: int
    verdict: str


class Faithfulness(NamedTuple):
    """How true a number of texts are.

    Attributes
    ----------
    claims : int
        All claims found.
    right, wrong, unknown : float
        Shares of the claims, adding up to 1; NaN where there is no claim.
    omitted : float
        Share of (text, field) pairs without any claim, over the `FIELDS`.
    clean : float
        Share of the texts without a wrong claim. An empty text is clean: look at `omitted` too.
    by_kind : dict of str to float
        Share wrong of each kind of claim that occurs.
    """

    claims: int
    right: float
    wrong: float
    unknown: float
    omitted: float
    clean: float
    by_kind: dict[str, float]


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August")
MONTHS += ("September", "October", "November", "December")
BEFORE = r"(?:yesterday|the day before|the previous day)"
WEEK = r"(?:of|in|for) (?:the |this |a )?(?:past |last )?(?:week|seven days)"
# adjective: the field it compares, and whether it means more of it
MORE = {
    "warm": ("high", True),
    "hot": ("high", True),
    "mild": ("high", True),
    "cold": ("high", False),
    "cool": ("high", False),
    "wet": ("rain", True),
    "rain": ("rain", True),
    "dri": ("rain", False),
    "windi": ("wind", True),
    "calm": ("wind", False),
}
STEM = {"hott": "hot", "wett": "wet", "raini": "rain", "dry": "dri", "windy": "windi"}
ADJECTIVE = r"warm|hott|mild|cold|cool|wett|raini|dri|windi|calm"
THAN = re.compile(rf"\b((?:no|not) )?({ADJECTIVE})er than (?:on )?{BEFORE}\b", re.IGNORECASE)
AS = re.compile(
    rf"\bas (warm|hot|mild|cold|cool|wet|dry|windy|calm) as (?:on )?{BEFORE}\b", re.IGNORECASE
)
MOST = re.compile(rf"\b(not )?(?:the )?({ADJECTIVE})est(?: day)? {WEEK}\b", re.IGNORECASE)
OTHER = re.compile(
    rf"\b(?:{ADJECTIVE})(?:er|est)\b|\b(?:more|less|stronger|weaker)\b", re.IGNORECASE
)
UNITS = {
    "mm": "rain",
    "mil": "rain",
    "m/s": "wind",
    "met": "wind",
    "°": "temperature",
    "deg": "temperature",
}
UNIT = r"(?:mm\b|millimet\w+|m/s|met\w+ (?:a|per) second|°\s?C\b|°|degrees?(?: Celsius)?)"
NUMBER = r"(?:\bminus |(?<![\w.])[-\u2212])?\b\d+(?:\.\d+)?"
PAIR = re.compile(
    rf"\b(between|from) ({NUMBER})(?:\s?{UNIT})? (?:and|to) ({NUMBER})\s?(?:°\s?C|°|deg\w+)"
)
CUES = {
    "high": re.compile(
        r"\b(?:high(?:s|est)?|max\w*|reach\w*|rose|peak\w*|climb\w*|warmed|afternoon)\b",
        re.IGNORECASE,
    ),
    "low": re.compile(
        r"\b(?:low(?:s|est)?|min\w*|fell|dropp\w*|sank|cooled|nights?|dawn)\b", re.IGNORECASE
    ),
}
FALLING = re.compile(r"\b(?:fell|dropp\w*|sank|cooled)\b[^\d]*$")
DRY = re.compile(
    r"\b(?:no|without(?: any)?) (?:rain|precipitation|rainfall)\b|"
    r"\b(?:stayed|remained|kept|was|is|a) dry\b(?: day)?|\bgauge (?:stayed|remained|was) empty\b",
    re.IGNORECASE,
)
WEATHER = {
    "drizzle": r"drizzl\w*",
    "rain": r"rain(?:y|ed|s|ing|fall)?|showers?",
    "sun": r"sun(?:ny|shine)?",
    "snow": r"snow\w*",
    "fog": r"fog\w*|mist\w*",
}
STRANGE = re.compile(  # weather of which the record says nothing, and measures put into words
    r"\b(?:storm\w*|thunder\w*|hail\w*|frost\w*|cloud\w*|overcast|lightning|humid\w*|"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty) "
    r"(?:degrees|millimetres|metres))\b",
    re.IGNORECASE,
)
NOT = re.compile(r"\b(?:no|not|never|without|hardly any)\s+(?:an? |any |the )?$", re.IGNORECASE)
Found = tuple[str, str, int, int, bool | None]  # kind, field, begin, end, true or not or unknown


def find_claims(text: str, day: Any, before: Sequence = ()) -> list[Claim]:
    """Every claim of a text, looked up in a record; in the order of the text.

    Parameters
    ----------
    text : str
        English; of another language, only numbers with units are found.
    day : record
        With ``date``, ``rain`` (mm), ``high``, ``low`` (degrees C), ``wind`` (m/s) and
        ``weather``, such as `data.WeatherDay`. A number may be None or NaN: then claims about it
        are unknown.
    before : sequence of records
        Earlier days, for comparisons; six of them for those with the week, which means this day
        and the six before. Which day is yesterday is told by the dates, not by the order.

    Returns
    -------
    list of Claim
        Empty for a text that claims nothing. A number is right where it is the record's, rounded
        to as many decimals as are given. A day is *the* windiest only if no other ties with it.

    Raises
    ------
    DtypeError
        If the text is no text or the day has no date.

    Examples
    --------
    >>> from datetime import date
    >>> from types import SimpleNamespace
    >>> day = dict(date=date(2015, 1, 1), rain=0.0, high=5.6, low=-3.2, wind=1.2, weather="sun")
    >>> day = SimpleNamespace(**day)
    >>> [(c.words, c.verdict) for c in find_claims("A sunny Thursday, up to 6.5 °C.", day)]
    [('sunny', 'right'), ('Thursday', 'right'), ('6.5 °C', 'wrong')]
    """
    check_text("text", text)
    if not hasattr(getattr(day, "date", None), "weekday"):
        raise DtypeError("The record must have a date, and high, low, rain, wind and weather.")
    found, taken = [], [False] * len(text)
    for begin, end in _sentences(text):
        for finder in FINDERS:
            for kind, field, left, right, truth in finder(text[begin:end], day, before):
                left, right = begin + left, begin + right
                if not any(taken[left:right]):
                    taken[left:right] = [True] * (right - left)
                    verdict = "unknown" if truth is None else VERDICTS[not truth]
                    found.append(Claim(kind, field, text[left:right], left, right, verdict))
    return sorted(found, key=lambda claim: claim.begin)


def omitted(claims: Iterable[Claim]) -> list[str]:
    """The fields of `FIELDS` that no claim is about, right or wrong.

    >>> omitted([])
    ['date', 'weather', 'high', 'low', 'rain', 'wind', 'change']
    """
    told = {claim.field for claim in claims}
    return [field for field in FIELDS if field not in told]


def faithfulness(texts: Sequence[str], days: Sequence, befores: Sequence[Sequence]) -> Faithfulness:
    """Count the claims of several texts, each about its own day.

    Parameters
    ----------
    texts : sequence of str
    days : sequence of records
    befores : sequence of sequences of records
        Of each day the earlier ones; see `find_claims`.

    Raises
    ------
    ShapeError
        Where there are not as many days as texts.
    DataError
        Where there is no text.

    Examples
    --------
    >>> from datetime import date
    >>> from types import SimpleNamespace
    >>> day = dict(date=date(2015, 1, 1), rain=0.0, high=5.6, low=-3.2, wind=1.2, weather="sun")
    >>> day = SimpleNamespace(**day)
    >>> result = faithfulness(["Dry, high 5.6 °C.", "Fog at dawn."], [day, day], [(), ()])
    >>> result.claims, result.right, result.clean
    (2, 0.5, 0.5)
    """
    if isinstance(texts, str) or not len(texts) == len(days) == len(befores):
        raise ShapeError("There must be as many days, each with the days before it, as texts.")
    if not texts:
        raise DataError("There is no text to judge.")
    each = [find_claims(*three) for three in zip(texts, days, befores, strict=True)]
    every = [claim for claims in each for claim in claims]
    shares = [_share(claim.verdict == verdict for claim in every) for verdict in VERDICTS]
    kinds = sorted({claim.kind for claim in every})
    return Faithfulness(
        len(every),
        *shares,
        sum(len(omitted(claims)) for claims in each) / (len(FIELDS) * len(texts)),
        _share(all(claim.verdict != "wrong" for claim in claims) for claims in each),
        {k: _share(c.verdict == "wrong" for c in every if c.kind == k) for k in kinds},
    )


def _share(marks: Iterable[bool]) -> float:
    marks = list(marks)
    return sum(marks) / len(marks) if marks else math.nan


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; the point of a decimal number ends none."""
    begin = 0
    for stop in re.finditer(r"[.!?](?=\s|$)|\n", text):
        yield begin, stop.end()
        begin = stop.end()
    yield begin, len(text)


def _value(day: Any, field: str) -> float | None:
    value = getattr(day, field, None)
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


def _earlier(day: Any, before: Sequence, steps: int) -> Any | None:
    wanted = day.date - timedelta(steps)
    return next((other for other in before if other.date == wanted), None)


def _dates(text: str, day: Any, before: Sequence) -> Iterator[Found]:
    for name in re.finditer("|".join(WEEKDAYS), text):
        truth = name.group() == WEEKDAYS[day.date.weekday()]
        yield "date", "weekday", name.start(), name.end(), truth
    month = "|".join(MONTHS)
    both = rf"\b(?:(\d+) ({month})|({month}) (\d+))(?:,? (\d{{4}}))?\b"
    for found in re.finditer(both, text):
        number, name = found[1] or found[4], found[2] or found[3]
        truth = (int(number), name) == (day.date.day, MONTHS[day.date.month - 1])
        truth = truth and found[5] in (None, str(day.date.year))
        yield "date", "date", found.start(), found.end(), truth


def _comparisons(text: str, day: Any, before: Sequence) -> Iterator[Found]:
    yesterday = _earlier(day, before, 1)
    for found in THAN.finditer(text):
        field, more = _adjective(found[2])
        now, then = _value(day, field), yesterday and _value(yesterday, field)
        truth = None
        if now is not None and then is not None:
            truth = (now > then if more else now < then) != bool(found[1])
        yield "comparison", _name(field), found.start(), found.end(), truth
    for found in AS.finditer(text):
        field, _ = _adjective(found[1])
        now, then = _value(day, field), yesterday and _value(yesterday, field)
        truth = None if now is None or then is None else now == then
        yield "comparison", _name(field), found.start(), found.end(), truth
    week = [_earlier(day, before, steps) for steps in range(1, 7)]
    for found in MOST.finditer(text):
        field, more = _adjective(found[2])
        values = [_value(other, field) for other in week if other is not None]
        now, truth = _value(day, field), None
        if now is not None and len(values) == 6 and None not in values:
            truth = (now > max(values) if more else now < min(values)) != bool(found[1])
        yield "comparison", "week", found.start(), found.end(), truth
    for found in OTHER.finditer(text):
        yield "comparison", "", found.start(), found.end(), None


def _adjective(stem: str) -> tuple[str, bool]:
    """The field that an adjective compares, and whether it means more of it."""
    return MORE[STEM.get(stem.lower(), stem.lower())]


def _name(field: str) -> str:
    return "change" if field == "high" else f"change of {field}"


def _numbers(text: str, day: Any, before: Sequence) -> Iterator[Found]:
    for found in PAIR.finditer(text):
        fields = ("high", "low") if FALLING.search(text[: found.start()]) else ("low", "high")
        for group, field in zip((2, 3), fields, strict=True):
            end = found.end(2) if group == 2 else found.end()
            yield "number", field, found.start(group), end, _equal(found[group], day, field)
    places, used = list(re.finditer(rf"({NUMBER})(\s?{UNIT})?", text)), set()
    for place, found in enumerate(places):
        unit = (found[2] or "").strip()
        field = next((field for start, field in UNITS.items() if unit.startswith(start)), "")
        end = found.end()
        if field == "rain":  # "of rain" is part of the measure, no word for the weather
            end += len(re.match(r"(?: of (?:rain|snow|precipitation))?", text[end:])[0])
        if not unit:
            yield "number", "", found.start(), end, None
            continue
        if field == "temperature":
            left = places[place - 1].end() if place else 0
            right = places[place + 1].start() if place + 1 < len(places) else len(text)
            field = _cued(text, (left, found.start()), (found.end(), right), used)
        if field:
            yield "number", field, found.start(), end, _equal(found[1], day, field)
        else:  # a temperature of we know not what: right if it is either
            truths = {_equal(found[1], day, either) for either in ("high", "low")}
            truth = True if True in truths else None if None in truths else False
            yield "number", "", found.start(), end, truth


def _cued(text: str, left: tuple[int, int], right: tuple[int, int], used: set[int]) -> str:
    """The field whose cue stands nearest before a number, or else first after it.

    A cue serves one number: where it is found, it is added to `used`.
    """
    for bounds, nearest in ((left, max), (right, min)):
        cues = [
            (cue.start(), field)
            for field, pattern in CUES.items()
            for cue in pattern.finditer(text, *bounds)
            if cue.start() not in used
        ]
        if cues:
            place, field = nearest(cues)
            used.add(place)
            return field
    return ""


def _equal(number: str, day: Any, field: str) -> bool | None:
    value = _value(day, field)
    if value is None:
        return None
    number = re.sub(r"minus |\u2212", "-", number)
    decimals = len(number.partition(".")[2])
    return abs(float(number) - value) <= 0.5 * 10**-decimals + 1e-9  # rounded alike


def _dry(text: str, day: Any, before: Sequence) -> Iterator[Found]:
    rain = _value(day, "rain")
    for found in DRY.finditer(text):
        yield "number", "rain", found.start(), found.end(), None if rain is None else rain == 0


def _words(text: str, day: Any, before: Sequence) -> Iterator[Found]:
    for name, pattern in WEATHER.items():
        for found in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            truth = None
            if getattr(day, "weather", None) in WEATHER:
                truth = (day.weather == name) != bool(NOT.search(text[: found.start()]))
            yield "weather", "weather", found.start(), found.end(), truth
    for found in STRANGE.finditer(text):
        yield "weather", "", found.start(), found.end(), None


FINDERS = (_dates, _comparisons, _numbers, _dry, _words)
