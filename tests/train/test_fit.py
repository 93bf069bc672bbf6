import itertools

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach.core import (
    AigcError,
    ChoiceError,
    DataError,
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    make_generator,
    seed_everything,
)
from aigc_teach.train import Callback, Snapshots, TrainConfig, fit


def test_it_learns(toys):
    model = toys.GaussianFit()
    run = fit(model, toys.batches(), TrainConfig(steps=400, lr=0.05))
    assert torch.allclose(model.mean, torch.tensor([2.0, -1.0]), atol=0.1)
    assert torch.allclose(model.log_sigma.exp(), torch.tensor(0.5), atol=0.1)
    assert run.step == 400 == len(run.history) and run.stopped is None
    assert run.history["total"][-50:].mean() < run.history["total"][:10].mean() / 2


def test_it_equals_a_loop_written_by_hand(toys, same):
    ours, theirs = toys.ToyGame(), toys.ToyGame()
    config = TrainConfig(steps=30, lr={"critic": 0.01, "generator": 0.005}, clip_norm=0.5, seed=3)
    fit(ours, toys.batches(), config, machine=toys.cpu)

    generator, batches = make_generator(3), toys.batches()
    players = {p: getattr(theirs, p).parameters() for p in theirs.players}
    optimizers = {p: torch.optim.Adam(weights, fused=True) for p, weights in players.items()}
    theirs.train()
    torch.manual_seed(3)
    for step in range(30):
        batch = next(batches)
        for player, optimizer in optimizers.items():
            optimizer.param_groups[0]["lr"] = config.learning_rate(player, step=step)
            loss = theirs.loss(batch, player, generator=generator)
            theirs.zero_grad()
            loss.total.backward()
            nn.utils.clip_grad_norm_(getattr(theirs, player).parameters(), 0.5)
            optimizer.step()
    same(ours, theirs)


def test_the_gradient_reaches_one_player_only(toys):
    model, caught = toys.ToyGame(), []

    class Watch(Callback):
        def on_start(self, run):
            for weight in model.parameters():
                weight.grad = torch.full_like(weight, 7.0)

        def on_step(self, run):
            caught.append([w.grad.clone() for w in model.generator.parameters()])

    before = {k: v.clone() for k, v in model.generator.named_parameters()}
    fit(model, toys.batches(), TrainConfig(steps=3, turns=("critic",)), callbacks=[Watch()])
    assert all((grad == 7.0).all() for grads in caught for grad in grads)
    assert all(torch.equal(v, before[k]) for k, v in model.generator.named_parameters())


def test_one_batch_a_step_and_a_new_one_for_a_player_who_moves_again(toys):
    model = toys.ToyGame()
    turns = ("critic", "critic", "generator")
    fit(model, toys.batches(), TrainConfig(steps=2, turns=turns))
    source = toys.batches()
    drawn = [next(source) for _ in range(4)]
    expected = [0, 1, 1, 2, 3, 3]
    assert [player for player, _ in model.seen] == list(turns) * 2
    for (_, batch), index in zip(model.seen, expected, strict=True):
        assert torch.equal(batch, drawn[index])


def test_names_in_the_history(toys):
    run = fit(toys.ToyGame(), toys.batches(), TrainConfig(steps=3))
    assert run.history.names == ["critic.real", "critic.total", "generator.total"]
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=3))
    assert run.history.names == ["spread", "total"]
    np.testing.assert_array_equal(run.history.steps("total"), [1, 2, 3])


def test_repeatable_and_outer_randomness_untouched(toys, same):
    torch.manual_seed(1)
    models = [toys.ToyGame(), toys.ToyGame()]
    expected = torch.Generator().manual_seed(1)
    for i, model in enumerate(models):
        if i:
            torch.rand(5), torch.rand(5, generator=expected)  # whatever was drawn before
        fit(model, toys.batches(), TrainConfig(steps=20))
    same(*models)
    assert torch.equal(torch.rand(3), torch.rand(3, generator=expected))
    other = toys.ToyGame()
    fit(other, toys.batches(), TrainConfig(steps=20, seed=1))
    assert not torch.equal(toys.weights_of(other), toys.weights_of(models[0]))


def test_train_mode_inside_eval_mode_after_and_threads_put_back(toys):
    model, modes, before = toys.ToyGame(), [], torch.get_num_threads()

    class Watch(Callback):
        def on_step(self, run):
            modes.append((model.training, torch.get_num_threads()))

    torch.set_num_threads(2)
    fit(model, toys.batches(), TrainConfig(steps=2), callbacks=[Watch()], machine=toys.cpu)
    assert modes == [(True, 1)] * 2
    assert not model.training and torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_a_frozen_part_stays(toys):
    model = toys.GaussianFit()
    model.log_sigma.requires_grad_(False)
    fit(model, toys.batches(), TrainConfig(steps=20, lr=0.1))
    assert (model.log_sigma == 0).all() and abs(model.mean[0] - 2) < 1.5


