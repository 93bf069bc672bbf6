"""The house rules for what a lesson points at: pictures, links, anchors and citations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lessons.bibliography import Entry
from lessons.links import ELSEWHERE, IMAGE, LINK, citation_key
from lessons.places import Places
from lessons.source import HEADING, Lesson, Section, markdown_lines, section

ALT_WORDS = 4  # an alt text of fewer words says nothing


def check_images(lesson: Lesson) -> Iterator[tuple]:
    """Alt text that says something, and a file that exists beside the lesson."""
    for line, text in prose_lines(lesson):
        for alt, target in IMAGE.findall(text):
            if len(alt.split()) < ALT_WORDS:
                yield line, f"the picture {target} needs an alt text that says what it shows."
            if target.startswith(ELSEWHERE):
                yield line, f"the picture {target} would be fetched: store it in figures/."
            elif not (lesson.path.parent / target).exists():
                yield line, f"the picture {target} does not exist: `tools/notebooks.py picture`."
        if "<img" in text:
            yield line, "write pictures as ![alt](figures/NAME.png), not as <img>."


def prose_lines(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of the Markdown outside fenced code."""
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for offset, text in markdown_lines(cell.text):
                yield cell.line + offset, text


def check_links(lesson: Lesson, places: Places) -> Iterator[tuple]:
    """Relative files exist, and so do the anchors asked of book pages."""
    sources = places.sources()
    for line, text in prose_lines(lesson):
        for _, target in LINK.findall(text):
            page, _, anchor = target.partition("#")
            if target.startswith(ELSEWHERE) or citation_key(target):
                continue
            path = Path(os.path.normpath(lesson.path.parent / page)) if page else lesson.path
            if not path.exists():
                yield line, f"the link {target} leads nowhere."
            elif anchor and path in sources:
                yield (
                    line,
                    f"the link {target} names an anchor in a lesson: Jupyter names it otherwise.",
                )
            elif anchor and anchor not in anchors(path):
                yield line, f"the link {target} leads to no heading of {path.name}."


def anchors(page: Path) -> set[str]:
    """Return the anchors of a book page: explicit ``(name)=`` targets and its headings' slugs."""
    text = page.read_text("utf-8")
    found = set(re.findall(r"^\(([^)]+)\)=$", text, re.MULTILINE))
    for _, line in markdown_lines(text):
        if match := HEADING.match(line):
            slug = re.sub(r"[^\w\s-]", "", match[2].lower())
            found.add(re.sub(r"\s", "-", slug.strip()))
    return found


def check_citations(
    lesson: Lesson, parts: list[Section], entries: dict[str, Entry]
) -> Iterator[tuple]:
    """Every key known, its words fitting, and what the text cites in the References list."""
    last = section(parts, "References")
    mentioned, listed = {}, {}
    for part in parts:
        for words, target in LINK.findall(part.prose):
            if key := citation_key(target):
                (listed if part is last else mentioned).setdefault(key, part.line)
                if fault := wrong_citation(words, key, entries):
                    yield part.line, fault
    for key in mentioned.keys() - listed.keys():
        yield mentioned[key], f"{key} is cited but missing from the References list."


def wrong_citation(words: str, key: str, entries: dict[str, Entry]) -> str:
    """Return what is wrong with the citation ``[words](...#key)`` as a sentence, or ""."""
    entry = entries.get(key)
    if entry is None:
        return f"the citation {key} is not in references.bib."
    if entry.year not in words or entry.surnames[0] not in words:
        return f"the citation [{words}] should name {entry.surnames[0]} and {entry.year}."
    return ""
