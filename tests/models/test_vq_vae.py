"""The VQ-VAE: codes and pictures, its two players, its prior's bits, restarts, bad input."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach import train
from aigc_teach.core import Labelled, make_generator
from aigc_teach.core.errors import AigcError, DtypeError, RangeError, ShapeError
from aigc_teach.data import Batches
from aigc_teach.models import VQVAE

SIZES = {"codes": 8, "size": 4, "width": 4, "prior_width": 16, "prior_heads": 2, "prior_layers": 1}


def made(shape=(1, 28, 28), **settings) -> VQVAE:
    torch.manual_seed(0)
    return VQVAE(shape, **(SIZES | settings))


def pictures(n=6, shape=(1, 28, 28), seed=0):
    return 2 * torch.rand(n, *shape, generator=make_generator(seed)) - 1


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 12), (3, 16, 40)])
def test_shapes_of_many_sizes(shape):
    model, x = made(shape).eval(), pictures(3, shape)
    codes = model.encode(x)
    assert codes.shape == (3, shape[1] // 4, shape[2] // 4) and codes.dtype == torch.int64
    assert model.decode(codes).shape == model.sample(3).shape == x.shape


@pytest.mark.parametrize(
    "shape", [(1, 27, 28), (1, 28, 30), (2, 28, 28), (1, 4, 4), (28, 28), (1, 28)]
)
def test_odd_sizes_are_refused_with_a_sentence(shape):
    with pytest.raises(ShapeError, match="multiples of 4"):
        made(shape)


def test_one_code_and_more_codes_than_places():
    one = made(codes=1, restart=2.0).train()
    one.loss(pictures(), "codec").total.backward()
    assert one.encode(pictures()).unique().tolist() == [0]
    assert one.loss(pictures(), "prior").total == 0  # nothing to say: 0 nats
    many = made((1, 8, 8), codes=500, restart=2.0).train()  # 4 places a picture
    for _ in range(3):
        loss = many.loss(pictures(2, (1, 8, 8)), "codec").total
        assert loss.isfinite()
        loss.backward()
    assert many.sample(2).shape == (2, 1, 8, 8)


def test_codes_become_the_same_picture_each_time():
    model, codes = made().eval(), torch.randint(0, 8, (4, 7, 7), generator=make_generator(1))
    first = model.decode(codes)
    model.train()  # training mode, and a loss, change nothing about what a code draws
    assert torch.equal(first, model.decode(codes))
    for k in range(4):
        assert torch.allclose(first[k], model.decode(codes[k : k + 1])[0], atol=1e-5)


def test_encoding_leaves_the_codebook_alone_and_agrees_with_the_loss():
    model, x = made(restart=0.0).train(), pictures()
    before = model.codec.quantizer.codebook.clone()
    codes = model.encode(x)
    assert torch.equal(before, model.codec.quantizer.codebook) and not codes.requires_grad
    assert torch.equal(codes, model.quantize(x).indices)
    assert not torch.equal(before, model.codec.quantizer.codebook)  # a loss moves it


def test_the_codecs_loss_by_hand():
    for update in ("ema", "gradient"):
        model, x = made(update=update, commitment=0.7).eval(), pictures()
        total, parts = model.loss(x, "codec")
        p, y = (model.decode(model.encode(x)) + 1) / 2, (x + 1) / 2
        nats = -(y * p.log() + (1 - y) * (1 - p).log()).flatten(1).sum(1).mean()
        z = model.codec.encoder(x).movedim(1, -1)
        gap = (z - model.codec.quantizer.codebook[model.encode(x)]).square().sum(-1).mean()
        assert parts["reconstruction"] == pytest.approx(nats.item(), rel=1e-4)
        assert parts["commitment"] == pytest.approx(gap.item(), rel=1e-4)
        weight = 0.7 + (update == "gradient")
        assert total.item() == pytest.approx((nats + weight * gap).item(), rel=1e-4)
        assert parts["perplexity"] == pytest.approx(8)  # counts are all 1 before a training


def test_the_prior_gets_no_gradient_into_the_codec():
    model = made()
    model.loss(pictures(), "prior").total.backward()
    assert all(p.grad is None for p in model.codec.parameters())
    assert all(p.grad is not None for p in model.prior.parameters())


@pytest.mark.parametrize("n_classes", [0, 10])
def test_the_priors_probabilities_sum_to_one(n_classes):
    model = made((1, 8, 8), codes=3, n_classes=n_classes).eval()  # 4 places: 81 grids
    grids = torch.cartesian_prod(*[torch.arange(3)] * 4).reshape(81, 2, 2)
    labels = torch.full((81,), 7) if n_classes else None
    with torch.no_grad():
        assert model.log_prob_codes(grids, labels).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_samples_follow_the_prior():
    """Of four places with two codes each: the shares of 16 grids against their probabilities."""
    model = made((1, 8, 8), codes=2, n_classes=2).eval()
    with torch.no_grad():
        for p in model.prior.parameters():
            p.mul_(6)  # far from uniform
        grids = torch.cartesian_prod(*[torch.arange(2)] * 4).reshape(16, 2, 2)
        for label in (0, 1):
            p = model.log_prob_codes(grids, torch.full((16,), label)).exp()
            x = model.sample(
                4000, condition=torch.full((4000,), label), generator=make_generator(label)
            )
            near = torch.cdist(x.flatten(1), model.decode(grids).flatten(1)).argmin(1)
            share = torch.bincount(near, minlength=16) / 4000
            assert (share - p).abs().max() < 0.04
            assert p.max() > 0.15, "the prior is uniform: nothing is compared"


def test_before_it_is_trained_the_prior_is_all_but_uniform():
    model = made().eval()
    codes = torch.randint(0, 8, (200, 7, 7), generator=make_generator(0))
    bits = -model.log_prob_codes(codes).mean().item() / math.log(2)
    assert bits == pytest.approx(49 * 3, rel=0.05)


def test_the_picture_grows_row_by_row():
    model = made().eval()
    stages = list(model.trajectory(2, generator=make_generator(3)))
    assert len(stages) == 7 and all(s.shape == (2, 1, 28, 28) for s in stages)
    for k, stage in enumerate(stages[:-1], start=1):  # what is far above the last row stays
        assert torch.allclose(
            stage[:, :, : 4 * (k - 1)], stages[-1][:, :, : 4 * (k - 1)], atol=1e-5
        )


@pytest.mark.parametrize("labels", [False, True])
def test_the_one_loop_trains_either_player_or_both(labels):
    x = pictures(40)
    model = made(n_classes=10 if labels else 0, restart=2.0)
    batches = Batches(x, torch.arange(40) % 10 if labels else None, batch_size=8)
    before = {name: p.clone() for name, p in model.named_parameters()}
    for turns, moving in ((("codec",), "codec"), (("prior",), "prior"), (None, "")):
        train.fit(model, batches, train.TrainConfig(steps=2, turns=turns))
        for name, p in model.named_parameters():
            assert torch.equal(p, before[name]) != name.startswith(moving), name
        before = {name: p.clone() for name, p in model.named_parameters()}


def test_restarts_draw_from_the_generator_and_ask_for_no_value():
    model = made(restart=2.0)
    loss = [
        made(restart=2.0).loss(pictures(), generator=make_generator(s)).total for s in (1, 1, 2)
    ]
    assert loss[0] == loss[1] != loss[2]
    model = model.to("meta").train()
    model.loss(pictures().to("meta"), generator=make_generator(0)).total.backward()
    assert all(p.grad is not None for p in model.codec.parameters())


def test_a_state_goes_on_where_it_was():
    model, twin = made(restart=2.0), made(restart=2.0)
    model.loss(pictures(), generator=make_generator(0))
    twin.load_state_dict(model.state_dict())
    pair = [m.loss(pictures(seed=1), generator=make_generator(1)).total for m in (model, twin)]
    assert pair[0] == pair[1]
    assert torch.equal(model.codec.quantizer.sums, twin.codec.quantizer.sums)


CODES = torch.zeros(2, 7, 7, dtype=torch.int64)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda m: m.decode(CODES.float()), DtypeError, "int64"),
        (lambda m: m.decode(CODES[0]), ShapeError, r"\[N, 7, 7\]"),
        (lambda m: m.decode(CODES[:0]), ShapeError, "N at least 1"),
        (lambda m: m.decode(CODES + 8), RangeError, r"0\.\.7"),
        (lambda m: m.log_prob_codes(CODES[:, :6]), ShapeError, r"\[N, 7, 7\]"),
        (lambda m: m.encode(pictures()[:0]), AigcError, "empty"),
        (lambda m: m.encode(pictures(shape=(1, 32, 32))), ShapeError, "28, 28"),
        (lambda m: m.loss(pictures().double()), DtypeError, "float"),
        (lambda m: m.loss(Labelled(pictures(), torch.zeros(6).long())), AigcError, "n_classes=0"),
        (lambda m: m.sample(2, condition=torch.zeros(2).long()), AigcError, "without conditions"),
        (lambda m: m.loss(pictures() + 5), RangeError, None),
    ],
)
def test_bad_input_is_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call(made())


@pytest.mark.parametrize(
    "settings", [{"codes": 0}, {"width": 0}, {"commitment": -1.0}, {"prior_heads": 3}, {"size": 0}]
)
def test_bad_settings_are_sentences(settings):
    with pytest.raises(AigcError):
        made(**settings)
