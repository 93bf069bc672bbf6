"""Remake the package's course notes from three pages of the book.

    python tools/make_course_notes.py            write the files
    python tools/make_course_notes.py --check    compare only

The glossary, the questions that people ask and the symptoms become one small file of entries, so
that the package holds them where the repository is absent. Run it after every change of one of
the three pages; a test says when it was forgotten.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "aigc_teach" / "data"
FILE = FOLDER / "course_notes.json"
RECORD = FOLDER / "course_notes_record.json"
PAGES = ("glossary", "faq", "symptoms")

LINK = re.compile(r"\[([^]]*)\]\(([^)]*)\)")
ARROW = re.compile(r"\s*→\s*\[[^]]*\]\(([^)]*)\)\s*$")


def plain(text: str) -> str:
    """Markdown as one line of plain words: links lose their targets, code its backticks."""
    text = LINK.sub(r"\1", text)
    return re.sub(r"\s+", " ", text.replace("`", "").replace("*", "")).strip()


def terms(page: str) -> Iterator[dict]:
    """The rows of the glossary's tables: term, Chinese word, meaning."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3 or cells[0] == "term" or set(cells[0]) == {"-"}:
            continue
        yield {"kind": "term", "title": plain(cells[0]), "text": plain(cells[2]) + ".", "page": ""}


def entries(page: str, kind: str) -> Iterator[dict]:
    """What stands under the headings of the third level: heading, text, where to read on."""
    for part in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        body = re.split(r"^#{1,2} ", body, maxsplit=1, flags=re.MULTILINE)[0].strip()
        body = re.sub(r"```.*?```", " ", body, flags=re.DOTALL)
        to = ARROW.search(body)
        text = plain(ARROW.sub("", body).replace("→", ""))
        yield {"kind": kind, "title": plain(title), "text": text, "page": to[1] if to else ""}


def make(book: Path = ROOT / "book") -> tuple[bytes, str]:
    """The file's bytes and the record's text."""
    pages = {name: (book / f"{name}.md").read_text("utf-8") for name in PAGES}
    notes = [
        *terms(pages["glossary"]),
        *entries(pages["faq"], "question"),
        *entries(pages["symptoms"], "symptom"),
    ]
    file = (json.dumps(notes, indent=0, ensure_ascii=False) + "\n").encode()
    record = {
        "file": FILE.name,
        "sha256": hashlib.sha256(file).hexdigest(),
        "bytes": len(file),
        "notes": len(notes),
        "source": "book/glossary.md, book/faq.md and book/symptoms.md of this project",
        "licence": "CC-BY-4.0",
        "made_by": "python tools/make_course_notes.py",
    }
    return file, json.dumps(record, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare with ``--check``; the exit code."""
    parser = argparse.ArgumentParser(description="Remake the package's course notes.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    file, record = make()
    if parser.parse_args(arguments).check:
        same = FILE.read_bytes() == file and RECORD.read_text("utf-8") == record
        print(f"{FILE.name} {'holds' if same else 'does not hold'} what the book says.")
        return 0 if same else 1
    FILE.write_bytes(file)
    RECORD.write_text(record, "utf-8")
    print(f"{FILE.name}: {len(file)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
