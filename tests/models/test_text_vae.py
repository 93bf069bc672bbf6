"""The text VAE: its bound against sums over all lines, its cures, its refusals."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core import AigcError, RangeError, ShapeError, make_generator
from aigc_teach.losses import elbo
from aigc_teach.models import CharRNN, TextVAE
from aigc_teach.nn import reparameterise

V, T, L = 4, 3, 2
EVERY = torch.cartesian_prod(*[torch.arange(V)] * T)  # [64, 3]


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = TextVAE(V, length=T, latent_size=L, width=8).eval()
    for weight in model.parameters():  # far from the start, where the code hardly counts
        torch.nn.init.normal_(weight, std=0.7)
    return model


@pytest.fixture
def ending():
    torch.manual_seed(1)
    model = TextVAE(V, length=T, end=2, latent_size=L, width=8).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return model


def canonical(lines, end):
    """Those of all lines that are filled up as samples are."""
    after = (lines == end).cumsum(1) > 0
    return lines[((lines == end) | ~after).all(1)]


def test_the_probabilities_of_all_lines_of_a_code_sum_to_one(model):
    z = torch.randn(1, L, generator=make_generator(0)).expand(len(EVERY), -1)
    assert float((-model.nll(model(EVERY, z), EVERY)).exp().sum().detach()) == pytest.approx(1)


def test_with_an_end_the_lines_up_to_it_sum_to_one(ending):
    lines = canonical(EVERY, 2)
    assert len(lines) == 1 + 3 + 9 + 27  # ended at the first, second, third place, or not at all
    z = torch.randn(1, L, generator=make_generator(0)).expand(len(lines), -1)
    assert float((-ending.nll(ending(lines, z), lines)).exp().sum().detach()) == pytest.approx(1)


def test_what_stands_after_the_end_costs_nothing(ending):
    z = torch.zeros(2, L)
    lines = torch.tensor([[0, 2, 2], [0, 2, 1]])
    a, b = ending.nll(ending(lines, z), lines)
    assert a == b


def test_samples_are_filled_up_after_their_end(ending):
    lines = ending.sample(300, generator=make_generator(0))
    assert len(canonical(lines, 2)) == 300 and len(lines.unique(dim=0)) > 10


def test_samples_come_as_often_as_the_model_says(model):
    z = torch.randn(1, L, generator=make_generator(3))
    p = (-model.nll(model(EVERY, z.expand(64, -1)), EVERY)).exp().detach()
    *_, lines = model.write(z.expand(20_000, -1), generator=make_generator(4))
    counts = torch.bincount(lines @ torch.tensor([16, 4, 1]), minlength=64)
    chi = ((counts - 20_000 * p) ** 2 / (20_000 * p))[20_000 * p > 5]
    assert float(chi.sum()) < len(chi) + 5 * math.sqrt(2 * len(chi))


def test_the_loss_is_the_bound_of_the_lesson(model):
    total, parts = model.loss(EVERY, generator=make_generator(5))
    mu, logvar = model.encode(EVERY)
    z = reparameterise(mu, logvar, generator=make_generator(5))
    nll = -model(EVERY, z).log_softmax(-1).gather(2, EVERY[..., None]).sum((1, 2))
    kl = elbo.kl_to_standard_normal(mu, logvar)
    assert torch.allclose(total, (nll + kl).mean(), atol=1e-5)
    assert torch.allclose(parts["reconstruction"] + parts["kl"], total, atol=1e-5)


def test_more_draws_come_nearer_to_the_evidence_from_below(model):
    """log p by 20,000 draws from the prior, and the bounds of 1, 8 and 64 draws."""
    lines = EVERY[:8]
    z = torch.randn(20_000, L, generator=make_generator(6))
    with torch.no_grad():
        each = [-model.nll(model(x.expand(len(z), -1), z), x.expand(len(z), -1)) for x in lines]
    truth = (torch.stack(each).logsumexp(1) - math.log(len(z))).mean()
    bounds = [
        torch.stack(
            [
                model.log_prob(lines, draws=k, generator=make_generator(seed)).mean()
                for seed in range(1280 // k)
            ]
        ).mean()
        for k in (1, 8, 64)
    ]
    assert bounds[0] < bounds[1] < bounds[2] + 0.02
    assert abs(bounds[2] - truth) < 0.1  # each estimate is off by 0.3, twenty by 0.07


def test_one_draw_is_the_elbo_on_average(model):
    draws = [model.log_prob(EVERY, draws=1, generator=make_generator(s)).mean() for s in range(40)]
    losses = [model.loss(EVERY, generator=make_generator(100 + s)).total for s in range(40)]
    assert float(torch.stack(draws).mean()) == pytest.approx(
        -float(torch.stack(losses).detach().mean()), abs=0.1
    )


def test_log_prob_reads_no_blanks_and_leaves_the_mode(model):
    model.train()
    model.word_dropout = 1.0
    blank = model.log_prob(EVERY, generator=make_generator(0))
    assert model.training
    model.word_dropout = 0.0
    assert torch.equal(blank, model.log_prob(EVERY, generator=make_generator(0)))


def test_a_later_token_changes_no_prediction_before_it(model):
    z = torch.randn(1, L, generator=make_generator(0))
    a, b = model(torch.tensor([[0, 1, 2]]), z), model(torch.tensor([[0, 3, 2]]), z)
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.equal(a[:, 2], b[:, 2])


def test_writing_is_reading_token_by_token(model):
    """The greedy line is the likeliest next token of the logits that the loss uses."""
    z = torch.randn(5, L, generator=make_generator(0))
    lines = model.decode(z)
    assert torch.equal(model(lines, z).argmax(-1), lines)


def test_a_decoder_without_a_word_to_read_knows_only_code_and_place(model):
    model.train()
    model.word_dropout = 1.0
    z = torch.randn(1, L, generator=make_generator(0))
    a, b = model(torch.tensor([[0, 1, 2]]), z), model(torch.tensor([[3, 2, 1]]), z)
    assert torch.equal(a, b)


def test_the_share_of_blanks_is_the_one_asked_for():
    torch.manual_seed(0)
    model = TextVAE(2, length=2001, latent_size=1, width=4, word_dropout=0.3)
    seen = []
    model.writer.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    tokens = torch.zeros(1, 2001).long()
    model(tokens, torch.zeros(1, 1), generator=make_generator(0))
    blank = (seen[0][0, 1:, :4] == 0).all(1).float().mean()
    assert float(blank) == pytest.approx(0.3, abs=0.05)


def test_free_bits_are_an_allowance_for_each_latent(model):
    model.free_bits = 0.5
    total, parts = model.loss(EVERY, generator=make_generator(5))
    mu, logvar = model.encode(EVERY)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0)  # [L]
    paid = kl.clamp_min(0.5).sum()
    assert torch.allclose(total, parts["reconstruction"] + paid, atol=1e-5)
    assert torch.allclose(parts["kl"], kl.sum(), atol=1e-5)


def test_below_the_allowance_no_gradient_pulls_at_the_kl(model):
    model.free_bits = 1e3
    mu, logvar = model.encode(EVERY)
    generator = make_generator(5)
    own = torch.autograd.grad(model.loss(EVERY, generator=generator).total, model.code.weight)[0]
    z = reparameterise(mu, logvar, generator=make_generator(5))
    plain = torch.autograd.grad(model.nll(model(EVERY, z), EVERY).mean(), model.code.weight)[0]
    assert torch.allclose(own, plain, atol=1e-6)


def test_beta_weighs_the_kl(model):
    totals = []
    for beta in (0.0, 1.0, 2.0):
        model.beta = beta
        totals.append(model.loss(EVERY, generator=make_generator(5)).total)
    assert torch.allclose(totals[2] - totals[1], totals[1] - totals[0], atol=1e-4)


def test_without_a_code_it_is_the_language_model():
    """With zero weights from z, the decoder is CharRNN's LSTM, and log_prob is exact."""
    torch.manual_seed(0)
    model = TextVAE(V, length=T, latent_size=L, width=8)
    other = CharRNN(V, width=8, length=T, tied=False)
    with torch.no_grad():
        model.writer.weight_ih_l0[:, 8:] = 0.0
        model.code.weight.zero_()
        model.code.bias.zero_()  # q is the prior
        other.body.weight_ih_l0.copy_(model.writer.weight_ih_l0[:, :8])
        other.body.weight_hh_l0.copy_(model.writer.weight_hh_l0)
        other.body.bias_ih_l0.copy_(model.writer.bias_ih_l0)
        other.body.bias_hh_l0.copy_(model.writer.bias_hh_l0)
        other.embedding.weight.copy_(model.embedding.weight)
        other.start.copy_(model.start)
        other.head.load_state_dict(model.head.state_dict())
        ours = model.log_prob(EVERY, draws=2, generator=make_generator(0))
        assert torch.allclose(ours, other.log_prob(EVERY), atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"vocabulary": 0},
        {"length": 0},
        {"latent_size": 0},
        {"width": 0},
        {"end": V},
        {"end": -1},
        {"word_dropout": 1.1},
        {"word_dropout": -0.1},
        {"free_bits": -1.0},
        {"beta": float("nan")},
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(wrong):
    arguments = {"vocabulary": V, "length": T} | wrong
    with pytest.raises(AigcError, match=next(iter(wrong))):
        TextVAE(arguments.pop("vocabulary"), **arguments)


def test_lines_of_another_length_or_vocabulary_are_refused(model):
    with pytest.raises(ShapeError, match="lines of 3 tokens; yours have 4"):
        model.loss(torch.zeros(2, 4).long())
    with pytest.raises(RangeError, match="another tokenizer"):
        model.encode(torch.full((2, T), V))
    with pytest.raises(AigcError, match="int64"):
        model.loss(torch.zeros(2, T))
    with pytest.raises(ShapeError, match=r"z must be \[N, 2\]"):
        model.decode(torch.zeros(2, 3))
