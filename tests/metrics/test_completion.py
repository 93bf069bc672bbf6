"""Keys saved by hand, names without a meaning, pass@k by counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError
from aigc_teach.metrics import (
    bound_names,
    characters_saved,
    parses,
    pass_at_k,
    undefined_names,
)

PIECES = [b"self", b"return", b"raise", b"x"]


def test_keys_are_counted_as_a_typist_counts_them():
    p = np.array([[0.1, 0.6, 0.2, 0.1]])
    assert characters_saved(p, [1], PIECES) == (1 - 1 / 6, 1, 0)
    late = characters_saved(p, [2], PIECES)  # "return" stands after r; "raise" after "ra"
    assert late.saved == pytest.approx(1 - 3 / 5) and late.first == 0
    assert late.wrong == pytest.approx(2 / 5)
    single = characters_saved(p, [3], PIECES)
    assert single.saved == 0 and single.wrong == 1


def test_a_threshold_hides_suggestions_wrong_and_right():
    p = np.array([[0.1, 0.6, 0.2, 0.1]])
    hidden = characters_saved(p, [1], PIECES, least=0.7)
    assert hidden.first == 0 and hidden.saved == pytest.approx(1 - 2 / 6)  # 0.75 after "r"
    assert characters_saved(p, [2], PIECES, least=1.1).saved == 0


@pytest.mark.parametrize(
    ("p", "tokens", "error"),
    [
        (np.ones((1, 3)), [0], ShapeError),
        (np.ones((2, 4)), [0], ShapeError),
        (np.zeros((0, 4)), [], ShapeError),
    ],
)
def test_rows_that_do_not_fit_are_told(p, tokens, error):
    with pytest.raises(error, match="must be"):
        characters_saved(p, tokens, PIECES)


@pytest.mark.parametrize(
    ("code", "undefined"),
    [
        ("def f(a):\n    return a + b", ["b"]),
        ("def f():\n    for i in r:\n        pass\n    return i", ["r"]),
        ("x = [y for y in z]", ["z"]),
        ("import os.path as p\np.join", []),
        ("class A:\n    x = 1\n    def f(self):\n        return x", ["x"]),
        ("def f():\n    global k\n    k = 1\nk", []),
        ("try:\n    pass\nexcept E as e:\n    e", ["E"]),
        ("print(len, __name__, None)", []),
        ("f'{a}' + f'{len(b)}'", ["a", "b"]),
        ("def f(): return f", []),
        ("lambda a: a + c", ["c"]),
    ],
)
def test_names_that_are_bound_nowhere(code, undefined):
    assert undefined_names(code) == undefined
    assert undefined_names(code, known=undefined) == []


def test_what_does_not_parse_has_no_names():
    assert not parses("def f(") and not parses("\0") and parses("# 月")
    for act in (undefined_names, bound_names):
        with pytest.raises(DataError, match="does not parse"):
            act("def f(")
    with pytest.raises(DtypeError, match="collection"):
        undefined_names("x", known="x")
    with pytest.raises(DtypeError, match="must be text"):
        parses(None)


@pytest.mark.parametrize(("drawn", "right", "k"), [(6, 2, 3), (5, 0, 2), (4, 4, 1), (7, 3, 7)])
def test_pass_at_k_is_a_count_of_subsets(drawn, right, k):
    subsets = list(itertools.combinations(range(drawn), k))
    share = sum(min(s) < right for s in subsets) / len(subsets)
    assert pass_at_k(drawn, right, k) == pytest.approx(share)


@pytest.mark.parametrize(("drawn", "right", "k"), [(3, 4, 1), (3, 1, 4), (0, 0, 1), (3, -1, 1)])
def test_numbers_that_cannot_be_are_told(drawn, right, k):
    with pytest.raises(RangeError):
        pass_at_k(drawn, right, k)
