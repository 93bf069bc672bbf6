"""Notebooks that crash: each stops as it is said to, for the reason it is said to."""

from __future__ import annotations

import functools
import re

import pytest
import torch

from aigc_teach.core import AigcError, ChoiceError
from aigc_teach.course.clinic import it_crashes as crashes
from aigc_teach.course.clinic.it_crashes import experiments
from aigc_teach.course.clinic.it_crashes.undefined import from_outside
from load import seconds, within

CASES = crashes.CASES
SEEDS = (0, 1, 2)
SILENT = {"loss_unchanged_at_64_units", "loss_stops_too_high"}
BEFORE = {
    "stops_after_an_epoch": 200,
    "backward_a_second_time": 0,
    "stops_in_the_second_step": 1,
}  # steps done before it stops


@functools.cache
def run(name, which="faulty", seed=0):
    outcome = []
    took[name, which, seed] = seconds(lambda: outcome.append(CASES[name].run(which, seed=seed)))
    return outcome[0]


took = {}


@functools.cache
def entries(name):
    return CASES[name].examine()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CASES)
def test_it_stops_as_it_says_and_mended_it_does_not(name, seed):
    case, sick, whole = CASES[name], run(name, seed=seed), run(name, "mended", seed)
    assert (sick.error, whole.error) == (case.error, "")
    assert bool(sick.cell) == bool(case.error) == bool(sick.own_lines) == bool(sick.traceback)
    assert case.error == "" if name in SILENT else sick.cell >= case.mistake_cell
    assert sick.names.get("done", BEFORE.get(name)) == BEFORE.get(name)
    assert within(took[name, "faulty", seed], 10)


@pytest.mark.parametrize("name", CASES)
def test_hypotheses(name):
    case = CASES[name]
    assert len(case.hypotheses) >= 3 and case.name == name
    assert sum(entry["true"] for entry in entries(name)) == 1
    for entry in entries(name):
        assert re.search(r"\d", entry["seen"]), entry["seen"]
        assert entry["seen"].strip().endswith(".") and ".." not in entry["seen"]
        assert len(entry["verdict"]) > 30
    assert len({entry["claim"] for entry in entries(name)}) == len(case.hypotheses)


def test_reading_alone_finds_the_missing_names():
    found = {name: case.undefined() for name, case in CASES.items() if case.undefined()}
    assert found == {
        "runs_for_the_author_only": {"scaled": 3},
        "name_not_in_this_cell": {"F": 3},
        "stops_after_an_epoch": {"show": 4},
    }
    assert set(found) == {name for name, case in CASES.items() if case.error == "NameError"}
    assert not any(case.undefined("mended") for case in CASES.values())


def test_the_author_sees_no_error():
    assert run("runs_for_the_author_only", "author").error == ""
    assert run("runs_for_the_author_only").names.keys().isdisjoint({"scaled", "real"})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stale_network(seed):
    sick, whole = (
        run("loss_unchanged_at_64_units", seed=seed),
        run("loss_unchanged_at_64_units", "mended", seed),
    )
    assert sick.names["hidden"] == 64 and sick.names["net"][0].out_features == 2
    assert 8 < sick.names["loss"] / whole.names["loss"] < 300


@pytest.mark.parametrize("seed", SEEDS)
def test_two_batches_find_it_sooner(seed):
    short = CASES["stops_after_an_epoch"].run_with({"BATCHES = 200": "BATCHES = 2"}, seed=seed)
    assert (short.error, short.names["done"]) == ("NameError", 2)
    late = CASES["stops_after_an_epoch"]
    two, all_of_them = (
        seconds(lambda n=n: late.run_with({"BATCHES = 200": n}, seed=seed))
        for n in ("BATCHES = 2", "BATCHES = 200")
    )
    assert two < 0.5 * all_of_them


def seen(name, hypothesis):
    """What an experiment says, and the numbers in it."""
    words = CASES[name].hypotheses[hypothesis].experiment(CASES[name])
    return words, [int(n) for n in re.findall(r"\b\d+\b", words)]


def test_one_batch_less_is_one_batch_less():
    words, numbers = seen("stops_after_an_epoch", "different_last_batch")
    many = run("stops_after_an_epoch").names["done"]
    assert many in numbers and many - 1 in numbers, words
    assert "NameError" in words and not any(n > many for n in numbers), words


def test_two_more_runs_are_two_more_runs(monkeypatch):
    orders = []
    monkeypatch.setattr(
        experiments,
        "run_cells",
        lambda cells, order: orders.append(order) or run("loss_unchanged_at_64_units"),
    )
    words, _ = seen("loss_unchanged_at_64_units", "too_few_steps")
    (order,) = orders
    assert "Two more runs of cell 4" in words
    assert order.count(4) == CASES["loss_unchanged_at_64_units"].order.count(4) + 2


