"""What an answer may cost: little, whatever it claims to be. Its form alone is no mistake."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from aigc_teach.lab import register as exercises
from aigc_teach.lab.checkers import LARGEST, Wrong, call, close, one_of, same_on
from aigc_teach.lab.judge import judge

pytestmark = pytest.mark.usefixtures("demo")
NAMES = ("99/number", "99/tensor", "99/function")
MEGABYTES = 5


class Allocations(TorchFunctionMode):
    """The largest block of memory that any operation inside gave a result of its own."""

    def __init__(self):
        super().__init__()
        self.largest = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        given = {id_of(part) for part in tree_leaves((args, kwargs)) if has_memory(part)}
        result = func(*args, **(kwargs or {}))
        for part in tree_leaves(result):
            if has_memory(part) and id_of(part) not in given:
                self.largest = max(self.largest, part.untyped_storage().nbytes())
        return result


def has_memory(part) -> bool:
    return (
        isinstance(part, torch.Tensor)
        and part.layout is torch.strided
        and part.device.type == "cpu"
    )


def id_of(part: torch.Tensor) -> int:
    return part.untyped_storage().data_ptr()


def with_methods(**methods):
    return type("Odd", (), methods)()


def for_ever(*args):
    return next(x for x in itertools.count() if x < 0)


def fails(*args):
    raise RuntimeError("do not look at me")


def recursive_list() -> list:
    inside = [1.0]
    inside.append(inside)
    return inside


HUGE = {
    "expanded": lambda: torch.ones(1).expand(10**8),
    "expanded to a matrix": lambda: torch.ones(1).expand(10**4, 10**4),
    "expanded bytes": lambda: torch.zeros(1, dtype=torch.uint8).expand(10**9),
    "gradient of its own": lambda: torch.ones(1, requires_grad=True).expand(10**8),
    "sparse": lambda: torch.sparse_coo_tensor(
        torch.zeros(2, 0, dtype=torch.long), [], (10**6, 10**6)
    ),
    "meta": lambda: torch.ones(10**6, 10**6, device="meta"),
    "numpy broadcast": lambda: np.broadcast_to(np.float64(1), 10**10),
    "numpy matrix": lambda: np.broadcast_to(1.0, (2, 3, 10**9)),
    "tuple of two": lambda: (torch.ones(1).expand(10**8), 4.0),
    "list in a list": lambda: [[torch.ones(1).expand(10**8)]],
    "by a name": lambda: {"x": torch.ones(1).expand(10**8)},
    "range": lambda: range(10**12),
    "range beyond any length": lambda: range(10**30),
    "bytes": lambda: bytes(LARGEST + 1),
}
ODD = {
    "small sparse": lambda: torch.ones(2, 3).to_sparse(),
    "compressed": lambda: torch.ones(2, 3).to_sparse_csr(),
    "small meta": lambda: torch.ones(2, 3, device="meta"),
    "one meta number": lambda: torch.ones((), device="meta"),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(2, 3), 0.5, 0, torch.quint8),
    "complex": lambda: torch.ones(2, 3, dtype=torch.complex64),
    "complex number": lambda: torch.tensor(4j),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "numpy text": lambda: np.array([["a"] * 3] * 2),
    "numpy objects": lambda: np.array([[None] * 3] * 2),
    "numpy complex": lambda: np.ones((2, 3), dtype=complex),
    "numpy dates": lambda: np.zeros((2, 3), dtype="datetime64[s]"),
    "numpy record": lambda: np.zeros((2, 3), dtype=[("a", float)]),
    "generator without end": lambda: (x for x in itertools.count()),
    "iterator without end": lambda: itertools.repeat(4.0),
    "many keys": lambda: dict.fromkeys(range(10**6), 1.0),
    "many items": lambda: [1.0] * 10**6,
    "much text": lambda: "4" * 10**6,
    "deep list": lambda: functools.reduce(lambda x, _: [x], range(5000), 4.0),
    "list in itself": recursive_list,
    "list of text": lambda: [["a", "b", "c"]] * 2,
    "list of odd lengths": lambda: [[1.0, 2.0], [3.0]],
    "list of huge numbers": lambda: [[10**400] * 3] * 2,
    "huge number": lambda: 10**5000,
    "fails to compare": lambda: with_methods(__eq__=fails, __hash__=None),
    "fails to be a number": lambda: with_methods(__float__=fails, __int__=fails),
    "fails to be counted": lambda: with_methods(__len__=fails, __iter__=fails),
    "fails to be shown": lambda: with_methods(__repr__=fails, __str__=fails),
    "fails to tell its class": lambda: with_methods(__class__=property(fails)),
    "fails to tell its shape": lambda: with_methods(shape=property(fails), ndim=property(fails)),
    "fails when called": lambda: with_methods(__call__=fails),
    "never compares": lambda: with_methods(__eq__=for_ever, __hash__=None),
    "never a number": lambda: type("Odd", (float,), {"__float__": for_ever})(4),
    "never counted": lambda: type("Odd", (list,), {"__len__": for_ever})(),
    "never ends being iterated": lambda: type("Odd", (list,), {"__iter__": itertools.count})([1]),
    "never tells its class": lambda: with_methods(__class__=property(for_ever)),
    "never called": lambda: with_methods(__call__=for_ever),
    "shows much": lambda: with_methods(__repr__=lambda self: "x" * 10**7),
    "has a long name": lambda: type("T" * 10**6, (), {})(),
    "negative length": lambda: type("Odd", (list,), {"__len__": lambda self: -1})(),
    "lies about its length": lambda: type("Odd", (tuple,), {"__len__": lambda self: 2})(),
}


def returning(make):
    return lambda x: make()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", [*HUGE, *ODD])
@pytest.mark.parametrize("returned", [False, True], ids=["given", "returned"])
def test_an_absurd_answer_gets_a_sentence_and_little_memory(name, odd, returned, monkeypatch):
    monkeypatch.setenv("AIGC_CHECK_SECONDS", "0.1")
    make = {**HUGE, **ODD}[odd]
    answer = returning(make) if returned else make()
    with Allocations() as seen:
        verdict = judge(name, answer)
    assert verdict.state == "wrong", verdict
    assert verdict.message.startswith("Not quite. ") and len(verdict.message) < 1000
    assert seen.largest < MEGABYTES * 2**20


@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_a_lesson_never_sees_what_is_too_large(make, monkeypatch):
    """Whatever a lesson does with an answer, what is absurd does not get so far."""
    seen = []
    kept = exercises.EXERCISES["99/number"]
    careless = exercises.Exercise("99/number", seen.append, kept.not_yet, kept.right, kept.hints)
    monkeypatch.setitem(exercises.EXERCISES, "99/number", careless)
    assert judge("99/number", make()).state == "wrong"
    assert not seen
    with pytest.raises(Wrong, match="nothing so l"):
        call(returning(make), 3.0)


def test_shapes_are_compared_before_sizes():
    message = r"has shape \[5000000\]; it should have shape \[2, 3\]"
    with pytest.raises(Wrong, match=message), Allocations() as seen:
        close(torch.ones(1).expand(5_000_000), torch.ones(2, 3))
    assert seen.largest < 1000


def test_a_long_word_is_refused_as_such():
    with pytest.raises(Wrong, match="One word is needed"):
        one_of("kl" * 10**6, "kl")


# ---------------------------------------------------------------- right, in another form


class Square:
    """An object that can be called."""

    def __call__(self, x):
        return x * x


class Named:
    def square(self, *, x):
        return x * x


def by_name(*, x):
    return x * x


def power(exponent, x):
    return x**exponent


SQUARES = [
    Square(),
    by_name,
    Named().square,
    functools.partial(power, 2),
    functools.partial(power, exponent=2),
    lambda x: np.square(x),
    lambda x: torch.as_tensor(x, dtype=torch.float64) ** 2,
    lambda x, factor=1: factor * x * x,
    lambda *x: x[0] ** 2,
    lambda x: (x * x).requires_grad_() if isinstance(x, torch.Tensor) else Fraction(x) ** 2,
    lambda x: (x * x).numpy() if isinstance(x, torch.Tensor) else np.float32(x * x),
    torch.no_grad()(lambda x: x * x),
]


@pytest.mark.parametrize("answer", SQUARES)
def test_a_right_function_of_any_form(answer):
    verdict = judge("99/function", answer)
    assert verdict.state == "right", verdict


ONES = [
    np.ones((2, 3)),
    np.ones((2, 3), dtype=np.float16),
    np.ones((3, 2), order="F").T,
    np.ones((2, 3), dtype=">f8"),
    np.ones((2, 3), dtype=np.int64),
    np.ones((2, 6))[:, ::-2],
    [[1, 1, 1]] * 2,
    ((1.0, 1, np.float32(1)), (1, torch.tensor(1.0), 1)),
    torch.ones(2, 3, dtype=torch.float64),
    torch.ones(2, 3, dtype=torch.bfloat16),
    torch.ones(2, 3, dtype=torch.uint8),
    torch.ones(3, 2).T,
    torch.ones(1).expand(2, 3),
    torch.nn.Parameter(torch.ones(2, 3)),
]


@pytest.mark.parametrize(
    "answer", ONES, ids=lambda a: f"{type(a).__name__} {getattr(a, 'dtype', '')}"
)
def test_right_values_of_any_form(answer):
    verdict = judge("99/tensor", answer)
    assert verdict.state == "right", verdict


@pytest.mark.parametrize(
    "answer",
    [4, 4.0, np.int8(4), np.float16(4), np.array(4), np.array([[4.0]]), torch.tensor([4])]
    + [torch.tensor(4.0, dtype=torch.float64), Fraction(4), torch.nn.Parameter(torch.tensor(4.0))],
)
def test_right_numbers_of_any_form(answer):
    assert judge("99/number", answer).state == "right"


@pytest.mark.parametrize(
    "pair",
    [
        lambda x: (x, x + 1),
        lambda x: [x, x + 1],
        lambda x: torch.stack([x, x + 1]),
        lambda x: torch.stack([x, x + 1]).double(),
        lambda x: torch.stack([x, x + 1]).numpy(),
        lambda x: (x.numpy(), (x + 1).numpy()),
        lambda x: type("Pair", (tuple,), {})((x, x + 1)),
    ],
)
@pytest.mark.parametrize("x", [torch.tensor(3.0), torch.arange(4.0)])
def test_two_results_of_any_form(pair, x):
    same_on(pair, lambda x: (x, x + 1), [(x,)])


def test_what_goes_on_into_tensor_code_must_be_a_tensor():
    for listed, maker in ((lambda x: [1.0, 1.0], "tensor"), (lambda x: list(x), "stack")):
        with pytest.raises(Wrong, match=rf"a torch.Tensor is needed: torch.{maker}\(...\)"):
            same_on(listed, lambda x: x, [(torch.ones(2),)])


def test_nan_in_an_input_is_no_change_of_it():
    given = torch.tensor([1.0, torch.nan])
    same_on(lambda x: x.nan_to_num(0) * 2, lambda x: x.nan_to_num(0) * 2, [(given,)])


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ([3, 1], lambda x: x.sort() or 4.0),
        ({"a": 1}, lambda x: x.clear() or 4.0),
        (np.ones(2), lambda x: x.fill(0) or 4.0),
        (torch.ones(2), lambda x: x.fill_(0).sum() + 4.0),
        (torch.ones(2), lambda x: x.unsqueeze_(0).sum() + 2.0),
    ],
)
def test_a_changed_input_of_any_kind_is_told(given, change):
    with pytest.raises(Wrong, match="changes its input"):
        same_on(change, lambda x: 4.0, [(given,)])