def test_labelled_batches_reach_the_model_as_they_are(toys):
    class Takes(toys.GaussianFit):
        def loss(self, batch, player="model", *, generator=None):
            assert isinstance(batch, Labelled) and batch.condition.dtype == torch.int64
            return super().loss(batch.x, player, generator=generator)

    pairs = itertools.repeat(Labelled(toys.points(8), torch.arange(8)))
    assert fit(Takes(), pairs, TrainConfig(steps=2)).step == 2


@pytest.mark.parametrize("plain_iterator", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_memory_layout(toys, last, plain_iterator):
    model, seen = toys.ConvGame(), []

    class Watch(Callback):
        def on_step(self, run):
            layout = torch.channels_last
            seen.append(run.next_batch().is_contiguous(memory_format=layout))
            seen.append(model.net[0].weight.is_contiguous(memory_format=layout))

    machine = toys.cpu_last if last else toys.cpu
    batches = itertools.repeat(torch.rand(16, 3, 8, 8)) if plain_iterator else toys.images()
    run = fit(model, batches, TrainConfig(steps=1), callbacks=[Watch()], machine=machine)
    assert seen == [last, last] and run.machine.channels_last == last


def test_channels_last_is_left_out_without_convolutions(toys):
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=1), machine=toys.cpu_last)
    assert not run.machine.channels_last


def test_precision(toys):
    seen = []

    class Dense(toys.ToyGame):
        def loss(self, batch, player="critic", *, generator=None):
            seen.append(self.critic[0](batch).dtype)
            return super().loss(batch, player, generator=generator)

    for precision in ("bfloat16", "float32"):
        fit(Dense(), toys.batches(), TrainConfig(steps=1, precision=precision), machine=toys.cpu)
    assert seen == [torch.bfloat16] * 2 + [torch.float32] * 2


class Broken(GenerativeModel):
    """A model whose loss is whatever the test asks for."""

    def __init__(self, make):
        super().__init__()
        self.net, self.spare, self.make = nn.Linear(2, 1), nn.Linear(1, 1), make

    def loss(self, batch, player="model", *, generator=None):
        return self.make(self, batch)

    def trajectory(self, n, *, condition=None, generator=None):
        yield torch.zeros(n, 2)


def with_parts(model, x, parts):
    return Loss(model.net(x).mean(), parts)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda m, x: Loss(m.net(x), {}), ShapeError, r"shape \[32, 1\].*one number"),
        (lambda m, x: m.net(x).mean(), DtypeError, r"gave a Tensor; it must give a Loss\(total"),
        (lambda m, x: Loss(x.mean(), {}), AigcError, "does not depend on any weight"),
        (
            lambda m, x: Loss(torch.ones((), requires_grad=True) * 2, {}),
            AigcError,
            "does not depend on the weights of 'model'",
        ),
        (lambda m, x: Loss(1.5, {}), DtypeError, "a total that is a float; it must be a tensor"),
        (lambda m, x: Loss(None, {}), DtypeError, "a total that is a NoneType"),
        (lambda m, x: (m.net(x).mean(), {}), DtypeError, "gave a tuple"),
        (lambda m, x: with_parts(m, x, None), DtypeError, "parts that are a NoneType"),
        (lambda m, x: with_parts(m, x, [1]), DtypeError, "parts that are a list"),
        (lambda m, x: with_parts(m, x, {"a": x}), ShapeError, r"part 'a' as .*\[32, 2\]; .*one n"),
        (lambda m, x: with_parts(m, x, {"a": x[:0]}), ShapeError, r"part 'a' as .*\[0, 2\]"),
        (lambda m, x: with_parts(m, x, {"a": x[0, 0] * 1j}), ShapeError, "as torch.complex64"),
        (lambda m, x: with_parts(m, x, {"a": "b"}), DtypeError, "part 'a' as a str"),
        (lambda m, x: with_parts(m, x, {"a": [1.0]}), DtypeError, "part 'a' as a list"),
        (lambda m, x: with_parts(m, x, {3: 1.0}), ChoiceError, "a part called 3"),
        (lambda m, x: with_parts(m, x, {"total": 1.0}), ChoiceError, "a part called 'total'"),
    ],
)
def test_broken_losses_are_named(toys, make, error, words):
    with pytest.raises(error, match=words):
        fit(Broken(make), toys.batches(), TrainConfig(steps=5))


