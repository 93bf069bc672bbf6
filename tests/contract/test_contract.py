"""The contract suite: every family must pass every test, whatever it is inside."""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import pytest
import torch

from aigc_teach import train
from aigc_teach.core import (
    AigcError,
    ChoiceError,
    Labelled,
    RangeError,
    choose_machine,
    make_generator,
)
from aigc_teach.core.device import repeatable
from aigc_teach.data import Batches
from aigc_teach.train import TrainConfig

sys.path.insert(0, str(Path(__file__).parent))
from families import FAMILIES

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
        ],
    ),
]


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


@pytest.fixture
def model(family, device):
    torch.manual_seed(0)  # layers draw their first weights from the global generator
    return family.build().to(device)


@pytest.fixture
def batch(family, device):
    return to(family.batch(16), device)


def to(batch, device):
    return (
        Labelled(*(t.to(device) for t in batch))
        if isinstance(batch, Labelled)
        else batch.to(device)
    )


def tensors(batch):
    return list(batch) if isinstance(batch, Labelled) else [batch]


def loss(model, batch, player, seed=1):
    return model.loss(batch, player, generator=make_generator(seed, model.device))


def test_loss_is_a_finite_scalar_with_detached_scalar_parts(model, batch):
    for player in model.players:
        total, parts = loss(model, batch, player)
        assert total.shape == () and total.isfinite() and total.requires_grad
        assert parts
        for value in parts.values():
            assert value.shape == () and value.isfinite() and not value.requires_grad


def test_the_gradient_reaches_exactly_the_players_parameters(model, batch):
    for player in model.players:
        own = model.player_parameters(player)
        gradients = torch.autograd.grad(loss(model, batch, player).total, own, allow_unused=True)
        assert all(g is not None for g in gradients)
        assert any(g.abs().sum() > 0 for g in gradients)
    everyone = [id(p) for player in model.players for p in model.player_parameters(player)]
    assert len(everyone) == len(set(everyone))  # no parameter has two owners
    assert set(everyone) == {id(p) for p in model.parameters()}  # and none is left out


def test_the_critics_turn_leaves_no_gradient_on_the_generator(model, batch):
    if "critic" not in model.players:
        pytest.skip("one player")
    loss(model, batch, "critic").total.backward()
    assert all(p.grad is None for p in model.player_parameters("generator"))


def test_the_batch_is_untouched(model, batch):
    before = [t.clone() for t in tensors(batch)]
    for player in model.players:
        loss(model, batch, player).total.backward()
    assert all(torch.equal(a, b) for a, b in zip(before, tensors(batch), strict=True))


def test_samples_have_the_datas_shape_dtype_and_range(model, batch, family):
    x, real = model.sample(5), tensors(batch)[0]
    assert x.shape == (5, *real.shape[1:]) and x.dtype == real.dtype and x.device == real.device
    assert x.isfinite().all() and not x.requires_grad
    if family.low is not None:
        assert x.min() >= family.low and x.max() <= family.high


def test_a_generator_makes_everything_repeatable(model, batch, family):
    device = model.device
    a, b, c = (model.sample(4, generator=make_generator(seed, device)) for seed in (3, 3, 4))
    assert torch.equal(a, b) and not torch.equal(a, c)
    for player in model.players:  # two fresh copies: batch norm's statistics move with each call
        first, second = (loss(copy.deepcopy(model), batch, player, 3).total for _ in range(2))
        other = loss(copy.deepcopy(model), batch, player, 4).total
        assert torch.equal(first, second) and torch.equal(first, other) != family.draws


def test_the_library_leaves_the_global_generator_alone(model, batch):
    before = torch.get_rng_state()
    g = make_generator(0, model.device)
    model.sample(3, generator=g)
    for player in model.players:
        model.loss(batch, player, generator=g)
    assert torch.equal(before, torch.get_rng_state())


def test_sample_restores_every_modules_mode(model):
    model.train()
    frozen = next(m for m in model.modules() if m is not model)
    frozen.eval()
    model.sample(2)
    assert model.training and not frozen.training


def test_sample_is_the_last_of_the_trajectory(model):
    model.eval()
    with torch.no_grad(), repeatable():
        stages = list(model.trajectory(3, generator=make_generator(5, model.device)))
    assert len(stages) >= 1
    assert torch.equal(stages[-1], model.sample(3, generator=make_generator(5, model.device)))


