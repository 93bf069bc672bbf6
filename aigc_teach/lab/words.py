"""How the lab speaks: short paragraphs of plain text, readable in every notebook."""

from __future__ import annotations

import textwrap

from torch import Tensor

WIDTH = 88  # the book does not wrap a cell's output, so the lab does
LONGEST = 10_000  # letters of one paragraph


def say(*paragraphs: str) -> None:
    """Print paragraphs, wrapped; one that holds line breaks is kept as it is.

    Half a character (a lone surrogate, from a broken string) is shown as a question mark.

    >>> say("Right.", "One step more.")
    Right.
    One step more.
    """
    for text in paragraphs:
        text = _shorten(text, LONGEST)  # a message may quote what the learner gave
        text = text.encode("utf-8", "replace").decode("utf-8")
        print(text if "\n" in text else textwrap.fill(text, WIDTH, break_long_words=False))


def kind(value: object) -> str:
    """The type of `value` as a learner would call it; reads nothing else of it.

    >>> kind("3"), kind([1]), kind(len)
    ('text', 'a list', 'a function')
    """
    names = {"str": "text", "builtin_function_or_method": "a function", "bool": "True or False"}
    names |= {"Tensor": "a tensor", "ndarray": "a NumPy array", "float": "a number"}
    name = _shorten(type(value).__name__, 60)
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return names.get(name, f"{article} {name}")


def error_text(error: BaseException, limit: int = 200) -> str:
    """The first line of an error, shortened; safe even if the error cannot print itself.

    >>> error_text(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    """
    lines = _message(error)[: 10 * limit].strip().splitlines()
    text = textwrap.shorten(lines[0], limit, placeholder=" ...") if lines else ""
    name = _shorten(type(error).__name__, 60)
    return f"{name}: {text}" if text else name


def advice_on(error: BaseException) -> str:
    """What to do about one of PyTorch's errors; nothing if it is none of the common ones.

    >>> advice_on(RuntimeError("Boolean value of Tensor with more than one value is ambiguous"))
    'Join two comparisons with &, each in its own brackets.'
    """
    text = _message(error)
    return next((words for part, words in ADVICE.items() if part in text), "")


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception of the learner's own, whose __str__ is broken
        return ""


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + "..."


# PyTorch's words for a beginner's commonest slips -> what to do about them
ADVICE = {
    "could not infer output dtype": "True and False cannot be averaged: write .float().mean().",
    "Boolean value of Tensor": "Join two comparisons with &, each in its own brackets.",
    "only one element tensors": "Calculate with the whole tensor at once; no loop is needed.",
    "must match the size": "Two shapes do not fit: print them. "
    ".unsqueeze(1) makes a column [n, 1] of [n].",
    "linspace": "linspace takes two numbers: make t from 0 to 1 with it, then mix the codes.",
    "can be converted to Python scalars": "Calculate with the whole tensor; no loop is needed.",
    "not implemented for 'Bool'": "True and False are no numbers here: write .float() first.",
    "not implemented for 'Byte'": "Bytes are no fractions: write .float() first.",
    "not implemented for 'Int'": "Whole numbers are no fractions: write .float() first.",
    "not implemented for 'Long'": "Whole numbers are no fractions: write .float() first.",
}


def describe_inputs(case: tuple) -> str:
    """The arguments of one call, in a few words: values where they are few, else shapes."""
    shapes = {tuple(v.shape) for v in case if isinstance(v, Tensor) and v.numel() > 4}
    if len(case) > 1 and len(shapes) == 1 and all(isinstance(v, Tensor) for v in case):
        return f"inputs of shape {list(shapes.pop())}"
    parts = []
    for value in case:
        if isinstance(value, Tensor) and value.numel() > 4:
            parts.append(f"a tensor of shape {list(value.shape)}")
        elif isinstance(value, Tensor):
            numbers = [round(v, 4) for v in value.flatten().tolist()]
            parts.append(str(numbers if value.ndim else numbers[0]))
        else:
            parts.append(repr(value))
    if len(parts) == 1:
        return f"input {parts[0]}"
    return f"inputs {', '.join(parts[:-1])} and {parts[-1]}"
