import dataclasses
import random
import sys
import types
import warnings

import numpy as np
import pytest
import torch

from aigc_teach import lab
from aigc_teach.core import Machine
from aigc_teach.core.errors import AigcError, ChoiceError
from aigc_teach.lab.lesson import summary

NAME = "00_start/00_first_image"


@pytest.fixture(autouse=True)
def same_threads_afterwards(monkeypatch):
    monkeypatch.delenv("AIGC_BUDGET", raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_one_calm_line_and_no_warning(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lesson = lab.setup(NAME)
    shown = capsys.readouterr()
    assert shown.err == "" and len(shown.out.splitlines()) == 1
    assert shown.out.strip() == summary(lesson)
    assert torch.get_num_threads() == lesson.machine.threads


def test_the_line_itself():
    machine = Machine(torch.device("cpu"), "bfloat16", True, 1, "why")
    line = summary(lab.Lesson(NAME, 0, machine, "learn"))
    assert line == f"lesson {NAME} · seed 0 · cpu, bf16 · 1 thread · budget learn"
    machine = Machine(torch.device("mps"), "float32", False, 4, "why")
    assert "mps, float32 · 4 threads · budget ci" in summary(lab.Lesson(NAME, 1, machine, "ci"))


def test_seeds_every_source():
    drawn = []
    for _ in range(2):
        lab.setup(NAME, seed=7)
        drawn.append((random.random(), np.random.rand(), torch.rand(()).item()))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(("budget", "value"), [("learn", 1), ("ci", 2), ("lecture", 1), ("", 1)])
def test_pick(budget, value, monkeypatch):
    monkeypatch.setenv("AIGC_BUDGET", budget)
    lesson = lab.setup(NAME)
    assert lesson.pick(learn=1, ci=2) == value
    assert lesson.pick(learn=1, ci=2, lecture=None) == (None if budget == "lecture" else value)


def test_unknown_budget_lists_the_known(monkeypatch):
    monkeypatch.setenv("AIGC_BUDGET", "fast")
    with pytest.raises(ChoiceError, match="'learn', 'ci', 'lecture'"):
        lab.setup(NAME)


@pytest.mark.parametrize(("name", "seed"), [(None, 0), ("", 0), (NAME, -1), (NAME, 1.5), (3, 0)])
def test_bad_arguments_are_sentences(name, seed):
    with pytest.raises(AigcError):
        lab.setup(name, seed=seed)


def test_lesson_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        lab.setup(NAME).seed = 3


def test_colab_widgets(monkeypatch, capsys):
    calls = []
    output = types.SimpleNamespace(enable_custom_widget_manager=lambda: calls.append(1))
    colab = types.SimpleNamespace(output=output)
    monkeypatch.setitem(sys.modules, "google", types.SimpleNamespace(colab=colab))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    lab.setup(NAME)
    assert calls == [1]
    del colab.output
    lab.setup(NAME)  # an older Colab: a sentence, no error
    assert "interactive widgets" in capsys.readouterr().out
