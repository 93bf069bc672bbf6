"""What does not fit is refused before anything is touched, and what differs is said."""

import dataclasses
import json
import os
import struct
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core import AigcError, CheckpointError, FileWriteError, RangeError
from aigc_teach.data import Batches
from aigc_teach.models import VAE
from aigc_teach.train import (
    EMA,
    Callback,
    Checkpoint,
    TrainConfig,
    checkpoint_file,
    differences,
    fit,
    read_checkpoint,
    read_header,
)

CONFIG = TrainConfig(steps=6, lr=0.01)
LONGER = dataclasses.replace(CONFIG, steps=12)


@pytest.fixture
def path(toys, tmp_path):
    """A checkpoint of 6 steps of the game, with an average."""
    path = tmp_path / "game.safetensors"
    fit(toys.ToyGame(), toys.batches(), CONFIG, callbacks=[EMA(0.9), Checkpoint(path)])
    return path


def everything(model, batches, folder):
    """All that a refusal must leave alone, in comparable form."""
    modes = [module.training for module in model.modules()]
    weights = {k: v.tolist() for k, v in model.state_dict().items()}
    place = batches.state_dict() if hasattr(batches, "state_dict") else None
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    return modes, weights, place, torch.get_rng_state().tolist(), files


def refused(
    model, batches, config, folder, error=CheckpointError, words=r"\w+ \w+ .*\.", **settings
):
    """Assert that `fit` refuses and that nothing has changed."""
    before = everything(model, batches, folder)
    with pytest.raises(error, match=words):
        fit(model, batches, config, **settings)
    assert everything(model, batches, folder) == before


def forge(path, change):
    """Rewrite a checkpoint with right fingerprints after `change(tensors, facts)`."""
    tensors, facts = read_checkpoint(path)
    change(tensors, facts)
    checkpoint_file.write_file(path, tensors, facts)


# --- frozen and freed weights


def small_vae(seed=0):
    torch.manual_seed(seed)
    return VAE((6,), latent_size=6, hidden=(6, 6), likelihood="gaussian")  # equal-shaped layers


def vectors():
    return Batches(torch.randn(64, 6, generator=torch.Generator().manual_seed(0)), batch_size=16)


def averages(run):
    """Adam's averages by the weight's name."""
    names = {weight: name for name, weight in run.model.named_parameters()}
    return {
        names[weight]: {k: v.clone() for k, v in kept.items()}
        for optimizer in run.optimizers.values()
        for weight, kept in optimizer.state.items()
    }


class Look(Callback):
    """Keep Adam's averages as the training begins, and the run."""

    def on_start(self, run):
        self.seen, self.run = averages(run), run


@pytest.fixture
def whole_vae(tmp_path):
    path = tmp_path / "vae.safetensors"
    run = fit(small_vae(), vectors(), CONFIG, callbacks=[Checkpoint(path)])
    return run, averages(run), path


@pytest.mark.parametrize("frozen", ["encoder", "decoder", "encoder.1.", "encoder.3.weight"])
@pytest.mark.parametrize("from_file", [True, False])
def test_frozen_since(whole_vae, frozen, from_file):
    """The reproducer: a resume after freezing wrote one layer's averages into another's memory."""
    run, then, path = whole_vae
    model, look = small_vae(1) if from_file else run.model, Look()
    for key, weight in model.named_parameters():
        if key.startswith(frozen):
            weight.requires_grad_(False)
    resume = path if from_file else run
    with pytest.warns(UserWarning, match="not trained now, so their averages are left out"):
        again = fit(model, vectors(), LONGER, callbacks=[look], resume=resume)
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert set(look.seen) == trained and trained < set(then)
    for key, kept in look.seen.items():  # each weight has its own averages, never a neighbour's
        assert all(torch.equal(kept[k], then[key][k]) for k in ("step", "exp_avg", "exp_avg_sq"))
    assert again.step == 12


