"""The maker of wrong answers: what it changes, and that it finds a careless check."""

from __future__ import annotations

import json

import pytest
import torch

from aigc_teach.core.errors import AigcError
from aigc_teach.lab import register
from aigc_teach.lab.checkers import call, close, same_on
from lessons.source import LessonError, parse_lesson
from mutation import records
from mutation.arguments import Meddler
from mutation.equivalents import Equivalent, idle, read_equivalents
from mutation.mutants import mutants_of
from mutation.solutions import Solution, build, solutions_in
from mutation.trial import try_mutants

SOURCE = """\
def spread_solution(x, scale):
    centre = x - x.mean(1, keepdim=True)
    return (centre.square().sum(1) / x.shape[1]).sqrt() * scale"""
SPREAD = Solution("99/demo/spread", "import torch", SOURCE, "spread_solution")
X = torch.tensor([[1.0, 2.0, 4.0], [0.0, -1.0, 3.0]])


def spread(x, scale):
    return x.std(1, unbiased=False) * scale


@pytest.fixture
def demo(monkeypatch):
    """A place for exercises of this test's own; the function registers a check."""
    monkeypatch.setattr(register, "EXERCISES", {})

    def add(checker):
        words = {"not_yet": "Write it.", "right": "It is.", "hints": ["Look."]}
        register.exercise("99/demo/spread", **words)(checker)

    return add


def alive(changes=None):
    """The mutants of the demo that are accepted, by their change."""
    outcomes = try_mutants((SPREAD, mutants_of(SPREAD)))
    return {o.mutant.change for o in outcomes if not o.refused and not o.void}


def lines(source, change):
    made = mutants_of(Solution("99/demo/x", "", source, "f"))
    return [m.line for m in made if m.change == change]


# --- what a careless check lets through


def test_a_careful_check_refuses_every_mutant(demo):
    demo(lambda answer: same_on(answer, spread, [(X, 2.0), (-X[:1, :2], 0.5), (X, 3.0)]))
    assert alive() <= {"gradient cut", "sides exchanged"}  # no gradient asked for; a square


def test_a_check_with_a_single_case_is_found_out(demo):
    demo(lambda answer: same_on(answer, spread, [(X, 1.0)]))
    found = alive()
    assert {"size built in", "argument of the first call", "a term left out"} <= found


def test_a_check_that_looks_at_the_shape_alone_is_found_out(demo):
    def shape_alone(answer):
        close(torch.tensor(float(call(answer, X, 2.0).numel())), 2.0)

    demo(shape_alone)
    found = alive()
    assert {"result 10 % off", "sign flipped", "argument ignored", "neighbour called"} <= found


def test_a_check_that_asks_for_no_gradient_is_found_out(demo):
    demo(lambda answer: same_on(answer, spread, [(X, 2.0), (-X[:1, :2], 0.5)]))
    assert "gradient cut" in alive()


def test_a_check_that_refuses_the_solution_itself_is_an_error(demo):
    demo(lambda answer: same_on(answer, lambda x, scale: x, [(X, 1.0)]))
    with pytest.raises(AigcError, match="the stored solution is refused"):
        alive()


# --- what is changed


@pytest.mark.parametrize(
    ("line", "change", "after"),
    [
        ("x.mean(1)", "axis changed", "x.mean(0)"),
        ("x.mean(1)", "axis changed", "x.mean()"),
        ("x.mean(1)", "neighbour called", "x.sum(1)"),
        ("x - 2.0", "constant changed", "x - 2.2"),
        ("x - 2.0", "+ for -, * for /", "x + 2.0"),
        ("x < y", "comparison turned", "x > y"),
        ("x < y", "edge of a comparison", "x <= y"),
        ("x & y", "and for or", "x | y"),
        ("(x, y)", "results swapped", "(y, x)"),
        ("x[:, None]", "a shape step left out", "x"),
        ("x.unsqueeze(1)", "a shape step left out", "x"),
        ("x.abs()", "a step left out", "x"),
        ("x / len(y)", "size built in", "x / built_in(len(y))"),
        ("x.sum(1, keepdim=True)", "keyword changed", "x.sum(1)"),
        ("x - y", "sides exchanged", "y - x"),
        ("x.clamp(min=0)", "keyword changed", "x.clamp(max=0)"),
        ("-x", "sign flipped", "x"),
    ],
)
def test_one_place_is_changed(line, change, after):
    found = lines(f"def f(x, y):\n    return {line}", change)
    assert f"return {after}" in found, found


