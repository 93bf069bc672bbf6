"""Reference paragraphs about a day's weather: a grammar of ours with several phrasings a fact.

No journalist wrote these texts. So a network that learns them learns the variety of this grammar,
and no more; what it is good for is said on the page.

A report is written with *slots* first, ``{high}`` and the like, and then filled by `fill`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from torch import Generator, randint

from ....core import DataError, check_choice, check_text
from ....data import WeatherDay, weather
from ....metrics.faithfulness import MONTHS, WEEKDAYS

OPENINGS = {
    "sun": ("was sunny", "brought sunshine", "was a day of sunshine"),
    "rain": ("was rainy", "brought rain", "was a day of rain"),
    "drizzle": ("brought drizzle", "was a day of drizzle", "saw drizzle"),
    "snow": ("was snowy", "brought snow", "was a day of snow"),
    "fog": ("was foggy", "brought fog", "was a day of fog"),
}
TEMPERATURES = (
    "The temperature rose from {low} to {high} °C.",
    "A low of {low} °C was followed by a high of {high} °C.",
    "The high was {high} °C, the low {low} °C.",
    "It reached {high} °C after a night of {low} °C.",
    "Temperatures lay between {low} and {high} °C.",
)
CHANGES = {
    1: ("It was warmer than yesterday.", "That is warmer than the day before."),
    -1: ("It was colder than yesterday.", "That is cooler than the day before."),
    0: ("It was as warm as yesterday.", "That is as warm as the day before."),
}
RAIN = (
    "{rain} mm of precipitation fell.",
    "The gauge collected {rain} mm.",
    "Precipitation came to {rain} mm.",
    "In all {rain} mm fell.",
)
DRY = ("It stayed dry.", "No precipitation fell.", "The day was dry.", "The gauge stayed empty.")
WINDS = (
    "The wind blew at {wind} m/s.",
    "A wind of {wind} m/s blew.",
    "The mean wind was {wind} m/s.",
    "Wind was measured at {wind} m/s.",
)
WEEK = ("It was the windiest day of the week.", "That made it the windiest day of the past week.")
TEMPLATE = (
    "{date}: {weather}. The high was {high} °C, the low {low} °C. {change} {rain} The wind blew at "
    "{wind} m/s.{week}"
)
EXTREME = {
    "high": lambda x: x >= 30,
    "rain": lambda x: x >= 25,
    "wind": lambda x: x >= 7,
    "low": lambda x: x <= -4,
}
SLOT = re.compile(r"\{(\w+)\}")
NUMBERS = ("high", "low", "rain", "wind")


class Story(NamedTuple):
    """A day and what a comparison needs.

    Attributes
    ----------
    day : WeatherDay
    before : tuple of WeatherDay
        The six days before it, the earliest first.
    """

    day: WeatherDay
    before: tuple[WeatherDay, ...]


def check_story(story: Story) -> Story:
    """The story itself, if its day and the six before it lack nothing; else a sentence.

    A gap is no zero: a report of "no precipitation" from a record without any would be a lie.

    Raises
    ------
    DataError
        Where a value is missing (None or NaN), the word for the weather is none of the five, or
        there are fewer than six days before.

    >>> check_story(stories()[0]).day.high
    7.2
    >>> check_story(Story(stories()[0].day, ()))
    Traceback (most recent call last):
    aigc_teach.core.errors.DataError: A story needs the six days before 2012-01-07; got 0.
    """
    day, before = story
    if len(before) < 6:
        raise DataError(f"A story needs the six days before {day.date}; got {len(before)}.")
    for each, fields in [(day, NUMBERS), *((other, ("high", "wind")) for other in before)]:
        if any(is_missing(getattr(each, field)) for field in fields):
            raise DataError(f"The record of {each.date} lacks a value; there is nothing to say.")
    check_choice("weather", day.weather, OPENINGS)
    return story


def stories() -> list[Story]:
    """Every day that has six days before it, in order: 1,455 of them.

    >>> len(stories())
    1455
    """
    days = weather()
    return [Story(days[k], tuple(days[k - 6 : k])) for k in range(6, len(days))]


def is_extreme(day: WeatherDay) -> bool:
    """Whether a day has a value that the training data never show: hot, wet, windy or cold.

    At least 30 °C, 25 mm or 7 m/s, or a low of at most -4 °C. What the record lacks is not extreme.

    >>> sum(is_extreme(day) for day in weather())
    131
    """
    values = {field: getattr(day, field) for field in EXTREME}
    return any(not is_missing(x) and EXTREME[field](x) for field, x in values.items())


def split_stories() -> dict[str, list[Story]]:
    """Three parts: to train on, held out, and extreme.

    Training days lie in 2012 to 2014; neither they nor the six days before them are extreme, so
    the values of extreme days are never read or written in training. Held-out days lie in 2015
    and are not extreme, nor are their yesterdays. Extreme ones come from all four years.

    >>> {name: len(part) for name, part in split_stories().items()}
    {'train': 688, 'held_out': 223, 'extreme': 131}
    """
    parts = {"train": [], "held_out": [], "extreme": []}
    for story in stories():
        if is_extreme(story.day):
            parts["extreme"].append(story)
        elif not any(map(is_extreme, story.before)):
            parts["held_out" if story.day.date.year == 2015 else "train"].append(story)
    return parts


def date_words(day: WeatherDay) -> str:
    """The date as the reports have it, without the year.

    >>> date_words(weather()[0])
    'Sunday, 1 January'
    """
    when = day.date
    return f"{WEEKDAYS[when.weekday()]}, {when.day} {MONTHS[when.month - 1]}"


def reference(story: Story, generator: Generator) -> str:
    """One report, each phrasing drawn with equal chances, with slots for date and numbers.

    >>> from aigc_teach.core import make_generator
    >>> reference(stories()[0], make_generator(0)).count("{")
    5
    """
    day, before = check_story(story)

    def one(phrasings: Sequence[str]) -> str:
        return phrasings[int(randint(len(phrasings), (), generator=generator))]

    opening = f"{{date}} {one(OPENINGS[day.weather])}."
    change = one(CHANGES[sign(day.high - before[-1].high)])
    dry = day.rain == 0 and day.weather in ("sun", "fog")
    rain, wind = one(DRY if dry else RAIN), one(WINDS)
    if day.wind > max(other.wind for other in before):
        wind += " " + one(WEEK)
    last = (rain, wind) if one("ab") == "a" else (wind, rain)
    return " ".join([opening, one(TEMPERATURES), change, *last])


def template(story: Story) -> str:
    """The baseline: one phrasing a fact, filled from the record. It cannot be wrong.

    A record with a gap is refused, see `check_story`.

    >>> template(stories()[0])[:56]
    'Saturday, 7 January: rain. The high was 7.2 °C, the low '
    """
    day, before = check_story(story)
    text = TEMPLATE.replace("{change}", CHANGES[sign(day.high - before[-1].high)][0])
    text = text.replace("{rain}", RAIN[0] if day.rain else DRY[1])
    windiest = day.wind > max(other.wind for other in before)
    text = text.replace("{week}", " " + WEEK[0] if windiest else "")
    return fill(text.replace("{weather}", day.weather), day)


def fill(text: str, day: WeatherDay) -> str:
    """Put date and numbers of a record into a text's slots; an unknown slot is left as it is.

    Raises
    ------
    DataError
        Where the text has a slot for a value that the record lacks.

    >>> fill("{high} °C on {date}", weather()[0])
    '12.8 °C on Sunday, 1 January'
    """
    values = {name: getattr(day, name) for name in NUMBERS} | {"date": date_words(day)}
    for name in SLOT.findall(check_text("text", text)):
        if name in values and is_missing(values[name]):
            raise DataError(f"The text wants {{{name}}}, which the record of {day.date} lacks.")
    return SLOT.sub(lambda slot: str(values.get(slot[1], slot[0])), text)


def prompt(story: Story) -> str:
    """The record as the network reads it: this day, yesterday's high, the six days' largest wind.

    Raises
    ------
    DataError
        Where a value is missing.

    >>> prompt(stories()[0])
    'Saturday, 7 January rain | 7.2 | 2.8 | 0.0 | 2.3 | 4.4 | 6.1 |'
    """
    day, before = check_story(story)
    numbers = (day.high, day.low, day.rain, day.wind, before[-1].high)
    numbers += (max(other.wind for other in before),)
    fields = [f"{date_words(day)} {day.weather}", *(f"{value}" for value in numbers)]
    return " | ".join(fields) + " |"


def planned(story: Story) -> str:
    """The same with two comparisons that a program made: with yesterday, and with the week.

    >>> planned(stories()[0])[-16:]
    ' warmer ordinary'
    """
    day, before = check_story(story)
    change = {1: "warmer", -1: "colder", 0: "level"}[sign(day.high - before[-1].high)]
    windiest = day.wind > max(other.wind for other in before)
    return f"{prompt(story)} {change} {'windiest' if windiest else 'ordinary'}"


def nearest(story: Story, known: Sequence[Story]) -> Story:
    """Retrieval: of other days the one with the same word whose numbers lie nearest.

    Each number is measured in its own spread (8 degrees, 6 mm, 1.5 m/s).

    Raises
    ------
    DataError
        Where no day is known, or a day lacks a value.

    >>> some = stories()
    >>> nearest(some[3], some[:5]) is some[3]
    True
    """
    if not known:
        raise DataError("Retrieval needs at least one known story.")
    check_story(story)

    def distance(other: Story) -> float:
        one, two = story.day, check_story(other).day
        apart = abs(one.high - two.high) / 8 + abs(one.low - two.low) / 5
        apart += abs(one.rain - two.rain) / 6 + abs(one.wind - two.wind) / 1.5
        return apart + 10 * (one.weather != two.weather)

    return min(known, key=distance)


def is_missing(value: float | None) -> bool:
    """Whether a record has no value here: None or NaN. 0 is a value.

    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0)
    (True, True, False)
    """
    return value is None or value != value


def sign(x: float) -> int:
    """-1, 0 or 1."""
    return (x > 0) - (x < 0)