@pytest.mark.parametrize("from_file", [True, False])
def test_set_free_since(tmp_path, from_file):
    model, path = small_vae(), tmp_path / "vae.safetensors"
    model.encoder.requires_grad_(False)
    run = fit(model, vectors(), CONFIG, callbacks=[Checkpoint(path)])
    then = averages(run)
    model = small_vae() if from_file else model
    model.encoder.requires_grad_(True)
    look = Look()
    with pytest.warns(UserWarning, match="could not be trained then, so their averages begin anew"):
        fit(model, vectors(), LONGER, callbacks=[look], resume=path if from_file else run)
    assert set(look.seen) == set(then) and all(n.startswith("decoder") for n in then)
    free = {n: kept["step"] for n, kept in averages(look.run).items() if n.startswith("encoder")}
    assert free and all(step == 6 for step in free.values())  # of the 12, those since


def test_nothing_frozen_is_said_where_nothing_changed(whole_vae, tmp_path):
    model = small_vae()
    model.encoder.requires_grad_(False)
    path = tmp_path / "half.safetensors"
    fit(model, vectors(), CONFIG, callbacks=[Checkpoint(path)])
    again = small_vae()
    again.encoder.requires_grad_(False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(again, vectors(), LONGER, resume=path)


# --- a refusal changes nothing


def test_other_batches(toys, path, tmp_path):
    """The reproducer: the weights of the checkpoint were in the model after the refusal."""
    for batches in (toys.batches(size=16), Batches(toys.points(200), batch_size=32)):
        model, words = toys.ToyGame(seed=9), "Resume with the same data and the same batch_size"
        refused(model, batches, LONGER, tmp_path, words=words, resume=path)


def test_fewer_steps_other_models_and_bad_arguments(toys, path, tmp_path):
    fresh = toys.ToyGame(seed=9), toys.batches()
    fewer = dataclasses.replace(CONFIG, steps=3)
    refused(*fresh, fewer, tmp_path, RangeError, "has 6 steps already", resume=path)
    refused(*fresh, LONGER, tmp_path, AigcError, "with the brackets", resume=path, callbacks=[EMA])
    wrong = dataclasses.replace(LONGER, turns=("critic", "judge"))
    refused(*fresh, wrong, tmp_path, AigcError, "turns='judge'", resume=path)
    other = toys.ToyGame()
    other.critic[3] = nn.Linear(16, 2)
    refused(other, toys.batches(), LONGER, tmp_path, words="another model: critic.3", resume=path)
    double = toys.ToyGame().double()
    refused(double, toys.batches(), LONGER, tmp_path, words="float64 in your ToyGame", resume=path)


@pytest.mark.parametrize("kind", ["file", "run"])
def test_a_callback_that_refuses(toys, path, tmp_path, kind):
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    model, batches = toys.ToyGame(), toys.batches()
    resume = path if kind == "file" else fit(model, batches, CONFIG)
    history = len(resume.history) if kind == "run" else None
    next(batches)
    for place, error in (("cat.png", CheckpointError), ("none\0", AigcError), ("", FileWriteError)):
        callbacks = [EMA(0.5), Checkpoint(tmp_path / place if place else tmp_path)]
        refused(model, batches, LONGER, tmp_path, error, resume=resume, callbacks=callbacks)
        assert callbacks[0].model is None
    if kind == "run":
        assert resume.step == 6 and len(resume.history) == history and resume.config is CONFIG


def test_a_refused_run_can_go_on(toys, same):
    model, whole = toys.ToyGame(), toys.ToyGame()
    run = fit(model, toys.batches(), dataclasses.replace(CONFIG, schedule="constant"))
    longer = dataclasses.replace(run.config, steps=12)
    with pytest.raises(CheckpointError):
        fit(model, toys.batches(size=16), longer, resume=run)
    fit(model, toys.batches(), longer, resume=run)
    fit(whole, toys.batches(), longer)
    same(model, whole)


# --- forged and foreign files


def tensor(name, make):
    def change(tensors, facts):
        tensors[name] = make(tensors[name])

    return change


def fact(name, value):
    def change(tensors, facts):
        facts[name] = value

    return change


def without(name):
    def change(tensors, facts):
        del (tensors if name in tensors else facts)[name]

    return change


def renamed(old, new):
    def change(tensors, facts):
        tensors[new] = tensors.pop(old)

    return change


ADAM = "optimizer/critic/critic.0.weight"
EMA_0 = "callback/EMA.0"
FORGERIES = {
    "average of another shape": tensor(f"{ADAM}/exp_avg", lambda t: torch.zeros(10**6)),
    "average transposed": tensor(f"{ADAM}/exp_avg", lambda t: t.T.contiguous()),
    "average empty": tensor(f"{ADAM}/exp_avg_sq", lambda t: t[:0]),
    "average in float64": tensor(f"{ADAM}/exp_avg", lambda t: t.double()),
    "average NaN": tensor(f"{ADAM}/exp_avg", lambda t: t * torch.nan),
    "squares negative": tensor(f"{ADAM}/exp_avg_sq", lambda t: t - 1),
    "count NaN": tensor(f"{ADAM}/step", lambda t: t * torch.nan),
    "count infinite": tensor(f"{ADAM}/step", lambda t: t + torch.inf),
    "count negative": tensor(f"{ADAM}/step", lambda t: -t),
    "count of many": tensor(f"{ADAM}/step", lambda t: t.repeat(5)),
    "average missing": without(f"{ADAM}/exp_avg"),
    "average of nobody": renamed(f"{ADAM}/exp_avg", "optimizer/critic/critic.9.weight/exp_avg"),
    "average of the other player": renamed(f"{ADAM}/step", f"optimizer/generator/{ADAM[17:]}/step"),
    "players unnamed": fact("trained", {}),
    "weight of another shape": tensor("model/critic.0.bias", lambda t: t[:3]),
    "weight in float16": tensor("model/critic.0.bias", lambda t: t.half()),
    "weight NaN": tensor("model/critic.0.bias", lambda t: t / 0),
    "buffer missing": without("model/generator.1.running_mean"),
    "random of another size": tensor("random/generator", lambda t: t[:100]),
    "random in float": tensor("random/generator", lambda t: t.float()),
    "random of zeros": tensor("random_global/cpu", torch.zeros_like),
    "random missing": without("random_global/cpu"),
    "random of a device that is not here": renamed("random_global/cpu", "random_global/abacus"),
    "history of another length": tensor("history/critic.total/steps", lambda t: t[:2]),
    "history backwards": tensor("history/critic.total/steps", lambda t: t.flip(0)),
    "history from the future": tensor("history/critic.total/steps", lambda t: t + 100),
    "history in a table": tensor("history/critic.total/values", lambda t: t[None]),
    "history missing": without("history/critic.total/values"),
    "series unnamed": fact("series", []),
    "series no list": fact("series", "total"),
    "step negative": fact("step", -3),
    "step NaN": fact("step", "NaN"),
    "step true": fact("step", True),
    "step absurd": fact("step", 10**30),
    "step a half": fact("step", 2.5),
    "seconds negative": fact("seconds", -1.0),
    "no step": without("step"),
    "config empty": fact("config", {}),
    "config of the future": fact("config", {"steps": 6, "flux": 1}),
    "config with an absurd rate": fact("config", {"steps": 6, "lr": 10**400}),
    "config with a text": fact("config", {"steps": "six"}),
    "data a number": fact("data", {"x": 7}),
    "data a text": fact("data", "x"),
    "batches a list": fact("batches", [1, 2]),
    "batches nowhere": fact("batches", {"n": 256, "batch_size": 32, "seed": 0, "epoch": 0}),
    "batches of text": fact(
        "batches", {"n": "x", "batch_size": 32, "seed": 0, "epoch": 0, "position": 0}
    ),
    "batches beyond": fact(
        "batches", {"n": 256, "batch_size": 32, "seed": 0, "epoch": -1, "position": 10**9}
    ),
    "another optimizer": fact("optimizer", "Lion"),
    "average of the run of another shape": tensor(f"{EMA_0}/model/critic.0.bias", lambda t: t[:1]),
    "average of the run NaN": tensor(f"{EMA_0}/model/critic.0.bias", lambda t: t / 0),
    "average of the run uncounted": without(f"{EMA_0}/updates"),
    "average of the run over -1 steps": tensor(f"{EMA_0}/updates", lambda t: -t),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_file(toys, path, tmp_path, name):
    forge(path, FORGERIES[name])
    model = toys.ToyGame(seed=9)
    refused(model, toys.batches(), LONGER, tmp_path, resume=path, callbacks=[EMA(0.9)])


def test_the_forging_itself_is_harmless(toys, path):
    forge(path, lambda tensors, facts: None)
    assert fit(toys.ToyGame(), toys.batches(), LONGER, resume=path, callbacks=[EMA(0.9)]).step == 12


def with_head(path, change):
    """Rewrite the head alone, without any fingerprint."""
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    head = json.loads(content[8 : 8 + size])
    change(head)
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])


