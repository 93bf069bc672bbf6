"""Find a row's truth, check that it is the one that was meant, and compare with it."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType

import numpy as np
from packaging.version import Version

from outside.table import ROWS, File, Package, Row

ROOT = Path(__file__).resolve().parents[2]

# How packages write the licences that stand on our rows.
SPELLINGS = {
    "Apache-2.0": ("apache-2.0", "apache 2.0", "apache license", "apache software license"),
    "BSD-3-Clause": ("bsd-3-clause", "bsd 3-clause", "bsd license", "new bsd"),
    "MIT": ("mit",),
}


class Absent(Exception):
    """The truth cannot be had here; its tests skip and give this reason."""


class Changed(Exception):
    """The truth is not the one that was meant; its tests fail."""


def row_of(name: str) -> Row:
    """The row that the module ``test_<name>.py`` belongs to."""
    for row in ROWS:
        if row.name == name:
            return row
    raise LookupError(f"tests/outside/table.py has no row named {name!r}.")


def outside_folder(environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> Path:
    """Where the files lie: AIGC_OUTSIDE, or ../shared/outside beside the repository."""
    named = environ.get("AIGC_OUTSIDE")
    return Path(named) if named else root.parent / "shared" / "outside"


def reach(row: Row, folder: Path) -> Path | ModuleType | None:
    """The truth of a row: a path, a package, or None where the numbers stand in the module."""
    if isinstance(row.where, File):
        return find_file(row, folder)
    if isinstance(row.where, Package):
        return find_package(row)
    return None


def find_file(row: Row, folder: Path) -> Path:
    """The row's file, if it is there and unchanged."""
    path = folder / row.where.path
    if not path.is_file():
        raise Absent(
            f"{row.name}: {row.where.path} is not in {folder}. It is {row.source}; put it there, "
            "or name another folder by AIGC_OUTSIDE."
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != row.where.sha256:
        raise Changed(
            f"{row.name}: {path} has changed. Its sha256 is {found}, the table says "
            f"{row.where.sha256}. Fetch it again, or look what is new and change the table."
        )
    return path


def find_package(row: Row) -> ModuleType:
    """The row's package, if it is installed, new enough and of the licence on the row."""
    name, oldest = row.where.name, row.where.version
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        raise Absent(
            f"{row.name}: the package {name} is not installed. It comes with the test "
            "requirements: pip install 'aigc-teach[test]'."
        ) from None
    if Version(about["Version"]) < Version(oldest):
        raise Absent(f"{row.name}: {name} {about['Version']} is older than {oldest}.")
    declared = licence_words(about)
    if not says(declared, row.licence):
        raise Changed(
            f"{row.name}: {name} {about['Version']} declares {declared!r} as its licence, the "
            f"table says {row.licence}."
        )
    return importlib.import_module(row.where.module or name)


def licence_words(about: metadata.PackageMetadata) -> str:
    """All that a package's metadata say about its licence, in one line."""
    classifiers = about.get_all("Classifier") or []
    words = [c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License ::")]
    fields = [about.get("License-Expression") or "", about.get("License") or ""]
    first_lines = [field.strip().split("\n")[0] for field in fields]  # some hold the whole text
    return "; ".join(word for word in [*first_lines, *words] if word and word != "UNKNOWN")


def says(declared: str, licence: str) -> bool:
    """Whether those words name that licence, and none of the GPL family besides."""
    words = declared.lower().replace(",", "")
    words = re.sub(r"gpl\S* with gcc-exception\S*", "", words)  # a compiler's run-time files
    copyleft = "gpl" in words or "general public" in words
    named = any(re.search(rf"\b{re.escape(one)}\b", words) for one in SPELLINGS[licence])
    return named and not copyleft


class Agreement:
    """Compare our value with the truth; remembers the largest difference for the report.

    Numbers and arrays may differ by the row's tolerance; everything else must be equal.
    """

    def __init__(self, row: Row):
        self.row = row
        self.largest: float | None = None

    def __call__(self, ours: object, theirs: object, what: str = "") -> None:
        __tracebackhide__ = True
        exact = self.row.tolerance == 0
        gap = unequal(ours, theirs) if exact else difference(ours, theirs, self.row.relative)
        self.largest = max(self.largest or 0.0, gap)
        assert gap <= self.row.tolerance, self._sentence(ours, theirs, gap, what)

    def _sentence(self, ours: object, theirs: object, gap: float, what: str) -> str:
        kind = "of the truth's largest value" if self.row.relative else "in absolute size"
        by = f"by {gap:.3g} {kind}, {self.row.tolerance:g} allowed" if self.row.tolerance else ""
        ours, theirs = (repr(value)[:300] for value in (ours, theirs))
        return f"{what or self.row.about} differs {by}\n  ours:   {ours}\n  theirs: {theirs}"


def unequal(ours: object, theirs: object) -> float:
    """0 where both are equal, else 1."""
    if isinstance(ours, np.ndarray) or isinstance(theirs, np.ndarray):
        return float(not np.array_equal(ours, theirs))
    return float(ours != theirs)


def difference(ours: object, theirs: object, relative: bool) -> float:
    """Largest absolute difference; infinite where shapes differ or a value is not finite."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return float("inf")
    scale = np.abs(theirs).max() if relative else 1.0
    gap = np.abs(ours - theirs).max() / scale
    return float(gap) if np.isfinite(gap) else float("inf")
