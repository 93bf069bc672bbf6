"""The one bibliography, book/references.bib: entries, their page, and their words in a lesson."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import Person, parse_string

PAGE_HEAD = """# References

The sources the lessons cite, made from `references.bib`, where a note on each entry says with what
its title, authors, year and venue were compared.
"""


@dataclass(frozen=True)
class Entry:
    """One source: who, when, what, where."""

    key: str
    authors: tuple[str, ...]  # "D. P. Kingma"
    surnames: tuple[str, ...]
    year: str
    title: str
    venue: str
    url: str
    link_words: str  # "arXiv:1312.6114"

    def after_link(self) -> str:
        """Return what a lesson's References list shows after the link."""
        return f", *{self.title}*, {self.venue}"

    def paragraph(self) -> str:
        """Return the entry as the references page prints it."""
        who = ", ".join(self.authors[:-1]) + " and " * (len(self.authors) > 1) + self.authors[-1]
        where = f"[{self.link_words}]({self.url})"
        return f"({self.key})=\n**{who}** ({self.year}). *{self.title}*. {self.venue}. {where}\n"


def read_bibliography(path: Path) -> dict[str, Entry]:
    """Return every entry of a BibTeX file by its key."""
    database = parse_string(path.read_text("utf-8"), "bibtex")
    return {key: read_entry(key, entry) for key, entry in database.entries.items()}


def read_entry(key: str, entry) -> Entry:
    """Return one pybtex entry as an `Entry`."""
    fields = {name: plain(value) for name, value in entry.fields.items()}
    venue = fields.get("booktitle") or fields.get("journal") or fields.get("howpublished")
    people = entry.persons.get("author", [])
    missing = [name for name in ("title", "year") if name not in fields]
    if missing or not venue or not people:
        raise ValueError(f"references.bib: {key} needs author, title, year and a venue.")
    url, words = address(fields)
    if not url:
        raise ValueError(f"references.bib: {key} needs eprint, doi or url.")
    surnames = tuple(plain(" ".join(p.prelast_names + p.last_names)) for p in people)
    authors = tuple(full_name(p) for p in people)
    return Entry(key, authors, surnames, fields["year"], fields["title"], venue, url, words)


def address(fields: dict[str, str]) -> tuple[str, str]:
    """Return (address, words for it): arXiv first, because anyone may read it there."""
    if eprint := fields.get("eprint"):
        return f"https://arxiv.org/abs/{eprint}", f"arXiv:{eprint}"
    if doi := fields.get("doi"):
        return f"https://doi.org/{doi}", f"doi:{doi}"
    url = fields.get("url", "")
    return url, re.sub(r"^https?://(www\.)?([^/]+).*", r"\2", url)


def full_name(person: Person) -> str:
    """Return "D. P. Kingma" for a pybtex person."""
    names = [plain(name) for name in person.first_names + person.middle_names]
    given = [f"{name[0]}." for name in names if not name.startswith("(")]  # "(Polo)": a nickname
    family = person.prelast_names + person.last_names
    return " ".join(given + [plain(name) for name in family])


ACCENTS = {r"\"u": "ü", r"\"o": "ö", r"\"a": "ä", r"\'e": "é", r"\'a": "á", r"\o": "ø", r"\L": "Ł"}


def plain(text: str) -> str:
    """Return BibTeX text without braces and with its accents as letters."""
    for code, letter in ACCENTS.items():
        text = text.replace("{" + code + "}", letter).replace(code, letter)
    return text.replace("{", "").replace("}", "").replace(r"\&", "&").replace("--", "-")


def references_page(entries: dict[str, Entry]) -> str:
    """Return the text of book/references.md, by first author and year."""
    ordered = sorted(entries.values(), key=lambda e: (e.surnames[0].lower(), e.year, e.key))
    return PAGE_HEAD + "".join("\n" + entry.paragraph() for entry in ordered)
