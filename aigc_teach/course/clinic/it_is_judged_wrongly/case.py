"""A case about a report: one wrong way of judging, what might be wrong with it, a better way."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from ....core import check_choice
from ..common.case import Case, examine
from .reports import Comparison, Report


@dataclass(frozen=True, kw_only=True)
class JudgedCase(Case):
    """One wrong way of judging, and a better one.

    Attributes
    ----------
    faulty, mended : callable
        ``(Comparison, name of a model) -> float``; so the experiments take a comparison.
    """

    faulty: Report
    mended: Report

    def source(self, which: str = "faulty") -> str:
        """The lines of a report, as they are run."""
        check_choice("which", which, ("faulty", "mended"))
        return inspect.getsource(getattr(self, which))

    def examine(self, comparison: Comparison) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows, for the case file."""
        return examine(self, comparison)
