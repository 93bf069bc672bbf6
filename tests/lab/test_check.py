"""Whatever a learner hands in, a check answers in words and nothing else happens."""

import builtins
import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
import torch

from aigc_teach import lab
from aigc_teach.core.errors import AigcError, ChoiceError
from aigc_teach.lab import register as exercises
from aigc_teach.lab.judge import judge

pytestmark = pytest.mark.usefixtures("demo")
NAMES = ("99/number", "99/tensor", "99/function")


class Spiteful:
    """An object on which every look fails."""

    def __getattr__(self, name):
        raise RuntimeError("do not look at me")

    def __eq__(self, other):
        raise RuntimeError("do not compare me")

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("do not print me")

    __str__ = __float__ = __len__ = __bool__ = __iter__ = __call__ = __repr__


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raising(error):
    def answer(x):
        raise error

    return answer


def endless(x):
    return endless(x)


def in_place(x):
    return x.mul_(x) if isinstance(x, torch.Tensor) else x * x


ODD_ANSWERS = [
    *(None, ..., True, "4", "", b"4", 4j, float("nan"), float("inf"), -float("inf"), 10**400),
    *(Decimal(4), [4], (4, 4), {}, {4}, object(), object, int, Spiteful, Spiteful(), np.float32(7)),
    *(np.array([1, 2]), np.array(["a"]), np.array("4"), np.array([None])),
    *(
        torch.tensor([]),
        torch.ones(3, 2),
        torch.full((2, 3), float("nan")),
        torch.eye(3).bool(),
    ),
    *(torch.ones(2, 3, dtype=torch.complex64), torch.ones(2, 3).to_sparse(), torch.nn.Linear(2, 2)),
    *(torch.ones(2, 3, device="meta"), torch.tensor(4, device="meta"), "\ud800", "{0.__class__}"),
    *(lambda: 4, lambda x, y: x, lambda x: None, lambda x: "9", lambda x: [x], len, print, endless),
    *(raising(ZeroDivisionError("by zero")), raising(SystemExit(3)), raising(Mute()), in_place),
    *(
        raising(GeneratorExit()),
        raising(NotImplementedError()),
        lambda x: x / 0.0,
        lambda x: x * 1j,
    ),
    *(raising(ValueError("long " * 5000)), lambda x: torch.tensor(float("inf")), Exception("4")),
    *(lambda x: Spiteful(), lambda x: x * torch.full((5,), float("nan")), type("T", (), {})),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=lambda a: type(a).__name__)
def test_any_answer_gets_words_and_none(name, answer, capsys):
    assert lab.check(name, answer) is None
    said = capsys.readouterr().out
    said = said.removeprefix("3.0\n")  # what print, given as an answer, prints itself
    assert said.startswith(("Not yet: ", "Not quite. "))
    assert len(said) < 1000


def test_right_answers(capsys):
    for answer in (4, 4.0, np.float64(4), torch.tensor(4), torch.tensor([[4.0]]), np.array([4])):
        lab.check("99/number", answer)
        assert capsys.readouterr().out == "Right. Four is two squared.\n"
    assert judge("99/tensor", torch.ones(2, 3, requires_grad=True)).state == "right"
    assert judge("99/function", lambda x: x**2).state == "right"


@pytest.mark.parametrize("stub", [None, ..., (..., 3), [None]])
def test_untouched_stub(stub, capsys):
    lab.check("99/number", stub)
    assert capsys.readouterr().out == "Not yet: Replace the three dots.\n"


def test_a_function_that_forgets_its_return_is_told():
    verdict = judge("99/function", lambda x: print(end=""))
    assert verdict.state == "wrong" and "after its `return`" in verdict.message


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("99/number", -4, "negative"),
        ("99/number", 44, "You doubled"),
        ("99/number", 2, "0.5 times what it should be"),
        ("99/number", 5, "Your answer is 5; that is too large"),
        ("99/number", "4", "without quotes"),
        ("99/number", float("nan"), "NaN"),
        ("99/number", True, "a number is needed"),
        ("99/number", len, "is a function"),
        ("99/number", torch.ones(3), "shape [3]"),
        ("99/tensor", torch.ones(3, 2), "should have shape [2, 3]"),
        ("99/tensor", -torch.ones(2, 3), "wrong sign, everywhere"),
        ("99/tensor", 3 * torch.ones(2, 3), "3 times what it should be, everywhere"),
        ("99/tensor", torch.arange(6.0).view(2, 3), "it should be"),
        ("99/tensor", np.zeros((2, 3)), "off by the same amount"),
        ("99/tensor", [[1, 1, 1]] * 3, "should have shape [2, 3]"),
        ("99/tensor", list(torch.ones(2, 3)), "torch.Tensor is needed"),
        ("99/tensor", torch.full((2, 3), torch.inf), "6 values that are NaN or infinite"),
        ("99/function", 9, "A function is needed"),
        ("99/function", lambda x: 2 * x, "You doubled"),
        ("99/function", lambda x: x / 0, "ZeroDivisionError: float division by zero"),
        ("99/function", in_place, "changes its input"),
        ("99/function", lambda x, y: x, "TypeError"),
        ("99/function", lambda x: x * x + 1, "For input 3.0 your result is 10; that is too large"),
    ],
)
def test_wrong_answers_are_named(name, answer, words):
    verdict = judge(name, answer)
    assert verdict.state == "wrong"
    assert words in verdict.message


def test_offset_is_named():
    from aigc_teach.lab.checkers import Wrong, close

    with pytest.raises(Wrong, match="off by the same amount everywhere: \\+0.5"):
        close(torch.arange(4.0) + 0.5, torch.arange(4.0))


