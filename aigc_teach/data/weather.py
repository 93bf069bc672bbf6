"""The weather of Seattle, day by day, 2012 to 2015: 1,461 records that lie inside the package.

Observations of the United States' weather service, in the public domain, as the npm package
vega-datasets has them. Each day has four numbers and one word; the word was *made* from other
fields by the authors of that package, see ``DATA_LICENSES.md``.

The split is by *year*, not by day: two days in a row resemble each other far more than two days
a year apart, so a held-out day between two training days would be half known.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from ..core import check_choice
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "weather.npz"
RECORD = FOLDER / "weather.json"
SPLITS = ("train", "held_out", "all")
WORDS = ("drizzle", "rain", "sun", "snow", "fog")
FIRST = date(2012, 1, 1)
HELD_OUT = 2015


class WeatherDay(NamedTuple):
    """One day's record.

    Attributes
    ----------
    date : datetime.date
    rain : float
        Precipitation in millimetres, 0 to 55.9; melted where it was snow.
    high, low : float
        Highest and lowest temperature of the day, in degrees Celsius, -7.1 to 35.6.
    wind : float
        Mean speed of the wind, 0.4 to 9.5 metres a second. (The source's description says
        kilometres an hour. Read so, the mean of 3.2 would be almost still air; in NOAA's files
        this field is in metres a second, and the numbers agree with that.)
    weather : str
        "drizzle", "rain", "sun", "snow" or "fog".
    """

    date: date
    rain: float
    high: float
    low: float
    wind: float
    weather: str


def weather(split: str = "all") -> list[WeatherDay]:
    """The daily records, in the order of their dates, no day missing.

    Parameters
    ----------
    split : {"all", "train", "held_out"}
        2012 to 2015 (1,461 days), 2012 to 2014 (1,096), or 2015 (365).

    Returns
    -------
    list of WeatherDay
        Numbers with one decimal, as in the source.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> day = weather("held_out")[0]
    >>> day.date.isoformat(), day.high, day.low, day.rain, day.wind, day.weather
    ('2015-01-01', 5.6, -3.2, 0.0, 1.2, 'sun')
    """
    check_choice("split", split, SPLITS)
    n = 1461
    stored = read_vendored(FILE, RECORD, {"tenths": (n, 4), "word": (n,)}, kinds="iu")
    rows = zip((stored["tenths"] / 10).tolist(), stored["word"].tolist(), strict=True)
    with refusing(f"{FILE.name} is damaged", remedy=AGAIN):
        days = [
            WeatherDay(FIRST + timedelta(k), rain, high, low, wind, WORDS[word])
            for k, ((rain, high, low, wind), word) in enumerate(rows)
        ]
    if split == "all":
        return days
    return [day for day in days if (day.date.year == HELD_OUT) == (split == "held_out")]


def verify() -> list[str]:
    """Compare the stored records with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def about() -> dict:
    """Where the records come from, as the JSON beside them says.

    >>> about()["days"]
    1461
    """
    return read_record(RECORD, days=int, source=str, licence=str)
