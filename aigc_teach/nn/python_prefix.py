r"""Is a text the beginning of valid Python? Asked of Python's own parser.

A parser answers for whole texts only, so a text that is not finished is finished first: `ending`
looks for a short continuation with which the whole parses. One found is a proof that the text is
a beginning. None found is no proof that it is not: the few hundred continuations that are tried
do not hold every way to go on. `OnlyPython` uses it while text is drawn: a token after which no
ending is found is refused, and so each text can be ended, and then parses, at any time.

What is tried: close open strings and brackets; finish a word as a keyword; add a name, a colon, a
body; an ``except`` for an open ``try``.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import check_count, check_text
from . import sampling

LONGEST = 20_000  # characters that are parsed at each token
CLOSING = {"(": ")", "[": "]", "{": "}"}
STRING = re.compile(r"(?i)([rbuf]{0,2})(\"\"\"|'''|\"|')$")
WORD = re.compile(r"(?<![\w.])[a-z]+$")
OPENERS = re.compile(r"[ \t]*try\s*:")
KEYWORDS = (*keyword.kwlist, "match", "case")
TAILS = (
    "",
    "x",
    " x",
    "0",
    ": x",
    " x: x",
    ": pass",
    " x: pass",
    "(): pass",
    " in x",
    " in x: pass",
    " x in x",
    " x in x: pass",
    " in x: pass",
    " = x",
    "= x",
    " import x",
    " as x",
    " x as x",
    " else x",
    " x else x",
    " x(): pass",
    "x(): pass",
    " def x(): pass",
)


class Scan(NamedTuple):
    """What stands open at the end of a text.

    Attributes
    ----------
    quote : str
        The quotation marks of an open string, with its letters (``rb``) before; else empty.
    brackets : str
        The brackets that would close what is open, innermost first.
    comment : bool
        Whether the text ends in a comment.
    """

    quote: str
    brackets: str
    comment: bool


def scan(text: str) -> Scan:
    r"""What is open at the end of a text, by its characters alone.

    >>> scan("f(x[1")
    Scan(quote='', brackets='])', comment=False)
    >>> scan("y = 'ab")
    Scan(quote="'", brackets='', comment=False)
    """
    quote, letters, stack, comment, at = "", "", [], False, 0
    while at < len(text):
        c = text[at]
        if quote:
            if c == "\\":
                at += 2
                continue
            if text.startswith(quote, at):
                at += len(quote)
                quote = ""
                continue
            if c == "\n" and len(quote) == 1:
                quote = ""  # a mistake; the parser will say so
        elif comment:
            comment = c != "\n"
        elif c in "\"'":
            quote = c * 3 if text.startswith(c * 3, at) else c
            found = STRING.search(text[max(0, at - 2) : at + 1])
            letters = found[1] if found else ""
            at += len(quote)
            continue
        elif c == "#":
            comment = True
        elif c in CLOSING:
            stack.append(CLOSING[c])
        elif c in ")]}" and stack and stack[-1] == c:
            stack.pop()
        at += 1
    return Scan(letters + quote if quote else "", "".join(reversed(stack)), comment)


def ending(text: str, *, tried: list | None = None) -> str | None:
    r"""A short continuation with which a text parses, or None where none was found.

    Parameters
    ----------
    text : str
        At most 20,000 characters.
    tried : list, optional
        Each text that was given to the parser is counted here: its length is appended.

    Returns
    -------
    str or None

    Examples
    --------
    >>> ending("x = 1"), ending("def f(x):\n    return (x +"), ending("x = )")
    ('', 'x)', None)
    >>> ending("for x i"), ending("try:\n    x = 'a")
    ('n x: x', "'\nfinally: pass")
    """
    if len(check_text("text", text)) > LONGEST:
        return None
    tried = [] if tried is None else tried
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of "\d" in a string, and of "1is 2"
        for tail in _tails(text):
            for close in _ways_to_close(text + tail):
                tried.append(len(text))
                if _parses(text + tail + close):
                    return tail + close
    return None


def is_beginning(text: str) -> bool:
    r"""Whether an ending was found.

    >>> is_beginning("if x:\n"), is_beginning("if x:\nif")
    (True, False)
    """
    return ending(text) is not None


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _tails(text: str) -> Iterator[str]:
    """What may finish the last statement, with strings and brackets closed; likelier ones first."""
    open_ = scan(text)
    if open_.comment:
        yield ""
        yield "\n"
        yield from (f"\n{indent}pass" for indent in _indents(text))
        return
    if open_.quote:
        marks = open_.quote.lstrip("rbufRBUF")
        odd = len(text) - len(text.rstrip("\\"))
        rest = "n" if odd % 2 else ""
        for inside in ("", "}", "x}", "r}"):
            done = rest + inside + marks
            if marks and len(marks) == 3 and text.endswith(marks[0]) and not inside:
                done = rest + " " + marks  # two of the three may stand already
            for tail in ("", ": x", ": pass", " in x: pass", " = x", ".x: pass"):
                if not open_.brackets:
                    yield done + tail
                else:
                    for middle in ("", ": x", " for x in x"):
                        yield done + middle + open_.brackets + tail
        if len(marks) == 1 and text.endswith(marks):  # "" may become three
            yield marks
        return
    before, _, last = text.rpartition("\n")
    if before.endswith("\\") and not last.strip() and not open_.brackets:
        yield from ("x", "x: pass")
        return
    if not last.strip() and not open_.brackets:  # a new line: any indentation that is open
        yield ""
        for indent in _indents(text):
            if indent.startswith(last):
                yield indent[len(last) :] + "pass"
        yield from ("\n" + indent + "pass" for indent in _indents(text))
        if "@" in text:
            yield from (indent[len(last) :] + "def x(): pass" for indent in _indents(text))
        return
    if text.endswith("\\"):
        yield "\n x"
        yield "\n x: pass"
        return
    heads = ["", *_rests_of_keywords(text)]
    for head in heads:
        for tail in TAILS:
            if open_.brackets:
                yield from (
                    head + tail.removesuffix(" pass").removesuffix(":") + open_.brackets + after
                    for after in ("", ": pass", " in x: pass", " = x")
                )
            else:
                yield head + tail
    if last.lstrip().startswith("@"):
        indent = last[: len(last) - len(last.lstrip())]
        for tail in ("", "x"):
            yield f"{tail}{open_.brackets}\n{indent}def x(): pass"


def _rests_of_keywords(text: str) -> list[str]:
    """What is missing of each keyword that the last word begins: "retur" -> ["n"]."""
    found = WORD.search(text)
    if not found:
        return []
    return [k[len(found[0]) :] for k in KEYWORDS if k.startswith(found[0]) and k != found[0]]


def _indents(text: str) -> list[str]:
    """Indentations that a next line may have, the deepest first."""
    lines = [line for line in text.split("\n") if line.strip()]
    seen = {line[: len(line) - len(line.lstrip())] for line in lines}
    if lines:
        last = lines[-1]
        own = last[: len(last) - len(last.lstrip())]
        seen |= {own + "\t" if "\t" in own else own + "    "}
    return sorted(seen | {""}, key=len, reverse=True)


def _ways_to_close(text: str) -> Iterator[str]:
    """Nothing, or an end for each open ``try``; a body where the last line asks for one."""
    yield ""
    bodies = [""]
    if text.rstrip().endswith(":"):
        lines = text.rstrip().split("\n")
        own = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
        step = "\t" if "\t" in own else "    "
        bodies = [f"\n{own}{step}pass"]
        yield bodies[0]
    tries = [
        line[: len(line) - len(line.lstrip())] for line in text.split("\n") if OPENERS.match(line)
    ]
    ends = ""
    for indent in reversed(tries):
        ends += f"\n{indent}finally: pass"
        for body in bodies:
            yield body + ends


class OnlyPython:
    r"""Draws tokens after which a text is still the beginning of valid Python.

    A drawn token that is refused gets probability 0, and another is drawn. That is a draw from
    what is allowed, with the model's own ratios, and asks the parser about a few tokens instead
    of all V.

    Parameters
    ----------
    spell : callable
        The text of a token.
    start : str
        What the text begins with: the head of a function, say. It must be a beginning itself.
    most : int
        How many tokens are asked about at one place before it gives up.

    Attributes
    ----------
    text : str
        What stands.
    asked, parsed, refused : int
        Tokens asked about, texts given to the parser, tokens refused.

    Examples
    --------
    >>> only = OnlyPython("x)1".__getitem__, start="f(")
    >>> p = torch.tensor([0.0, 0.5, 0.5])
    >>> for _ in range(3):
    ...     token = only.draw(p)
    >>> ending(only.text) is not None
    True
    """

    def __init__(self, spell: Callable[[int], str], start: str = "", *, most: int = 200):
        self.spell, self.text = spell, check_text("start", start)
        self.most = check_count("most", most)
        self.asked = self.refused = 0
        self._tried: list[int] = []

    @property
    def parsed(self) -> int:
        """How many texts the parser was given."""
        return len(self._tried)

    def allows(self, token: int) -> bool:
        """Whether an ending is found after one more token."""
        self.asked += 1
        allowed = ending(self.text + self.spell(token), tried=self._tried) is not None
        self.refused += not allowed
        return allowed

    def draw(
        self, p: Tensor, *, greedy: bool = False, generator: torch.Generator | None = None
    ) -> int | None:
        """One token by its probability ``[V]`` among those that are allowed, added to the text.

        The likeliest of them where `greedy`. None, and nothing added, where `most` were refused:
        the text is to be ended here.
        """
        logits = p.clone().log()
        for _ in range(self.most):
            if not bool((logits > -torch.inf).any()):
                return None
            cold = sampling.temperature(logits, 0 if greedy else 1)
            token = int(sampling.draw(cold, generator=generator))
            if self.allows(token):
                self.text += self.spell(token)
                return token
            logits[token] = -torch.inf
        return None

    def end(self) -> str:
        """The text with an ending that parses."""
        return self.text + (ending(self.text, tried=self._tried) or "")
