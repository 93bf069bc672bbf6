"""A case about a report: one wrong way of judging, what might be wrong with it, a better way."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from ....core import check_choice
from ..common.case import Hypothesis, examine
from .reports import Hearing, Report


@dataclass(frozen=True)
class JudgedCase:
    """One wrong way of judging, and a better one.

    Attributes
    ----------
    name : str
    complaint : str
        What is reported, and what does not fit.
    faulty, mended : callable
        ``(Hearing, name of a model) -> float``.
    hypotheses : dict of str to Hypothesis
        Their experiments take a hearing.
    truth : str
        The key of the right one.
    """

    name: str
    complaint: str
    faulty: Report
    mended: Report
    hypotheses: dict[str, Hypothesis]
    truth: str

    def __post_init__(self) -> None:
        check_choice("truth", self.truth, self.hypotheses)

    def source(self, which: str = "faulty") -> str:
        """The lines of a report, as they are run."""
        check_choice("which", which, ("faulty", "mended"))
        return inspect.getsource(getattr(self, which))

    def examine(self, hearing: Hearing) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows, for the case file."""
        return examine(self, hearing)
