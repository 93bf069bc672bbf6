"""Beginnings of Python: every one of real code has an ending, what cannot be is refused."""

from __future__ import annotations

import ast

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.nn.python_prefix import LONGEST, OnlyPython, ending, is_beginning, scan

PIECES = """
def f(a, b=1, *c, d: int = 2, **e) -> dict[str, int]:
    '''A docstring with "quotes" and a \\n.'''
    # a comment (with an open bracket
    for i, x in enumerate(range(10)):
        if x not in {1: 'a', 2: "b"} and not (x is None or i % 2):
            try:
                with open(f"{x}-{i!r}.txt") as file, g():
                    y = [z ** 2 for z in file if z] + \\
                        (lambda q: q)(3)
            except (ValueError, OSError) as e:
                raise RuntimeError from e
            finally:
                del y
        elif x:
            continue
        else:
            return b'\\x00' if a else None
    while True:
        break
    @decorated(1)
    async def g():
        await h()
        yield
    class A(B, metaclass=C):
        x: int = 0
        y = z = 1
    import os.path as p, sys
    from a.b import (c, d as e)
    global k
    assert a, "no"
    print(*a, sep='')
    x[1:2, ::3] @= 0x1f + 1.5e-3j
    return
"""


def test_every_beginning_of_many_statements_has_an_ending():
    ast.parse(PIECES)
    lost = [PIECES[:at] for at in range(len(PIECES)) if not is_beginning(PIECES[:at])]
    assert len(lost) <= 0.03 * len(PIECES), [text[-20:] for text in lost]


def test_real_functions_are_hardly_ever_refused():
    text = data.python_source("held_out").files["fnmatch.py"]
    cuts = range(10, min(len(text), 3000), 7)
    lost = [text[:at][-30:] for at in cuts if not is_beginning(text[:at])]
    assert len(lost) <= 0.02 * len(cuts), lost


@pytest.mark.parametrize(
    "text", [PIECES[:300], "x = [", "class A:\n    def f(self):\n        try:\n"]
)
def test_an_ending_is_a_proof(text):
    ast.parse(text + ending(text))


@pytest.mark.parametrize(
    "text",
    ["x = )", "(]", "if x:\nif", "  x", "x y z", "def 1", "for for", "'a\n", "else:", "a = = b"],
)
def test_what_cannot_be_is_refused(text):
    assert not is_beginning(text)


@pytest.mark.parametrize(
    "text", ["", "\n", "月 = 1", "#", "'", '"""', "((((", "\\", "x\\", "@", "\t"]
)
def test_strange_texts_get_an_answer(text):
    assert isinstance(is_beginning(text), bool)


def test_very_long_and_very_deep_texts_end():
    assert ending("x" * (LONGEST + 1)) is None
    assert ending("(" * 1000) is None
    assert scan("(" * 5 + "'") == scan("(((((" + "'")


def test_drawing_keeps_the_ratios_of_what_is_allowed():
    spell = ["x", ")", "1", "]"].__getitem__
    p = torch.tensor([0.1, 0.2, 0.3, 0.4])
    g, counts = make_generator(0), [0, 0, 0, 0]
    for _ in range(600):
        only = OnlyPython(spell, start="f(")
        counts[only.draw(p, generator=g)] += 1
    assert counts[3] == 0  # f(] is no beginning
    share = torch.tensor(counts) / 600
    assert torch.allclose(share, torch.tensor([1, 2, 3, 0]) / 6, atol=0.07)
    only = OnlyPython(spell, start="f(")
    assert only.draw(p, greedy=True) == 2 and only.asked == 2 and only.refused == 1


def test_where_nothing_is_allowed_it_gives_up():
    only = OnlyPython(["]", "}"].__getitem__, start="f(")
    assert only.draw(torch.tensor([0.5, 0.5])) is None and only.text == "f("
    assert only.draw(torch.tensor([1.0, 0.0])) is None
    ast.parse(only.end())