def test_rounding_of_a_zero_hides_no_mistake():
    """A processor may give 1e-9 where another gives 0; float32 promises neither."""
    from aigc_teach.lab.checkers import difference

    want = torch.tensor([2.0, 0.0, -4.0], dtype=torch.float64)
    noise = torch.tensor([0.0, 3e-8, 0.0], dtype=torch.float64)
    assert "wrong sign, everywhere" in difference(-want + noise, want)
    assert "3 times what it should be, everywhere" in difference(3 * want + noise, want)
    assert "times" not in difference(3 * want + 1e4 * noise, want)
    assert "times" not in difference(torch.ones(3, dtype=torch.float64), torch.zeros(3).double())
    assert difference(want, torch.tensor([torch.nan, 0.0, 1.0], dtype=torch.float64))


def test_a_mistake_is_named_only_if_it_explains_every_case():
    from aigc_teach.lab.checkers import Wrong, same_on

    mistakes = {"You doubled.": lambda x: 2 * x, "You added two.": lambda x: x + 2}
    cases = [(2.0,), (3.0,)]  # at 2, doubling, adding two and squaring are all the same
    with pytest.raises(Wrong, match="You added two"):
        same_on(lambda x: x + 2, lambda x: x**2, cases, mistakes=mistakes)
    with pytest.raises(Wrong, match="For input 3.0 your result is 4; that is too small"):
        same_on(lambda x: 4.0, lambda x: x**2, cases, mistakes=mistakes)


def test_a_function_of_two_results():
    from aigc_teach.lab.checkers import Wrong, same_on

    def pair(x):
        return x, x + 1

    same_on(pair, pair, [(1.0,)])
    with pytest.raises(Wrong, match="return 2 values"):
        same_on(lambda x: x, pair, [(1.0,)])
    with pytest.raises(Wrong, match="part 2, is 3; that is too large"):
        same_on(lambda x: (x, x + 2), pair, [(1.0,)])
    with pytest.raises(Wrong, match="swapped"):
        wrong = {"You swapped them.": lambda x: (x + 1, x)}
        same_on(lambda x: (x + 1, x), pair, [(1.0,)], mistakes=wrong)


def test_text_is_never_run(tmp_path, monkeypatch, capsys):
    planted = tmp_path / "planted"
    text = f"__import__('pathlib').Path({str(planted)!r}).touch() or 4"
    for name in ("eval", "exec", "compile", "__import__"):
        original = getattr(builtins, name)

        def guard(source, *args, original=original, **kwargs):
            assert text not in str(source), "text of the learner's was run"
            return original(source, *args, **kwargs)

        monkeypatch.setattr(builtins, name, guard)
    for name in (*NAMES, text):
        for answer in (text, [text], {text: text}, np.array(text), lambda x: text):
            lab.check(name, answer)
    lab.hint(text)
    lab.quiz("99/q1", text)
    lab.quiz(text, text)
    assert not planted.exists()
    assert "Right" not in capsys.readouterr().out


def test_unknown_names_are_told(capsys):
    for name in ("99/nmber", "zz", "", None, 3, ["99/number"], Spiteful()):
        assert lab.check(name, 4) is None
        assert lab.hint(name) is None
        assert lab.quiz(name) is None
    assert "The nearest names are: '99/number'" in capsys.readouterr().out
    with pytest.raises(ChoiceError):
        judge("99/nmber", 4)


def test_the_stop_button_still_works():
    with pytest.raises(KeyboardInterrupt):
        lab.check("99/function", raising(KeyboardInterrupt()))


def test_a_check_leaves_the_random_stream_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    lab.check("99/function", lambda x: x + torch.rand(()))
    assert torch.equal(torch.rand(3), expected)


def test_a_check_leaves_the_answer_alone():
    answer = torch.zeros(2, 3, requires_grad=True)
    lab.check("99/tensor", answer)
    assert answer.requires_grad and not answer.any()


def test_hints_are_graded(capsys):
    for words in ("Hint 1 of 3: Square it. (2 more)", "Hint 2 of 3: 2 * 2 (1 more)"):
        assert lab.hint("99/number") is None
        assert capsys.readouterr().out.strip() == words
    for _ in range(2):
        lab.hint("99/number")
        assert (
            capsys.readouterr().out.strip()
            == "Hint 3 of 3: 4 (the last one; the solution is folded below)"
        )
    lab.hint("99/tensor")
    assert "Hint 1 of 1" in capsys.readouterr().out


def test_registration_refuses_half_an_exercise():
    words = {"not_yet": "Do it.", "right": "Because."}
    for name, hints in [("x", ["a"]), ("99/x", []), ("99/x", [""]), ("99/x", "abc"), (3, ["a"])]:
        with pytest.raises(AigcError):
            exercises.exercise(name, hints=hints, **words)
    with pytest.raises(AigcError, match="two exercises"):
        exercises.exercise("99/number", hints=["a"], **words)(lambda answer: None)
    for answer, options in [("c", {"a": ("x", "y"), "b": ("x", "y")}), ("a", {"a": ("x", "y")})]:
        with pytest.raises(AigcError, match="two options"):
            exercises.question("99/q", "Why?", options=options, answer=answer)
    with pytest.raises(AigcError, match="two different questions"):
        exercises.question("99/q1", "Why?", options={"a": ("x", "y"), "b": ("x", "y")}, answer="a")


def test_real_lessons_load_and_are_whole():
    code = (
        "from aigc_teach.lab import register as e; e.load_all();"
        "assert all(x.hints and x.right for x in e.EXERCISES.values());"
        "print(len(e.EXERCISES), len(e.QUESTIONS))"
    )
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
