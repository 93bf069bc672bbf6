"""A case that is a notebook: its cells, what stops it, and how to find out why."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....core import AigcError, check_choice
from ..common.case import Hypothesis, examine
from .cells import Outcome, run_cells, show_cells, undefined_names


def cell(text: str) -> str:
    """A cell's source from an indented text.

    >>> cell("    a = 1")
    'a = 1'
    """
    return inspect.cleandoc(text)


@dataclass(frozen=True)
class CrashCase:
    """A notebook with one mistake in it.

    Attributes
    ----------
    name : str
    complaint : str
        What one sees, without its cause.
    cells, mended_cells : tuple of str
    hypotheses : dict of str to Hypothesis
        Their experiments take this case.
    truth : str
        The key of the right one.
    error : str
        The class of error that stops it, "" for a mistake that raises none.
    made : int
        The cell that has to be mended; 0 where a cell is missing.
    order, mended_order : tuple of int or None
        As in ``run_cells``.
    hidden : tuple of str
        Cells that were run once and then deleted: the author's kernel still knows their names.
    """

    name: str
    complaint: str
    cells: tuple[str, ...]
    mended_cells: tuple[str, ...]
    hypotheses: dict[str, Hypothesis]
    truth: str
    error: str
    made: int
    order: tuple[int, ...] | None = None
    mended_order: tuple[int, ...] | None = None
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice("truth", self.truth, self.hypotheses)

    def run(self, which: str = "faulty", *, seed: int = 0) -> Outcome:
        """Run the notebook in a fresh namespace.

        Parameters
        ----------
        which : {"faulty", "mended", "author"}
            "author": the faulty cells in a kernel that still knows the deleted ones.
        seed : int
        """
        check_choice("which", which, ("faulty", "mended", "author"))
        if which == "mended":
            return run_cells(self.mended_cells, self.mended_order, seed=seed)
        names = run_cells(self.hidden).names if which == "author" else None
        return run_cells(self.cells, self.order, names=names, seed=seed)

    def again(self, changes: Mapping[str, str], *, seed: int = 0) -> Outcome:
        """Run the faulty notebook with some pieces of its text replaced.

        Parameters
        ----------
        changes : mapping of str to str
            What stands there, and what is to stand there.
        seed : int

        Raises
        ------
        AigcError
            If a piece of text stands nowhere.
        """
        cells = list(self.cells)
        for old, new in changes.items():
            if not any(old in source for source in cells):
                raise AigcError(f"No cell of case {self.name!r} holds {old!r}.")
            cells = [source.replace(old, new) for source in cells]
        return run_cells(cells, self.order, seed=seed)

    def undefined(self, which: str = "faulty") -> dict[str, int]:
        """Names that no cell above defines, found without running the notebook."""
        check_choice("which", which, ("faulty", "mended"))
        if which == "mended":
            return undefined_names(self.mended_cells, self.mended_order)
        return undefined_names(self.cells, self.order)

    def source(self, which: str = "faulty", numbers: Sequence[int] | None = None) -> str:
        """Cells as a notebook shows them; default: the one where the mistake is."""
        check_choice("which", which, ("faulty", "mended"))
        cells = self.cells if which == "faulty" else self.mended_cells
        return show_cells(cells, numbers or ([self.made] if self.made else None))

    def examine(self) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows, for the case file."""
        return examine(self, self)


def ending(outcome: Outcome) -> str:
    """How a run ended, in half a sentence."""
    if not outcome.error:
        return "it reached its end"
    first = outcome.message.split("\n")[0]
    return f"it stopped in cell {outcome.cell} with {outcome.error}: {shortened(first)}"


def shortened(text: str, longest: int = 110) -> str:
    """A text, cut at a bracket or a word if it is long.

    >>> shortened("one two three", 8)
    'one two'
    """
    if len(text) <= longest:
        return text
    return (
        text[:longest].split(" (")[0]
        if " (" in text[:longest]
        else text[:longest].rsplit(" ", 1)[0]
    )