def test_state_goes_round(model, batch, family):
    torch.manual_seed(99)
    twin = family.build().to(model.device)
    twin.load_state_dict(model.state_dict())
    g1, g2 = (make_generator(7, model.device) for _ in range(2))
    assert torch.equal(model.sample(3, generator=g1), twin.sample(3, generator=g2))


def test_an_unknown_player_is_answered_with_the_list(model, batch):
    with pytest.raises(ChoiceError, match=f"Choose one of: '{model.players[0]}'"):
        model.loss(batch, "referee")


@pytest.mark.parametrize("n, kind", [(0, RangeError), (-1, RangeError), (2.0, TypeError)])
def test_sample_refuses_a_bad_count(model, n, kind):
    with pytest.raises(kind, match="n="):
        model.sample(n)


def test_conditions(model, batch, family):
    """A model without conditions refuses one; a conditional one draws its own.

    To a language model a condition is a prompt.
    """
    device = model.device
    if isinstance(batch, Labelled):
        assert model.sample(3, condition=batch.condition[:3]).shape[0] == 3
        assert model.sample(3).shape[0] == 3
        with pytest.raises(AigcError, match="Labelled"):
            model.loss(batch.x, model.players[0])
    elif family.prompts:
        prompt = batch[:3, :2]
        assert torch.equal(model.sample(3, condition=prompt)[:, :2], prompt)
        assert torch.equal(model.sample(3, condition=batch[:3]), batch[:3])  # nothing to add
        with pytest.raises(AigcError, match="plain tensor"):
            model.loss(Labelled(batch, batch), model.players[0])
    else:
        with pytest.raises(AigcError, match="without conditions"):
            model.sample(3, condition=torch.zeros(3, dtype=torch.long, device=device))


def test_it_trains_in_bfloat16(model, family, device):
    """As `fit` does by itself on a processor with units for it; weights and memories stay as wide.

    Without those units torch computes the same, slowly.
    """
    machine = choose_machine(device, precision="bfloat16")
    before = {name: tensor.dtype for name, tensor in model.state_dict().items()}
    data = family.batch(32)
    batches = Batches(*tensors(data), batch_size=16, check_range=False)
    train.fit(model, batches, TrainConfig(steps=2), machine=machine)
    assert {name: tensor.dtype for name, tensor in model.state_dict().items()} == before
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values())
    fake = model.sample(3, generator=make_generator(1, device))
    assert fake.dtype == tensors(data)[0].dtype and fake.isfinite().all()


def test_it_learns(model, family, device):
    """The error at least halves against an untrained copy of itself.

    The error of a sampler is its energy distance to the data (Szekely & Rizzo 2013): 0 only
    where the two distributions are equal, and blind to what kind of model made the samples.
    """
    data = to(family.batch(256, seed=1), device)
    untrained = copy.deepcopy(model)
    g = make_generator(0, device)
    optimisers = {
        p: torch.optim.Adam(model.player_parameters(p), 2e-3, betas=(0.0, 0.99))
        for p in model.players
    }
    for _ in range(family.steps):
        rows = torch.randint(0, 256, (family.rows,), generator=g, device=device)
        batch = Labelled(*(t[rows] for t in data)) if isinstance(data, Labelled) else data[rows]
        for player in model.players:
            own = model.player_parameters(player)
            gradients = torch.autograd.grad(model.loss(batch, player, generator=g).total, own)
            for p, gradient in zip(own, gradients, strict=True):
                p.grad = gradient
            optimisers[player].step()
    real = tensors(to(family.batch(500, seed=2), device))[0].flatten(1).float()
    before, after = (energy_distance(m, real) for m in (untrained, model))
    assert after < 0.5 * before, f"energy distance {before:.3f} -> {after:.3f}"


def energy_distance(model, real) -> float:
    fake = model.sample(500, generator=make_generator(8, model.device)).flatten(1).float()
    n = len(real)
    cross = torch.cdist(real, fake).mean()
    within = (torch.cdist(real, real).sum() + torch.cdist(fake, fake).sum()) / (n * (n - 1))
    return float(2 * cross - within)
