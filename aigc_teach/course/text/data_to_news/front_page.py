"""A page of reports that says of itself who wrote it and how much of it is wrong."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from ....core import DtypeError, ShapeError, check_text
from ....metrics import distinct_n, faithfulness, find_claims
from ....metrics.faithfulness import MONTHS, WEEKDAYS
from .reports import Story

SIGNS = {"right": "", "wrong": "\u2717", "unknown": "?"}
DATE = re.compile(rf"(?:{'|'.join(WEEKDAYS)}), \d+ (?:{'|'.join(MONTHS)})")
STYLE = (
    "display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0.6rem 1.4rem"
)


def skeleton(text: str) -> list[str]:
    """A text's words, with every date and number as one sign: what is left is the wording.

    >>> skeleton("Thursday, 1 January was sunny. 0.3 mm fell.")
    ['#', 'was', 'sunny.', '#', 'mm', 'fell.']
    """
    return re.sub(r"-?\d+(?:\.\d+)?", "#", DATE.sub("#", check_text("text", text))).split()


def variety(texts: Sequence[str]) -> float:
    """Distinct-3 of the wording: different three-word sequences among all; 0 where there is none.

    >>> variety(["It was 3 °C.", "It was 4 °C."]), variety(["Dry."])
    (0.5, 0.0)
    """
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise DtypeError("variety takes a list of texts; for one alone write [text].")
    words = [skeleton(text) for text in texts]
    return distinct_n(words, 3) if any(len(each) > 2 for each in words) else 0.0


class FrontPage:
    """Reports of several days as a page, its wrong claims marked, its error rate at its head.

    Parameters
    ----------
    stories : sequence of Story
    texts : sequence of str
    writer : str
        Who wrote it, in words.

    Attributes
    ----------
    result : metrics.Faithfulness
    wrong : int
        Wrong claims.

    Examples
    --------
    >>> from .reports import stories
    >>> page = FrontPage(stories()[:1], ["Saturday was sunny."], writer="a test")
    >>> page
    A page of 1 day, written by a machine (a test). Of 2 claims 1 is wrong (50.0 %).
    >>> "sunny &#10007;" in page._repr_html_() or "sunny \u2717" in page._repr_html_()
    True
    """

    def __init__(self, stories: Sequence[Story], texts: Sequence[str], *, writer: str):
        if len(stories) != len(texts) or not texts:
            raise ShapeError(f"{len(texts)} texts for {len(stories)} days; give one for each.")
        self.texts, self.writer = list(texts), writer
        self.result = faithfulness(texts, *zip(*stories, strict=True))
        self.claims = [find_claims(t, *story) for t, story in zip(texts, stories, strict=True)]
        self.wrong = sum(c.verdict == "wrong" for claims in self.claims for c in claims)

    def head(self) -> str:
        """Who wrote it, and how much of it is wrong, in two sentences."""
        n, wrong = self.result.claims, self.wrong
        days = f"{len(self.texts)} day{'s' * (len(self.texts) != 1)}"
        share = f" ({100 * wrong / n:.1f} %)" if n else ""
        return (
            f"A page of {days}, written by a machine ({self.writer}). Of {n} claims {wrong} "
            f"{'is' if wrong == 1 else 'are'} wrong{share}."
        )

    def __repr__(self) -> str:
        return self.head()

    def _repr_html_(self) -> str:
        boxes = []
        for text, claims in zip(self.texts, self.claims, strict=True):
            parts, at = [], 0
            for claim in claims:
                sign = SIGNS[claim.verdict]
                words = html.escape(claim.words)
                marked = f"<strong><u>{words} {sign}</u></strong>" if sign else words
                parts += [html.escape(text[at : claim.begin]), marked]
                at = claim.end
            boxes.append(f"<p style='margin: 0'>{''.join(parts)}{html.escape(text[at:])}</p>")
        unknown = sum(c.verdict == "unknown" for claims in self.claims for c in claims)
        note = (
            f"{html.escape(self.head())} {unknown} could not be looked up. \u2717 marks what the "
            "record contradicts; what the checker does not know as a claim, it does not mark."
        )
        return (
            f"<section aria-label='Machine-written page' data-machine-written='true'>"
            f"<p><strong>{note}</strong></p><div style='{STYLE}'>{''.join(boxes)}</div></section>"
        )
