"""'Not yet' is said to the untouched stub, and to it alone."""

from __future__ import annotations

import ast
import contextlib
import functools
from pathlib import Path

import pytest
import torch

from aigc_teach import lab
from aigc_teach.lab.judge import judge
from aigc_teach.lab.stub import holds_stub, is_stub
from lessons.places import here

LESSONS = here().sources()


# ---------------------------------------------------------------- every lesson's own


class Collector:
    """Stands for ``lab`` in a lesson's cells: a check is noted down, nothing else happens."""

    def __init__(self):
        self.checked: list[tuple] = []

    def check(self, name, answer=None, keep=True):
        self.checked.append((name, answer))

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


def cells(path: Path):
    from lessons.source import read_lesson

    return [cell for cell in read_lesson(path).cells if cell.kind == "code"]


def namespace_of(path: Path) -> dict:
    """What a lesson imports and defines; nothing else of it is run."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    names = {"__name__": "__main__"}
    for cell in cells(path):
        for node in ast.parse(cell.text).body:
            if isinstance(node, kept):
                with contextlib.suppress(NameError):  # a default that a cell would have computed
                    run(node, names, path)
    return names


def run(node: ast.stmt, names: dict, path: Path) -> None:
    exec(compile(ast.Module([node], []), path.name, "exec"), names)


def checked_in(path: Path, tag: str) -> list[tuple]:
    """Name and answer of each check in the cells with this tag, run as far as that check."""
    names, found = namespace_of(path), []
    for cell in cells(path):
        if tag not in cell.tags:
            continue
        names["lab"] = collector = Collector()
        for node in ast.parse(cell.text).body:
            run(node, names, path)
            if collector.checked:
                break
        found += collector.checked
    return found


def of_lesson(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", LESSONS, ids=of_lesson)
def test_every_stub_of_a_lesson_is_not_yet_answered(path):
    found = checked_in(path, "exercise")
    assert len(found) >= 2
    for name, answer in found:
        verdict = judge(name, answer)
        assert verdict.state == "not yet", (name, verdict)
        assert is_stub(answer), name


@pytest.mark.parametrize("path", LESSONS, ids=of_lesson)
def test_every_stored_solution_is_right_and_no_stub(path):
    found = checked_in(path, "solution")
    assert len(found) >= 2
    for name, answer in found:
        assert not is_stub(answer), name
        verdict = judge(name, answer)
        assert verdict.state == "right", (name, verdict)


# ---------------------------------------------------------------- every way to hand one in

STUBS = '''
def gives_none(x):
    """What it does."""
    return None

def dots(x): ...

def documented(x):
    """Only words."""

def passes(x):
    pass

def bare(x):
    return

def gives_dots(x):
    "What it does."
    # your lines here
    return ...

def raises(x):
    raise NotImplementedError

def raises_words(x):
    """What it does."""
    raise NotImplementedError("Write the body.")

class Method:
    def answer(self, x):
        return None

    @staticmethod
    def alone(x): ...

class Callable_:
    def __call__(self, x):
        raise NotImplementedError()

class Built:
    def __init__(self):
        self.size = 3

    def __call__(self, x):
        pass
'''


def defined(text: str) -> dict:
    names = {}
    exec(text, names)  # as a cell does: there is no file to read the source from
    return names


def kept(f):
    @functools.wraps(f)
    def inner(x):
        return f(x)

    return inner


def dropped(f):
    def inner(x):
        return f(x)

    return inner


class Timed:
    """A decorator that is an object."""

    def __init__(self, f):
        self.f = f

    def __call__(self, x):
        return self.f(x)


class Net(torch.nn.Module):
    """An exercise gives the constructor; `forward` is to be written."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x):
        return None


FUNCTIONS = defined(STUBS)
UNTOUCHED = {
    **{name: part for name, part in FUNCTIONS.items() if not name.startswith("__")},
    "lambda": lambda x: None,
    "lambda of dots": lambda *x: ...,
    "method": FUNCTIONS["Method"]().answer,
    "static method": FUNCTIONS["Method"].alone,
    "object": FUNCTIONS["Callable_"](),
    "object with a constructor": FUNCTIONS["Built"](),
    "network": Net(),
    "partial": functools.partial(FUNCTIONS["raises"]),
    "partial of a method": functools.partial(FUNCTIONS["Method"]().answer),
    "decorated": torch.no_grad()(FUNCTIONS["gives_none"]),
    "decorated twice": kept(torch.no_grad()(FUNCTIONS["raises"])),
    "cached": functools.cache(FUNCTIONS["raises_words"]),
}
HIDDEN = {
    "plain decorator, None": dropped(FUNCTIONS["gives_none"]),
    "plain decorator, error": dropped(FUNCTIONS["raises"]),
    "decorator that is an object": Timed(FUNCTIONS["raises"]),
}


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("kind", [*UNTOUCHED, *HIDDEN])
def test_a_stub_of_any_kind_is_not_yet_answered(kind):
    answer = (UNTOUCHED | HIDDEN)[kind]
    verdict = judge("99/function", answer)
    assert verdict == ("not yet", "Not yet: Replace the three dots."), verdict
    assert holds_stub(answer)


@pytest.mark.parametrize("name", UNTOUCHED)
def test_a_stub_is_seen_without_being_run(name):
    assert is_stub(UNTOUCHED[name])


def forgets(x):
    y = x * x  # noqa: F841  (the return is what is forgotten)


def unfinished(x):
    y = x * x
    if y is None:
        return y


def quotes(x):
    raise NotImplementedError(f"cannot square {x}")


def helper_does_nothing(x, log=lambda text: None):
    log("squared")
    return 2 * x


HONEST = [
    (forgets, "Your function gives None: put your answer after its `return`."),
    (unfinished, "put your answer after its `return`"),
    (lambda x: print(end=""), "put your answer after its `return`"),
    (quotes, "NotImplementedError: cannot square 3.0"),
    (lambda x: torch.softmax(torch.arange(3), 0), "not implemented for"),
    (lambda x: torch.log_softmax(torch.arange(3), 0), "write .float() first"),
    (lambda x: torch.nn.Module()(x), 'missing the required "forward" function'),
    (lambda x: torch.distributions.Distribution(validate_args=False).sample(), "NotImplemented"),
    (helper_does_nothing, "You doubled"),
    (lambda x: "None", "is text"),
    (lambda x: NotImplementedError, "is a function"),
    (lambda x: 0, "too small"),
]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("answer", "words"), HONEST)
def test_an_honest_answer_is_told_what_happened(answer, words):
    verdict = judge("99/function", answer)
    assert verdict.state == "wrong" and words in verdict.message, verdict
    assert not is_stub(answer)


@pytest.mark.usefixtures("demo")
def test_an_attempt_that_torch_declines_counts_as_tried(capsys):
    lab.check("99/function", lambda x: torch.softmax(torch.arange(3), 0))
    assert "Not yet" not in capsys.readouterr().out
    lab.progress()
    assert "99" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [[], (), {}, [3, 4], int, len, object(), torch.nn.Linear(2, 2)])
def test_other_things_are_no_stubs(answer):
    assert not is_stub(answer)
