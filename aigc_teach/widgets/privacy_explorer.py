"""PrivacyExplorer: synthetic records beside their nearest real ones, over a slider of runs."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import traitlets

from ..core.errors import DataError, ShapeError, check_count, check_number, check_text
from .base import StillWidget, page_script

MOST = 50_000  # cells that one page takes
CSS = """
.aigc-privacy .aigc-privacy-pair { border-collapse: collapse; width: 100%; max-width: 34rem;
  margin: 0.5rem 0; font-variant-numeric: tabular-nums; }
.aigc-privacy .aigc-privacy-pair th, .aigc-privacy .aigc-privacy-pair td {
  padding: 0.15rem 0.6rem; text-align: right; border-bottom: 1px solid var(--aigc-line, #8884); }
.aigc-privacy .aigc-privacy-pair th[scope="row"] { text-align: left; font-weight: 400;
  overflow-wrap: anywhere; }
.aigc-privacy tr.aigc-privacy-same td { font-weight: 700; }
.aigc-privacy tr.aigc-privacy-same td:last-child::after { content: " ="; color: #d55e00; }
"""


class PrivacyExplorer(StillWidget):
    """Runs of a generator from open to private: what each is worth, and how near it comes.

    One slider chooses the run (its noise, say), the other a synthetic record of it. A table shows
    that record beside the nearest real one; cells that are equal are bold and signed "=". A
    second table has the run's figures. Nothing is computed in the page, so it works in the
    static book.

    Parameters
    ----------
    columns : sequence of str
        Names of the D columns.
    runs : sequence
        For each place of the slider a triple: its name; its figures, ``{name: text}``; and its
        records, each a triple of D texts (synthetic), D texts (nearest real), and the distance.
        Equally many records everywhere.
    typical : float
        The distance at which a real record that no generator saw lies from its nearest: near or
        far is measured against it. Above 0.
    name : str
        What the slider of runs is.
    run, record : int
        Which are shown at first.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the runs have gaps.

    Examples
    --------
    >>> run = ("no noise", {"epsilon": "none"}, [(["1.0"], ["1.0"], 0.0)])
    >>> explorer = PrivacyExplorer(["age"], [run], typical=0.5)
    >>> explorer.runs[0]["name"], explorer.runs[0]["records"][0][2]
    ('no noise', 0.0)
    """

    _esm = page_script("core", "controls", "privacy_explorer")
    _css = StillWidget._css + CSS

    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    typical = traitlets.Float(1.0).tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)
    run = traitlets.Int(0).tag(sync=True)
    record = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        columns: Sequence[str],
        runs: Sequence,
        *,
        typical: float,
        name: str = "noise",
        run: int = 0,
        record: int = 0,
        title: str = "Privacy against usefulness",
        alt: str | None = None,
    ):
        columns = [check_text("a column", column) for column in columns]
        table = [_run(each, len(columns)) for each in runs]
        records = {len(each["records"]) for each in table}
        if not columns or not table or len(records) != 1 or 0 in records:
            raise ShapeError(
                "There must be a column, a run, and equally many records in each run, at least 1; "
                f"you gave {len(columns)} columns and runs of {sorted(records)} records."
            )
        if 2 * len(columns) * len(table) * min(records) > MOST:
            raise DataError(f"These records are too many for one page; it takes {MOST:,} cells.")
        check_count("run", run, at_least=0, at_most=len(table) - 1)
        check_count("record", record, at_least=0, at_most=min(records) - 1)
        super().__init__(
            columns=columns,
            runs=table,
            typical=check_number("typical", typical, above=True),
            name=check_text("name", name),
            run=run,
            record=record,
            title=title,
            alt=alt
            or f"{min(records)} stored synthetic records of {len(table)} runs, each beside its "
            f"nearest real record; a slider chooses the run by its {name}.",
        )

    def still(self) -> str:
        """The record shown at first as HTML, for places that cannot draw a widget."""
        run = self.runs[self.run]
        made, real, distance = run["records"][self.record]
        figures = "; ".join(f"{name} {text}" for name, text in run["figures"])
        rows = "".join(
            f"<tr><th>{html.escape(c)}</th><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>"
            for c, a, b in zip(self.columns, made, real, strict=True)
        )
        head = "<tr><th></th><th>synthetic</th><th>nearest real</th></tr>"
        words = f"{self.name} {run['name']}: {figures}. Distance {distance:.2f}."
        return f"<p>{html.escape(words)}</p><table>{head}{rows}</table>"


def _run(given: object, columns: int) -> dict:
    if not isinstance(given, list | tuple) or len(given) != 3 or not isinstance(given[1], Mapping):
        raise ShapeError("Each run must be a triple: its name, a dict of figures, its records.")
    name, figures, records = given
    kept = []
    for record in records:
        if not isinstance(record, list | tuple) or len(record) != 3:
            raise ShapeError("Each record must be a triple: synthetic, nearest real, distance.")
        made, real, distance = record
        if len(made) != columns or len(real) != columns:
            raise ShapeError(
                f"A record of {len(made)} and {len(real)} texts does not fit {columns} columns."
            )
        texts = [[check_text("a value", text) for text in row] for row in (made, real)]
        kept.append([*texts, round(check_number("a distance", distance), 4)])
    pairs = [[check_text("a figure's name", n), check_text(n, t)] for n, t in figures.items()]
    return {"name": check_text("a run's name", name), "figures": pairs, "records": kept}