def test_the_numbers_of_pictures_are_those_that_were_asked_for():
    words, _ = seen("index_error_after_training", "counting_from_one")
    for n, end in ((100, "reached its end"), (101, "IndexError")):
        assert re.search(rf"n={n} it [^;]*{end}", words), words


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_that_are_stretched(seed):
    case, apart = CASES["target_size_differs"], {}
    loss = "F.binary_cross_entropy_with_logits(critic(pictures), labels)"
    for size in ("40", "40, 1"):
        labels = f"labels = torch.cat([torch.ones({size}), torch.zeros({size})])"
        changes = {loss: "((critic(pictures) - labels) ** 2).mean()", case.cells[2]: labels}
        done = case.run_with(changes, seed=seed)
        assert done.error == ""
        apart[size] = abs(done.names["apart"])
    assert apart["40"] < 0.2 and 0.5 < apart["40, 1"] < 1.1
    assert run("target_size_differs", "mended", seed).names["right"] > 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_layers_in_a_list_never_move(seed):
    sick, whole = run("loss_stops_too_high", seed=seed), run("loss_stops_too_high", "mended", seed)
    assert (
        crashes.hidden_layer_changes(sick) == [0.0, 0.0]
        and min(crashes.hidden_layer_changes(whole)) > 0.1
    )
    assert 4 < sick.names["loss"] / whole.names["loss"] < 200
    assert len(sick.names["net"].state_dict()) == 2 and len(whole.names["net"].state_dict()) == 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_graph_that_is_kept_changes_nothing(seed):
    old = "    loss.backward()\n    critic_optimizer"
    changes = {old: old.replace("()", "(retain_graph=True)", 1)}
    kept = CASES["backward_a_second_time"].run_with(changes, seed=seed)
    assert kept.names["centre"] == run("backward_a_second_time", "mended", seed).names["centre"]


FROZEN = [
    {"torch.randn(64, 2) + 3": "(torch.randn(64, 2) + 3).requires_grad_()"},
    {"fakes.detach()": "generator(torch.randn(64, 8))"},
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", FROZEN, ids=["real", "fakes"])
def test_a_frozen_critic_can_be_silent(change, seed):
    case = CASES["stops_in_the_second_step"]
    silent, whole = case.run_with(change, seed=seed), run(case.name, "mended", seed)
    assert silent.error == "" and crashes.critic_weight_change(silent) < 0.0025
    assert crashes.critic_weight_change(whole) > 0.05


def test_what_is_left_after_the_last_step():
    assert "generator" not in run("index_error_after_training").names
    assert "generator" in run("index_error_after_training", "mended").names


def test_run_cells_is_a_fresh_kernel_each_time():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = crashes.run_cells(["import torch", "a = torch.rand(1).item()", "print(a)"])
    second = crashes.run_cells(["import torch", "b = torch.rand(1).item()"])
    assert first.names["a"] == second.names["b"] and "a" not in second.names
    assert first.printed.strip() == str(first.names["a"])
    assert torch.equal(before, torch.get_rng_state())
    assert first.last_line == "no error"


def test_outcome_of_errors():
    done = crashes.run_cells(["def f(x):\n    return 1 / x", "f(0)"])
    assert [str(line) for line in done.own_lines] == [
        "cell 2, line 1: f(0)",
        "cell 1, line 2: return 1 / x",
    ]
    assert done.last_line == "ZeroDivisionError: division by zero" and done.library_lines == 0
    assert "line 2, in f" in done.traceback and "code.py" not in done.traceback
    bad = crashes.run_cells(["a = 1", "b = (a"])
    assert (bad.error, bad.cell, bad.names["a"]) == ("SyntaxError", 2, 1)
    warned = crashes.run_cells(["import warnings", "warnings.warn('careful')"]).warned
    assert warned == ("careful",)
    with pytest.raises(ChoiceError, match="cell=3"):
        crashes.run_cells(["a = 1"], [3])
    with pytest.raises(AigcError, match="No cell"):
        CASES["loss_stops_too_high"].run_with({"not there": ""})


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        (["a = 1", "b = a"], {}),
        (["b = a", "a = 1"], {"a": 1}),
        (["def f():\n    return later", "later = 1", "f()"], {}),
        (["def f(x=early):\n    return x", "early = 1"], {"early": 1}),
        (["a += 1"], {"a": 1}),
        (["a = a + 1"], {"a": 1}),
        (["c = [k * n for k in range(3)]", "k"], {"n": 1, "k": 2}),
        (["for k in ks:\n    pass\nk"], {"ks": 1}),
        (["from torch import nn as n\nimport a.b", "n, a, b"], {"b": 2}),
        (["try:\n    x = 1\nexcept ValueError as e:\n    print(e)\nwith open(x) as g:\n    g"], {}),
        (["class A(Base):\n    def f(self):\n        return self.x + y"], {"Base": 1, "y": 1}),
        (["f = lambda x: x + y", "y = 1"], {}),
        (["a = 1\ndel a", "a"], {"a": 2}),
        (["def f(n: Missing) -> int:\n    n = 1\n    return n"], {"Missing": 1}),
        (
            ["def outer():\n    z = 1\n    def inner():\n        return z + w\n    return inner"],
            {"w": 1},
        ),
        (["x: int = 3", "print(f'{x} {q}')"], {"q": 2}),
    ],
)
def test_undefined_names(cells, missing):
    assert crashes.undefined_names(cells) == missing


def test_undefined_names_follow_the_order():
    assert crashes.undefined_names(["b = a", "a = 1"], [2, 1]) == {}
    assert from_outside("def f(x):\n    return [x + y for x in z]") == {"y", "z"}
