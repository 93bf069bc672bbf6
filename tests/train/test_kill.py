"""Kill -9 at any moment, resume, and the weights are those of a training never killed."""

import os
import random
import signal
import time

import numpy as np
import pytest

from aigc_teach.core import files
from aigc_teach.train import EMA, Callback, Checkpoint, TrainConfig, fit

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.usefixtures("one_thread"),
]

CONFIG = TrainConfig(steps=30, lr=0.01, turns=("critic", "critic", "generator"), log_every=4)
MOMENTS = ("in the step", "after the step", "half written", "before fsync", "before the rename",
           "after the rename")  # fmt: skip
DRAW = random.Random(2014)
KILLS = [(DRAW.randint(1, CONFIG.steps), DRAW.choice(MOMENTS)) for _ in range(20)]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Killer(Callback):
    """Ends its own process at one moment of one step."""

    def __init__(self, step, moment):
        self.step, self.moment = step, moment

    def on_start(self, run):
        self.arm(run)

    def on_step(self, run):
        if run.step == self.step and self.moment == "after the step":
            die()
        self.arm(run)

    def arm(self, run):
        """Set the trap for a write or a turn in the step to come."""
        if run.step != self.step - 1:
            return
        if self.moment == "in the step":
            inner, turns = run.model.loss, iter(range(9))
            run.model.loss = lambda *a, **k: die() if next(turns) == 1 else inner(*a, **k)
        elif self.moment == "half written":
            files.open = HalfFile
        elif self.moment == "before fsync":
            files.os.fsync = lambda _: die()
        elif self.moment == "before the rename":
            files.os.replace = lambda *_: die()
        else:
            rename = os.replace
            files.os.replace = lambda *names: (rename(*names), die())


class HalfFile:
    """A file that takes half of what is written, and then the process is gone."""

    def __init__(self, *how):
        self.file = open(*how)  # noqa: SIM115

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        die()


def train(toys, path, *others):
    """One training, from the checkpoint if there is one."""
    model, ema = toys.ToyGame(), EMA(0.9)
    callbacks = [ema, Checkpoint(path, every=2), *others]
    resume = path if path.exists() else None
    return fit(model, toys.batches(), CONFIG, callbacks=callbacks, resume=resume), ema


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory):
    return {}


@pytest.fixture
def whole(toys, never_killed, tmp_path):
    """The training that was never killed, made once."""
    if not never_killed:
        never_killed["run"], never_killed["ema"] = train(toys, tmp_path / "whole")
    return never_killed


def assert_same(whole, run, ema, same):
    same(run.model, whole["run"].model)
    same(ema.model, whole["ema"].model)
    for name in whole["run"].history.names:
        np.testing.assert_array_equal(run.history[name], whole["run"].history[name])


@pytest.mark.parametrize(("step", "moment"), KILLS)
def test_killed_at_a_random_step(toys, same, whole, in_child, tmp_path, step, moment):
    path = tmp_path / "game"
    if moment not in ("in the step", "after the step"):
        step += step % 2  # writes happen in even steps
    status, text = in_child(lambda: train(toys, path, Killer(step, moment)))
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, text
    assert path.exists() == (step > 2 or (step == 2 and moment == "after the rename"))
    assert_same(whole, *train(toys, path), same)


def test_killed_from_outside_again_and_again(toys, same, whole, tmp_path):
    path, draw, kills = tmp_path / "game", random.Random(7), 0
    for _ in range(6):
        child = os.fork()
        if child == 0:
            train(toys, path)
            os._exit(0)
        time.sleep(draw.uniform(0.0, 0.06))
        os.kill(child, signal.SIGKILL)
        kills += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert kills
    assert_same(whole, *train(toys, path), same)


def test_the_comparison_can_fail(toys, whole, tmp_path):
    """Another seed of the batches gives other weights: equality above means something."""
    other = toys.ToyGame()
    fit(other, toys.batches(seed=1), CONFIG)
    assert not np.array_equal(toys.weights_of(other), toys.weights_of(whole["run"].model))
