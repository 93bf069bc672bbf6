"""CopyViewer: a summary beside its body; where each written word looked, and what is copied."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import traitlets

from ..core.errors import DataError, RangeError, ShapeError, check_count, check_text
from .base import PageWidget, page_script

SIGNS = {"copied": "\u2193", "invented": "\u2717", "own": ""}
MOST = 400_000  # weights that one page takes
CSS = """
.aigc-copies .aigc-copies-body, .aigc-copies .aigc-copies-summary { padding: 0.6rem 0.9rem;
  border-radius: 0.4rem; background: var(--aigc-wash); line-height: 2; overflow-wrap: anywhere; }
.aigc-copies .aigc-copies-body { min-height: 8em; }
.aigc-copies .aigc-copies-summary { margin-top: 0.5rem; }
.aigc-copies .aigc-copies-body mark { padding: 0.1em 0.15em; border-radius: 0.2rem; color: inherit;
  border-bottom: 3px solid transparent; background: none; }
.aigc-copies .aigc-copies-body mark[data-looked] { border-bottom-color: #0072b2; }
.aigc-copies .aigc-copies-summary button { margin: 0 0.1rem; padding: 0.1em 0.35em;
  border: 2px solid transparent; border-radius: 0.3rem; background: none; color: inherit;
  font: inherit; cursor: pointer; }
.aigc-copies .aigc-copies-summary button[aria-pressed="true"] { border-color: currentColor; }
.aigc-copies .aigc-copies-summary button[data-kind="copied"] { text-decoration: underline
  2px #009e73; }
.aigc-copies .aigc-copies-summary button[data-kind="invented"] { text-decoration: underline wavy
  2px #d55e00; }
.aigc-copies .aigc-copies-summary button::after { content: attr(data-sign); margin-left: 0.1em; }
"""


class Written(NamedTuple):
    """One word of a summary.

    Attributes
    ----------
    word : str
    copied : float
        The probability that it was copied, 1 - g; 0 to 1.
    weights : sequence of float
        How much each word of the body was looked at; one for each.
    invented : bool
        Whether it is a name that the body lacks.
    """

    word: str
    copied: float
    weights: Sequence[float]
    invented: bool = False


class CopyViewer(PageWidget):
    """Summaries that were written before the page was made, word by word beside their bodies.

    Choose a body, who writes, and a word of the summary. The body's words are shaded by how much
    that word looked at them. A word that is rather copied than not has an arrow and a plain
    line; a name that the body lacks has a cross and a wavy line. Nothing is computed in the
    page, so it works in the static book.

    Parameters
    ----------
    bodies : sequence of sequence of str
        The words of each body.
    summaries : mapping of str to sequence
        Of each writer, for each body the list of `Written`, one or more.
    body, word : int
        Which are shown at first; `word` is taken from the end where the summary is shorter.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where summaries are missing or weights do not fit their body.

    Examples
    --------
    >>> copied = Written("graph", 0.75, [0.0, 1.0])
    >>> viewer = CopyViewer([["a", "graph"]], {"network": [[copied]]})
    >>> viewer.table[0][0]
    [['graph', 'copied', 0.75, [0.0, 1.0]]]
    """

    _esm = page_script("core", "controls", "copy_viewer")
    _css = PageWidget._css + CSS

    bodies = traitlets.List().tag(sync=True)  # [body][place] words
    writers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    table = traitlets.List().tag(sync=True)  # [writer][body] of [word, kind, copied, weights]
    body = traitlets.Int(0).tag(sync=True)
    writer = traitlets.Int(0).tag(sync=True)
    word = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        bodies: Sequence[Sequence[str]],
        summaries: Mapping[str, Sequence[Sequence[Written]]],
        *,
        body: int = 0,
        word: int = 0,
        title: str = "Where each word of a summary comes from",
        alt: str | None = None,
    ):
        bodies = [[check_text("a word", each) for each in words] for words in bodies]
        if not bodies or not summaries or not all(bodies):
            raise DataError("There must be at least one body of words, and one writer.")
        for name, each in summaries.items():
            if len(each) != len(bodies):
                raise ShapeError(f"{name} has {len(each)} summaries for {len(bodies)} bodies.")
        check_count("body", body, at_least=0, at_most=len(bodies) - 1)
        check_count("word", word, at_least=0)
        table = [
            [_words(name, *pair) for pair in zip(each, bodies, strict=True)]
            for name, each in summaries.items()
        ]
        size = sum(len(row[3]) for part in table for rows in part for row in rows)
        if size > MOST:
            raise DataError(f"These are {size:,} weights; one page takes {MOST:,}.")
        super().__init__(
            bodies=bodies,
            writers=list(summaries),
            table=table,
            body=body,
            word=min(word, len(table[0][body]) - 1),
            title=title,
            alt=alt
            or f"Stored summaries of {len(bodies)} bodies by {', '.join(summaries)}. For each "
            "word the body's words are shaded by how much it looked at them; copied words have "
            "an arrow, names that the body lacks a cross.",
        )

    def still(self) -> str:
        """What is shown at first as HTML, for places that cannot draw a widget."""
        rows = self.table[self.writer][self.body]
        words = " ".join(html.escape(word + SIGNS[kind]) for word, kind, _, _ in rows)
        body = html.escape(" ".join(self.bodies[self.body]))
        return f"<p>{body}</p><p>{html.escape(self.writers[self.writer])}: {words}</p>"

    def _repr_mimebundle_(self, **kwargs):
        """The still text beside the live view."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.still()
        return bundle


def _words(name: str, summary: Sequence[Written], body: list[str]) -> list[list]:
    if not summary:
        raise DataError(f"{name} has an empty summary; leave this body out.")
    rows = []
    for word, copied, weights, invented in summary:
        weights = [float(weight) for weight in weights]
        if len(weights) != len(body):
            raise ShapeError(f"{word!r} has {len(weights)} weights for {len(body)} words.")
        if not all(0 <= each <= 1.001 for each in [*weights, copied]):
            raise RangeError(f"Weights of {word!r} must lie between 0 and 1.")
        kind = "invented" if invented else "copied" if copied > 0.5 else "own"
        weights = [round(weight, 3) for weight in weights]
        rows.append([check_text("a word", word), kind, round(float(copied), 3), weights])
    return rows
