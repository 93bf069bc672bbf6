"""TrainingMonitor: what it shows, what it costs, and that it leaves the training alone."""

from __future__ import annotations

import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from aigc_teach.core.errors import AigcError, ShapeError
from aigc_teach.widgets import TrainingMonitor
from aigc_teach.widgets import monitor as widget
from aigc_teach.widgets.allowance import Allowance
from aigc_teach.widgets.curves import MOST_POINTS, decimate, stack_curves


class FakeHistory(dict):
    @property
    def names(self):
        return list(self)

    def steps(self, name):
        return np.arange(1, len(self[name]) + 1)


class FakeModel:
    """Counts its samples; each may take a while."""

    device = "cpu"

    def __init__(self, shape=(1, 8, 8)):
        self.shape, self.calls = shape, []

    def sample(self, n, *, condition=None, generator=None):
        self.calls.append(condition)
        return torch.rand(n, *self.shape, generator=generator) * 2 - 1


def make_run(model=None, *, step=0, steps=100, history=None, stopped=None):
    return SimpleNamespace(
        model=model or FakeModel(),
        step=step,
        config=SimpleNamespace(steps=steps),
        history=FakeHistory(history or {}),
        stopped=stopped,
    )


def finish(run, monitor):
    monitor.on_start(run)
    run.step = run.config.steps
    run.history["total"] = np.linspace(2, 1, run.step)
    monitor.on_end(run)
    return monitor


def test_without_a_notebook_it_does_nothing():
    run, monitor = make_run(), TrainingMonitor()
    finish(run, monitor)
    monitor.on_step(run)
    assert run.model.calls == []
    assert monitor.state == "waiting" and monitor.cost == 0


def test_the_end_shows_curves_samples_and_words():
    run = make_run()
    monitor = finish(run, TrainingMonitor(n=5, show=True))
    curves = np.frombuffer(zlib.decompress(monitor.curves), "<f4").reshape(1, 2, -1)
    assert monitor.names == ["total"] and monitor.latest == [1.0]
    assert np.allclose(curves[0, 0], np.arange(1, 101))
    assert np.allclose(curves[0, 1], np.linspace(2, 1, 100), atol=1e-6)
    assert monitor.samples_shape == [5, 8, 8, 1] and monitor.samples_step == 100
    assert monitor.state == "done"
    assert monitor.message.startswith("Done: 100 of 100 steps")


@pytest.mark.parametrize("stopped", [None, "The loss became NaN at step 12."])
def test_a_stopped_training_says_so(stopped):
    run, monitor = make_run(stopped=stopped), TrainingMonitor(show=True)
    monitor.on_start(run)
    run.step = 12
    monitor.on_end(run)
    assert monitor.state == "stopped"
    assert (stopped or "Stopped after 12 of 100 steps") in monitor.message


def test_the_same_latents_every_time_and_no_global_randomness():
    run, monitor = make_run(), TrainingMonitor(show=True)
    before = torch.get_rng_state()
    first = finish(run, monitor).samples
    second = finish(make_run(), monitor).samples
    assert first == second
    assert torch.get_rng_state().equal(before)


def test_it_samples_from_the_twin_with_the_arguments_given():
    twin, run = FakeModel(), make_run()
    ema = SimpleNamespace(model=twin)  # as a train.EMA callback looks
    finish(run, TrainingMonitor(show=True, model=ema, sample_kwargs={"condition": "labels"}))
    assert twin.calls == ["labels"] and run.model.calls == []


def test_points_and_what_cannot_be_drawn():
    points = finish(make_run(FakeModel(shape=(2,))), TrainingMonitor(show=True, n=7))
    assert points.samples_shape == [7, 2]
    text = finish(make_run(FakeModel(shape=(3,))), TrainingMonitor(show=True))
    assert text.samples == b"" and text.state == "done"


