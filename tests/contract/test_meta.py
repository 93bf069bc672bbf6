"""The third device: torch's ``meta``, which knows shapes and types but holds no numbers.

What runs there asks for no value (``.item()``, an ``if`` on a tensor, a copy to the CPU) and
makes no tensor on the CPU: it runs on any GPU as it is, and the CPU never waits for it. No GPU is
needed to find out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from aigc_teach.core import GenerativeModel, Labelled, Loss, make_generator
from aigc_teach.losses import elbo, gan, likelihood, penalty, sequence
from aigc_teach.nn import (
    CheapDropout,
    FourierConvTranspose2d,
    MinibatchStatistic,
    attention,
    causal_mask,
    reparameterise,
    sampling,
    standard_normal,
)
from aigc_teach.nn.positions import rotate, sinusoidal

sys.path.insert(0, str(Path(__file__).parent))
from families import FAMILIES

META = torch.device("meta")


class OnlyOnMeta(TorchDispatchMode):
    """Refuses every operation whose result lies anywhere else."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for part in tree_leaves(result):
            if isinstance(part, Tensor) and part.device.type != "meta":
                raise RuntimeError(f"{func} makes a tensor on the device {part.device}")
        return result


def to_meta(batch):
    return Labelled(*map(to_meta, batch)) if isinstance(batch, Labelled) else batch.to(META)


def run_on_meta(model: GenerativeModel, batch) -> None:
    """Loss and gradient of every player, a sample and a whole trajectory; all on ``meta``."""
    model, batch = model.to(META), to_meta(batch)
    with OnlyOnMeta():
        for player in model.players:
            total, parts = model.loss(batch, player)
            assert total.shape == () and total.requires_grad
            assert all(part.shape == () and not part.requires_grad for part in parts.values())
            total.backward()
        assert all(p.grad is not None for p in model.parameters())
        stages = list(model.trajectory(3))
        assert model.sample(3).shape == stages[-1].shape
        if isinstance(batch, Labelled):
            assert model.sample(3, condition=batch.condition[:3]).shape == stages[-1].shape


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


def test_every_family_runs_where_there_are_no_values(family):
    run_on_meta(family.build(), family.batch(16))


def test_a_generator_on_the_cpu_serves_a_model_on_another_device(family):
    model, batch = family.build().to(META), to_meta(family.batch(16))
    for player in model.players:
        generator = make_generator(0)
        assert model.loss(batch, player, generator=generator).total.device == META
        untouched = torch.equal(generator.get_state(), make_generator(0).get_state())
        assert family.draws != untouched  # the numbers are its own, not the device's
    asked = batch.condition[:3] if isinstance(batch, Labelled) else None
    assert model.sample(3, condition=asked, generator=make_generator(0)).device == META


# ---------------------------------------------------------------- bare losses and layers

TOKENS = torch.zeros(1, 4, dtype=torch.int64, device=META)
X, SQUARE = torch.zeros(4, 6, device=META), torch.zeros(4, 3, 7, 7, device=META)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: elbo.bernoulli_nll(x, X),
        lambda x: elbo.gaussian_nll(x, X, 0.5),
        lambda x: elbo.kl_to_standard_normal(x, X),
        lambda x: likelihood.laplace_nll(x, X),
        lambda x: likelihood.continuous_bernoulli_nll(x, X),
        lambda x: likelihood.continuous_bernoulli_mean(x),
        lambda x: likelihood.best_sigma(x, X),
        lambda x: reparameterise(x, X),
        lambda x: reparameterise(x, X, generator=make_generator(0)),
        *(lambda x, k=kind: gan.critic_loss(x[:, 0], x[:, 1], k) for kind in gan.KINDS),
        *(lambda x, k=kind: gan.generator_loss(x[:, 0], k) for kind in gan.KINDS),
        lambda x: x.sum() * penalty.gradient_penalty(lambda y: y.square().sum(1), X, X),
        lambda x: (
            x.sum()
            * penalty.gradient_penalty(
                lambda y: y.square().sum(1), X, X, generator=make_generator(0)
            )
        ),
        lambda x: x.sum() * penalty.r1_penalty(lambda y: y.square().sum(1), X),
        lambda x: MinibatchStatistic()(x),
        lambda x: CheapDropout(0.5)(x),
        lambda x: x.sum() + FourierConvTranspose2d(3, 2, kernel=5, size=7).to(META)(SQUARE),
        lambda x: x + standard_normal(4, 6, like=x),
        lambda x: sequence.token_nll(x[None], TOKENS),
        lambda x: sequence.mean_nll(x[None], TOKENS, TOKENS > 0),
        lambda x: attention(x, X, X, causal_mask(4, like=x))[0],
        lambda x: rotate(x, TOKENS[0]) + sinusoidal(TOKENS[0], 6),
        lambda x: sampling.nucleus(sampling.top_k(sampling.temperature(x, 0.5), 2), 0.9),
        lambda x: x.sum() + sampling.draw(sampling.temperature(x, 0), generator=make_generator(0)),
    ],
)
def test_losses_and_layers_ask_for_no_value(loss):
    x = torch.zeros(4, 6, device=META, requires_grad=True)
    result = loss(x)
    assert result.device == META
    result.sum().backward()
    assert x.grad is not None


# ---------------------------------------------------------------- planted mistakes


class Planted(GenerativeModel):
    """A sound model with one flaw, which ``flaw`` brings about: (the batch) -> a factor."""

    def __init__(self, flaw, where: str):
        super().__init__()
        self.net, self.flaw, self.where = nn.Linear(2, 2), flaw, where

    def loss(self, batch, player="model", *, generator=None) -> Loss:
        total = (self.net(batch) - batch).square().mean()
        factor = self.flaw(batch) if self.where == "loss" else 1.0
        return Loss(total * factor, {"error": total.detach()})

    def trajectory(self, n, *, condition=None, generator=None) -> Iterator[Tensor]:
        x = self.net(standard_normal(n, 2, like=self.net.weight, generator=generator))
        yield x * self.flaw(x) if self.where == "sample" else x


FLAWS = {
    "item": lambda x: x.mean().item(),
    "float": lambda x: float(x.detach()[0, 0]),
    "copy to the CPU": lambda x: x.cpu().mean(),
    "numpy": lambda x: x.detach().numpy().mean(),
    "list": lambda x: x.tolist()[0][0],
    "branch on a value": lambda x: 2.0 if x.mean() > 0 else 1.0,
    "branch on all": lambda x: 2.0 if (x == x).all() else 1.0,
    "assertion on a value": lambda x: 1.0 if torch.isfinite(x).all() else 0.0,
    "index by a mask": lambda x: x[x > 0].mean(),
    "number made on the CPU": lambda x: torch.tensor(2.0),
    "noise made on the CPU": lambda x: torch.randn(len(x), 2),
    "table made on the CPU": lambda x: torch.arange(2.0),
    "from a list": lambda x: torch.as_tensor([1.0, 2.0]),
}


@pytest.mark.parametrize("where", ["loss", "sample"])
@pytest.mark.parametrize("name", FLAWS)
def test_a_planted_mistake_is_found(name, where):
    with pytest.raises((RuntimeError, NotImplementedError, TypeError)):
        run_on_meta(Planted(FLAWS[name], where), torch.ones(5, 2))


@pytest.mark.parametrize("where", ["loss", "sample"])
def test_the_sound_model_passes(where):
    run_on_meta(Planted(lambda x: x.mean(), where), torch.ones(5, 2))
