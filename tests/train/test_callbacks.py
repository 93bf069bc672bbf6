import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from aigc_teach.core import ChoiceError, Loss, RangeError, TrainingDiverged
from aigc_teach.train import (
    EMA,
    Callback,
    Checkpoint,
    EarlyStop,
    NaNGuard,
    Progress,
    Snapshots,
    TrainConfig,
    fit,
    read_header,
)


class Diary(Callback):
    def __init__(self, name="", diary=None, order=0):
        self.name, self.diary, self.order = name, [] if diary is None else diary, order

    def on_start(self, run):
        self.diary.append((self.name, "start", run.step))

    def on_step(self, run):
        self.diary.append((self.name, "step", run.step))

    def on_end(self, run):
        self.diary.append((self.name, "end", run.step))


def test_when_callbacks_are_called(toys):
    diary = Diary()
    fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=2), callbacks=[diary])
    assert [entry[1:] for entry in diary.diary] == [
        ("start", 0), ("step", 1), ("step", 2), ("end", 2),
    ]  # fmt: skip


def test_order_and_duck_typing(toys):
    class Plain:
        on_start = on_end = staticmethod(lambda run: None)

        def on_step(self, run):
            pages.append(("plain", "step", run.step))

    pages = []
    callbacks = [Diary("late", pages, 1), Plain(), Diary("early", pages, -1)]
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=1), callbacks=callbacks)
    assert [name for name, what, _ in pages if what == "step"] == ["early", "plain", "late"]
    assert isinstance(run.callbacks[-1], NaNGuard)


def test_an_error_ends_all_callbacks_and_reaches_the_caller(toys):
    class Fails(Callback):
        def on_step(self, run):
            raise ZeroDivisionError

    diary, model = Diary(), toys.GaussianFit()
    with pytest.raises(ZeroDivisionError):
        fit(model, toys.batches(), TrainConfig(steps=5), callbacks=[diary, Fails()])
    assert diary.diary[-1] == ("", "end", 1) and not model.training


# --- progress


def test_progress_shows_losses_and_the_time_left(toys):
    text = io.StringIO()
    fit(toys.ToyGame(), toys.batches(), TrainConfig(steps=20), callbacks=[Progress(file=text)])
    last = text.getvalue().strip().split("\r")[-1]
    assert "20/20" in last and "critic.total=" in last and "generator.total=" in last
    assert re.search(r"\d\d:\d\d<\d\d:\d\d", last)


def test_progress_moves_at_most_twice_a_second(toys, monkeypatch):
    """By a clock of our own, on which each step takes a hundredth of a second."""
    ticks = iter(range(1000, 2000))
    clock = SimpleNamespace(monotonic=lambda: next(ticks) / 100)
    monkeypatch.setattr(sys.modules["aigc_teach.train.callbacks"], "time", clock)
    shown, progress = [], Progress(file=io.StringIO())
    show = progress._show
    progress._show = lambda run: (shown.append(run.step), show(run))
    config = TrainConfig(steps=120)
    fit(toys.GaussianFit(), toys.batches(), config, callbacks=[progress])
    assert shown == [1, 51, 101, 120]  # the last one at the end


# --- snapshots


def test_snapshots_do_not_disturb_training(toys, same):
    plain, watched = toys.ToyGame(), toys.ToyGame()
    config = TrainConfig(steps=25)
    fit(plain, toys.batches(), config)
    snapshots = Snapshots(every=10, n=5)
    fit(watched, toys.batches(), config, callbacks=[snapshots])
    same(plain, watched)
    assert snapshots.steps == [0, 10, 20, 25]
    assert snapshots.frames.shape == (4, 5, 2) and snapshots.frames.device.type == "cpu"
    assert not torch.equal(snapshots.frames[0], snapshots.frames[-1])


def test_a_model_that_draws_from_global_randomness_is_not_disturbed_either(toys, same):
    class Careless(toys.ToyGame):
        def trajectory(self, n, *, condition=None, generator=None):
            yield self.generator(torch.randn(n, 3))

    plain, watched = toys.ToyGame(), Careless()
    fit(plain, toys.batches(), TrainConfig(steps=9))
    fit(watched, toys.batches(), TrainConfig(steps=9), callbacks=[Snapshots(every=2)])
    same(plain, watched)


