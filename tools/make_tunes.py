"""Remake the package's jigs from two tune books that the PyPI package music21 carries as ABC.

    pip download --no-deps music21==10.5.1
    python tools/make_tunes.py music21-10.5.1-py3-none-any.whl            write the files
    python tools/make_tunes.py music21-10.5.1-py3-none-any.whl --check    compare, write nothing

Taken are the melodies in 6/8 and in a major key of O'Neill's Music of Ireland (1903) and Ryan's
Mammoth Collection (1883), as notes: pitch and length. All are moved to G major. Upbeats are left
out, and the last note of a part is held for the time that its upbeat had, so that every bar lasts
six eighths. A tune that does not fit is left out, and the record counts why.

Settings of one tune (the same title, or much the same melody) stay on one side of the split.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from collections import Counter
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from aigc_teach.core import DataError
from aigc_teach.data.abc import AbcTune, Bar, read_abc, split_book
from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "tunes.npz"
RECORD = FOLDER / "tunes.json"
SOURCE = "PyPI package music21 10.5.1, music21/corpus/oneills1850 and music21/corpus/ryansMammoth"
SHA256 = "ddad79e938f67454c8729a339b8805c8795e6a022bb16779d3eabeca2fd5926b"  # of all the ABC read
BOOKS = {"O'Neill": "music21/corpus/oneills1850/", "Ryan": "music21/corpus/ryansMammoth/"}
BAR = 12  # sixteenths
TONIC, CENTRE = 7, 72  # G, and the pitch that a tune's mean is brought near to
ALIKE = 0.3  # share of the smaller tune's runs of six eighths that another has, too
HELD_OUT = 0.15


def source(package: Path) -> list[tuple[str, str]]:
    """(book, ABC of one tune) of both books, in the order of the files."""
    digest, found = hashlib.sha256(), []
    with zipfile.ZipFile(package) as archive:
        for book, folder in BOOKS.items():
            names = (n for n in archive.namelist() if n.startswith(folder) and n.endswith(".abc"))
            for name in sorted(names):
                raw = archive.read(name)
                digest.update(raw)
                try:
                    text = raw.decode("utf-8")
                except UnicodeDecodeError:
                    text = raw.decode("latin-1")
                found += [(book, tune) for tune in split_book(text)]
    if digest.hexdigest() != SHA256:
        sys.exit(f"The tunes have changed ({digest.hexdigest()}); this tool knows {SOURCE}.")
    return found


def parts_of(tune: AbcTune) -> list[tuple[list[Bar], bool]]:
    """The parts; of two endings the second one only."""
    parts, bars, repeated, skipping = [], [], False, False
    for bar in tune.bars:
        if bar.ending == 1:
            skipping = True
        elif bar.ending > 1:
            skipping = False
        if skipping:
            if bar.closes:
                repeated = True
            continue
        bars.append(bar)
        if bar.ends:
            parts.append((bars, repeated or bar.closes))
            bars, repeated = [], False
    return [*parts, (bars, repeated)] if bars else parts


def whole_bars(bars: list[Bar]) -> list[list[tuple[int | None, int]]]:
    """Bars of six eighths, in sixteenths, without the upbeat; a sentence where that fails."""
    full = Fraction(3, 4)
    if len(bars) > 1 and bars[0].length < full:
        bars = bars[1:]
    rows = []
    for place, bar in enumerate(bars):
        row = [(note.pitch, note.length * 16) for note in bar.notes]
        left = (full - bar.length) * 16
        if place == len(bars) - 1 and 0 < left <= 6:
            row[-1] = (row[-1][0], row[-1][1] + left)
        elif left:
            raise DataError("a bar does not add up")
        if any(length.denominator != 1 for _, length in row):
            raise DataError("a note off the grid of sixteenths")
        rows.append([(pitch, int(length)) for pitch, length in row])
    return rows


def normal(tune: AbcTune) -> list[tuple[list, bool]]:
    """The parts in G major, or a sentence that says why not."""
    if tune.beats != (6, 8):
        raise DataError("another metre")
    if tune.mode != "major":
        raise DataError("another mode")
    parts = [(whole_bars(bars), repeated) for bars, repeated in parts_of(tune)]
    if not 2 <= len(parts) <= 4 or any(len(bars) != 8 for bars, _ in parts):
        raise DataError("not two to four parts of eight bars")
    notes = [note for bars, _ in parts for bar in bars for note in bar if note[0] is not None]
    time = sum(length for _, length in notes)
    mean = sum(pitch * length for pitch, length in notes) / time
    up = (TONIC - tune.tonic) % 12
    shift = min((up, up - 12, up - 24), key=lambda k: abs(mean + k - CENTRE))
    pitches = [pitch + shift for pitch, _ in notes]
    if min(pitches) < 55 or max(pitches) > 91:
        raise DataError("a range beyond three octaves")
    return [
        ([[(p and p + shift, n) for p, n in bar] for bar in bars], repeated)
        for bars, repeated in parts
    ]


def runs(parts: list) -> set[tuple]:
    """What sounds at each eighth, in runs of six, as steps from the first: to find settings."""
    sounding = []
    for bars, _ in parts:
        for bar in bars:
            at = [pitch or 0 for pitch, length in bar for _ in range(length)]
            sounding += at[::2]
    found = (sounding[k : k + 6] for k in range(len(sounding) - 5))
    return {tuple(p % 12 for p in run) for run in found if len(set(run)) > 2}


def name_of(title: str) -> str:
    """A title without its article, case and punctuation."""
    title = re.sub(r"(?i)\b(the|a|an|jig|no|1st|2nd|3rd|setting|irish|version)\b", "", title)
    return re.sub(r"[^a-z]", "", title.lower())


def families(found: list[dict]) -> list[int]:
    """Which tunes are settings of one: the number of the first of its family."""
    first = list(range(len(found)))

    def root(k: int) -> int:
        while first[k] != k:
            k = first[k]
        return k

    sets = [runs(tune["parts"]) for tune in found]
    names = [name_of(tune["title"]) for tune in found]
    for k in range(len(found)):
        for j in range(k):
            shared = len(sets[k] & sets[j]) / max(1, min(len(sets[k]), len(sets[j])))
            if shared >= ALIKE or (names[k] and names[k] == names[j]):
                a, b = sorted((root(k), root(j)))
                first[b] = a
    return [root(k) for k in range(len(found))]


def split(found: list[dict], family: list[int]) -> list[bool]:
    """Whole families by a hash of the first one's title, until the share is reached."""
    members: dict[int, list[int]] = {}
    for k, first in enumerate(family):
        members.setdefault(first, []).append(k)
    order = sorted(members, key=lambda f: hashlib.sha256(found[f]["title"].encode()).digest())
    held, wanted = set(), round(HELD_OUT * len(found))
    for first in order:
        if len(members[first]) <= 8 and len(held) + len(members[first]) <= wanted:
            held.update(members[first])
    return [k in held for k in range(len(found))]


