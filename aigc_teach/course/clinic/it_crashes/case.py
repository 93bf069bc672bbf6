"""A case that is a notebook: its cells, what stops it, and how to find out why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ....core import check_choice
from ..common.case import Case, examine
from .notebook import Outcome, replace_text, run_cells, show_cells, undefined_names


@dataclass(frozen=True, kw_only=True)
class CrashCase(Case):
    """A notebook with one mistake in it; its experiments take the case itself.

    Attributes
    ----------
    cells, mended_cells : tuple of str
    error : str
        The class of error that stops it, "" for a mistake that raises none.
    mistake_cell : int
        The cell that has to be mended; 0 where a cell is missing.
    order, mended_order : tuple of int or None
        As in ``run_cells``.
    deleted_cells : tuple of str
        Cells that were run once and then deleted: the author's kernel still knows their names.
    """

    cells: tuple[str, ...]
    mended_cells: tuple[str, ...]
    error: str
    mistake_cell: int
    order: tuple[int, ...] | None = None
    mended_order: tuple[int, ...] | None = None
    deleted_cells: tuple[str, ...] = ()

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
        names = run_cells(self.deleted_cells).names if which == "author" else None
        return run_cells(self.cells, self.order, names=names, seed=seed)

    def run_with(self, changes: Mapping[str, str], *, seed: int = 0) -> Outcome:
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
        return run_cells(replace_text(self.cells, changes), self.order, seed=seed)

    def mended_twin(self) -> CrashCase:
        """The case whose cells are the mended ones, for an experiment to be compared."""
        return replace(
            self, cells=self.mended_cells, order=self.mended_order, error="", deleted_cells=()
        )

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
        return show_cells(cells, numbers or ([self.mistake_cell] if self.mistake_cell else None))

    def examine(self) -> list[dict[str, str | bool]]:
        """Every hypothesis with what its experiment shows, for the case file."""
        return examine(self, self)
