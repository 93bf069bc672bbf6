"""True reports in which one thing was made wrong: to test whoever looks for lies."""

from __future__ import annotations

from datetime import date

from torch import Generator

from ....core import check_choice
from ....data import WeatherDay
from ....metrics.faithfulness import WEEKDAYS
from .reports import OPENINGS, WEEK, Story, date_words, fill, reference

LIES = ("high", "low", "rain", "wind", "weekday", "date", "weather", "change", "week")
OPPOSITES = (("warmer", "colder"), ("cooler", "warmer"), ("colder", "warmer"))


def planted(story: Story, kind: str, generator: Generator) -> str | None:
    """A reference report with one lie of the wanted kind, or None where it has no place for it.

    A number is too large by 0.1, a weekday or a day is another, the weather word is another, a
    comparison is turned round, or the windiest day of the week is claimed where it is not.

    >>> from aigc_teach.core import make_generator
    >>> from .reports import stories
    >>> day = stories()[0].day
    >>> day.wind, "2.4 m/s" in planted(stories()[0], "wind", make_generator(0))
    (2.3, True)
    """
    check_choice("kind", kind, LIES)
    day = story.day
    text = reference(story, generator)
    if kind in ("high", "low", "rain", "wind"):
        slot = f"{{{kind}}}"
        lie = text.replace(slot, f"{getattr(day, kind) + 0.1:.1f}")
        return fill(lie, day) if slot in text else None
    text = fill(text, day)
    if kind == "weekday":
        now = day.date.weekday()
        return text.replace(WEEKDAYS[now], WEEKDAYS[(now + 3) % 7])
    if kind == "date":
        return text.replace(f", {day.date.day} ", f", {day.date.day % 28 + 1} ")
    if kind == "weather":
        other = "fog" if day.weather != "fog" else "sun"
        return f"{date_words(day)} {OPENINGS[other][1]}." + text[text.index(".") :]
    if kind == "change":
        said = [(a, b) for a, b in OPPOSITES if f" {a} than" in text]
        return text.replace(f" {said[0][0]} than", f" {said[0][1]} than") if said else None
    return None if "windiest" in text else f"{text} {WEEK[0]}"


# One day, and what somebody might say of it who never saw the grammar: written before the checker
# was run on them, and left as they were.
A_DAY = WeatherDay(date(2015, 3, 12), 4.3, 12.8, -1.5, 6.1, "rain")  # a Thursday
A_STORY = Story(
    A_DAY,
    tuple(WeatherDay(date(2015, 3, k), 0.0, 22.0 - k, 2.0, 5.0, "sun") for k in range(6, 12)),
)
FALSE_IN_OTHER_WORDS = (
    "Thermometers climbed to 15 \u00b0C.",
    "The mercury never rose above 9 \u00b0C.",
    "Not a drop fell.",
    "Half an inch of rain fell.",
    "It was a calm day.",
    "Yesterday was warmer.",
    "Skies were clear all day.",
    "Winds gusted to 20 m/s.",
    "The night brought a frost of minus ten degrees.",
    "Friday the thirteenth brought rain.",
    "A heavy downpour of 25 mm hit the city.",
    "The coldest March day in years.",
)
TRUE_IN_OTHER_WORDS = (
    "Rain, 4.3 millimetres of it.",
    "By afternoon 12.8 \u00b0C had been reached.",
    "The night was cold: 1.5 degrees below zero.",
    "A breeze of 6.1 m/s kept flags moving.",
    "Two days ago it was sunny.",
    "12/3 was a wet Thursday.",
    "After six dry days, rain.",
    "Less than 5 mm fell.",
    "The wind was stronger than on any of the six days before.",
    "Thursday was mild.",
)
