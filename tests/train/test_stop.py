"""The stop button: SIGINT ends a training between two steps and loses nothing."""

import os
import signal
import threading

import numpy as np
import pytest

from aigc_teach.train import Callback, Checkpoint, TrainConfig, fit, read_header


@pytest.fixture(autouse=True)
def listening():
    """Python's own handler, also where the tests run in the background and ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupt(Callback):
    """Press the stop button in the middle of one step."""

    def __init__(self, model, at, times=1):
        self.calls, self.at, self.times = 0, at, times
        inner = model.loss

        def loss(*args, **settings):
            self.calls += 1
            if self.calls == self.at:
                for _ in range(self.times):
                    os.kill(os.getpid(), signal.SIGINT)
            return inner(*args, **settings)

        model.loss = loss


def test_the_step_under_way_is_finished(toys, capsys):
    model = toys.ToyGame()
    Interrupt(model, at=2 * 411 + 1)  # in the critic's turn of step 412
    run = fit(model, toys.batches(), TrainConfig(steps=1500))
    sentence = (
        "Stopped by you at step 412 of 1500; the model and its history are kept. "
        "To go on: fit(..., resume=run)."
    )
    assert run.stopped == sentence and capsys.readouterr().out == sentence + "\n"
    assert run.step == 412 == len(run.history) and not model.training
    np.testing.assert_array_equal(run.history.steps("generator.total")[-1], 412)


def test_going_on_after_the_stop_button(toys, same):
    config, batches = TrainConfig(steps=30, lr=0.01), toys.batches()
    model, whole = toys.ToyGame(), toys.ToyGame()
    Interrupt(model, at=25)
    run = fit(model, batches, config)
    assert run.step == 13
    fit(model, batches, config, resume=run)
    fit(whole, toys.batches(), config)
    same(model, whole)


def test_a_second_press_ends_it_at_once(toys, tmp_path):
    model, path, before = toys.ToyGame(), tmp_path / "game", signal.getsignal(signal.SIGINT)
    press = Interrupt(model, at=21, times=2)
    with pytest.raises(KeyboardInterrupt):
        checkpoint = Checkpoint(path, every=4)
        fit(model, toys.batches(), TrainConfig(steps=100), callbacks=[checkpoint])
    assert press.calls == 21
    assert read_header(path)["step"] == 8  # the half-done step 11 was not written
    assert signal.getsignal(signal.SIGINT) is before and not model.training


def test_the_handler_is_put_back(toys):
    before = signal.getsignal(signal.SIGINT)
    fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=3))
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_signal_stays_ignored(toys):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        model = toys.GaussianFit()
        Interrupt(model, at=2)
        assert fit(model, toys.batches(), TrainConfig(steps=5)).step == 5
    finally:
        signal.signal(signal.SIGINT, before)


def test_training_in_a_thread(toys):
    runs = []

    def train():
        runs.append(fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=5)))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert runs[0].step == 5


def test_a_stop_in_the_last_step_is_no_stop(toys, capsys):
    model = toys.GaussianFit()
    Interrupt(model, at=5)
    run = fit(model, toys.batches(), TrainConfig(steps=5))
    assert run.stopped is None and run.step == 5 and capsys.readouterr().out == ""
