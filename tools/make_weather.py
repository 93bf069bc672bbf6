"""Remake the package's weather records from the npm package vega-datasets.

    npm pack vega-datasets@3.2.1
    python tools/make_weather.py vega-datasets-3.2.1.tgz            write the files
    python tools/make_weather.py vega-datasets-3.2.1.tgz --check    compare, write nothing

The source is read strictly: another header, a missing day, a number with two decimals or a
sixth kind of weather stops it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import tarfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "weather.npz"
RECORD = FOLDER / "weather.json"
SOURCE = "npm package vega-datasets 3.2.1, data/seattle-weather.csv"
SHA256 = "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be"  # of the table
COLUMNS = ["date", "precipitation", "temp_max", "temp_min", "wind", "weather"]
WORDS = ["drizzle", "rain", "sun", "snow", "fog"]
FIRST, DAYS = date(2012, 1, 1), 1461


def source(package: Path) -> bytes:
    """The table of the packed npm package."""
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/data/seattle-weather.csv")
        content = file.read() if file else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"seattle-weather.csv has changed; this tool knows that of {SOURCE}.")
    return content


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    """``tenths`` int16 ``[1461, 4]`` (rain, high, low, wind) and ``word`` uint8 ``[1461]``."""
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8")))
    days = [FIRST + timedelta(k) for k in range(DAYS)]
    if header != COLUMNS or [row[0] for row in rows] != [day.isoformat() for day in days]:
        sys.exit("The table has other columns or other days.")
    numbers = np.array([[float(value) for value in row[1:5]] for row in rows])
    tenths = np.rint(10 * numbers)
    if np.abs(tenths - 10 * numbers).max() > 1e-6:
        sys.exit("A number has more than one decimal.")
    words = np.array([WORDS.index(row[5]) for row in rows])
    return {"tenths": tenths.astype(np.int16), "word": words.astype(np.uint8)}


def record_text(file: bytes, arrays: dict[str, np.ndarray]) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*arrays.values()),
        "bytes": len(file),
        "days": DAYS,
        "source": SOURCE,
        "licence": "public domain (a work of the United States' government), see DATA_LICENSES.md",
        "made_by": "python tools/make_weather.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make(package: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    arrays = arrays_of(source(package))
    file = npz_bytes(**arrays)
    return file, record_text(file, arrays)


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's weather records.")
    parser.add_argument("package", type=Path, help="the packed npm package vega-datasets")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    pair = Pair(FILE, RECORD, "sha256_of_arrays", partial(stored_sha256, FILE), "arrays", "numbers")
    return settle(pair, *make(given.package), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
