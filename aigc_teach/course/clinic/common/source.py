"""The lines that an experiment executes, for the reader: with its helpers, without docstrings."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable


def code_of(experiment: Callable) -> str:
    """The source of an experiment, after the helpers of its own module that it calls.

    What an inner function holds from outside is written above it as an assignment.

    Parameters
    ----------
    experiment : callable
        A function that stands in a file.

    Returns
    -------
    str
        Lines of Python, without docstrings and without the types of arguments.

    >>> code_of(bare).splitlines()[0]
    'def bare(source):'
    """
    parts: dict[str, str] = {}
    _collect(experiment, parts)
    return "\n\n".join(parts.values())


def _collect(function: Callable, parts: dict[str, str]) -> None:
    names = inspect.getclosurevars(function)
    for name, value in names.globals.items():
        own = isinstance(value, types.FunctionType) and value.__module__ == function.__module__
        if own and name not in parts and value is not function:
            _collect(value, parts)
    held = []
    for name, value in names.nonlocals.items():
        if isinstance(value, types.FunctionType):
            _collect(value, parts)
            held.append(f"{name} = {value.__name__}")
        elif isinstance(value, str | int | float | tuple):
            held.append(f"{name} = {value!r}")
    source = bare(textwrap.dedent(inspect.getsource(function)))
    parts[function.__qualname__] = "\n".join([*held, source])


def bare(source: str) -> str:
    """A function's source without its docstring and its annotations."""
    lines, function = source.strip("\n").splitlines(), ast.parse(source).body[0]
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    for one in [*every, function.args.vararg, function.args.kwarg]:
        if one is not None:
            one.annotation = None
    header = f"def {function.name}({ast.unparse(function.args)}):"
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    first = body[0].lineno - 1
    while first > function.body[0].end_lineno and not lines[first - 1].strip():
        first -= 1
    return "\n".join([header, *lines[first:]]).strip("\n")
