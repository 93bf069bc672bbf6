"""What the checkers of exercises are made of: each looks at one thing and says it in words.

Every function either returns (the value, ready to use) or raises :class:`Wrong` with the
sentence that the learner reads. None of them runs text: a string is only ever compared.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import math
import numbers
import types
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from .limit import TimeIsUp
from .stub import holds_stub
from .words import advice_on, describe_inputs, error_text, kind

LARGEST = 10_000_000  # numbers, items or characters; no exercise asks for a hundredth of it
FEW = 100  # parts of a tuple, list or dict whose own size is looked at


class Wrong(Exception):
    """The answer is wrong; the text says what is wrong about it."""


class NotYet(Exception):
    """The answer gives nothing: it is still the stub, or its `return` is missing."""


def require(condition: bool, sentence: str) -> None:
    """Raise Wrong with `sentence` unless `condition` holds.

    >>> require(-0.5 >= 0, "Your KL is negative; a KL never is.")
    Traceback (most recent call last):
    ...
    aigc_teach.lab.checkers.Wrong: Your KL is negative; a KL never is.
    """
    if not condition:
        raise Wrong(sentence)


def number(answer: object, what: str = "Your answer") -> float:
    """`answer` as a finite float: a Python or NumPy number, or a tensor with one value.

    >>> number(torch.tensor([2.5]))
    2.5
    """
    if isinstance(answer, str):
        raise Wrong(f"{what} is text. Give the number itself, without quotes.")
    if callable(answer):
        raise Wrong(f"{what} is a function. Call it, and give the number that it returns.")
    if isinstance(answer, Tensor | np.ndarray):
        shape = list(answer.shape)
        require(math.prod(shape) == 1, f"{what} has shape {shape}; one single number is needed.")
        answer = _ordinary(answer, what).item() if isinstance(answer, Tensor) else answer.item()
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        raise Wrong(f"{what} is {kind(answer)}; a number is needed.")
    try:
        value = float(answer)
    except OverflowError:
        value = math.inf
    require(not math.isnan(value), f"{what} is NaN: somewhere 0/0, log(-1) or inf - inf arises.")
    require(math.isfinite(value), f"{what} is infinite; look for a division by 0 or a log of 0.")
    return value


def tensor(
    answer: object, shape: Sequence[int | None] | None = None, what: str = "Your answer"
) -> Tensor:
    """`answer` as a detached float64 tensor on the CPU, of the wanted shape, all values finite.

    Shape and size are looked at before anything is computed: a tensor may claim a great many
    numbers and hold one. A NumPy array is taken as well, and so is a list or tuple of numbers;
    what a function returns is judged more strictly by `same_on`.

    Parameters
    ----------
    answer : object
        What the learner gave.
    shape : sequence of int or None, optional
        The expected shape; None in a place allows any size there.
    what : str
        How to call the answer in the sentence.

    >>> tensor(torch.ones(3, 2), shape=(None, 2)).shape
    torch.Size([3, 2])
    """
    refuse_absurd(answer, what)
    if isinstance(answer, list | tuple):
        answer = _stacked(answer, what)
    if not isinstance(answer, Tensor | np.ndarray):
        raise Wrong(f"{what} is {kind(answer)}; a torch.Tensor is needed.")
    if shape is not None and not _fits(answer.shape, shape):
        wanted = ["any" if size is None else size for size in shape]
        wanted = str(wanted).replace("'", "")
        raise Wrong(f"{what} has shape {list(answer.shape)}; it should have shape {wanted}.")
    value = _from_numpy(answer, what) if isinstance(answer, np.ndarray) else answer
    value = _ordinary(value, what).detach().cpu().double()  # no float64 on some GPUs
    bad = int((~torch.isfinite(value)).sum())
    many = "a value that is" if bad == 1 else f"{bad} values that are"
    require(bad == 0, f"{what} holds {many} NaN or infinite: a log or root of a negative number?")
    return value


def refuse_absurd(answer: object, what: str = "Your answer") -> None:
    """Raise Wrong if `answer`, or a part of it, is larger than any exercise can mean.

    >>> refuse_absurd(torch.ones(1).expand(10**8))
    Traceback (most recent call last):
    ...
    aigc_teach.lab.checkers.Wrong: Your answer has shape [100000000]: nothing so large is asked for.
    """
    if isinstance(answer, Tensor | np.ndarray):
        large = math.prod(answer.shape) > LARGEST
        require(not large, f"{what} has shape {list(answer.shape)}: nothing so large is asked for.")
    elif isinstance(answer, range):  # len() of a long one is an error
        large = abs(answer.stop - answer.start) > LARGEST * abs(answer.step)
        require(not large, f"{what} is a range without measure: nothing so long is asked for.")
    elif isinstance(answer, str | bytes | bytearray | list | tuple | dict | set | frozenset):
        size = len(answer)
        require(
            size <= LARGEST,
            f"{what} is {kind(answer)} of {size:,} parts: nothing so long is asked for.",
        )
        if isinstance(answer, list | tuple | dict) and size <= FEW:
            parts = answer.values() if isinstance(answer, dict) else answer
            for part in parts:
                if isinstance(part, Tensor | np.ndarray | range | str | list | tuple | dict):
                    refuse_absurd(part, f"A part of {what[:1].lower()}{what[1:]}")


def function(answer: object, what: str = "your function") -> Callable:
    """`answer` itself if it can be called.

    >>> function(len) is len
    True
    """
    if not callable(answer):
        raise Wrong(
            f"A function is needed, and this is {kind(answer)}. Give the name of {what} alone, "
            "without brackets after it."
        )
    return answer


def by_position(answer: object) -> object:
    """A function whose parameters must all be named, as one that takes them in their order.

    Every other answer is given back as it is. Checks call functions by position.

    >>> def scaled(*, x, factor):
    ...     return factor * x
    >>> by_position(scaled)(3, 2)
    6
    """
    if not isinstance(answer, types.FunctionType | types.MethodType | functools.partial):
        return answer
    try:
        parameters = inspect.signature(answer).parameters.values()
    except (TypeError, ValueError):
        return answer
    if not parameters or any(p.kind is not inspect.Parameter.KEYWORD_ONLY for p in parameters):
        return answer
    names = [p.name for p in parameters if p.default is inspect.Parameter.empty]

    def positional(*args: object) -> object:
        fits = len(args) == len(names)
        return answer(**dict(zip(names, args, strict=True))) if fits else answer(*args)

    return positional


def call(answer: object, *args: object) -> object:
    """Call the learner's function; an error inside it becomes a sentence.

    What a generator gives is put into a list.

    Raises
    ------
    Wrong
        With what Python or torch said, or if the result is absurdly large.
    NotYet
        If the function is a stub, or gives None.

    >>> call(lambda x: x + 1, 2)
    3
    """
    run = function(answer)
    try:
        result = _listed(run(*args))
    except (Wrong, NotYet, TimeIsUp, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit too: exit() in an answer must not end the kernel
        if isinstance(error, NotImplementedError) and holds_stub(run):
            raise NotYet() from error
        said, advice = f"Your function stopped with {error_text(error)}", advice_on(error)
        end = "" if said.endswith((".", "!", "?")) or not advice else "."
        raise Wrong(f"{said}{end} {advice}".rstrip()) from error
    if result is None or result is Ellipsis:
        raise NotYet("Your function gives None: put your answer after its `return`.")
    refuse_absurd(result, "Your result")
    return result


def _listed(result: object) -> object:
    """What a generator or a map gives, as a list; anything else as it is."""
    if isinstance(result, types.GeneratorType | map | filter | zip):
        return list(itertools.islice(result, LARGEST + 1))
    return result


def close(
    answer: object,
    expected: float | Tensor,
    *,
    rtol: float = 1e-3,
    atol: float = 1e-5,
    mistakes: Mapping[str, float | Tensor] | None = None,
    what: str = "Your answer",
) -> None:
    """Compare a number or a tensor with the expected one.

    Parameters
    ----------
    answer : object
        What the learner gave.
    expected : float or Tensor
        The right value.
    rtol, atol : float
        ``|answer - expected| <= atol + rtol * |expected|`` is right.
    mistakes : mapping of str to (float or Tensor), optional
        Sentences, each with the value that this very mistake would give.
    what : str
        How to call the answer in the sentence.

    >>> close(2.0, 4.0, mistakes={"You forgot to square.": 2.0})
    Traceback (most recent call last):
    ...
    aigc_teach.lab.checkers.Wrong: You forgot to square.
    """
    want = torch.as_tensor(expected).detach().to("cpu", torch.float64)
    if want.ndim == 0:
        got = torch.tensor(number(answer, what), dtype=torch.float64)
    else:
        got = tensor(answer, tuple(want.shape), what)
    if torch.allclose(got, want, rtol=rtol, atol=atol):
        return
    for sentence, value in (mistakes or {}).items():
        value = torch.as_tensor(value).detach().to("cpu", torch.float64)
        if value.shape == got.shape and torch.allclose(got, value, rtol=rtol, atol=atol):
            raise Wrong(sentence)
    raise Wrong(difference(got, want, what))


def difference(got: Tensor, want: Tensor, what: str = "Your answer") -> str:
    """One sentence on how `got` differs from `want` (same shape): sign, factor, offset or size.

    >>> difference(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 2.0]))
    'Your answer is 2 times what it should be, everywhere.'
    """
    many = want.numel() > 1
    everywhere = ", everywhere" if many else ""
    largest = want.nan_to_num(0.0, 0.0, 0.0).abs().max().item() if want.numel() else 0.0
    tiny = 1e-6 * largest  # below it a value is float32's rounding of 0
    if torch.allclose(got, -want, rtol=1e-3, atol=tiny):
        return f"{what} has the wrong sign{everywhere}."
    nonzero = want.abs() > tiny
    ratios = (got / want)[nonzero]
    if len(ratios) and torch.allclose(ratios, ratios[:1].expand_as(ratios), rtol=1e-3):
        ratio = ratios[0].item()
        telling = any(math.isclose(ratio, r, rel_tol=1e-3) for r in (0.5, 2, 0.01, 100))
        if telling or (many and ratio and (got[~nonzero].abs() <= abs(ratio) * tiny).all()):
            return f"{what} is {ratio:.4g} times what it should be{everywhere}."
    shift = got - want
    if many and torch.allclose(shift, shift.flatten()[0].expand_as(shift), rtol=1e-3):
        return f"{what} is off by the same amount everywhere: {shift.flatten()[0].item():+.4g}."
    if not many:
        size = "too large" if shift.item() > 0 else "too small"
        return f"{what} is {got.item():.4g}; that is {size}."
    worst = shift.abs().argmax()
    return (
        f"{what} has the right shape, but not the right values: where it is "
        f"{got.flatten()[worst].item():.4g} it should be {want.flatten()[worst].item():.4g}."
    )


def same_on(
    answer: object,
    reference: Callable,
    cases: Sequence[tuple],
    *,
    rtol: float = 1e-3,
    atol: float = 1e-5,
    mistakes: Mapping[str, Callable] | None = None,
) -> None:
    """Compare the learner's function with `reference` on every case.

    Parameters
    ----------
    answer : object
        The learner's function.
    reference : callable
        The right function; its result is a number, a tensor, or a tuple of these. Where it is a
        tensor, a list or tuple is refused, because the lesson's next lines need a tensor; where
        it is a tuple, a list or the rows of one tensor are as good.
    cases : sequence of tuple
        Arguments of one call each. The learner's function gets copies of the tensors.
    mistakes : mapping of str to callable, optional
        Sentences, each with the function that makes this very mistake. One is said only if
        it explains the results of all cases.

    >>> same_on(lambda x: 2 * x, lambda x: x + x, [(1.0,), (torch.ones(3),)])
    """
    results = [_result(function(answer), case) for case in cases]
    pairs = list(zip(results, [reference(*_copies(case)) for case in cases], strict=True))
    if all(_agree(result, want, rtol, atol) for result, want in pairs):
        return
    for sentence, wrong in (mistakes or {}).items():  # named only if it explains every case
        would_be = [wrong(*_copies(case)) for case in cases]
        if all(_agree(r, w, rtol, atol) for r, w in zip(results, would_be, strict=True)):
            raise Wrong(sentence)
    for case, (result, want) in zip(cases, pairs, strict=True):
        _close_each(result, want, f"For {describe_inputs(case)} your result", rtol, atol)


def same_gradients(
    answer: object,
    reference: Callable,
    case: tuple,
    inputs: Sequence[int],
    why: str,
    or_none: bool = False,
) -> None:
    """Compare the gradients that come back through the learner's function with the reference's.

    Right values can hide a gradient that is cut off, in one place of several too.

    Parameters
    ----------
    answer, reference : callable
        The two functions; each returns one tensor.
    case : tuple
        Arguments of one call.
    inputs : sequence of int
        The places of the arguments that a gradient must reach.
    why : str
        A sentence on what depends on what, said where a gradient is wrong.
    or_none : bool
        Whether a result without any gradient, such as a plain number, is as good.

    >>> same_gradients(lambda x: x * x.data, torch.square, (torch.ones(2),), [0], "Both x count.")
    Traceback (most recent call last):
    ...
    aigc_teach.lab.checkers.Wrong: The values are right, but a gradient is not. Both x count.
    """
    found = []
    for run in (answer, reference):
        given = list(_copies(case))
        leaves = [given[place].requires_grad_() for place in inputs]
        result = call(run, *given)
        tracked = isinstance(result, Tensor) and result.requires_grad
        if or_none and not tracked:
            return
        require(
            tracked,
            "The values are right, but no gradient gets back through your function, so nothing "
            "could be learnt: it cuts the tape, by .detach(), .item(), no_grad or a new tensor. "
            + why,
        )
        weights = torch.arange(1.0, result.numel() + 1).sin().reshape(result.shape).to(result)
        found.append(torch.autograd.grad(result, leaves, weights, allow_unused=True))
    for place, mine, right in zip(inputs, *found, strict=True):
        try:
            close(torch.zeros_like(right) if mine is None else mine, right)
        except Wrong as error:
            which = f" (Look at argument {place + 1}.)" if len(inputs) > 1 else ""
            raise Wrong(f"The values are right, but a gradient is not. {why}{which}") from error


def one_of(answer: object, *right: str) -> None:
    """Compare text with the right words; case and outer blanks do not matter.

    >>> one_of(" KL ", "kl")
    """
    if not isinstance(answer, str):
        raise Wrong(f"A word in quotes is needed; this is {kind(answer)}.")
    require(len(answer) < 1000, f"One word is needed; this is text of {len(answer):,} letters.")
    if answer.strip().casefold() not in {word.casefold() for word in right}:
        raise Wrong("That is not the word that was meant.")


def _result(run: Callable, case: tuple) -> object:
    given = _copies(case)
    result = call(run, *given)
    if not all(_unchanged(a, b) for a, b in zip(case, given, strict=True)):
        raise Wrong("Your function changes its input. Compute a new tensor instead.")
    return result


def _agree(result: object, want: object, rtol: float, atol: float) -> bool:
    try:
        _close_each(result, want, "", rtol, atol)
    except Wrong:
        return False
    return True


def _close_each(result: object, want: object, what: str, rtol: float, atol: float) -> None:
    if not isinstance(want, tuple):
        if isinstance(result, list | tuple) and getattr(want, "ndim", 0):
            raise Wrong(_needs_a_tensor(result, what))  # what it returns goes on into tensor code
        return close(result, want, rtol=rtol, atol=atol, what=what)
    listed = isinstance(result, tuple | list) or getattr(result, "ndim", 0) > 0  # or a tensor
    if not listed or len(result) != len(want):
        raise Wrong(f"Your function should return {len(want)} values, separated by commas.")
    for i, (got, one) in enumerate(zip(result, want, strict=True)):
        close(got, one, rtol=rtol, atol=atol, what=f"{what}, part {i + 1},")


def _stacked(answer: list | tuple, what: str) -> Tensor:
    """A list or tuple of numbers, nested or not, as a tensor."""
    if any(isinstance(part, Tensor | np.ndarray) and part.ndim for part in answer):
        raise Wrong(_needs_a_tensor(answer, what))
    try:
        return torch.tensor(answer, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise Wrong(
            f"{what} is {kind(answer)} that holds more than numbers, or rows of different "
            "lengths; a torch.Tensor is needed."
        ) from error


def _needs_a_tensor(answer: list | tuple, what: str) -> str:
    maker = "stack" if any(isinstance(part, Tensor) for part in answer) else "tensor"
    return f"{what} is {kind(answer)}; a torch.Tensor is needed: torch.{maker}(...) makes one."


def _from_numpy(answer: np.ndarray, what: str) -> Tensor:
    require(answer.dtype.kind != "c", f"{what} holds complex numbers; real ones are needed.")
    require(
        answer.dtype.kind in "biuf",
        f"{what} is a NumPy array of {str(answer.dtype)[:40]}; numbers are needed.",
    )
    return torch.from_numpy(answer.astype(np.float64))


def _ordinary(value: Tensor, what: str) -> Tensor:
    """`value` if it is a plain tensor of real numbers; a sentence for the special kinds."""
    require(not value.is_complex(), f"{what} holds complex numbers; real ones are needed.")
    require(value.device.type != "meta", f"{what} lies on the device 'meta' and holds no values.")
    require(not value.is_quantized, f"{what} is quantised: .dequantize() gives its numbers.")
    require(
        value.layout is torch.strided,
        f"{what} is stored in a special way ({value.layout}): .to_dense() makes an ordinary "
        "tensor of it.",
    )
    return value


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(w is None or s == w for s, w in pairs)


def _copies(case: tuple) -> tuple:
    return tuple(
        a.clone() if isinstance(a, Tensor) else copy.deepcopy(a) if _is_container(a) else a
        for a in case
    )


def _is_container(value: object) -> bool:
    return isinstance(value, list | dict | set | np.ndarray)


def _unchanged(before: object, after: object) -> bool:
    if _is_container(before):
        return _same_values(before, after)
    if not isinstance(before, Tensor):
        return True
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    # NaN is equal to NaN here
    return torch.equal(before, after) or torch.allclose(before, after, 0, 0, equal_nan=True)


def _same_values(before: object, after: object) -> bool:
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    return before == after
