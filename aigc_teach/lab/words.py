"""How the lab speaks: short paragraphs of plain text, readable in every notebook."""

from __future__ import annotations

import textwrap

WIDTH = 88  # the book does not wrap a cell's output, so the lab does


def say(*paragraphs: str) -> None:
    """Print paragraphs, wrapped; one that holds line breaks is kept as it is.

    Half a character (a lone surrogate, from a broken string) is shown as a question mark.

    >>> say("Right.", "One step more.")
    Right.
    One step more.
    """
    for text in paragraphs:
        text = text.encode("utf-8", "replace").decode("utf-8")
        print(text if "\n" in text else textwrap.fill(text, WIDTH, break_long_words=False))


def kind(value: object) -> str:
    """The type of `value` as a learner would call it; reads nothing else of it.

    >>> kind("3"), kind([1]), kind(len)
    ('text', 'a list', 'a function')
    """
    names = {"str": "text", "builtin_function_or_method": "a function", "bool": "True or False"}
    names |= {"Tensor": "a tensor", "ndarray": "a NumPy array", "float": "a number"}
    name = type(value).__name__
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return names.get(name, f"{article} {name}")


def error_text(error: BaseException, limit: int = 200) -> str:
    """The first line of an error, shortened; safe even if the error cannot print itself.

    >>> error_text(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    """
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # an exception of the learner's own, whose __str__ is broken
        lines = []
    text = textwrap.shorten(lines[0], limit, placeholder=" ...") if lines else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
