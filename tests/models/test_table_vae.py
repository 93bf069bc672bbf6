"""The VAE for tables: its likelihood by hand, gaps, categories, and what it refuses."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError, DtypeError, Labelled, RangeError, ShapeError, make_generator
from aigc_teach.losses import elbo
from aigc_teach.models import TableVAE

NAN = math.nan
KINDS = (0, 3, 0)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return TableVAE(KINDS, missing=(False, True, True), latent_size=2, hidden=(8,))


ROWS = torch.tensor([[0.5, 2.0, -1.0], [0.1, NAN, NAN], [-2.0, 0.0, 0.3]])


def test_the_terms_are_the_likelihoods_written_by_hand(model):
    eps = torch.randn(3, 2, generator=make_generator(1))
    with torch.no_grad():
        model.log_sigma.copy_(torch.tensor([0.3, -0.4]))
        reconstruction, kl = model.terms(ROWS, eps)
    mu, logvar = model.encode(ROWS)
    out = model.decoder(mu + (0.5 * logvar).exp() * eps)
    sigma = model.sigma()
    for row, o, nll in zip(ROWS, out, reconstruction, strict=True):
        first = torch.distributions.Normal(o[0], sigma[0]).log_prob(row[0])
        flag = torch.distributions.Bernoulli(logits=o[4]).log_prob(row[1].isnan().float())
        gap = torch.distributions.Bernoulli(logits=o[6]).log_prob(row[2].isnan().float())
        total = first + flag + gap
        if not row[1].isnan():
            total = total + torch.distributions.Categorical(logits=o[1:4]).log_prob(row[1])
        if not row[2].isnan():
            total = total + torch.distributions.Normal(o[5], sigma[1]).log_prob(row[2])
        assert nll.item() == pytest.approx(-total.item(), abs=1e-4)
    assert torch.allclose(kl, elbo.kl_to_standard_normal(mu, logvar))


def test_what_stands_under_a_gap_reaches_neither_loss_nor_gradient(model):
    total = model.loss(ROWS, generator=make_generator(0)).total
    total.backward()
    assert total.isfinite() and all(p.grad.isfinite().all() for p in model.parameters())


def test_the_bound_lies_below_the_evidence_and_more_draws_steady_it(model):
    a, b = (model.bound(ROWS, draws=400, generator=make_generator(s)) for s in (0, 1))
    assert torch.allclose(a, b, atol=0.3)
    eps = torch.randn(4000, 2, generator=make_generator(2))
    with torch.no_grad():  # the evidence by draws from the prior, which is itself close from below
        for row, bound in zip(ROWS, a, strict=True):
            nll = model._nll(model.decoder(eps), row.expand(4000, -1))
            evidence = torch.logsumexp(-nll, 0) - math.log(4000)
            assert bound < evidence + 0.05


def test_gaps_and_rare_codes_come_back_with_their_shares():
    torch.manual_seed(0)
    g = make_generator(0)
    n = 2000
    code = (torch.rand(n, generator=g) < 0.1).float()
    x = torch.stack([torch.randn(n, generator=g), code, 2 * code - 1], dim=1)
    x[torch.rand(n, generator=g) < 0.3, 2] = NAN
    model = TableVAE((0, 2, 0), missing=(False, False, True), latent_size=2, hidden=(32,))
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(400):
        rows = x[torch.randint(n, (128,), generator=g)]
        optimizer.zero_grad()
        model.loss(rows, generator=g).total.backward()
        optimizer.step()
    drawn = model.sample(4000, generator=g)
    assert drawn[:, 2].isnan().float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert drawn[:, 1].mean().item() == pytest.approx(0.1, abs=0.04)
    assert not drawn[:, :2].isnan().any()
    assert drawn[:, 0].std().item() == pytest.approx(1, abs=0.15)


def test_a_table_of_one_row_a_constant_and_categories_alone():
    one = TableVAE((0, 2), latent_size=1, hidden=(4,))
    assert one.loss(torch.tensor([[1.0, 0.0]])).total.isfinite()
    words = TableVAE((2, 3), latent_size=1, hidden=(4,))
    assert words.log_sigma is None
    assert words.loss(torch.tensor([[1.0, 2.0]])).total.isfinite()
    assert words.sample(5).shape == (5, 2)


@pytest.mark.parametrize(
    "rows, error, words",
    [
        (torch.tensor([[0.0, 3.0, 0.0]]), RangeError, "unknown category in column 1: 3"),
        (torch.tensor([[0.0, 1.5, 0.0]]), RangeError, "unknown category in column 1: 1.5"),
        (torch.tensor([[NAN, 1.0, 0.0]]), RangeError, "missing value .* in column 0"),
        (torch.tensor([[math.inf, 1.0, 0.0]]), RangeError, "infinite"),
        (torch.zeros(2, 4), ShapeError, r"\[N, 3\]; you gave \[2, 4\]"),
        (torch.zeros(0, 3), ShapeError, "too few rows: 0"),
        (torch.zeros(2, 3).double(), DtypeError, r"x.float\(\)"),
        (torch.zeros(2, 3).long(), DtypeError, "floating-point"),
        (Labelled(torch.zeros(2, 3), torch.zeros(2)), AigcError, "no conditions"),
    ],
)
def test_rows_it_does_not_take(model, rows, error, words):
    for ask in (model.loss, model.encode, model.bound):
        with pytest.raises(error, match=words):
            ask(rows)


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"categories": (0, 1)}, RangeError, "a category needs 2 values"),
        ({"categories": 3}, DtypeError, "categories must be a tuple"),
        ({"missing": (True,)}, RangeError, "each of 2 columns"),
        ({"missing": True}, RangeError, "each of 2 columns"),
        ({"latent_size": 0}, RangeError, "latent_size=0"),
        ({"hidden": 8}, DtypeError, "write a tuple"),
        ({"beta": -1}, RangeError, "beta=-1"),
    ],
)
def test_settings_it_does_not_take(options, error, words):
    with pytest.raises(error, match=words):
        TableVAE(**{"categories": (0, 2), **options})
