"""Remake the package's docstrings: bodies and first lines, from installed packages.

    python tools/make_docstrings.py            write the files
    python tools/make_docstrings.py --check    compare, write nothing

The sources are read, never run: the standard library of the interpreter that runs this, and the
packages of `VERSIONS` beside it, which must be installed in exactly those versions
(`pip install networkx==3.6.1 ...`). The course itself imports none of them for this.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.metadata
import json
import platform
import re
import sys
import sysconfig
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path

import numpy as np

from make_data import Pair, array_sha256, npz_bytes, settle, stored_sha256

FOLDER = Path(__file__).parents[1] / "aigc_teach" / "data"
FILE = FOLDER / "docstrings.npz"
RECORD = FOLDER / "docstrings.json"
VERSIONS = {  # as the index calls them; the folder where that is another name
    "python": "3.11.7",
    "numpy": "2.4.6",
    "scipy": "1.17.1",
    "matplotlib": "3.11.2",
    "torch": "2.13.0",
    "scikit-learn": "1.9.1",
    "networkx": "3.6.1",
    "pandas": "3.1.1",
}
FOLDERS = {"scikit-learn": "sklearn"}
UNSEEN = ("networkx", "pandas")  # packages of which nothing is learnt
ASIDE = {"tests", "test", "testing", "_vendor", "vendored", "site-packages", "externals"}
ASIDE |= {"idlelib", "lib2to3", "ensurepip", "turtledemo", "pydoc_data"}
ASIDE |= {"include", "lib", "_extern", "array_api_compat", "array_api_extra", "_external"}
SUMMARY, BODY, SHORTEST = (3, 16), 50, 15  # words
ALIKE = 0.5  # of two texts' pairs of words in common: a near-duplicate
TRAIN, HELD_OUT = 4_000, 300  # of the packages that are seen; HELD_OUT of the others, too
STOP = re.compile(  # where the words of a body end
    r"^\s*(?:>>>|\.\. |Examples?\b|See Also|References?\b|Raises\b|Warnings?\b|\$)", re.MULTILINE
)
RULER = re.compile(r"^\s*[-=~*^#\"]{3,}\s*$", re.MULTILINE)
ROLE = re.compile(r":[\w:]+:(?=`)")
TARGET = re.compile(r"`[~!]?([^`<]*?)(?: <[^`]*>)?`_{0,2}")


def plain(text: str) -> str:
    r"""A text on one line, without the marks of reStructuredText.

    >>> plain("See :func:`~os.path`,\n ``x`` and *y*.")
    'See os.path, x and y.'
    """
    text = TARGET.sub(r"\1", ROLE.sub("", RULER.sub(" ", text).replace("``", "`")))
    text = re.sub(r"(?<!\w)\*{1,2}(\w[^*\n]*?)\*{1,2}(?!\w)", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def pair(docstring: str) -> tuple[str, str] | None:
    """(body, first line) of a docstring that is fit for use, or None.

    >>> pair("Too short.")
    """
    head, _, rest = docstring.strip().partition("\n")
    if rest.lstrip(" ").partition("\n")[0].strip():  # the line goes on
        return None
    stop = STOP.search(rest)
    words = plain(rest[: stop.start()] if stop else rest).split()
    summary, body = plain(head), " ".join(words[:BODY])
    few, many = SUMMARY
    fit = (
        few <= len(summary.split()) <= many
        and len(words) >= SHORTEST
        and (summary + body).isascii()
        and summary[0].isupper()
        and summary[-1] not in ":,;"
        and not re.search(r"[%{}\\|$`]", summary)
        and not re.search(r"[\\|$`]|%\(|\{\w*\}", body)
    )
    return (body, summary.rstrip(".")) if fit else None


def docstrings(source: str) -> list[str]:
    """All docstrings of a module's source, in its order."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    except (SyntaxError, ValueError):
        return []
    return [text for node in nodes if (text := ast.get_docstring(node))]