def test_snapshots_come_from_the_same_noise(toys):
    model, snapshots = toys.GaussianFit(), Snapshots(every=1, n=5, seed=3)
    fit(model, toys.batches(), TrainConfig(steps=3, lr=1e-12), callbacks=[snapshots])
    assert torch.allclose(snapshots.frames[0], snapshots.frames[-1], atol=1e-5)


def test_snapshots_of_the_average_and_under_a_condition(toys):
    class Shifted(toys.GaussianFit):
        def trajectory(self, n, *, condition=None, generator=None):
            yield self.mean + condition[:, None] * torch.ones(n, 2)

    ema = EMA(0.9)
    condition = torch.tensor([0.0, 1.0, 2.0])
    snapshots = Snapshots(every=5, n=3, condition=condition, of=ema)
    fit(Shifted(), toys.batches(), TrainConfig(steps=5, lr=0.1), callbacks=[snapshots, ema])
    assert torch.equal(snapshots.frames[-1], ema.model.sample(3, condition=condition))
    assert torch.allclose(snapshots.frames[-1][2] - snapshots.frames[-1][0], torch.tensor(2.0))


# --- averages


def test_ema_against_its_formula(toys):
    model, ema, seen = toys.GaussianFit(), EMA(0.5), []

    class Watch(Callback):
        def on_start(self, run):
            seen.append(model.mean.detach().clone())

        on_step = on_start

    fit(model, toys.batches(), TrainConfig(steps=9, lr=0.1), callbacks=[ema, Watch()])
    average = seen[0]
    for t, mean in enumerate(seen[1:], start=1):
        decay = min(0.5, (1 + t) / (10 + t))
        average = decay * average + (1 - decay) * mean
    assert torch.allclose(ema.model.mean, average, atol=1e-6)
    assert not ema.model.mean.requires_grad and not ema.model.training
    assert not torch.allclose(ema.model.mean, model.mean)


def test_ema_copies_buffers_and_leaves_the_model_alone(toys, same):
    plain, averaged, ema = toys.ToyGame(), toys.ToyGame(), EMA(0.99)
    fit(plain, toys.batches(), TrainConfig(steps=9))
    fit(averaged, toys.batches(), TrainConfig(steps=9), callbacks=[ema])
    same(plain, averaged)
    assert torch.equal(ema.model.generator[1].running_mean, plain.generator[1].running_mean)
    assert all(weight.requires_grad for weight in averaged.parameters())


def test_ema_given_its_model_begins_anew_with_each_training(toys, same):
    model = toys.GaussianFit()
    ema = EMA(0.9, model)
    twin = ema.model
    same(twin, model)
    fit(model, toys.batches(), TrainConfig(steps=5, lr=0.1), callbacks=[ema])
    fit(model, toys.batches(), TrainConfig(steps=1, lr=1e-12), callbacks=[ema])
    assert ema.model is twin
    assert torch.allclose(twin.mean, model.mean)
    with pytest.raises(RangeError, match="decay=1.0"):
        EMA(1.0)


# --- early stop


def test_early_stop_waits_for_its_patience(toys):
    config = TrainConfig(steps=5000, lr=0.1, schedule="constant")
    stop = EarlyStop("total", patience=60, every=20)
    run = fit(toys.GaussianFit(), toys.batches(), config, callbacks=[stop])
    assert run.step < 1000 and run.step % 20 == 0
    blocks = run.history["total"].reshape(-1, 20).mean(1)
    assert blocks.argmin() == len(blocks) - 1 - 3
    assert f"at step {run.step} of 5000; the model and its history are kept" in run.stopped


def test_early_stop_names_a_wrong_series(toys):
    with pytest.raises(ChoiceError, match="series='loss' is not known"):
        callbacks = [EarlyStop("loss", patience=50)]
        fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=60), callbacks=callbacks)
    with pytest.raises(RangeError, match="at least one block of 50 steps"):
        EarlyStop(patience=10)


# --- NaN


class Explodes:
    """Let the loss of one player become `value` at one of its turns."""

    def __init__(self, model, turn, value, player=None):
        inner, self.turns = model.loss, 0

        def loss(batch, who="model", *, generator=None):
            total, parts = inner(batch, who, generator=generator)
            self.turns += player in (None, who)
            if self.turns == turn and player in (None, who):
                total = total * value
            return Loss(total, parts)

        model.loss = loss