def choose(tunes: list[tuple[str, str]]) -> tuple[list[dict], Counter]:
    """The tunes that fit, and why the others do not."""
    found, why, seen = [], Counter(), set()
    for book, text in tunes:
        try:
            tune = read_abc(text)
            if book == "Ryan" and not tune.source.startswith("Ryan"):
                raise DataError("a later book")
            parts = normal(tune)
        except DataError as error:
            words = str(error)
            why["not read" if words.startswith(("Bar", "The ")) else words] += 1
            continue
        same = str(parts)
        if same in seen:
            why["the same notes again"] += 1
            continue
        seen.add(same)
        title = " ".join(tune.title.replace("--", " ").strip(' "').split())
        by = tune.transcriber.strip(' "')
        found.append({"title": title, "book": book, "parts": parts, "by": by})
    return found, why


def arrays_of(found: list[dict], held: list[bool]) -> dict[str, np.ndarray]:
    """Training tunes first; one row a note, one row a part."""
    order = sorted(range(len(found)), key=lambda k: held[k])
    notes, parts, titles = [], [], []
    for place, k in enumerate(order):
        tune = found[k]
        titles.append(f"{tune['book']}\t{tune['title']}")
        for bars, repeated in tune["parts"]:
            parts.append((place, len(bars), repeated))
            notes += [(pitch or 0, length) for bar in bars for pitch, length in bar]
    names = np.frombuffer("\n".join(titles).encode(), dtype=np.uint8)
    return {
        "notes": np.array(notes, dtype=np.uint8),
        "parts": np.array(parts, dtype=np.uint16),
        "titles": names,
        "train": np.array([held.count(False)], dtype=np.uint16),
    }


def record_text(file: bytes, arrays: dict[str, np.ndarray], facts: dict) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*arrays.values()),
        "bytes": len(file),
        **facts,
        "source": SOURCE,
        "licence": "public domain (books of 1883 and 1903), see DATA_LICENSES.md",
        "made_by": "python tools/make_tunes.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make(package: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    found, why = choose(source(package))
    family = families(found)
    held = split(found, family)
    arrays = arrays_of(found, held)
    facts = {
        "tunes": len(found),
        "train": held.count(False),
        "held_out": held.count(True),
        "families": len(set(family)),
        "books": dict(Counter(tune["book"] for tune in found)),
        "left_out": dict(why.most_common()),
    }
    file = npz_bytes(**arrays)
    return file, record_text(file, arrays, facts)


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's jigs.")
    parser.add_argument("package", type=Path, help="the wheel of music21")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    pair = Pair(FILE, RECORD, "sha256_of_arrays", partial(stored_sha256, FILE), "arrays", "notes")
    return settle(pair, *make(given.package), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
