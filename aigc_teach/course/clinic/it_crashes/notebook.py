"""Notebooks as lists of cells: run them for real, and find the names that nobody defines.

Cells count from 1, as in the brackets beside a notebook's cells.
"""

from __future__ import annotations

import builtins
import code
import contextlib
import inspect
import io
import linecache
import sys
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from ....core import AigcError, check_choice


@dataclass(frozen=True)
class Line:
    """One line of a cell on the way to an error.

    Attributes
    ----------
    cell, line : int
        Both count from 1.
    text : str
        The line itself, without the blanks before it.
    """

    cell: int
    line: int
    text: str

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}: {self.text}"


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes
    ----------
    error, message : str
        Class and sentence of the error that stopped it; both empty if none did.
    cell : int
        The cell at which it stopped, 0 if it reached the end.
    seconds : float
        How long it ran until then.
    names : dict
        What the cells left behind: every variable by its name.
    own_lines : tuple of Line
        The lines of the cells on the way to the error, the last one called at the end.
    library_lines : int
        Lines on that way which belong to libraries.
    traceback : str
        The whole traceback as Python shows it.
    printed : str
        What the cells printed.
    warned : tuple of str
        Warnings that were given.
    """

    error: str = ""
    message: str = ""
    cell: int = 0
    seconds: float = 0.0
    names: dict[str, object] = field(default_factory=dict, repr=False)
    own_lines: tuple[Line, ...] = ()
    library_lines: int = 0
    traceback: str = field(default="", repr=False)
    printed: str = ""
    warned: tuple[str, ...] = ()

    @property
    def last_line(self) -> str:
        """The traceback's last line, which one reads first."""
        return f"{self.error}: {self.message}" if self.error else "no error"

    @property
    def ending(self) -> str:
        """How the run ended, in half a sentence."""
        if not self.error:
            return "it reached its end"
        first = self.message.split("\n")[0]
        return f"it stopped in cell {self.cell} with {self.error}: {shorten(first)}"


def shorten(text: str, longest: int = 110) -> str:
    """A text, cut at a bracket or a word if it is long.

    >>> shorten("one two three", 8)
    'one two'
    """
    if len(text) <= longest:
        return text
    return (
        text[:longest].split(" (")[0]
        if " (" in text[:longest]
        else text[:longest].rsplit(" ", 1)[0]
    )


class _Kernel(code.InteractiveInterpreter):
    """A namespace that runs cells one after another and keeps the error instead of showing it."""

    failure: BaseException | None = None

    def showtraceback(self) -> None:
        """Keep the error; called by `runcode` where a cell raises."""
        self.failure = sys.exc_info()[1]

    def run(self, number: int, source: str) -> BaseException | None:
        """Run one cell; give its error, if it raises one."""
        name = place_of(number)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        self.failure = None
        try:
            compiled = compile(source, name, "exec")
        except SyntaxError as error:
            return error
        self.runcode(compiled)
        return self.failure


def place_of(number: int) -> str:
    """The name under which a traceback speaks of a cell.

    >>> place_of(3)
    '<cell 3>'
    """
    return f"<cell {number}>"


def run_cells(
    cells: Sequence[str],
    order: Sequence[int] | None = None,
    *,
    names: Mapping[str, object] | None = None,
    seed: int = 0,
) -> Outcome:
    """Run cells in a fresh namespace until one of them raises an error.

    torch's global random numbers begin at `seed` inside, and are outside as they were. Run
    only cells that you would run by hand: they can do whatever Python can.

    Parameters
    ----------
    cells : sequence of str
        Sources.
    order : sequence of int, optional
        Which cell is run when, counted from 1; a cell may come twice. Default: each once,
        from top to bottom.
    names : mapping, optional
        What is in the namespace already: the hidden state of a kernel that was not restarted.
    seed : int

    Raises
    ------
    ChoiceError
        If the order names a cell that is not there.

    >>> run_cells(["a = 1", "b = a / 0"]).last_line
    'ZeroDivisionError: division by zero'
    """
    order = list(range(1, len(cells) + 1) if order is None else order)
    for number in order:
        check_choice("cell", number, range(1, len(cells) + 1))
    kernel = _Kernel({"__name__": "__main__", **(names or {})})
    failure, stopped, out = None, 0, io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        warned = stack.enter_context(warnings.catch_warnings(record=True))
        stack.enter_context(contextlib.redirect_stdout(out))
        warnings.simplefilter("always")
        torch.manual_seed(seed)
        start = time.perf_counter()
        for number in order:
            failure = kernel.run(number, cells[number - 1])
            if failure is not None:
                stopped = number
                break
        seconds = time.perf_counter() - start
    return _outcome(failure, stopped, seconds, kernel.locals, out.getvalue(), warned)


