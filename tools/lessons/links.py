"""Rewrite a lesson's links for its notebook, and back.

In a source, links point at sources and book pages; in a notebook, at notebooks and at the papers
themselves. Both directions are plain string work on Markdown, so that `pull` undoes `generate`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from lessons.bibliography import Entry
from lessons.places import Places

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
REFERENCE_ITEM = re.compile(r"^(\s*[-*] \[[^\]]*\]\(([^)\s]+)\))", re.MULTILINE)
ELSEWHERE = ("http://", "https://", "mailto:", "data:")
REFERENCES = "references.md"


def citation_key(target: str) -> str | None:
    """Return the key that a link target like ``../references.md#kingma2014`` cites, or None."""
    page, _, key = target.partition("#")
    return key if key and Path(page).name == REFERENCES else None


def expand_references(text: str, entries: dict[str, Entry]) -> str:
    """Put title and venue after each cited link that opens an item of a References list."""

    def add(match: re.Match) -> str:
        entry = entries.get(citation_key(match[2]) or "")
        return match[1] + (entry.after_link() if entry else "")

    return REFERENCE_ITEM.sub(add, text)


def shorten_references(text: str, entries: dict[str, Entry]) -> str:
    """Undo `expand_references`."""
    for entry in entries.values():
        for target in (entry.url, f"../{REFERENCES}#{entry.key}"):
            text = text.replace(f"]({target}){entry.after_link()}", f"]({target})")
    return text


def to_notebook_links(text: str, source: Path, places: Places, entries: dict[str, Entry]) -> str:
    """Rewrite the links and images of a source's Markdown for its notebook."""
    home = places.notebook_of(source).parent

    def rewrite(target: str) -> str:
        if target.startswith((*ELSEWHERE, "#")):
            return target
        if (key := citation_key(target)) in entries:
            return entries[key].url
        page, hash_sign, anchor = target.partition("#")
        path = Path(os.path.normpath(source.parent / page))
        if path in places.sources():
            path = places.notebook_of(path)
        return Path(os.path.relpath(path, home)).as_posix() + hash_sign + anchor

    return map_targets(expand_references(text, entries), rewrite)


def to_source_links(text: str, notebook: Path, places: Places, entries: dict[str, Entry]) -> str:
    """Undo `to_notebook_links`."""
    home = places.source_of(notebook).parent
    keys = {entry.url: entry.key for entry in entries.values()}
    references = Path(os.path.relpath(places.book / REFERENCES, home)).as_posix()

    def rewrite(target: str) -> str:
        if target in keys:
            return f"{references}#{keys[target]}"
        if target.startswith((*ELSEWHERE, "#", "attachment:")):
            return target
        page, hash_sign, anchor = target.partition("#")
        path = Path(os.path.normpath(notebook.parent / page))
        if path.suffix == ".ipynb" and path.is_relative_to(places.notebooks):
            path = places.source_of(path)
        return Path(os.path.relpath(path, home)).as_posix() + hash_sign + anchor

    return map_targets(shorten_references(text, entries), rewrite)


def map_targets(text: str, rewrite: Callable[[str], str]) -> str:
    """Apply `rewrite` to the target of every link and image."""
    text = IMAGE.sub(lambda m: f"![{m[1]}]({rewrite(m[2])})", text)
    return LINK.sub(lambda m: f"[{m[1]}]({rewrite(m[2])})", text)
