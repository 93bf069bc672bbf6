"""Look whether the bibliography's entries are well formed, and none stands twice: ``make links``.

Without a network only that is looked at. With ``--online`` each address is asked for, too; where
nothing at all answers there is no network, and that is said.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence

from lessons.bibliography import Entry, read_bibliography
from lessons.places import Places, here

ARXIV = re.compile(r"https://arxiv\.org/abs/(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})")
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/\S+")
ADDRESS = re.compile(r"https?://[\w.-]+\.[a-z]{2,}(:\d+)?(/\S*)?")
KEY = re.compile(r"[a-z]+[a-z0-9]*\d{4}[a-z]*")


def faults(entries: dict[str, Entry]) -> Iterator[str]:
    """Yield in sentences what is wrong with entries, without asking anybody."""
    seen: dict[tuple[str, str], str] = {}
    for key, entry in entries.items():
        if not KEY.fullmatch(key):
            yield f"{key}: a key is a surname and a year, such as kingma2014."
        if not re.fullmatch(r"(1[6-9]|20)\d\d", entry.year):
            yield f"{key}: {entry.year!r} is no year."
        if not well_formed(entry.url):
            yield f"{key}: {entry.url!r} is no arXiv number, DOI or address."
        for what, value in (("address", entry.url.rstrip("/")), ("title", letters(entry.title))):
            first = seen.setdefault((what, value), key)
            if first != key:
                yield f"{key}: its {what} is that of {first}."


def well_formed(url: str) -> bool:
    """Whether an address has the form of its kind.

    >>> well_formed("https://arxiv.org/abs/1312.6114"), well_formed("https://arxiv.org/abs/13.6")
    (True, False)
    """
    kinds = {"https://arxiv.org/abs/": ARXIV, "https://doi.org/": DOI}
    form = next((form for head, form in kinds.items() if url.startswith(head)), ADDRESS)
    return form.fullmatch(url) is not None


def letters(title: str) -> str:
    """A title without case and signs, to be compared.

    >>> letters("Auto-Encoding Variational Bayes")
    'autoencodingvariationalbayes'
    """
    return re.sub(r"\W", "", title).casefold()


def answer(url: str) -> int | None:
    """The status that a host answers with; None where nothing answers."""
    import requests

    try:
        return requests.get(url, timeout=20, stream=True).status_code
    except requests.RequestException:
        return None


def unreachable(entries: dict[str, Entry], ask: Callable[[str], int | None] = answer) -> list[str]:
    """Sentences on addresses that are gone; one sentence where there is no network."""
    answers = {key: ask(entry.url) for key, entry in entries.items()}
    if all(status is None for status in answers.values()):
        return ["Nothing answers: there is no network here, so no address was looked at."]
    gone = {key: status for key, status in answers.items() if status in (None, 404, 410)}
    return [
        f"{key}: {entries[key].url} answers {'nothing' if status is None else status}."
        for key, status in gone.items()
    ]


def main(arguments: Sequence[str] | None = None, places: Places | None = None) -> int:
    """Print what is wrong; 0 where nothing is wrong with the form."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--online", action="store_true", help="ask for each address, too")
    asked = parser.parse_args(arguments)
    entries = read_bibliography((places or here()).bibliography)
    found = list(faults(entries))
    print(*found, f"{len(entries)} entries, {len(found)} faults of form.", sep="\n")
    if asked.online:
        print(*unreachable(entries), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