HEADS = {
    "facts no text": (lambda h: h["__metadata__"].update(facts=5), "is damaged"),
    "facts no JSON": (lambda h: h["__metadata__"].update(facts="{"), "is damaged"),
    "facts a number": (lambda h: h["__metadata__"].update(facts="7"), "is damaged"),
    "no fingerprint": (lambda h: h["__metadata__"].pop("sha256"), "is damaged"),
    "format no text": (lambda h: h["__metadata__"].update(format=2), "not a checkpoint"),
    "no metadata": (lambda h: h.pop("__metadata__"), "not a checkpoint"),
    "metadata a list": (lambda h: h.update(__metadata__=["format"]), "not a checkpoint"),
    "unknown type": (lambda h: h["model/critic.0.bias"].update(dtype="F3"), "is damaged"),
    "absurd size": (lambda h: h["model/critic.0.bias"].update(shape=[10**15]), "is damaged"),
    "negative size": (lambda h: h["model/critic.0.bias"].update(shape=[-16]), "is damaged"),
    "newer": (
        lambda h: h["__metadata__"].update(format="aigc-teach checkpoint 3", version="9.1"),
        "written by a newer version, aigc-teach 9.1 .format 3.",
    ),
    "newer, unsigned": (
        lambda h: [h["__metadata__"].update(format="aigc-teach checkpoint 12"),
                   h["__metadata__"].pop("version")],
        "written by a newer version, an aigc-teach .format 12.",
    ),
    "older": (
        lambda h: [h["__metadata__"].update(format="aigc-teach checkpoint 1"),
                   h["__metadata__"].pop("version")],
        "written by an older version, an aigc-teach of format 1, .* Its weights are whole",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_was_changed(toys, path, tmp_path, name):
    change, words = HEADS[name]
    with_head(path, change)
    refused(toys.ToyGame(), toys.batches(), LONGER, tmp_path, words=words, resume=path)
    if name not in ("unknown type", "absurd size", "negative size"):
        with pytest.raises(CheckpointError, match=words):
            read_header(path)


@pytest.mark.parametrize("size", [0, 7, 10**8 + 1, 2**40, 2**64 - 1])
def test_a_head_that_claims_to_be_huge(toys, path, tmp_path, size):
    path.write_bytes(struct.pack("<Q", size) + b"[" * 200_000)
    refused(toys.ToyGame(), toys.batches(), LONGER, tmp_path, words="not a check", resume=path)


def test_a_head_that_is_nested_very_deeply(path):
    path.write_bytes(struct.pack("<Q", 200_000) + b"[" * 200_000)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_header(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_and_a_nul_do_not_hang(toys, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place, words in ((tmp_path / "pipe", "no ordinary file"), ("a\0b", "no name of a file")):
        with pytest.raises(CheckpointError, match=words):
            fit(toys.ToyGame(), toys.batches(), CONFIG, resume=place)


# --- what differs is said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": 0.02}, "lr was 0.01 and is 0.02"),
        ({"seed": 5}, "seed was 0 and is 5, which changes nothing"),
        ({"betas": (0.5, 0.9)}, r"betas was \(0.9, 0.999\) and is \(0.5, 0.9\)"),
        ({"clip_norm": 1.0}, "clip_norm was None and is 1.0"),
        ({"schedule": "constant"}, "schedule was cosine and is constant"),
        ({"precision": "bfloat16"}, "precision was float32 and is bfloat16"),
        ({"turns": ("critic", "generator")}, "turns was None"),
    ],
)
@pytest.mark.parametrize("kind", ["file", "run"])
def test_other_settings(toys, path, settings, words, kind):
    # in float32 on every processor: some choose bfloat16 by themselves
    keepers = [EMA(0.9), Checkpoint(path)] if kind == "file" else []
    model = toys.ToyGame()
    run = fit(model, toys.batches(), CONFIG, callbacks=keepers, machine=toys.cpu)
    resume = path if kind == "file" else run
    with pytest.warns(UserWarning, match=f"The training goes on, but not as it was: .*{words}"):
        fit(
            model,
            toys.batches(),
            dataclasses.replace(LONGER, **settings),
            resume=resume,
            callbacks=[EMA(0.9)] if kind == "file" else [],
            machine=toys.cpu,
        )


def test_other_data_another_order_and_lost_states(toys, path):
    other = Batches(toys.points(seed=1), batch_size=32, seed=3)
    words = "data's x is not that .*other values.*; nothing takes up .* EMA.0; the batches' seed"
    with pytest.warns(UserWarning, match=words):
        fit(toys.ToyGame(), other, LONGER, resume=path)
    with pytest.warns(UserWarning, match="decay=0.9 and goes on with decay=0.5"):
        fit(toys.ToyGame(), toys.batches(), LONGER, resume=path, callbacks=[EMA(0.5)])


def test_the_same_again_says_nothing(toys, path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(toys.ToyGame(), toys.batches(), LONGER, resume=path, callbacks=[EMA(0.9)])
        run = fit(toys.ToyGame(), toys.batches(), CONFIG)
        fit(run.model, run.batches, LONGER, resume=run)


def test_the_fingerprint_of_data(toys):
    points = toys.points()
    plain = differences.data_fingerprint(Batches(points))
    assert plain == differences.data_fingerprint(Batches(points.clone(), seed=4, batch_size=8))
    shuffled = points[torch.randperm(len(points), generator=torch.Generator().manual_seed(0))]
    for other in (points + 1e-3, points[:-1], points.half(), shuffled):
        assert differences.data_fingerprint(Batches(other)) != plain
    labelled = Batches(points, torch.arange(len(points)))
    assert set(differences.data_fingerprint(labelled)) == {"x", "condition"}
    assert differences.data_fingerprint(iter([points])) == {}
    for odd in (torch.ones(5), torch.ones(3, 0), torch.ones(2, 10_000), torch.ones(9, 3, 8, 8)):
        assert len(differences.data_fingerprint(type("B", (), {"x": odd}))["x"]) == 3


def test_on_another_kind_of_device_the_random_numbers_begin_anew(toys, path):
    forge(path, fact("device", "cuda"))
    forge(path, tensor("random/generator", lambda t: t[:16]))
    with pytest.warns(UserWarning, match="it was on cuda and is on cpu, so the random numbers"):
        run = fit(toys.ToyGame(), toys.batches(), LONGER, resume=path, callbacks=[EMA(0.9)])
    assert run.step == 12


# --- another training's checkpoint


def train(toys, path, *, seed=0, steps=6, **settings):
    config = dataclasses.replace(CONFIG, steps=steps, seed=seed)
    return fit(toys.ToyGame(), toys.batches(), config, callbacks=[Checkpoint(path, 3, **settings)])


def test_running_a_cell_twice_leaves_one_file(toys, tmp_path):
    path = tmp_path / "game.safetensors"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            train(toys, path)
    assert os.listdir(tmp_path) == [path.name]


def test_another_training_keeps_the_earlier_checkpoint(toys, tmp_path):
    path = tmp_path / "game.safetensors"
    train(toys, path, steps=9)
    first = path.read_bytes()
    with pytest.warns(UserWarning, match="another training; it is kept as .*game.1.safetensors"):
        train(toys, path, seed=1)
    with pytest.warns(UserWarning, match="is kept as .*game.2.safetensors"):
        train(toys, path, seed=2)
    assert (tmp_path / "game.1.safetensors").read_bytes() == first
    assert read_header(tmp_path / "game.2.safetensors")["config"]["seed"] == 1
    assert read_header(path)["config"]["seed"] == 2
    train(toys, path, seed=3, replace=True)
    assert len(os.listdir(tmp_path)) == 3 and read_header(path)["config"]["seed"] == 3


def test_a_kept_one_is_there_from_the_first_write_on(toys, tmp_path):
    path = tmp_path / "game"
    train(toys, path, steps=9)
    seen = []

    class Watch(Callback):
        order = 2

        def on_step(self, run):
            seen.append(sorted(p.name for p in tmp_path.iterdir()))

    callbacks = [Checkpoint(path, 3), Watch()]
    with pytest.warns(UserWarning, match="kept as"):
        fit(toys.ToyGame(), toys.batches(), CONFIG, callbacks=callbacks)
    assert seen == [["game"]] * 2 + [["game", "game.1"]] * 4


def test_a_resume_replaces_its_own_and_keeps_what_is_further_on(toys, tmp_path):
    path, early = tmp_path / "game", tmp_path / "early"
    train(toys, path)
    early.write_bytes(path.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = toys.ToyGame()
        run = fit(model, toys.batches(), LONGER, resume=path, callbacks=[Checkpoint(path, 3)])
        more = dataclasses.replace(LONGER, steps=15)
        fit(model, run.batches, more, resume=run, callbacks=[Checkpoint(path, 3)])
    assert sorted(os.listdir(tmp_path)) == ["early", "game"] and read_header(path)["step"] == 15
    with pytest.warns(UserWarning, match="kept as"):  # from step 6 once more, another way
        fit(toys.ToyGame(), toys.batches(), dataclasses.replace(LONGER, lr=0.5), resume=early,
            callbacks=[Checkpoint(path, 3)])  # fmt: skip
    assert read_header(tmp_path / "game.1")["step"] == 15 and read_header(path)["step"] == 12


def test_older_newer_and_damaged_checkpoints_are_kept_too(toys, tmp_path):
    for number, harm in enumerate(("older", "newer", "facts no JSON")):
        path = tmp_path / f"game{number}"
        train(toys, path)
        with_head(path, HEADS[harm][0])
        content = path.read_bytes()
        with pytest.warns(UserWarning, match="kept as"):
            train(toys, path)
        assert path.with_name(path.name + ".1").read_bytes() == content


def test_a_disk_without_second_names(toys, tmp_path, monkeypatch):
    path = tmp_path / "game"
    train(toys, path)
    content = path.read_bytes()

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.warns(UserWarning, match="kept as"):
        train(toys, path, seed=1)
    assert (tmp_path / "game.1").read_bytes() == content


def test_batches_whose_state_cannot_be_kept_are_found_at_the_start(toys, tmp_path):
    class Odd(Batches):
        def state_dict(self):
            return {"rest": {1, 2}}

    odd, taken = Odd(toys.points()), []
    with pytest.raises(CheckpointError, match="The state of these batches cannot be kept"):
        fit(toys.GaussianFit(), odd, CONFIG, callbacks=[Checkpoint(tmp_path / "x"), Tally(taken)])
    assert taken == [] and os.listdir(tmp_path) == []


class Tally(Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_step(self, run):
        self.steps.append(run.step)


def test_swapped_averages_would_be_seen(whole_vae):
    """The comparison above can fail: two layers of one shape have different averages."""
    _, then, _ = whole_vae
    pair = [n for n, kept in then.items() if kept["exp_avg"].shape == (6, 6)]
    assert len(pair) >= 3
    assert not torch.equal(then[pair[0]]["exp_avg"], then[pair[1]]["exp_avg"])
    assert np.isfinite(then[pair[0]]["step"].item())
