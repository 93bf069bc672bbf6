"""The VAE that is told attributes: its bound, its penalty, what it is told, its refusals."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from aigc_teach.core import (
    AigcError,
    DtypeError,
    Labelled,
    RangeError,
    ShapeError,
    make_generator,
)
from aigc_teach.models import AttributeVAE
from aigc_teach.models.attribute_vae import squared_correlations
from aigc_teach.nn import reparameterise

TABLE = torch.tensor([[0.2, 0.0], [0.9, 2.0], [0.5, 1.0], [0.1, 2.0]])


def build(**settings) -> AttributeVAE:
    torch.manual_seed(0)
    sizes = {"amounts": 1, "choices": (3,), "latent_size": 5, "width": 4}
    return AttributeVAE((3, 16, 16), **(sizes | settings)).eval()


def pictures(n=4):
    return 2 * torch.rand(n, 3, 16, 16, generator=make_generator(1)) - 1


def test_the_loss_is_minus_the_bound_by_torchs_own_densities():
    model, x = build(beta=2.0, sigma=0.3), pictures()
    total, parts = model.loss(Labelled(x, TABLE), generator=make_generator(3))
    mu, logvar = model.encode(x)
    z = reparameterise(mu, logvar, generator=make_generator(3))
    nll = -Normal(model.decode(z, TABLE), 0.3).log_prob(x).sum((1, 2, 3)).mean()
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(1).mean()
    assert torch.allclose(total, nll + 2 * kl, rtol=1e-5)
    assert torch.allclose(parts["kl"], kl, rtol=1e-5)


def test_correlations_against_torchs():
    u, v = torch.randn(50, 3, generator=make_generator(1)), torch.randn(50, 2)
    v[:, 0] += u[:, 1]
    want = torch.corrcoef(torch.cat([u, v], 1).T)[:3, 3:].square().sum()
    assert torch.allclose(squared_correlations(u, v), want, rtol=1e-2)
    assert squared_correlations(u, torch.ones(50, 2)) == 0  # no spread, no correlation


def test_the_penalty_is_weighed_and_its_gradient_reaches_the_encoder_alone():
    model, x = build(independence=7.0), pictures()
    free = build()
    total, parts = model.loss(Labelled(x, TABLE), generator=make_generator(3))
    plain, _ = free.loss(Labelled(x, TABLE), generator=make_generator(3))
    assert torch.allclose(total - plain, 7 * parts["correlation"], rtol=1e-2)
    squared_correlations(model.encode(x)[0], TABLE).backward()
    assert all(p.grad is None for p in model.decoder.parameters())


def test_an_edit_changes_only_what_is_told():
    model, x = build(), pictures()
    same, other = model.edit(x, TABLE), model.edit(x, TABLE.flip(0))
    assert torch.equal(same, model.decode(model.encode(x)[0], TABLE))
    assert (same - other).abs().max() > 0
    assert torch.equal(model.spread(TABLE[1:2], 1), torch.tensor([[0.9, 0, 0, 1]]))


def test_drawn_attributes_are_even():
    table = build().draw_attributes(3000, generator=make_generator(0))
    assert table.shape == (3000, 2) and table[:, 0].min() >= 0 and table[:, 0].max() < 1
    assert (torch.bincount(table[:, 1].long()) / 3000 - 1 / 3).abs().max() < 0.04


@pytest.mark.parametrize(
    "table, error, words",
    [
        (None, AigcError, "give it a table"),
        ([[0.1, 2.0]], AigcError, "give it a table"),
        (TABLE.long(), DtypeError, "floating-point"),
        (TABLE[:, :1], ShapeError, r"must be \[4, 2\]"),
        (TABLE[:3], ShapeError, r"must be \[4, 2\]"),
        (TABLE + 1, RangeError, "other numbers"),
        (TABLE - 0.5, RangeError, "other numbers"),
        (TABLE * torch.tensor([1.0, 0.7]), RangeError, "whole numbers"),
        (TABLE * torch.nan, RangeError, "other numbers"),
    ],
)
def test_a_bad_table_is_a_sentence(table, error, words):
    with pytest.raises(error, match=words):
        build().edit(pictures(), table)


def test_the_batch_must_be_of_the_models_kind():
    with pytest.raises(AigcError, match="plain tensor"):
        build(amounts=0, choices=()).loss(Labelled(pictures(), TABLE))
    with pytest.raises(AigcError, match="Labelled"):
        build().loss(pictures())
    with pytest.raises(AigcError, match="no attributes"):
        build(amounts=0, choices=()).draw_attributes(3)
    with pytest.raises(ShapeError, match=r"must be \[3, 2\]"):
        build().sample(3, condition=TABLE)


@pytest.mark.parametrize(
    "change", [{"sigma": 0.0}, {"beta": -1.0}, {"independence": -1.0}, {"choices": (0,)}]
)
def test_bad_settings_are_refused(change):
    with pytest.raises(RangeError):
        build(**change)
