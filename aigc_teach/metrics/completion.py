"""Measures of code that was completed: keys saved, names without a meaning, tests passed.

All take texts and probabilities, never models. Nothing here runs the code; see `core.sandbox`.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import warnings
from collections.abc import Collection, Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from ..core import DataError, DtypeError, RangeError, ShapeError, check_count, check_text

MODULE_NAMES = frozenset(
    """__name__ __file__ __doc__ __package__ __spec__ __loader__ __builtins__ __debug__ __path__
    __cached__ __annotations__ __dict__ __class__""".split()  # noqa: SIM905
)


class Savings(NamedTuple):
    """What a completer is worth to someone who types.

    Attributes
    ----------
    saved : float
        Share of the characters that need not be typed; a key that takes a suggestion counts as
        one character.
    first : float
        Share of the tokens whose suggestion was right before any of it was typed.
    wrong : float
        Wrong suggestions shown, for each character of the text.
    """

    saved: float
    first: float
    wrong: float


def characters_saved(
    p: np.ndarray, tokens: Sequence[int], pieces: Sequence[bytes], *, least: float = 0.0
) -> Savings:
    """Somebody types a text; a completer shows the likeliest token that begins as it is typed.

    One key takes what is shown. A token of n characters of which j are typed before it is shown
    costs min(j + 1, n) keys. The typist looks at each suggestion and makes no mistake.

    Parameters
    ----------
    p : array
        Probabilities of each token before it is typed: ``[T, V]``.
    tokens : sequence of int
        The text, T tokens.
    pieces : sequence of bytes
        What each of the V tokens stands for. A byte counts as a character here.
    least : float
        Suggestions whose probability (given what is typed of the token) is lower are not shown.

    Returns
    -------
    Savings

    Examples
    --------
    >>> p = np.array([[0.6, 0.3, 0.1]] * 2)
    >>> characters_saved(p, [0, 1], [b"self", b"return", b"raise"])
    Savings(saved=0.7, first=0.5, wrong=0.1)
    """
    p = np.asarray(p, dtype=np.float64)
    if p.ndim != 2 or p.shape != (len(tokens), len(pieces)) or not len(tokens):
        raise ShapeError(
            f"p must be [T, V] with T = {len(tokens)} tokens (at least 1) and V = {len(pieces)} "
            f"pieces; yours is {[*p.shape]}."
        )
    begins: dict[bytes, np.ndarray] = {}  # the tokens that begin so
    keys = characters = first = wrong = 0
    for row, token in zip(p, tokens, strict=True):
        text = pieces[token]
        characters += len(text)
        for typed in range(len(text)):
            head = text[:typed]
            if head not in begins:
                begins[head] = np.array([k for k, s in enumerate(pieces) if s.startswith(head)])
            among = begins[head]
            best = among[row[among].argmax()]
            mass = row[among].sum()
            if mass > 0 and row[best] < least * mass:
                continue
            if best == token:
                first += typed == 0
                keys += min(typed + 1, len(text))
                break
            wrong += 1
        else:
            keys += len(text)
    if not characters:
        raise DataError("The tokens are all empty, so there is nothing to save.")
    return Savings(1 - keys / characters, first / len(tokens), wrong / characters)


def parses(code: str) -> bool:
    r"""Whether Python's own grammar accepts a text.

    >>> parses("if x:\n    y = 1\n"), parses("if x"), parses("")
    (True, False, True)
    """
    check_text("code", code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a string: a warning to whoever wrote it
        try:
            ast.parse(code)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return False
    return True


def undefined_names(code: str, known: Collection[str] = ()) -> list[str]:
    r"""Names that are read somewhere and bound nowhere: each would be a NameError when reached.

    Scopes are Python's own (`symtable`): parameters, local names, comprehensions. Built-in names
    and those of every module are known. A name that is bound in one place and read before it is
    not found here, nor is an attribute (``x.lenght``).

    Parameters
    ----------
    code : str
        It must parse.
    known : collection of str
        Names bound elsewhere: in the rest of the file.

    Returns
    -------
    list of str
        Each once, in alphabetical order.

    Raises
    ------
    DataError
        Where the text does not parse.

    Examples
    --------
    >>> undefined_names("def f(x):\n    return len(x) + y")
    ['y']
    >>> undefined_names("def f(x):\n    return len(x) + y", known=["y"])
    []
    """
    if not parses(code):
        raise DataError("This text does not parse, so its names cannot be told.")
    if isinstance(known, str):
        raise DtypeError("known must be a collection of names, not one text.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            top = symtable.symtable(code, "<completed>", "exec")
        except SyntaxError as problem:  # "return" outside a function, for instance
            raise DataError(f"Python refuses this text: {problem.msg}.") from None
    bound = {symbol.get_name() for symbol in top.get_symbols() if _is_bound(symbol)}
    read, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(name)
            outermost = table is top or symbol.is_global()
            if symbol.is_referenced() and outermost:
                read.add(name)
    return sorted(read - bound - set(known) - set(dir(builtins)) - MODULE_NAMES)


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def bound_names(code: str) -> set[str]:
    r"""Names that a file binds anywhere at its outermost level; of a file cut short, what parses.

    >>> sorted(bound_names("import os\nclass A: pass\nb = 1\ndef f(x): y = x"))
    ['A', 'b', 'f', 'os']
    """
    if not parses(code):
        raise DataError("This text does not parse, so its names cannot be told.")
    top = symtable.symtable(code, "<file>", "exec")
    return {symbol.get_name() for symbol in top.get_symbols() if _is_bound(symbol)}


def pass_at_k(drawn: int, right: int, k: int) -> float:
    """The chance that one of k draws passes, estimated without bias from `drawn` of them.

    Chen et al. 2021, equation 1: 1 - C(drawn - right, k) / C(drawn, k).

    Parameters
    ----------
    drawn, right : int
        How many were drawn, and how many of them passed.
    k : int
        At most `drawn`.

    Returns
    -------
    float

    >>> round(pass_at_k(10, 1, 1), 6), pass_at_k(10, 1, 10), round(pass_at_k(4, 2, 2), 3)
    (0.1, 1.0, 0.833)
    """
    check_count("drawn", drawn)
    check_count("right", right, at_least=0)
    check_count("k", k)
    if right > drawn or k > drawn:
        raise RangeError(f"right={right} and k={k} must be at most drawn={drawn}.")
    return 1 - comb(drawn - right, k) / comb(drawn, k)
