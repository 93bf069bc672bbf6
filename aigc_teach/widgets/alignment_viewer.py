"""AlignmentViewer: a source beside what was written from it; where each written word looked."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import traitlets

from ..core.errors import (
    DataError,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_text,
)
from .base import StillWidget, page_script

SIGNS = {"copied": "\u2193", "invented": "\u2717", "own": ""}
VIEWS = ("lines", "map")
MOST = 400_000  # weights that one page takes
CSS = """
.aigc-alignment .aigc-alignment-stage { position: relative; }
.aigc-alignment .aigc-alignment-stage[hidden], .aigc-alignment canvas[hidden] { display: none; }
.aigc-alignment .aigc-alignment-source, .aigc-alignment .aigc-alignment-written {
  padding: 0.6rem 0.9rem; border-radius: 0.4rem; background: var(--aigc-wash); line-height: 2;
  overflow-wrap: anywhere; }
.aigc-alignment .aigc-alignment-written { margin-top: 3.5rem; }
.aigc-alignment svg { position: absolute; inset: 0; width: 100%; height: 100%;
  overflow: visible; pointer-events: none; }
.aigc-alignment line { stroke: currentColor; stroke-linecap: round; }
.aigc-alignment line[data-chosen] { stroke: color-mix(in srgb, #0072b2 75%, currentColor); }
.aigc-alignment .aigc-alignment-source mark { padding: 0.1em 0.15em; border-radius: 0.2rem;
  color: inherit; border-bottom: 3px solid transparent; background: none; white-space: pre; }
.aigc-alignment .aigc-alignment-source mark[data-looked] { border-bottom-color: #0072b2; }
.aigc-alignment .aigc-alignment-written button { margin: 0 0.1rem; padding: 0.1em 0.35em;
  border: 2px solid transparent; border-radius: 0.3rem; background: none; color: inherit;
  font: inherit; white-space: pre; cursor: pointer; }
.aigc-alignment [data-close] button { margin: 0; padding: 0.1em 0.1em; min-width: 1em; }
.aigc-alignment .aigc-alignment-written button[aria-pressed="true"] { border-color: currentColor; }
.aigc-alignment .aigc-alignment-written button[data-kind="copied"] { text-decoration: underline
  2px #009e73; }
.aigc-alignment .aigc-alignment-written button[data-kind="invented"] { text-decoration: underline
  wavy 2px #d55e00; }
.aigc-alignment .aigc-alignment-written button::after { content: attr(data-sign);
  margin-left: 0.1em; }
.aigc-alignment canvas { display: block; max-width: 100%; }
.aigc-alignment .aigc-caption { display: block; margin-top: 0.6rem; }
"""


class Written(NamedTuple):
    """One word (or letter) that a model wrote.

    Attributes
    ----------
    word : str
    weights : sequence of float
        How much each word of the source was looked at; one for each.
    copied : float, optional
        The probability that it was copied, 0 to 1; None of a model that cannot copy.
    invented : bool
        Whether it is a name that the source lacks.
    """

    word: str
    weights: Sequence[float]
    copied: float | None = None
    invented: bool = False


class AlignmentViewer(StillWidget):
    """Texts that were written before the page was made, word by word below their sources.

    Choose a source, who writes, and a word that was written: point at it, or walk with the arrow
    keys. Lines lead to the places of the source that it looked at, the thicker the more, and these
    are shaded; or see all weights at once as a map, a row for each word written. Of a model that
    copies, a word that is rather copied than not has an arrow and a plain line, a name that the
    source lacks a cross and a wavy line. Nothing is computed in the page, so it works in the
    static book.

    Parameters
    ----------
    sources : sequence of sequence of str
        The words of each source.
    texts : mapping of str to sequence
        Of each writer, for each source the list of `Written`, one or more.
    source, word : int
        Which are shown at first; `word` is taken from the end where the text is shorter.
    view : {"lines", "map"}
    letters : bool
        True: the words are letters, and stand without gaps.
    names : pair of str
        What a source and a text are called here.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where texts are missing or weights do not fit their source.

    Examples
    --------
    >>> copied = Written("graph", [0.0, 1.0], copied=0.75)
    >>> viewer = AlignmentViewer([["a", "graph"]], {"network": [[copied]]})
    >>> viewer.table[0][0]
    [['graph', 'copied', 0.75, [0.0, 1.0]]]
    """

    _esm = page_script("core", "controls", "alignment_viewer")
    _css = StillWidget._css + CSS

    sources = traitlets.List().tag(sync=True)  # [source][place] words
    writers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    table = traitlets.List().tag(sync=True)  # [writer][source] of [word, kind, copied, weights]
    letters = traitlets.Bool(False).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # what the learner changes
    source = traitlets.Int(0).tag(sync=True)
    writer = traitlets.Int(0).tag(sync=True)
    word = traitlets.Int(0).tag(sync=True)
    view = traitlets.Unicode("lines").tag(sync=True)

    def __init__(
        self,
        sources: Sequence[Sequence[str]],
        texts: Mapping[str, Sequence[Sequence[Written]]],
        *,
        source: int = 0,
        word: int = 0,
        view: str = "lines",
        letters: bool = False,
        names: tuple[str, str] = ("source", "text"),
        title: str = "Where each written word looked",
        alt: str | None = None,
    ):
        sources = [[check_text("a word", each) for each in words] for words in sources]
        if not sources or not texts or not all(sources):
            raise DataError("There must be at least one source of words, and one writer.")
        for name, each in texts.items():
            if len(each) != len(sources):
                raise ShapeError(f"{name} has {len(each)} texts for {len(sources)} sources.")
        check_choice("view", view, VIEWS)
        check_count("source", source, at_least=0, at_most=len(sources) - 1)
        check_count("word", word, at_least=0)
        table = [
            [_words(name, *pair) for pair in zip(each, sources, strict=True)]
            for name, each in texts.items()
        ]
        size = sum(len(row[3]) for part in table for rows in part for row in rows)
        if size > MOST:
            raise DataError(f"These are {size:,} weights; one page takes {MOST:,}.")
        copies = any(row[2] is not None for part in table for rows in part for row in rows)
        super().__init__(
            sources=sources,
            writers=list(texts),
            table=table,
            letters=bool(letters),
            names=[check_text("a name", name) for name in names],
            source=source,
            word=min(word, len(table[0][source]) - 1),
            view=view,
            title=title,
            alt=alt or _describe(len(sources), list(texts), copies),
        )

    def still(self) -> str:
        """What is shown at first as HTML, for places that cannot draw a widget."""
        rows, gap = self.table[self.writer][self.source], "" if self.letters else " "
        words = gap.join(html.escape(word + SIGNS[kind]) for word, kind, _, _ in rows)
        source = html.escape(gap.join(self.sources[self.source]))
        return f"<p>{source}</p><p>{html.escape(self.writers[self.writer])}: {words}</p>"


def _describe(count: int, writers: list[str], copies: bool) -> str:
    told = (
        f"Stored texts from {count} sources by {', '.join(writers)}. From each written word lines "
        "lead to the places of the source that it looked at, and these are shaded."
    )
    if copies:
        told += " Copied words have an arrow, names that the source lacks a cross."
    return told


def _words(name: str, text: Sequence[Written], source: list[str]) -> list[list]:
    if not text:
        raise DataError(f"{name} has an empty text; leave this source out.")
    rows = []
    for word, weights, copied, invented in text:
        weights = [float(weight) for weight in weights]
        if len(weights) != len(source):
            raise ShapeError(f"{word!r} has {len(weights)} weights for {len(source)} words.")
        if not all(0 <= each <= 1.001 for each in [*weights, copied or 0.0]):
            raise RangeError(f"Weights of {word!r} must lie between 0 and 1.")
        kind = "invented" if invented else "copied" if (copied or 0) > 0.5 else "own"
        weights = [round(weight, 3) for weight in weights]
        copied = None if copied is None else round(float(copied), 3)
        rows.append([check_text("a word", word), kind, copied, weights])
    return rows