@pytest.mark.parametrize(("value", "word"), [(float("nan"), "NaN"), (float("inf"), "infinite")])
def test_nan_is_explained_and_undone(toys, value, word):
    model, reference = toys.GaussianFit(), toys.GaussianFit()
    Explodes(model, 82, value)
    config, reference_config = (TrainConfig(steps=s, schedule="constant") for s in (150, 80))
    with pytest.raises(TrainingDiverged) as caught:
        fit(model, toys.batches(), config_every(config, 20))
    fit(reference, toys.batches(), reference_config)
    last = caught.value.run.history["total"][80]
    assert str(caught.value) == (
        f"The loss became {word} at step 82; the last finite loss was {last:.4g} at step 81. "
        "The weights of step 80 were put back. "
        "Try a smaller learning rate (now 0.002), or clip_norm=1.0 for the gradient."
    )
    assert torch.equal(toys.weights_of(model), toys.weights_of(reference))
    assert len(caught.value.run.history) == 100 and not model.training


def config_every(config, log_every):
    return TrainConfig(steps=config.steps, schedule=config.schedule, log_every=log_every)


def test_nan_of_one_player_is_named_and_the_average_saved_too(toys):
    model, ema = toys.ToyGame(), EMA(0.9)
    Explodes(model, 33, float("nan"), player="generator")
    rates = {"critic": 0.01, "generator": 0.02}
    config = TrainConfig(steps=100, lr=rates, log_every=10, clip_norm=5.0)
    with pytest.raises(TrainingDiverged, match="The loss generator.total became NaN at step 33"):
        fit(model, toys.batches(), config, callbacks=[ema])
    assert torch.isfinite(toys.weights_of(model)).all()
    assert torch.isfinite(toys.weights_of(ema.model)).all()


def test_going_on_after_nan(toys, same):
    model, whole = toys.ToyGame(), toys.ToyGame()
    config = TrainConfig(steps=60, log_every=10)
    Explodes(model, 33, float("nan"), player="critic")
    with pytest.raises(TrainingDiverged) as caught:
        fit(model, toys.batches(), config)
    assert caught.value.run.step == 30
    run = fit(model, toys.batches(), config, resume=caught.value.run)
    fit(whole, toys.batches(), config)
    same(model, whole)  # the cause is gone: as if it had never been
    np.testing.assert_array_equal(run.history.steps("critic.total"), np.arange(1, 61))


def test_nan_in_the_first_step_and_in_the_last_block(toys):
    model = toys.GaussianFit()
    before = toys.weights_of(model)
    Explodes(model, 1, float("nan"))
    with pytest.raises(TrainingDiverged, match="at step 1; no loss before it was finite"):
        fit(model, toys.batches(), TrainConfig(steps=7))
    assert torch.equal(before, toys.weights_of(model))
    model = toys.GaussianFit()
    Explodes(model, 57, float("nan"))
    with pytest.raises(TrainingDiverged, match="at step 57; .*The weights of step 50"):
        fit(model, toys.batches(), TrainConfig(steps=57))


@pytest.mark.parametrize(
    ("lr", "turn", "words"),
    [
        (1e-6, 40, r"The learning rate \(now 1e-06\) is small enough: look for a division by 0"),
        (1e-6, 1, "No step had been taken, so the learning rate is not the cause: look for"),
        (0.1, 1, "No step had been taken"),
        (0.1, 40, r"Try a smaller learning rate \(now 0.1\)"),
        ({"model": 1e-7}, 40, r"now {'model': 1e-07}\) is small enough"),
    ],
)
def test_the_advice_fits_the_cause(toys, lr, turn, words):
    model = toys.GaussianFit()
    Explodes(model, turn, float("nan"))
    with pytest.raises(TrainingDiverged, match=words):
        fit(model, toys.batches(), TrainConfig(steps=50, lr=lr))


def test_weights_that_break_with_a_finite_loss(toys):
    class Root(toys.GaussianFit):
        def loss(self, batch, player="model", *, generator=None):
            return Loss((self.log_sigma * self.log_sigma).sum().sqrt() + 0 * self.mean.sum(), {})

    with pytest.raises(TrainingDiverged, match="The weights became NaN or infinite before"):
        fit(Root(), toys.batches(), TrainConfig(steps=1))


def test_the_checkpoint_before_nan_stays(toys, tmp_path):
    model, path = toys.GaussianFit(), tmp_path / "fit"
    Explodes(model, 33, float("nan"))
    with pytest.raises(TrainingDiverged):
        callbacks = [Checkpoint(path, every=4)]
        fit(model, toys.batches(), TrainConfig(steps=50), callbacks=callbacks)
    assert read_header(path)["step"] == 32
