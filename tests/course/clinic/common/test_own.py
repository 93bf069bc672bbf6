"""The reader's own experiment: silly, wrong, endless or greedy, it never spoils the case."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.course import clinic
from aigc_teach.course.clinic import it_crashes, it_runs_and_lies
from aigc_teach.course.clinic.common.own import NOT_YET, try_own


@pytest.fixture(scope="module")
def training():
    pixels = (data.digits("train").x[:200] + 1) / 2
    return clinic.train_plan(it_runs_and_lies.CASES["loss_still_at_ln4"].faulty, pixels, steps=3)


def once(experiment, subject=7):
    return try_own(experiment, ("this", lambda: subject))


def untouched(training):
    return None


@pytest.mark.parametrize("nothing", [untouched, lambda t: None, lambda t: ..., ""])
def test_an_untouched_stub_is_not_yet(nothing):
    assert once(nothing) == clinic.OwnExperiment(NOT_YET, done=False)


def test_nothing_handed_over_says_nothing():
    assert once(None) == clinic.OwnExperiment("", done=False)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "On this: 3."),
        (0.123456, "On this: 0.1235."),
        (float("nan"), "On this: nan."),
        (True, "On this: True."),
        pytest.param(10**400, "On this: a number beyond measure.", id="of 400 digits"),
        (torch.tensor([0.5], requires_grad=True), "On this: 0.5."),
        (torch.arange(12.0), "On this: a tensor of shape [12] from 0 to 11, mean 5.5."),
        (torch.empty(0), "On this: a tensor of shape [0]."),
        (np.float32(2), "On this: 2."),
        ({"A": 1.0, "B": torch.tensor(2.0)}, "On this: A 1, B 2."),
        ((1, "two"), "On this: 1, two."),
        (list(range(20)), "On this: 0, 1, 2, 3, 4, 5, 6, 7 ...."),
    ],
)
def test_a_result_is_told_in_few_words(value, words):
    assert once(lambda x: value) == clinic.OwnExperiment(words, done=True)


def test_words_are_a_plan():
    assert once(" Whether samples differ. ").said == "You would measure: Whether samples differ."
    assert once("a" * 5000).done and len(once("a" * 5000).said) < 400


def forgetful(x):
    x + 1


def leaves(x):
    raise SystemExit


class Shy:
    def __repr__(self):
        raise ValueError("no words for me")


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (lambda x: x / 0, "On this it stopped with ZeroDivisionError"),
        (lambda x: x.grad.norm(), "AttributeError"),
        (lambda: 3, "TypeError"),
        (leaves, "SystemExit"),
        (forgetful, "it gives None: put what you measured after its `return`"),
        (lambda x: Shy(), "no words for me"),
        (3.5, "An experiment is a function, or words in quotes; this is 3.5"),
    ],
)
def test_what_gives_nothing_is_a_sentence_and_opens_no_menu(experiment, words):
    found = once(experiment)
    assert words in found.said and not found.done


def test_one_that_never_returns_is_stopped(monkeypatch):
    monkeypatch.setenv("AIGC_CHECK_SECONDS", "0.3")

    def forever(x):
        while True:
            pass

    found = once(forever)
    assert "had not come back after 0.3 seconds" in found.said and not found.done


def test_the_stop_button_stops():
    def stopped(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(stopped)


def test_changes_in_place_do_not_reach_the_case(training):
    before = {k: v.clone() for k, v in training.model.state_dict().items()}
    batch, pixels = training.batch.clone(), training.pixels.clone()

    def vandal(given):
        for weight in given.model.parameters():
            weight.data.zero_()
        given.batch.zero_()
        given.pixels.zero_()
        given.model.train()
        given.optimizers["critic"].param_groups[0]["lr"] = 5.0
        return 1

    assert try_own(vandal, ("a", lambda: training), ("b", lambda: training)).done
    assert all(torch.equal(v, before[k]) for k, v in training.model.state_dict().items())
    assert torch.equal(training.batch, batch) and torch.equal(training.pixels, pixels)
    assert not training.model.training
    assert training.optimizers["critic"].param_groups[0]["lr"] == 2e-3


def test_a_copied_optimizer_moves_the_copied_weights(training):
    def one_more_step(given):
        before = [w.clone() for w in given.model.critic.parameters()]
        given.model.critic(given.batch).sum().backward()
        given.optimizers["critic"].step()
        pairs = zip(before, given.model.critic.parameters(), strict=True)
        return any(not torch.equal(a, b) for a, b in pairs)

    assert once(one_more_step, training).said == "On this: True."


def test_random_numbers_and_switches_are_as_before():
    def restless(x):
        torch.manual_seed(99)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        np.random.seed(3)
        random.seed(3)
        raise ValueError

    torch.manual_seed(5)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    once(restless)
    assert torch.equal(states[0], torch.get_rng_state())
    assert (states[1] == np.random.get_state()[1]).all() and states[2] == random.getstate()
    assert torch.is_grad_enabled() and torch.get_default_dtype() is torch.float32


def test_the_twin_is_made_only_for_an_experiment_that_ran():
    made = []

    def twin():
        made.append(1)
        return 8

    for experiment in (None, untouched, "words", lambda x: x / 0):
        try_own(experiment, ("this", lambda: 7), ("its twin", twin))
    assert not made
    found = try_own(lambda x: x + 1, ("this", lambda: 7), ("its twin", twin))
    assert found.said == "On this: 8. On its twin: 9." and made == [1]


def test_the_file_opens_with_ones_own_and_waits_without(training):
    case = it_runs_and_lies.CASES["loss_still_at_ln4"]
    asking = clinic.open_case(case, training, untouched)
    assert asking.asks and not asking.opened and asking.own == NOT_YET
    assert asking.title == "Case: loss_still_at_ln4"
    mine = clinic.open_case(case, training, lambda t: t.late("critic.total"), name="B")
    assert mine.opened and not mine.asks and mine.own.startswith("On B: 1.")
    codes = [entry["code"] for entry in mine.entries]
    assert all(code.startswith("def ") for code in codes)


def test_an_experiment_on_a_notebook_and_on_its_mended_twin():
    case = it_crashes.CASES["shapes_cannot_be_multiplied"]
    found = clinic.try_own(
        lambda c: c.run().names["fakes"].shape[-1],
        ("this notebook", lambda: case),
        ("the mended notebook", case.mended_twin),
    )
    assert found.said == "On this notebook: 56. On the mended notebook: 28."
    assert inspect.signature(case.mended_twin).parameters == {}