@pytest.mark.parametrize(
    ("batches", "error", "words"),
    [
        (torch.zeros(8, 2), DtypeError, "endless iterator.*you gave a Tensor"),
        ([torch.zeros(8, 2)], DtypeError, "you gave a list"),
        (iter([]), DataError, "ran out at step 1 of 5"),
        (iter([torch.zeros(8, 2)] * 3), DataError, "ran out at step 4 of 5"),
        (itertools.repeat([torch.zeros(8, 2)]), DtypeError, "yours is a list"),
        (itertools.repeat(torch.zeros(0, 2)), DataError, "holds 0 items"),
        (itertools.repeat(torch.zeros(8, 2).double()), DtypeError, r"float64 .* Use x.float\(\)"),
        (
            itertools.repeat(Labelled(torch.zeros(8, 2).double(), torch.zeros(8))),
            DtypeError,
            "The batch is float64 and GaussianFit computes in float32",
        ),
    ],
)
def test_bad_batches_are_named(toys, batches, error, words):
    with pytest.raises(error, match=words):
        fit(toys.GaussianFit(), batches, TrainConfig(steps=5))


def test_bad_arguments_are_named(toys):
    model, batches, config = toys.GaussianFit(), toys.batches(), TrainConfig(steps=2)
    with pytest.raises(DtypeError, match="model must be a GenerativeModel; you gave a Linear"):
        fit(nn.Linear(1, 1), batches, config)
    with pytest.raises(DtypeError, match="TrainConfig.*you gave a int"):
        fit(model, batches, 100)
    with pytest.raises(DtypeError, match="callbacks must be a list"):
        fit(model, batches, config, callbacks=Callback())
    with pytest.raises(DtypeError, match="with the brackets"):
        fit(model, batches, config, callbacks=[Callback])
    with pytest.raises(DtypeError, match="resume must be a Run.*you gave a bool"):
        fit(model, batches, config, resume=True)
    with pytest.raises(ChoiceError, match="turns='critic' is not known.*'model'"):
        fit(model, batches, TrainConfig(steps=2, turns=("critic",)))
    run = fit(model, batches, config)
    with pytest.raises(RangeError, match="has 2 steps already, and steps=1 is less"):
        fit(model, batches, TrainConfig(steps=1), resume=run)
    with pytest.raises(AigcError, match="with the model of that run, but you gave another"):
        fit(toys.GaussianFit(), batches, config, resume=run)
    model.requires_grad_(False)
    with pytest.raises(AigcError, match="'model' has no weights that can be trained"):
        fit(model, batches, config)


def test_the_run_is_shown_in_one_line(toys):
    run = fit(toys.GaussianFit(), toys.batches(), TrainConfig(steps=2))
    assert repr(run).startswith("Run(GaussianFit, step 2 of 2, total ") and run.seconds > 0


def test_numbers_of_every_kind_may_be_parts(toys):
    parts = {
        "a": 1,
        "b": 2.5,
        "c": np.float32(3),
        "d": torch.ones(1),
        "e": torch.tensor(4.0).double(),
    }
    run = fit(Broken(lambda m, x: with_parts(m, x, parts)), toys.batches(), TrainConfig(steps=2))
    assert [run.history.last(name) for name in "abcde"] == [1.0, 2.5, 3.0, 1.0, 4.0]


@pytest.mark.parametrize("value", ["missing", "a number", "a function"])
def test_a_player_without_a_network(toys, value):
    model = toys.ToyGame()
    del model.critic
    if value != "missing":
        model.critic = 3 if value == "a number" else torch.sigmoid
    words = "has the player 'critic', but no network of that name: set self.critic"
    with pytest.raises(AigcError, match=words):
        fit(model, toys.batches(), TrainConfig(steps=2))


def test_a_model_in_double_precision_takes_doubles(toys):
    doubles = itertools.repeat(toys.points(8).double())
    assert fit(toys.GaussianFit().double(), doubles, TrainConfig(steps=2)).step == 2


@pytest.mark.parametrize("seed", [99999999999999999999999999, 2**63, -1, 1.5, "7"])
def test_seeds_that_no_generator_takes(seed):
    for make in (make_generator, lambda s: TrainConfig(steps=1, seed=s), seed_everything,
                 lambda s: Snapshots(every=1, seed=s)):  # fmt: skip
        with pytest.raises(AigcError, match="seed="):
            make(seed)
    assert make_generator(2**63 - 1).initial_seed() == 2**63 - 1
