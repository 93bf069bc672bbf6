"""FormulaJudge: printed formulas to judge before an experiment does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from ..core.errors import DataError, check_choice
from .base import PageWidget, page_script

VERDICTS = ("right", "wrong", "incomplete")
WORDS = ("number", "place", "text", "verdict", "corrected_text", "why")
STYLE = """
.aigc-formulas { max-width: 50rem; }
.aigc-formula { padding: 0.85rem 0; border-top: 1px solid var(--aigc-hair); }
.aigc-formula-name { font-weight: 650; }
.aigc-formula-place { margin-left: 0.6rem; font-size: 0.8125rem; opacity: 0.78; }
.aigc-formula-text { margin: 0.35rem 0 0.6rem; font: italic 1.05rem/1.5 "STIX Two Math",
  "Cambria Math", "Latin Modern Math", Georgia, serif; overflow-wrap: anywhere; }
.aigc-formula-answer { margin: 0.7rem 0 0; padding: 0.1rem 0 0.1rem 0.9rem;
  border-left: 4px solid var(--aigc-accent); }
.aigc-formula[data-agreed="no"] .aigc-formula-answer { border-left-color: #d55e00; }
.aigc-formula[data-agreed="yes"] .aigc-formula-answer { border-left-color: #009e73; }
.aigc-formula-answer p { margin: 0 0 0.45rem; }
.aigc-formulas .aigc-choices-name { display: none; }
.aigc-formulas .aigc-choice[aria-disabled="true"] { cursor: default; }
.aigc-formulas .aigc-choice[aria-disabled="true"][aria-pressed="false"] { opacity: 0.45; }
.aigc .aigc-evidence { width: 100%; margin: 0 0 0.55rem; border-collapse: collapse; border: 0;
  color: inherit; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.aigc .aigc-evidence tr, .aigc .aigc-evidence th, .aigc .aigc-evidence td { background: none;
  border: 0; color: inherit; }
.aigc .aigc-evidence th { padding: 0.1rem 0.8rem 0.1rem 0; font-weight: 400; text-align: left;
  white-space: normal; }
.aigc .aigc-evidence thead th { font-size: 0.8125rem; opacity: 0.78; }
.aigc .aigc-evidence td, .aigc .aigc-evidence thead th + th { padding: 0.1rem 0.6rem 0.1rem 0;
  text-align: right; white-space: nowrap; }
.aigc .aigc-evidence tr[data-agrees="no"] td { font-weight: 650; }
.aigc-formulas-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem;
  padding-top: 0.85rem; border-top: 1px solid var(--aigc-hair); }
"""


class FormulaJudge(PageWidget):
    """Formulas in rows; the reader says right, wrong or incomplete, and then sees the numbers.

    The experiments have run before the page is made: rows hold their numbers. So the instrument
    works in a saved notebook and in the static book.

    Parameters
    ----------
    rows : sequence of mapping
        One a formula, with the texts `number` ("F07"), `place`, `text`, `verdict` ("right",
        "wrong" or "incomplete"), `corrected_text`, `why`; with `evidence`, a list of
        (what, printed, truth, agrees); and, if it stands for several formulas that print the
        same, with `count`.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    DataError, ChoiceError
        With a sentence, if a row lacks something or its verdict is none of the three.

    Examples
    --------
    >>> row = dict(number="F01", place="", text="1 + 1 = 3", verdict="wrong", why="It is 2.")
    >>> judge = FormulaJudge([row | dict(corrected_text="1 + 1 = 2", evidence=[])])
    >>> judge.answers = {"F01": "wrong"}; judge.score
    (1, 1, 1)
    """

    _esm = page_script("core", "controls", "formulas")
    _css = PageWidget._css + STYLE

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)  # what the reader said first, by number

    def __init__(
        self,
        rows: Sequence[Mapping],
        *,
        title: str = "Judge each formula, then see what the experiment says",
        alt: str | None = None,
    ):
        ready = [_checked(row, place) for place, row in enumerate(rows)]
        if not ready:
            raise DataError("There is no formula to judge: `rows` is empty.")
        numbers = [row["number"] for row in ready]
        if len(set(numbers)) < len(numbers):
            raise DataError("Two rows have the same number; each answer is kept under its own.")
        many = sum(row["count"] for row in ready)
        words = f"{many} printed formulas to be judged as right, wrong or incomplete."
        super().__init__(rows=ready, title=title, alt=alt or words)

    @property
    def score(self) -> tuple[int, int, int]:
        """Formulas on which reader and experiment agree, formulas judged, formulas in all."""
        judged = [row for row in self.rows if row["number"] in self.answers]
        agreed = [row for row in judged if self.answers[row["number"]] == row["verdict"]]
        return tuple(sum(row["count"] for row in part) for part in (agreed, judged, self.rows))

    @traitlets.validate("answers")
    def _known(self, proposal) -> dict:
        for number, verdict in proposal["value"].items():
            check_choice("number", number, [row["number"] for row in self.rows])
            check_choice("verdict", verdict, VERDICTS)
        return proposal["value"]


def _checked(row: Mapping, place: int) -> dict:
    missing = [key for key in (*WORDS, "evidence") if key not in row]
    if missing:
        raise DataError(f"Row {place} lacks {', '.join(missing)}.")
    check_choice("verdict", row["verdict"], VERDICTS)
    evidence = []
    for check in row["evidence"]:
        if len(check) != 4:
            raise DataError(f"Row {place}: a check is (what, printed, truth, agrees).")
        evidence.append([*map(str, check[:3]), bool(check[3])])
    count = int(row.get("count", 1))
    return {key: str(row[key]) for key in WORDS} | {"evidence": evidence, "count": count}
