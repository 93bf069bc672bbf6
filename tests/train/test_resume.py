"""Going on after an interruption gives the very weights of a training that had none."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from aigc_teach.core import CheckpointError, make_generator
from aigc_teach.data import Batches
from aigc_teach.train import EMA, Callback, Checkpoint, EarlyStop, Snapshots, TrainConfig, fit

CONFIG = TrainConfig(
    steps=40, lr=0.01, turns=("critic", "critic", "generator"), seed=5, log_every=7
)


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            run.stop("Stopped by the test")


@pytest.fixture
def whole(toys):
    """A training without interruption: its model, its average, its run."""
    model, ema = toys.ToyGame(), EMA(0.9)
    return model, ema.model, fit(model, toys.batches(), CONFIG, callbacks=[ema]), ema


@pytest.mark.parametrize("at", [1, 7, 23, 39])
def test_from_a_run(toys, same, whole, at):
    model, ema, batches = toys.ToyGame(), EMA(0.9), toys.batches()
    run = fit(model, batches, CONFIG, callbacks=[ema, StopAt(at)])
    assert run.step == at and "To go on: fit(..., resume=run)." in run.stopped
    model.sample(3), next(batches), torch.rand(9)  # looking around does not matter
    again = fit(model, batches, CONFIG, callbacks=[ema], resume=run)
    assert again is run and run.step == 40 and run.stopped is None
    same(model, whole[0])
    same(ema.model, whole[3].model)
    for name in run.history.names:
        np.testing.assert_array_equal(run.history[name], whole[2].history[name])


def test_from_a_run_with_everything_else_made_anew(toys, same, whole):
    run = fit(toys.ToyGame(), toys.batches(), CONFIG, callbacks=[EMA(0.9), StopAt(20)])
    ema = EMA(0.9)
    fit(run.model, toys.batches(), CONFIG, callbacks=[ema], resume=run)
    same(run.model, whole[0])
    same(ema.model, whole[3].model)


@pytest.mark.parametrize("checkpoint_first", [True, False])
@pytest.mark.parametrize("at", [1, 16, 39])
def test_from_a_checkpoint(toys, same, whole, tmp_path, at, checkpoint_first):
    path = tmp_path / "game.safetensors"
    callbacks = [Checkpoint(path, every=at), EMA(0.9), StopAt(at)]
    fit(
        toys.ToyGame(),
        toys.batches(),
        CONFIG,
        callbacks=callbacks[:: 1 if checkpoint_first else -1],
    )
    model, ema = toys.ToyGame(seed=9), EMA(0.9)
    run = fit(model, toys.batches(seed=9), CONFIG, callbacks=[ema], resume=path)
    same(model, whole[0])
    same(ema.model, whole[3].model)
    assert run.history.names == whole[2].history.names
    np.testing.assert_array_equal(run.history["critic.total"], whole[2].history["critic.total"])
    np.testing.assert_array_equal(run.history.steps("critic.total"), np.arange(1, 41))


@pytest.mark.parametrize("from_file", [True, False])
def test_in_channels_last(toys, same, tmp_path, from_file):
    """Fused Adam walks through memory: its averages must come back in the weights' layout."""
    config, machine = TrainConfig(steps=12, lr=0.01), toys.cpu_last
    models = [toys.ConvGame() for _ in range(3)]
    images = torch.rand(64, 3, 8, 8, generator=make_generator(0))
    batches = [Batches(images, batch_size=16) for _ in range(3)]
    fit(models[0], batches[0], config, machine=machine)
    path = tmp_path / "conv.safetensors"
    callbacks = [StopAt(5), Checkpoint(path)]
    run = fit(models[1], batches[1], config, machine=machine, callbacks=callbacks)
    if from_file:
        fit(models[2], batches[2], config, machine=machine, resume=path)
        same(models[0], models[2])
    else:
        fit(models[1], batches[1], config, machine=machine, resume=run)
        same(models[0], models[1])


def test_more_steps(toys):
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=10))
    more = dataclasses.replace(run.config, steps=25)
    fit(run.model, toys.batches(), more, resume=run)
    assert run.step == 25 and len(run.history) == 25


def test_a_finished_run_has_nothing_left_to_do(toys, same):
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=10))
    before = toys.weights_of(run.model)
    fit(run.model, toys.batches(), run.config, resume=run)
    assert run.step == 10 and torch.equal(before, toys.weights_of(run.model))


def test_an_early_stop_comes_at_the_same_step(toys, tmp_path):
    def stopper():
        return EarlyStop("total", patience=40, every=20)

    config, path = TrainConfig(steps=2000, lr=0.1, schedule="constant"), tmp_path / "fit"
    whole = fit(toys.GaussianFit(), toys.batches(), config, callbacks=[stopper()])
    assert "Stopped early (total has not fallen below" in whole.stopped and whole.step < 2000
    fit(
        toys.GaussianFit(),
        toys.batches(),
        config,
        callbacks=[stopper(), StopAt(whole.step - 25), Checkpoint(path)],
    )
    run = fit(toys.GaussianFit(), toys.batches(), config, callbacks=[stopper()], resume=path)
    assert run.step == whole.step


def test_snapshots_go_on_where_they_were(toys):
    snapshots = Snapshots(every=10, n=4)
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=40),
              callbacks=[snapshots, StopAt(25)])  # fmt: skip
    assert snapshots.steps == [0, 10, 20, 25]
    fit(run.model, run.batches, run.config, callbacks=[snapshots], resume=run)
    assert snapshots.steps == [0, 10, 20, 25, 30, 40]
    fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=5), callbacks=[snapshots])
    assert snapshots.steps == [0, 5] and snapshots.frames.shape == (2, 4, 2)


def test_batches_that_cannot_be_set_back_are_announced(toys, tmp_path):
    path = tmp_path / "fit.safetensors"
    endless = itertools.repeat(toys.points(32))
    fit(toys.GaussianFit(), endless, TrainConfig(steps=4), callbacks=[Checkpoint(path)])
    with pytest.warns(UserWarning, match="goes on with whatever they give next"):
        fit(toys.GaussianFit(), endless, TrainConfig(steps=8), resume=path)


def test_other_batches_are_refused(toys):
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=4))
    with pytest.raises(CheckpointError, match="batch_size=32.*batch_size=16"):
        fit(run.model, toys.batches(size=16), TrainConfig(steps=8), resume=run)