def sources(package: str) -> list[Path]:
    """The package's own Python files, in a fixed order; none of its tests."""
    paths = sysconfig.get_paths()
    home = Path(paths["stdlib"] if package == "python" else paths["purelib"])
    root = home if package == "python" else home / FOLDERS.get(package, package)
    files = [file for file in root.rglob("*.py") if not ASIDE & set(file.relative_to(root).parts)]
    return sorted(files, key=lambda file: file.relative_to(root).as_posix())


def pairs_of(words: str) -> set[tuple[str, str]]:
    """Neighbouring words of a text, as a set."""
    found = re.findall(r"[a-z0-9]+", words.lower())
    return set(zip(found, found[1:], strict=False))


def without_copies(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The first of all that have one first line, or bodies that are much alike."""
    kept, lines, homes, sets = [], set(), defaultdict(list), []
    for row in rows:
        own, line = pairs_of(row[1]), " ".join(re.findall(r"[a-z0-9]+", row[2].lower()))
        if line in lines or not own:
            continue
        shared = Counter(other for two in own for other in homes[two])
        if any(n >= ALIKE * len(own | sets[other]) for other, n in shared.items()):
            continue
        lines.add(line)
        for two in own:
            homes[two].append(len(sets))
        sets.append(own)
        kept.append(row)
    return kept


def in_order(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """`TRAIN` to learn from and `HELD_OUT` of the same packages, then `HELD_OUT` of the unseen."""
    mixed = sorted(rows, key=lambda row: hashlib.sha256("\n".join(row).encode()).hexdigest())
    seen = [row for row in mixed if row[0] not in UNSEEN]
    unseen = [row for row in mixed if row[0] in UNSEEN]
    share = HELD_OUT // len(UNSEEN)
    unseen = [row for name in UNSEEN for row in [r for r in unseen if r[0] == name][:share]]
    if len(seen) < TRAIN + HELD_OUT or len(unseen) < HELD_OUT:
        sys.exit(f"Only {len(seen)} and {len(unseen)} pairs are left.")
    return [*seen[: TRAIN + HELD_OUT], *unseen]


def installed() -> None:
    """Stop with a sentence where another version is installed than the one on record."""
    for name, wanted in VERSIONS.items():
        found = platform.python_version() if name == "python" else importlib.metadata.version(name)
        if found.partition("+")[0] != wanted:
            sys.exit(f"{name} {found} is installed; the docstrings are those of {wanted}.")


def collect() -> list[tuple[str, str, str]]:
    """(package, body, first line) of all packages, without near-duplicates."""
    rows = []
    for package in VERSIONS:
        for file in sources(package):
            for text in docstrings(file.read_text("utf-8", errors="replace")):
                if found := pair(text):
                    rows.append((package, *found))
    return without_copies(rows)


def record_text(file: bytes, packed: np.ndarray, rows: int) -> str:
    """The record kept beside the file, as JSON."""
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_of_array": array_sha256(packed),
        "bytes": len(file),
        "pairs": rows,
        "held_out": HELD_OUT,
        "unseen": HELD_OUT,
        "source": ", ".join(f"{name} {version}" for name, version in VERSIONS.items()),
        "licence": "PSF-2.0 and BSD-3-Clause, by package, in DATA_LICENSES.md",
        "made_by": "python tools/make_docstrings.py",
    }
    return json.dumps(record, indent=2) + "\n"


def make() -> tuple[bytes, str]:
    """The file's bytes and the record's text, made afresh from the installed packages."""
    rows = in_order(collect())
    text = json.dumps(rows, separators=(",", ":")).encode("utf-8")
    packed = np.frombuffer(text, np.uint8)
    file = npz_bytes(docstrings=packed)
    return file, record_text(file, packed, len(rows))


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's docstrings.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    given = parser.parse_args(arguments)
    installed()
    pair = Pair(
        FILE, RECORD, "sha256_of_array", partial(stored_sha256, FILE), "docstrings", "docstrings"
    )
    return settle(pair, *make(), check=given.check)


if __name__ == "__main__":
    sys.exit(main())
