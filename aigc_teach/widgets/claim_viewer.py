"""ClaimViewer: texts about records, each claim marked right or wrong, over a slider."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import traitlets

from ..core.errors import DataError, RangeError, ShapeError, check_choice, check_count, check_text
from .base import StillWidget, page_script

SIGNS = {"right": "\u2713", "wrong": "\u2717", "unknown": "?"}
MOST = 2_000_000  # characters that one page takes
CSS = """
.aigc-claims .aigc-claims-text { min-height: 7.5em; padding: 0.6rem 0.9rem; border-radius: 0.4rem;
  background: var(--aigc-wash); line-height: 1.75; overflow-wrap: anywhere; }
.aigc-claims mark { padding: 0.05em 0.15em; background: none; color: inherit; }
.aigc-claims mark::after { content: attr(data-sign); margin-left: 0.15em; font-weight: 700; }
.aigc-claims mark[data-verdict="right"] { border-bottom: 2px solid #009e73; }
.aigc-claims mark[data-verdict="wrong"] { border: 2px solid #d55e00; border-radius: 0.25rem;
  font-weight: 650; }
.aigc-claims mark[data-verdict="unknown"] { border-bottom: 2px dotted currentColor; }
.aigc-claims .aigc-claims-record { margin: 0 0 0.7rem; font-variant-numeric: tabular-nums; }
"""


class ClaimViewer(StillWidget):
    """Texts that were drawn before the page was made; a slider chooses among them.

    Two sliders choose the record and the setting (the temperature, say), a button the next of
    the draws. Each claim carries a sign and a line: a tick and a plain line where it is right, a
    cross and a frame where it is wrong, a question mark and dots where it could not be looked
    up. Nothing is computed in the page, so it works in the static book; `alt` and the help say
    that the texts are stored.

    Parameters
    ----------
    records : sequence of str
        What each text is about, as the reader sees it.
    settings : sequence of str
        Names of the slider's places.
    texts : sequence
        ``texts[record][setting][draw]`` is a pair: the text, and its claims, such as
        `metrics.find_claims` gives (with ``begin``, ``end``, ``verdict``, none overlapping).
        Equally many draws everywhere.
    name : str
        What the settings are.
    record, setting : int
        Which are shown at first.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the table has gaps or a claim lies outside its text.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> claim = SimpleNamespace(begin=0, end=3, verdict="wrong")
    >>> viewer = ClaimViewer(["rain"], ["0.5"], [[[("Dry day.", [claim])]]])
    >>> viewer.table[0][0][0]
    [['Dry', 'wrong'], [' day.', '']]
    """

    _esm = page_script("core", "controls", "claim_viewer")
    _css = StillWidget._css + CSS

    records = traitlets.List(traitlets.Unicode()).tag(sync=True)
    settings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    table = traitlets.List().tag(sync=True)  # [record][setting][draw] of [words, verdict] pairs
    name = traitlets.Unicode("").tag(sync=True)
    record = traitlets.Int(0).tag(sync=True)
    setting = traitlets.Int(0).tag(sync=True)
    draw = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        records: Sequence[str],
        settings: Sequence[str],
        texts: Sequence,
        *,
        name: str = "temperature",
        record: int = 0,
        setting: int = 0,
        title: str = "What was written, and what is true of it",
        alt: str | None = None,
    ):
        records = [check_text("a record", each) for each in records]
        settings = [check_text("a setting", each) for each in settings]
        draws = _check_table(texts, len(records), len(settings))
        check_count("record", record, at_least=0, at_most=len(records) - 1)
        check_count("setting", setting, at_least=0, at_most=len(settings) - 1)
        table = [[[pieces(*pair) for pair in cell] for cell in row] for row in texts]
        super().__init__(
            records=records,
            settings=settings,
            table=table,
            name=check_text("name", name),
            record=record,
            setting=setting,
            title=title,
            alt=alt
            or f"Stored texts about {len(records)} records at {len(settings)} settings of the "
            f"{name}, {draws} of each; every claim is marked right, wrong or unknown.",
        )

    def still(self) -> str:
        """The text shown at first as HTML, for places that cannot draw a widget."""
        words = "".join(
            f"<mark>{html.escape(part)} {SIGNS[verdict]}</mark>" if verdict else html.escape(part)
            for part, verdict in self.table[self.record][self.setting][0]
        )
        about = html.escape(f"{self.records[self.record]}; {self.name} ")
        return f"<p>{about}{html.escape(self.settings[self.setting])}</p><p>{words}</p>"


def pieces(text: str, claims: Sequence[Any]) -> list[list[str]]:
    """A text cut at its claims: [words, verdict] pairs that join to the text.

    >>> pieces("dry", [])
    [['dry', '']]
    """
    check_text("a text", text)
    cut, at = [], 0
    for claim in sorted(claims, key=lambda claim: claim.begin):
        check_choice("verdict", claim.verdict, tuple(SIGNS))
        if not at <= claim.begin < claim.end <= len(text):
            raise RangeError(
                f"A claim from {claim.begin} to {claim.end} overlaps another or leaves its text "
                f"of {len(text)} characters."
            )
        if claim.begin > at:
            cut.append([text[at : claim.begin], ""])
        cut.append([text[claim.begin : claim.end], claim.verdict])
        at = claim.end
    return [*cut, [text[at:], ""]] if at < len(text) else cut


def _check_table(texts: Sequence, records: int, settings: int) -> int:
    """How many draws there are everywhere."""
    shape = [len(row) for row in texts]
    if not records or not settings or shape != [settings] * records:
        raise ShapeError(
            f"There must be texts for each of {records} records and {settings} settings; the "
            f"rows have {shape}."
        )
    draws = {len(cell) for row in texts for cell in row}
    if len(draws) != 1 or 0 in draws:
        raise ShapeError(f"There must be equally many draws everywhere, at least 1: {draws}.")
    if sum(len(text) for row in texts for cell in row for text, _ in cell) > MOST:
        raise DataError(f"These texts are too long for one page; it takes {MOST:,} characters.")
    return draws.pop()
