"""What a reader sees of an experiment: the lines that run, few, and readable by themselves."""

from __future__ import annotations

import ast
import inspect
import types

import pytest

from aigc_teach.course.clinic import (
    code_of,
    it_crashes,
    it_is_judged_wrongly,
    it_runs_and_lies,
    the_protocol_is_wrong,
)

LESSONS = (it_crashes, it_runs_and_lies, the_protocol_is_wrong, it_is_judged_wrongly)
EXPERIMENTS = [
    (lesson.__name__.split(".")[-1], name, key, hypothesis.experiment)
    for lesson in LESSONS
    for name, case in lesson.CASES.items()
    for key, hypothesis in case.hypotheses.items()
]
KNOWN = ("run_cells", "undefined_names")  # the lesson's own two tools


@pytest.mark.parametrize(("lesson", "case", "key", "experiment"), EXPERIMENTS)
def test_at_most_fifteen_lines_of_plain_torch(lesson, case, key, experiment):
    code = code_of(experiment)
    lines = [line for line in code.splitlines() if line.strip()]
    assert 2 <= len(lines) <= 15, code
    assert max(map(len, lines)) <= 100 and '"""' not in code and "noqa" not in code
    ast.parse(code)
    shown = {n.name for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef)}
    for name, value in inspect.getclosurevars(experiment).globals.items():
        home = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        assert ".course" not in home or name in shown or name in KNOWN, (name, code)


def test_helpers_and_what_an_inner_function_holds_stand_above():
    scatter = it_is_judged_wrongly.CASES["winner_changes_each_line"].hypotheses["single_batch"]
    assert code_of(scatter.experiment).splitlines()[0] == "series = 'total'"
    vae = it_runs_and_lies.CASES["loss_at_one_quarter"].hypotheses["at_equilibrium"]
    names = [line for line in code_of(vae.experiment).splitlines() if line.startswith("def ")]
    assert names == [
        "def mean_pair_distance(x):",
        "def real_pictures(training):",
        "def sample_diversity(training):",
    ]
    lucky = it_is_judged_wrongly.CASES["ten_clean_samples"].hypotheses["lucky_latents"]
    assert "report = confidence_of_best_ten" in code_of(lucky.experiment)
    assert "def confidence_of_best_ten(comparison, name):" in code_of(lucky.experiment)
