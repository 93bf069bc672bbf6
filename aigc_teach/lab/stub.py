"""What an untouched exercise looks like, told by the answer's own code and by nothing else.

An honest answer may give None or end in a NotImplementedError too: a `return` forgotten, or torch
declining a type. Only a function whose body is a placeholder (``return None``, ``...``, ``pass``
or a bare NotImplementedError) has not been touched.
"""

from __future__ import annotations

import functools
import itertools
import types

RAISE = f"raise {NotImplementedError.__name__}"
PLACEHOLDERS = ("pass", "return None", "return ...", RAISE, f"{RAISE}()", f"{RAISE}('what')")
FEW = 100  # parts of a tuple or list that are looked at


def is_stub(answer: object) -> bool:
    """Whether `answer` is what stood there before anybody worked on it.

    That is None, ``...``, a function whose body is a placeholder (also inside
    ``functools.partial``, a method, a decorator made with ``functools.wraps``), a class or an
    object all of whose own methods are such, or a tuple or list that holds one of these.

    >>> is_stub(lambda mu, logvar: None), is_stub(lambda x: print(x))
    (True, False)
    """
    if answer is None or answer is Ellipsis:
        return True
    if type(answer) in (tuple, list):
        return len(answer) <= FEW and any(is_stub(part) for part in answer)
    if isinstance(answer, types.FunctionType):
        return _shape_of(answer.__code__) in _stub_shapes() or _wraps_stub(answer)
    if isinstance(answer, functools.partial):
        return is_stub(answer.func)
    if isinstance(answer, types.MethodType | staticmethod | classmethod):
        return is_stub(answer.__func__)
    own = answer if isinstance(answer, type) else type(answer)
    return _untouched_class(own) or _wraps_stub(answer)


def holds_stub(answer: object) -> bool:
    """Whether `answer` is a stub or has one in its hands, as a decorator's inner function has.

    This alone proves nothing: a finished answer may hold a function that does nothing.

    >>> def twice(f):
    ...     return lambda x: 2 * f(x)
    >>> is_stub(twice(lambda x: ...)), holds_stub(twice(lambda x: ...))
    (False, True)
    """
    held = []
    for cell in getattr(answer, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # a name that was never filled
            continue
    held += list(itertools.islice(getattr(answer, "__dict__", {}).values(), FEW))
    return is_stub(answer) or any(callable(part) and is_stub(part) for part in held)


def _wraps_stub(answer: object) -> bool:
    """Whether functools.wraps left a stub in `answer`."""
    kept = getattr(answer, "__dict__", {})
    return "__wrapped__" in kept and is_stub(kept["__wrapped__"])


def _untouched_class(own: type) -> bool:
    methods = {name: part for name, part in vars(own).items() if _is_function(part)}
    if len(methods) > 1:
        methods.pop("__init__", None)  # an exercise often gives the constructor
    return bool(methods) and all(is_stub(part) for part in methods.values())


def _is_function(part: object) -> bool:
    return isinstance(part, types.FunctionType | staticmethod | classmethod)


def _shape_of(code: types.CodeType) -> tuple:
    """A function's code without its names and texts: equal for two placeholders of one form."""
    return code.co_code, tuple(type(value) for value in code.co_consts), code.co_names


@functools.cache
def _stub_shapes() -> frozenset[tuple]:
    """The shape of each placeholder, as this very Python compiles it."""
    texts = ["lambda: None", "lambda: ..."]
    for body in PLACEHOLDERS:
        for start in ("", "'What it does.'; ", "...; ", "'What it does.'; ...; "):
            texts.append(f"def f(): {start}{body}")
    modules = [compile(text, "<stub>", "exec") for text in texts]
    codes = [c for m in modules for c in m.co_consts if isinstance(c, types.CodeType)]
    return frozenset(map(_shape_of, codes))
