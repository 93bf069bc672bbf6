"""Optimizers by name and by player, clipped weights, loaders: as by hand, and resumed exactly."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from aigc_teach.core import (
    AigcError,
    CheckpointError,
    ChoiceError,
    DtypeError,
    RangeError,
    ShapeError,
    make_generator,
)
from aigc_teach.data import Epochs
from aigc_teach.models import ConvVAE
from aigc_teach.models.adversarial import AdversarialModel
from aigc_teach.train import Checkpoint, ClipWeights, TrainConfig, fit, load_weights, read_header

MIXED = {"critic": "rmsprop", "generator": "adamw"}
TURNS = ("critic", "critic", "generator")
MADE = {
    "adam": lambda w: torch.optim.Adam(w, betas=(0.5, 0.9), fused=True),
    "adamw": lambda w: torch.optim.AdamW(w, betas=(0.5, 0.9), weight_decay=0.1, fused=True),
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


def config(steps, optimizer=MIXED, **more):
    settings = {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 0.1, "turns": TURNS, "seed": 3}
    return TrainConfig(steps=steps, optimizer=optimizer, **settings | more)


@pytest.mark.parametrize(
    "optimizer", [*MADE, MIXED, {"critic": "sgd", "generator": "rmsprop"}], ids=str
)
def test_it_equals_a_loop_written_by_hand(toys, same, optimizer):
    ours, theirs = toys.ToyGame(), toys.ToyGame()
    fit(ours, toys.batches(), config(12, optimizer, schedule="constant"),
        machine=toys.cpu, callbacks=[ClipWeights(0.2)])  # fmt: skip

    kinds = optimizer if isinstance(optimizer, dict) else dict.fromkeys(theirs.players, optimizer)
    makers = {p: MADE[kinds[p]](getattr(theirs, p).parameters()) for p in theirs.players}
    generator, batches = make_generator(3), toys.batches()
    theirs.train()
    torch.manual_seed(3)
    for _ in range(12):
        for player in TURNS:
            if player == "critic":
                batch = next(batches)
            makers[player].param_groups[0]["lr"] = 0.01
            loss = theirs.loss(batch, player, generator=generator)
            theirs.zero_grad()
            loss.total.backward()
            makers[player].step()
            if player == "critic":
                with torch.no_grad():
                    for weight in theirs.critic.parameters():
                        weight.clamp_(-0.2, 0.2)
    same(ours, theirs)


@pytest.mark.parametrize("optimizer", [*MADE, MIXED], ids=str)
@pytest.mark.parametrize("from_file", [False, True])
@pytest.mark.parametrize("loader", [False, True])
def test_it_goes_on_bit_for_bit(toys, same, tmp_path, optimizer, from_file, loader):
    def batches():
        data = DataLoader(TensorDataset(toys.points()), batch_size=32, shuffle=True)
        return Epochs(data, seed=4) if loader else toys.batches()

    path = tmp_path / "game.safetensors"
    whole = fit(toys.ToyGame(), batches(), config(20, optimizer), machine=toys.cpu,
                callbacks=[ClipWeights(0.2)])  # fmt: skip
    part = fit(toys.ToyGame(), batches(), config(20, optimizer), machine=toys.cpu,
               callbacks=[ClipWeights(0.2), StopAt(9), Checkpoint(path, replace=True)])  # fmt: skip
    assert part.step == 9
    model, again = (toys.ToyGame(seed=9), batches()) if from_file else (part.model, part.batches)
    fit(model, again, config(20, optimizer), machine=toys.cpu, callbacks=[ClipWeights(0.2)],
        resume=path if from_file else part)  # fmt: skip
    same(model, whole.model)
    said = read_header(path)["optimizer"]
    assert said == (
        optimizer if isinstance(optimizer, str) else "critic: rmsprop, generator: adamw"
    )


class StopAt:
    """End a training after one step."""

    def __init__(self, step):
        self.step = step

    def on_start(self, run):
        pass

    on_end = on_start

    def on_step(self, run):
        if run.step == self.step:
            run.stop("Stopped for a test")


@pytest.mark.parametrize("from_file", [False, True])
def test_an_optimizer_with_other_averages_is_refused_and_nothing_is_changed(
    toys, same, tmp_path, from_file
):
    path = tmp_path / "game.safetensors"
    run = fit(toys.ToyGame(), toys.batches(), config(4), callbacks=[Checkpoint(path)])
    model, before = run.model, toys.weights_of(run.model)
    model = toys.ToyGame(seed=8) if from_file else model
    before = toys.weights_of(model)
    other = config(8, {"critic": "adam", "generator": "adamw"})
    with pytest.raises(CheckpointError, match="'rmsprop' for the player 'critic'.*'adam'"):
        fit(model, toys.batches(), other, resume=path if from_file else run)
    assert torch.equal(before, toys.weights_of(model)) and run.step == 4
    like = config(8, {"critic": "rmsprop", "generator": "adam"})  # Adam keeps what AdamW keeps
    with pytest.warns(UserWarning, match="optimizer was"):
        fit(model, toys.batches(), like, resume=path if from_file else run)


def test_a_checkpoint_from_before_there_was_a_choice(toys, same, tmp_path):
    """Then it said "Adam", and its settings did not."""
    from safetensors.torch import load_file, save_file

    from aigc_teach.train import checkpoint_file as files

    path = tmp_path / "old.safetensors"
    run = fit(toys.ToyGame(), toys.batches(), config(4, "adam"), callbacks=[Checkpoint(path)])
    tensors, facts = files.read_checkpoint(path)
    for name in ("optimizer", "weight_decay"):
        del facts["config"][name]
    facts["optimizer"] = "Adam"
    text = files.as_text(facts)
    head = {"format": f"aigc-teach checkpoint {files.FORMAT}", "version": "0"}
    save_file(load_file(path), path, {**head, "facts": text, "sha256": files.sha256(text)})
    model = toys.ToyGame(seed=9)
    with pytest.warns(UserWarning, match="weight_decay was 0.01 and is 0.1"):
        fit(model, toys.batches(), config(8, "adam"), resume=path)
    fit(run.model, run.batches, config(8, "adam"), resume=run)
    same(model, run.model)
    assert len(tensors)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"optimizer": "lion"}, ChoiceError, "'adam', 'adamw', 'rmsprop', 'sgd'"),
        ({"optimizer": {"critic": "lion"}}, ChoiceError, r"optimizer\['critic'\]"),
        ({"optimizer": torch.optim.Adam}, (ChoiceError, DtypeError), "optimizer"),
        ({"weight_decay": -1.0}, RangeError, "weight_decay"),
    ],
)
def test_senseless_settings_are_refused(settings, error, words):
    with pytest.raises(error, match=words):
        TrainConfig(steps=1, **settings)


def test_players_that_are_unknown_or_forgotten():
    game = ("critic", "generator")
    with pytest.raises(ChoiceError, match="optimizer's player='judge'"):
        TrainConfig(steps=1, optimizer={"judge": "adam"}).turns_of(game)
    with pytest.raises(AigcError, match="names no optimizer for the player 'generator'"):
        TrainConfig(steps=1, optimizer={"critic": "adam"}).turns_of(game)


# --- clipped weights


def test_weights_are_cut_after_every_turn_of_the_critic_and_no_other(toys):
    model, largest = toys.ToyGame(), []

    class Look(ClipWeights):
        def on_turn(self, run, player):
            super().on_turn(run, player)
            sizes = {p: max(w.abs().max().item() for w in getattr(run.model, p).parameters())
                     for p in run.model.players}  # fmt: skip
            largest.append((player, sizes))

    fit(model, toys.batches(), config(3), callbacks=[Look(0.05)])
    assert [player for player, _ in largest] == [*TURNS] * 3
    assert all(sizes["critic"] <= 0.05 + 1e-9 for _, sizes in largest)
    assert all(sizes["generator"] > 0.05 for _, sizes in largest)


def test_what_cannot_be_clipped_is_said(toys):
    with pytest.raises(RangeError, match="limit"):
        ClipWeights(0.0)
    with pytest.raises(DtypeError, match="limit"):
        ClipWeights("small")
    with pytest.raises(ChoiceError, match="player='critic'.*'model'"):
        fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=1), callbacks=[ClipWeights()])


# --- from a checkpoint to samples


def test_a_checkpoint_becomes_samples_in_one_line(toys, same, tmp_path):
    path = tmp_path / "game.safetensors"
    run = fit(toys.ToyGame(), toys.batches(), config(4), callbacks=[Checkpoint(path)])
    model = load_weights(path, toys.ToyGame(seed=9))
    same(model, run.model)
    assert not model.training
    one, other = (m.sample(3, generator=make_generator(0)) for m in (model, run.model))
    assert torch.equal(one, other)
    with pytest.raises(CheckpointError, match="another model"):
        load_weights(path, toys.GaussianFit())
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load_weights(tmp_path / "none", toys.ToyGame())
    with pytest.raises(DtypeError, match="you gave the class ToyGame"):
        load_weights(path, toys.ToyGame)


# --- a critic that is a plain nn.Sequential


def plain(last=1, n_classes=0, **options):
    generator = nn.Sequential(nn.Linear(3 + n_classes, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, last))
    shape = {"data_shape": (2,), "latent_size": 3, "n_classes": n_classes}
    return AdversarialModel(generator, critic, **shape, **options)


@pytest.mark.parametrize(
    "options", [{}, {"loss": "wasserstein"}, {"penalty": "r1"}, {"penalty": "gradient"}]
)
def test_a_plain_critic_trains(toys, options):
    run = fit(plain(**options), toys.batches(), config(4), callbacks=[ClipWeights(0.1)])
    assert run.step == 4 and run.model.sample(5).shape == (5, 2)


def test_a_critic_of_another_shape_is_told(toys):
    with pytest.raises(ShapeError, match=r"one logit an item, \[4\] or \[4, 1\].*\[4, 2\]"):
        plain(last=2).loss(torch.zeros(2, 2), "critic")
    with pytest.raises(AigcError, match=r"critic\(x, labels\)"):
        plain(n_classes=3)


# --- a DataLoader


def test_a_bare_loader_and_its_cycle_are_told_what_to_write(toys):
    data = TensorDataset(toys.points(), torch.zeros(256, dtype=torch.long))
    loader = DataLoader(data, batch_size=32)
    for given in (loader, itertools.cycle(loader)):
        with pytest.raises(DtypeError, match=r"data\.Epochs"):
            fit(toys.GaussianFit(), given, TrainConfig(steps=1))


def test_pairs_of_a_loader_train_a_model_with_labels():
    data = TensorDataset(torch.zeros(16, 1, 8, 8), torch.arange(16) % 3)
    batches = Epochs(DataLoader(data, batch_size=8, shuffle=True))
    model = ConvVAE((1, 8, 8), latent_size=2, width=4, n_classes=3)
    assert fit(model, batches, TrainConfig(steps=5)).step == 5
    assert (batches.epoch, batches.position) == (2, 1)
