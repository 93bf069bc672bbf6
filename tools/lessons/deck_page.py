"""Write a deck as a page: nbconvert makes the sections, and all it needs lies beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import anywidget
from nbconvert import SlidesExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from pygments.formatters import HtmlFormatter

from lessons.deck import MOST_MINUTES, Deck, Slide
from lessons.places import Places

TOOLS = Path(__file__).resolve().parents[1]
STATIC = "_static"


def write_deck(deck: Deck, notebook, places: Places, folder: Path) -> Path:
    """Write ``<part>/<lesson>.html`` into `folder`, whose static files `copy_static` makes."""
    exporter = SlidesExporter(template_name="deck", extra_template_basedirs=[str(TOOLS)])
    exporter.exclude_output_prompt = True
    exporter.embed_images = True  # the lead picture goes with the page
    path = folder / f"{deck.name}.html"
    depth = deck.name.count("/")
    resources = {
        "metadata": {"name": deck.title, "path": str((places.book / deck.name).parent)},
        "deck": {"title": deck.title, "static": "/".join([".."] * depth + [STATIC])},
    }
    page, _ = exporter.from_notebook_node(as_notebook(deck, notebook), resources)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, "utf-8")
    return path


def as_notebook(deck: Deck, notebook):
    """Return the deck as a notebook in nbconvert's terms: slide, subslide, notes."""
    cells, spoken = [], 0.0
    for slide in deck.slides:
        spoken += 0 if slide.spare else slide.minutes
        first = new_markdown_cell(heading(slide))
        first.metadata["slideshow"] = {"slide_type": "subslide" if slide.spare else "slide"}
        cells.append(first)
        for part in slide.parts:
            cells.append(new_markdown_cell(part) if isinstance(part, str) else part)
            if slide.kind == "predict":  # for its look
                cells[-1].metadata["tags"] = ["predict"]
        notes = new_markdown_cell(f"{clock(slide, spoken)}\n\n{slide.notes.strip()}")
        notes.metadata["slideshow"] = {"slide_type": "notes"}
        cells.append(notes)
    shown = {key: notebook.metadata[key] for key in ("widgets",) if key in notebook.metadata}
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}, **shown})


def heading(slide: Slide) -> str:
    """Return a slide's title as Markdown."""
    return f"{'#' if slide.kind == 'title' else '##'} {slide.title}"


def clock(slide: Slide, spoken: float) -> str:
    """Return the first line of the notes: the minutes of this slide, and up to its end."""
    wait = f" Its cell runs {slide.seconds:.0f} s." if (slide.seconds or 0) >= 1 else ""
    if slide.spare:
        return f"**About {slide.minutes:.1f} minutes, not in the {MOST_MINUTES}.**{wait}"
    until = f"then {spoken:.0f} of {MOST_MINUTES} are over"
    return f"**About {slide.minutes:.1f} minutes; {until}.**{wait}"


def copy_static(folder: Path) -> None:
    """Put reveal.js, MathJax, the widgets' scripts and our styles into `folder`."""
    target = folder / STATIC
    book = TOOLS.parent / "book" / "_static"
    for source, name in (
        (TOOLS / "deck" / "reveal", "reveal"),
        (book / "mathjax", "mathjax"),
        (book / "widgets", "widgets"),
    ):
        shutil.copytree(source, target / name, dirs_exist_ok=True)
    for name in ("deck.css", "deck.js"):
        shutil.copy(TOOLS / "deck" / name, target)
    amd = Path(anywidget.__file__).parent / "nbextension" / "index.js"
    shutil.copy(amd, target / "widgets" / "anywidget.js")
    colours = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    (target / "highlight.css").write_text(colours + "\n", "utf-8")