def test_a_line_is_left_out_only_if_its_name_is_still_there():
    source = "def f(x):\n    y = x + 1\n    x = x.abs()\n    return x * y"
    assert lines(source, "line left out") == ["without: x = x.abs()"]


def test_a_seed_is_fixed_only_where_something_is_drawn():
    assert lines("def f(x):\n    return x", "seed fixed") == []
    assert lines("def f(x):\n    return torch.randn(x)", "seed fixed") == ["fix_seed()"]


def test_no_mutant_is_made_twice_nor_is_the_solution():
    sources = [mutant.source for mutant in mutants_of(SPREAD)]
    assert len(sources) == len(set(sources)) > 20 and SOURCE not in sources


def test_an_argument_of_unknown_kind_is_left_alone():
    meddler = Meddler()
    module = torch.nn.Linear(1, 1)
    assert meddler.ignored(module, 1) is meddler.cut(module) is meddler.first(module, "m") is module
    assert not meddler.met
    assert meddler.ignored(3, 50) == 50 and meddler.met


def test_the_first_call_is_remembered():
    meddler = Meddler()
    assert meddler.first(3, "n") == 3 and meddler.first(4, "n") == 3
    assert meddler.built_in(5) == 5 and meddler.built_in(6) == 5


# --- reading a lesson

LESSON = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A lesson

```{code-cell} python
import torch

def helper(x):
    return 2 * x

def other(x):
    return 3 * x
```

```{code-cell} python
:tags: [exercise]

def f(x):
    return None

lab.check("99/demo/spread", f)
```

```{code-cell} python
:tags: [solution]

def f_solution(x):
    return helper(x) + torch.ones(1)

lab.check("99/demo/spread", f_solution, keep=False)
print(f_solution(torch.ones(1)))
```
"""


def test_a_solution_is_cut_out_with_what_it_calls(tmp_path):
    (solution,) = solutions_in(parse_lesson(LESSON, tmp_path / "01_x.md"))
    assert solution.exercise == "99/demo/spread" and solution.result == "f_solution"
    assert "helper" in solution.context and "other" not in solution.context
    assert "print" not in solution.source
    assert build(solution)(torch.ones(1)).item() == 3


def test_a_solution_that_is_never_checked_is_an_error(tmp_path):
    text = LESSON.replace('lab.check("99/demo/spread", f_solution, keep=False)', "")
    with pytest.raises(LessonError, match="without lab.check"):
        solutions_in(parse_lesson(text, tmp_path / "01_x.md"))


# --- the table and the record


def test_an_entry_speaks_of_its_lines_or_of_all():
    mutant = next(m for m in mutants_of(SPREAD) if m.change == "axis changed")
    table = [Equivalent(("99/demo/spread",), "axis changed", (), "Why.")]
    assert table[0].covers("99/demo/spread", mutant) and not table[0].covers("other", mutant)
    assert idle(table, {"99/demo/spread": [mutant]}) == []
    table = [Equivalent(("99/demo/spread",), "axis changed", ("no such line",), "Why.")]
    assert len(idle(table, {"99/demo/spread": [mutant]})) == 2


def test_an_entry_without_a_reason_is_an_error(tmp_path):
    table = tmp_path / "table.toml"
    table.write_text('[[equivalent]]\nexercises = ["a/b/c"]\nchange = "x"\n', "utf-8")
    with pytest.raises(ValueError, match="needs change, exercises, lines, reason"):
        read_equivalents(table)


def test_what_survives_is_counted_and_named(demo, tmp_path):
    demo(lambda answer: same_on(answer, spread, [(X, 1.0)]))
    outcomes = try_mutants((SPREAD, mutants_of(SPREAD)))
    table = [Equivalent(("99/demo/spread",), "gradient cut", (), "Why.")]
    record = records.count("99/demo/spread", outcomes, table)
    assert record["made"] == record["refused"] + record["equivalent"] + len(record["survived"])
    assert any(line.startswith("size built in | ") for line in record["survived"])
    sums = records.total({"99/demo/spread": record})
    assert records.share_survived(sums) > records.MOST
    path = tmp_path / "mutants.json"
    records.write_records({"99_demo/01_x": {"99/demo/spread": record}}, path)
    assert records.read_records(path)["99_demo/01_x"]["99/demo/spread"] == record
    assert json.loads(path.read_text("utf-8"))