def _outcome(failure, stopped, seconds, names, printed, warned) -> Outcome:
    left = {k: v for k, v in names.items() if k != "__builtins__"}
    messages = tuple(dict.fromkeys(str(w.message) for w in warned))
    if failure is None:
        return Outcome(seconds=seconds, names=left, printed=printed, warned=messages)
    steps = traceback.extract_tb(failure.__traceback__)
    steps = [step for step in steps if step.filename != code.__file__ and step.filename != __file__]
    own_lines = [
        Line(int(step.filename[6:-1]), step.lineno, step.line)
        for step in steps
        if step.filename.startswith("<cell ")
    ]
    if isinstance(failure, SyntaxError) and not own_lines:
        own_lines = [Line(stopped, failure.lineno or 1, (failure.text or "").strip())]
    text = ["Traceback (most recent call last):\n", *traceback.format_list(steps)]
    text += traceback.format_exception_only(failure)
    return Outcome(
        error=type(failure).__name__,
        message=str(failure).strip(),
        cell=stopped,
        seconds=seconds,
        names=left,
        own_lines=tuple(dict.fromkeys(own_lines)),  # a comprehension may count as a call of its own
        library_lines=len(steps) - len([s for s in steps if s.filename.startswith("<cell ")]),
        traceback="".join(text),
        printed=printed,
        warned=messages,
    )


def undefined_names(cells: Sequence[str], order: Sequence[int] | None = None) -> dict[str, int]:
    """Names that are used and that no line above defines, without running anything.

    A name inside a function may be defined anywhere, since it is looked up when the function
    is called; outside it must have been defined before.

    Parameters
    ----------
    cells : sequence of str
    order : sequence of int, optional
        As in :func:`run_cells`.

    Returns
    -------
    dict of str to int
        The cell that uses the name first.

    >>> undefined_names(["a = 1", "b = a + c"])
    {'c': 2}
    """
    from .undefined import Reader  # here: only this function needs a reader of syntax trees

    reader = Reader(known=dir(builtins) + ["__name__"])
    for number in range(1, len(cells) + 1) if order is None else order:
        check_choice("cell", number, range(1, len(cells) + 1))
        reader.read(cells[number - 1], number)
    return reader.missing()


def cell(text: str) -> str:
    """A cell's source from an indented text.

    >>> cell("    a = 1")
    'a = 1'
    """
    return inspect.cleandoc(text)


def replace_text(cells: Sequence[str], changes: Mapping[str, str]) -> tuple[str, ...]:
    """The cells with some pieces of their text replaced.

    Parameters
    ----------
    cells : sequence of str
    changes : mapping of str to str
        What stands there, and what is to stand there.

    Raises
    ------
    AigcError
        If a piece of text stands nowhere.

    >>> replace_text(["a = 1", "b = a"], {"= 1": "= 2"})
    ('a = 2', 'b = a')
    """
    for old, new in changes.items():
        if not any(old in source for source in cells):
            raise AigcError(f"No cell of this notebook holds {old!r}.")
        cells = [source.replace(old, new) for source in cells]
    return tuple(cells)


def show_cells(cells: Sequence[str], numbers: Sequence[int] | None = None) -> str:
    """The cells as a notebook shows them, each after its number.

    >>> show_cells(["a = 1"])
    '[1] a = 1'
    """
    chosen = range(1, len(cells) + 1) if numbers is None else numbers
    shown = []
    for number in chosen:
        head = f"[{number}] "
        first, *library_lines = cells[number - 1].strip().splitlines()
        shown += [head + first, *((" " * len(head) + line).rstrip() for line in library_lines)]
    return "\n".join(shown)
