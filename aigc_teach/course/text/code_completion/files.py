"""Files of the standard library as the lesson uses them: tokens, near-duplicates, functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from time import process_time
from typing import NamedTuple

import numpy as np
import torch

from .... import data, metrics, models
from ....core import DataError, check_text, make_generator

SHORTEST = 25  # characters of a line that two files have in common by more than chance


def shuffled(names: Iterable[str], seed: int) -> list[str]:
    """Names in an order of the seed's."""
    names = sorted(names)
    order = torch.randperm(len(names), generator=make_generator(seed))
    return [names[k] for k in order.tolist()]


def long_lines(text: str) -> list[str]:
    """Lines of at least 25 characters, without their indentation."""
    return [
        s for line in check_text("text", text).split("\n") if len(s := line.strip()) >= SHORTEST
    ]


def shared(text: str, others: set[str]) -> float:
    r"""The share of a file's long lines that stand among `others`.

    >>> shared("x = 'a line of some length'\ny", {"x = 'a line of some length'"})
    1.0
    """
    lines = long_lines(text)
    return sum(line in others for line in lines) / max(1, len(lines))


class Place(NamedTuple):
    """A function of a file, and what stands before its body.

    Attributes
    ----------
    file : str
    before : str
        The file up to the end of the function's head and docstring.
    head : str
        The head and the docstring alone.
    body : str
        What its author wrote.
    known : frozenset of str
        Names bound at the outermost level of the whole file.
    """

    file: str
    before: str
    head: str
    body: str
    known: frozenset[str]


def places(files: Mapping[str, str], n: int, seed: int) -> list[Place]:
    """Some functions of the outermost level: a head of one line, 3 lines or more of code below.

    The docstring belongs to the head: within an open one every text can be Python.
    """
    found = []
    for name, text in files.items():
        lines = check_text("text", text).split("\n")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
            raise DataError(f"The file {name!r:.80} is no Python that can be parsed.") from problem
        known = frozenset(metrics.bound_names(text))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or not lines[node.lineno - 1].endswith(":"):
                continue
            told = ast.get_docstring(node) is not None
            begin = node.body[0].end_lineno if told else node.lineno
            if node.end_lineno >= begin + 3:
                head = "\n".join(lines[node.lineno - 1 : begin]) + "\n"
                before = "\n".join(lines[:begin]) + "\n"
                body = "\n".join(lines[begin : node.end_lineno]) + "\n"
                found.append(Place(name, before, head, body, known))
    order = torch.randperm(len(found), generator=make_generator(seed))[:n]
    return [found[k] for k in order.tolist()]


def is_over(text: str) -> bool:
    r"""Whether a body of an outermost function has ended: a finished line is not indented.

    >>> is_over("    x = 1\ny"), is_over("    x = 1\ny\n")
    (False, True)
    """
    lines = check_text("text", text).split("\n")[:-1]
    return any(line and not line[0].isspace() for line in lines)


def cut(text: str) -> str:
    r"""A body up to its last finished line, or to the first line that is not indented.

    >>> cut("    x = 1\n    y ="), cut("    x = 1\ndef f():\n")
    ('    x = 1\n', '    x = 1\n')
    """
    kept = []
    for line in check_text("text", text).split("\n")[:-1]:
        if line and not line[0].isspace():
            break
        kept.append(line + "\n")
    return "".join(kept)


def function_of(place: Place, body: str) -> str:
    """Head and body; a body without a line gets ``pass``, so that what is judged is the rest."""
    body = cut(body)
    return place.head + (body if body.strip() else "    pass\n")


def hidden_names(text: str, n: int, seed: int) -> list[tuple[str, str, str]]:
    r"""N names of a file, each with what stands before and after it in its neighbourhood.

    >>> hidden_names("x = 1\n" * 50 + "value = total + 1\n" + "y = 2\n" * 50, 1, 0)[0][1] != ""
    True
    """
    found = list(re.finditer(r"\b[a-z_][a-z_0-9]{2,}\b", check_text("text", text)))
    found = [m for m in found if m.start() > 200 and m.end() < len(text) - 100]
    order = torch.randperm(len(found), generator=make_generator(seed))[:n].tolist()
    return [(text[: found[k].start()], found[k][0], text[found[k].end() :]) for k in order]


