"""The weather records are those of the source, whole, and split by year."""

from __future__ import annotations

import importlib
import importlib.util
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError

home = importlib.import_module("aigc_teach.data.weather")
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_weather", TOOLS / "make_weather.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_day_is_there_and_known_days_have_their_numbers():
    days = data.weather()
    assert [day.date for day in days] == [date(2012, 1, 1) + timedelta(k) for k in range(1461)]
    assert days[0] == data.WeatherDay(date(2012, 1, 1), 0.0, 12.8, 5.0, 4.7, "drizzle")
    assert days[1][1:] == (10.9, 10.6, 2.8, 4.5, "rain")
    assert max(day.rain for day in days) == 55.9
    assert (max(day.high for day in days), min(day.low for day in days)) == (35.6, -7.1)
    assert (min(day.wind for day in days), max(day.wind for day in days)) == (0.4, 9.5)
    words = [day.weather for day in days]
    assert {word: words.count(word) for word in home.WORDS} == {
        "drizzle": 53, "rain": 641, "sun": 640, "snow": 26, "fog": 101,
    }  # fmt: skip


def test_numbers_have_one_decimal_and_no_high_lies_below_its_low():
    for day in data.weather():
        assert all(value == round(value, 1) for value in day[1:5])
        assert day.high >= day.low and day.rain >= 0


def test_the_split_is_by_year():
    train, held_out = data.weather("train"), data.weather("held_out")
    assert (len(train), len(held_out)) == (1096, 365)
    assert train + held_out == data.weather()
    assert {day.date.year for day in held_out} == {2015}
    with pytest.raises(ChoiceError, match="held_out"):
        data.weather("test")


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    copy = tmp_path / "weather.npz"
    raw = bytearray(home.FILE.read_bytes())
    raw[200] ^= 1
    copy.write_bytes(raw)
    monkeypatch.setattr(home, "FILE", copy)
    with pytest.raises(DataError, match=r"weather\.npz is damaged"):
        data.weather()
    assert home.verify() == [
        "weather.npz is damaged (other sha256). Install aigc-teach again to get it back."
    ]


HEADER = "date,precipitation,temp_max,temp_min,wind,weather\n"


def rows(**change):
    lines = [f"{date(2012, 1, 1) + timedelta(k)},0.0,1.0,-1.5,2.0,sun" for k in range(1461)]
    for place, line in change.items():
        lines[int(place[1:])] = line
    return (HEADER + "\n".join(lines)).encode()


def test_the_tool_reads_tenths_and_stops_at_what_it_does_not_know(tool):
    arrays = tool.arrays_of(rows())
    assert arrays["tenths"].dtype == np.int16 and arrays["tenths"][5].tolist() == [0, 10, -15, 20]
    with pytest.raises(SystemExit, match="more than one decimal"):
        tool.arrays_of(rows(_3="2012-01-04,0.05,1.0,-1.5,2.0,sun"))
    with pytest.raises(SystemExit, match="other days"):
        tool.arrays_of(rows(_3="2012-01-05,0.0,1.0,-1.5,2.0,sun"))
    with pytest.raises(ValueError, match="hail"):
        tool.arrays_of(rows(_3="2012-01-04,0.0,1.0,-1.5,2.0,hail"))


def test_the_stored_file_holds_what_its_record_says(tool):
    assert home.about()["sha256_of_arrays"] == tool.stored_sha256(tool.FILE)
    with np.load(home.FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    assert tool.npz_bytes(**arrays) == home.FILE.read_bytes()


def test_a_forged_word_is_a_sentence(tool, tmp_path, monkeypatch):
    with np.load(home.FILE) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    arrays["word"][7] = 9
    file = tool.npz_bytes(**arrays)
    for name, content in (("FILE", file), ("RECORD", tool.record_text(file, arrays).encode())):
        copy = tmp_path / getattr(home, name).name
        copy.write_bytes(content)
        monkeypatch.setattr(home, name, copy)
    with pytest.raises(DataError, match=r"weather\.npz is damaged"):
        data.weather()