def test_nan_losses_do_not_stop_the_monitor():
    run, monitor = make_run(), TrainingMonitor(show=True)
    monitor.on_start(run)
    run.step = 3
    run.history["total"] = np.array([1.0, 2.0, np.nan])
    monitor.on_end(run)
    assert monitor.latest == [None]


@pytest.mark.parametrize("cost", [0.001, 0.02, 0.4])
def test_looking_takes_at_most_its_share(cost):
    """A simulated hour: the share holds, and never two looks within half a second."""
    looks, now, spent, times = Allowance(0.03, 0.5), 0.0, 0.0, []
    looks.start(now)
    while now < 3600:
        now += 0.01  # a training step
        if looks.due(now):
            times.append(now)
            now += cost
            spent += cost
            looks.charge(cost, now)
            # the first look's cost cannot be known beforehand; every later one was earned
            assert len(times) == 1 or spent <= 0.03 * now
    assert np.diff(times).min() >= 0.5
    assert len(times) > 0.9 * min(3600 / 0.52, 0.03 * 3600 / cost)


@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_a_slow_sampler_is_shown_less_often_and_curves_stay_lively(seconds, monkeypatch):
    """A simulated minute: the clock moves only while a step is taken or a sample drawn."""
    clock = SimpleNamespace(now=0.0, calls=0)
    monkeypatch.setattr(widget, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    model = FakeModel()

    def sample(n, *, generator=None):
        clock.now += seconds
        clock.calls += 1
        return torch.zeros(n, 1, 8, 8)

    model.sample = sample
    run, monitor = make_run(model, steps=10_000), TrainingMonitor(show=True)
    monitor.on_start(run)
    updates = 0
    run.history["total"] = np.zeros(10)
    while clock.now < 60:
        clock.now += 0.005
        run.step += 1
        before = monitor.step
        monitor.on_step(run)
        updates += monitor.step != before
    assert 60 * 0.02 / seconds / 2 < clock.calls <= 60 * 0.02 / seconds + 1  # a share of 2 %
    assert 100 <= updates <= 2 * 60  # every half a second
    assert seconds * clock.calls == pytest.approx(monitor.cost) and monitor.cost <= 0.03 * 60


def test_curves_are_thinned_to_means():
    steps = np.arange(1, 100_001)
    curve = decimate(steps, np.sin(steps / 5000.0))
    assert curve.shape == (2, MOST_POINTS)
    assert np.abs(curve[1] - np.sin(curve[0] / 5000)).max() < 0.01
    stacked = stack_curves([curve, decimate(np.array([1]), np.array([7.0]))])
    assert stacked.shape == (2, 2, MOST_POINTS)
    assert stacked[1, 1, 0] == 7 and np.isnan(stacked[1, 1, 1:]).all()


@pytest.mark.parametrize("options", [{"every_seconds": 0.1}, {"n": -1}])
def test_bad_options_are_refused_in_words(options):
    with pytest.raises(AigcError):
        TrainingMonitor(**options)


def test_a_reference_must_be_points():
    with pytest.raises(ShapeError, match=r"\[M, 2\]"):
        TrainingMonitor(reference=torch.zeros(3, 5))


def test_in_a_real_training():
    from aigc_teach import models, train

    def trained(*callbacks):
        torch.manual_seed(0)
        model = models.VAE(data_shape=(1, 8, 8), latent_size=2, hidden=(16,))
        batch = torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
        run = train.fit(
            model, iter(lambda: batch, None), train.TrainConfig(30), callbacks=callbacks
        )
        return run, torch.cat([p.detach().flatten() for p in model.parameters()])

    monitor = TrainingMonitor(show=True, every_seconds=0.5)
    monitor.looks = Allowance(1e9, 0)  # look at every step, to see that looking changes nothing
    monitor.draws = Allowance(1e9, 0)
    _, plain = trained()
    run, watched = trained(monitor)
    assert plain.equal(watched)
    assert monitor.state == "done" and monitor.step == 30
    assert monitor.samples_shape == [16, 8, 8, 1]