def right(rows: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """What each right token was given: ``[T, V] -> [T]``."""
    return rows[np.arange(len(tokens)), tokens]


Rows = dict[str, np.ndarray]  # of each file: probabilities before each token, [T, V]


def rows_of(model, files: Mapping[str, Sequence[int]]) -> Rows:
    """`models.next_rows` of several files."""
    return {name: models.next_rows(model, tokens) for name, tokens in files.items()}


def mixture(weights: Sequence[float], one: Rows, other: Rows) -> Rows:
    """Two models' rows, mixed."""
    return {name: weights[0] * one[name] + weights[1] * other[name] for name in one}


def fitted_cache(rows: Rows, files: Mapping, *, longest: int) -> models.FileCache:
    """A cache with contexts of up to `longest` tokens, its weights fitted on some files."""
    vocabulary = next(iter(rows.values())).shape[1]
    cache = models.FileCache(vocabulary, weights=(0.1,) * (longest + 1))
    return cache.fit([*rows.values()], [files[name] for name in rows])


def with_cache(cache: models.FileCache, rows: Rows, files: Mapping) -> Rows:
    """`models.cached_rows` of several files, each begun with an empty cache."""
    return {name: models.cached_rows(rows[name], files[name], cache) for name in files}


class Score(NamedTuple):
    """How well the tokens of some files are foreseen.

    Attributes
    ----------
    right : float
        Share of the tokens that were the likeliest.
    bits : float
        A character.
    """

    right: float
    bits: float


def score(rows: Mapping[str, np.ndarray], files: Mapping[str, Sequence[int]], code) -> Score:
    """Next-token accuracy, and bits a character, over several files."""
    hits = np.concatenate([rows[k].argmax(1) == np.array(files[k]) for k in rows]).mean()
    nats = -np.concatenate([np.log(right(rows[k], files[k])) for k in rows]).sum()
    return Score(
        float(hits), float(nats / np.log(2) / sum(len(code.decode(files[k])) for k in rows))
    )


def savings(rows: Mapping, files: Mapping, code: data.CodeBPE, **options) -> metrics.Savings:
    """`metrics.characters_saved` over several files."""
    return metrics.characters_saved(
        np.concatenate([rows[k] for k in rows]),
        [token for k in rows for token in files[k]],
        code.bpe.table,
        **options,
    )


def milliseconds(completer: models.Completer, tokens: Sequence[int]) -> float:
    """Processor time a token: to say what may follow, and to read what did."""
    completer.open(tokens[:1])
    begin = process_time()
    for token in tokens[1:]:
        completer.distribution()
        completer.read([token])
    return 1000 * (process_time() - begin) / max(1, len(tokens) - 1)


def reads_unbound(text: str, known: Iterable[str]) -> bool:
    r"""Whether a text reads a name that is bound nowhere, or Python refuses it at second sight.

    >>> reads_unbound("def f(x):\n    return x + y", ["y"]), reads_unbound("nonlocal a", [])
    (False, True)
    """
    try:
        return bool(metrics.undefined_names(text, set(known)))
    except DataError:  # it parses, but "nonlocal" has no place there, for instance
        return True


def squeezed(text: str) -> str:
    r"""A text with one space for any run of white space: indentation is no copy.

    >>> squeezed("if x:\n        y = 1\n")
    'if x: y = 1'
    """
    return " ".join(check_text("text", text).split())


def where_from(text: str, sources: Mapping[str, str]) -> tuple[str, str]:
    """The longest run that a text has in common with one of several files, and which."""
    check_text("text", text)
    best, home = "", ""
    for name, source in sources.items():
        for begin in range(len(text)):
            if text[begin : begin + len(best) + 1] not in source:
                continue
            while begin + len(best) < len(text) and text[begin : begin + len(best) + 1] in source:
                best, home = text[begin : begin + len(best) + 1], name
    return best, home
