"""Say where the repository lives: ``make address URL=https://github.com/OWNER/NAME``.

The address stands in pyproject.toml. What is made from it (every notebook's launch links, the
book's) is made again; the three files that people and services read as they are, README.md,
CITATION.cff and pyproject.toml, are rewritten in place. While it is the placeholder, the README
says in one line that its buttons lead nowhere.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import notebooks
from lessons.places import Places, here

PLACEHOLDER = "https://github.com/aigc-teach/aigc-teach"
NOTE = (
    "*These two buttons lead nowhere yet: the course has no public address "
    "(`make address URL=...` gives it one). Begin with `make lab`.*\n\n"
)
FIRST_BADGE = "[![Binder]("
GITHUB = re.compile(r"https://github\.com/[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
WRITTEN = ("pyproject.toml", "CITATION.cff", "README.md")
ON_GITHUB = "(?<=github.com/)", "(?<=/v2/gh/)", "(?<=/github/)"  # before owner and name, in a link


class AddressError(Exception):
    """An address that the badges cannot use; the message says why."""


def cleaned(url: str) -> str:
    """Return the address as it is stored.

    >>> cleaned("https://github.com/ada/engine.git/")
    'https://github.com/ada/engine'
    """
    url = url.strip().rstrip("/").removesuffix(".git")
    name = url.rpartition("/")[2]
    if not GITHUB.fullmatch(url) or name in ("", ".", ".."):
        raise AddressError(
            f"{url!r:.200} is not of the form https://github.com/OWNER/NAME. Colab and Kaggle "
            "open notebooks from GitHub only, so the badges need an address there."
        )
    return url


def rewritten(text: str, old: str, new: str) -> str:
    """Return a text with the repository's owner and name changed in every link to it.

    >>> rewritten("https://mybinder.org/v2/gh/a/b/main", "https://github.com/a/b",
    ...           "https://github.com/c/d")
    'https://mybinder.org/v2/gh/c/d/main'
    """
    before, after = (url.removeprefix("https://github.com/") for url in (old, new))
    link = re.compile(rf"(?:{'|'.join(ON_GITHUB)}){re.escape(before)}(?![\w-]|\.\w)")
    return link.sub(lambda _: after, text)


def with_note(readme: str, address: str) -> str:
    """Return the README with the line about the placeholder where it is one, without elsewhere."""
    readme = readme.replace(NOTE, "")
    if address != PLACEHOLDER:
        return readme
    return readme.replace(FIRST_BADGE, NOTE + FIRST_BADGE, 1)


def set_address(url: str, places: Places) -> list[Path]:
    """Write the address everywhere; return the files that changed."""
    new, old = cleaned(url), places.repository
    changed = []
    for path in (places.root / name for name in WRITTEN):
        text = path.read_bytes().decode("utf-8")  # as it is: line ends, too
        fresh = rewritten(text, old, new)
        if path.name == "README.md":
            fresh = with_note(fresh, new)
        if fresh != text:
            path.write_bytes(fresh.encode("utf-8"))
            changed.append(path)
    return changed + notebooks.generate(Places(places.root))  # places keeps the old address


def main(arguments: list[str] | None = None, places: Places | None = None) -> int:
    """Rewrite the address; 2 with a sentence where it cannot be one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", metavar="URL", help="https://github.com/OWNER/NAME")
    places = places or here()
    try:
        changed = set_address(parser.parse_args(arguments).url, places)
    except AddressError as problem:
        print(problem, file=sys.stderr)
        return 2
    for path in changed:
        print(f"wrote {path.relative_to(places.root)}")
    print(f"The repository's address is {Places(places.root).repository}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
