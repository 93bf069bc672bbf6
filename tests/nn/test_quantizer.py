"""The codebook: nearest codes by brute force, gradients, the running means, restarts, bad input."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.core.errors import AigcError, ChoiceError, DataError, DtypeError, RangeError
from aigc_teach.nn import VectorQuantizer, nearest_codes, straight_through

G = make_generator(0)


def made(codes=6, size=3, **settings) -> VectorQuantizer:
    torch.manual_seed(1)
    return VectorQuantizer(codes, size, **settings)


@pytest.mark.parametrize("codes", [1, 2, 50, 500])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_nearest_by_brute_force_in_float64(codes, offset):
    z = torch.randn(300, 7, generator=make_generator(3)) + offset
    book = torch.randn(codes, 7, generator=make_generator(4)) + offset
    apart = torch.stack([(z.double() - e.double()).square().sum(1) for e in book], 1)
    assert torch.equal(nearest_codes(z, book), apart.argmin(1))
    assert torch.equal(
        nearest_codes(z.reshape(3, 4, 25, 7), book), apart.argmin(1).reshape(3, 4, 25)
    )


def test_of_codes_equally_near_it_is_the_first():
    assert nearest_codes(torch.zeros(2, 1), torch.tensor([[1.0], [-1.0], [1.0]])).tolist() == [0, 0]


def test_the_straight_through_gradient_is_the_identity():
    z = torch.randn(5, 4, 3, generator=G).requires_grad_()
    weights = torch.randn(5, 4, 3, generator=G)
    quantizer = made().eval()
    found = quantizer(z)
    (grad,) = torch.autograd.grad((found.vectors * weights).sum(), z)
    assert torch.equal(grad, weights)
    assert torch.allclose(found.vectors, quantizer.codebook[found.indices], atol=1e-6)
    e = torch.randn(5, requires_grad=True)
    x = torch.randn(5, requires_grad=True)
    straight_through(x, e).sum().backward()
    assert torch.equal(x.grad, torch.ones(5)) and e.grad is None


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_the_two_losses_and_their_gradients(update):
    quantizer = made(update=update).eval()
    z = torch.randn(10, 3, generator=G).requires_grad_()
    found = quantizer(z)
    gap = z.detach() - quantizer.codebook[found.indices].detach()
    assert torch.allclose(found.codebook, gap.square().sum(1).mean())
    assert torch.equal(found.codebook.detach(), found.commitment.detach())
    (grad,) = torch.autograd.grad(found.commitment, z, retain_graph=True)
    assert torch.allclose(grad, 2 * gap / 10)
    assert found.codebook.requires_grad == (update == "gradient")
    if update == "gradient":
        (grad,) = torch.autograd.grad(found.codebook, quantizer.codebook)
        by_hand = torch.zeros(6, 3).index_add_(0, found.indices, -2 * gap / 10)
        assert torch.allclose(grad, by_hand, atol=1e-6)


def test_running_means_in_closed_form():
    """One code, batches of constant vectors: sums and counts are geometric series."""
    quantizer = made(1, 2, decay=0.9).train()
    first = quantizer.codebook.clone()
    for _ in range(20):
        quantizer(torch.full((5, 2), 3.0))
    kept = 0.9**20
    counts, sums = kept + 5 * (1 - kept), kept * first + 15 * (1 - kept)
    assert torch.allclose(quantizer.counts, torch.tensor([counts]))
    assert torch.allclose(quantizer.codebook, sums / counts, atol=1e-4)


def test_in_evaluation_nothing_moves():
    quantizer = made(restart=5.0).eval()
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    quantizer(torch.randn(20, 3, generator=G))
    assert all(torch.equal(v, quantizer.state_dict()[k]) for k, v in before.items())


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_restarts_put_unused_codes_on_different_vectors(update):
    quantizer = made(6, 3, update=update, restart=2.0).train()
    with torch.no_grad():
        quantizer.counts.copy_(torch.tensor([9.0, 0.1, 9.0, 1.9, 9.0, 0.0]))
    book = quantizer.codebook.detach().clone()
    z = torch.randn(40, 3, generator=G)
    quantizer._restart(z, torch.ones(40), make_generator(5))
    moved = (quantizer.codebook != book).any(1)
    assert moved.tolist() == [False, True, False, True, False, True]
    new = quantizer.codebook.detach()[moved]
    assert (new[:, None] == z).all(2).any(1).all() and len(new.unique(dim=0)) == 3
    assert quantizer.counts.tolist() == pytest.approx([9.0, 2.0, 9.0, 2.0, 9.0, 2.0])
    if update == "ema":
        assert torch.allclose(quantizer.sums[moved], 2 * new)


def test_a_first_batch_gives_all_codes_their_places():
    quantizer = made(4, 3, restart=1.5, decay=0.5).train()
    z = torch.randn(4, 3, generator=G)
    found = quantizer(z, generator=make_generator(0))
    assert sorted(found.indices.tolist()) == [0, 1, 2, 3]
    assert found.commitment < 1e-10


def test_more_dead_codes_than_vectors_wait():
    quantizer = made(50, 3, restart=2.0).train()
    book = quantizer.codebook.clone()
    quantizer(torch.randn(4, 3, generator=G), generator=make_generator(0))
    untouched = quantizer.counts <= 1  # neither restarted nor chosen
    assert untouched.sum() == 46
    assert torch.allclose(quantizer.codebook[untouched], book[untouched], atol=1e-4)


def test_restarts_follow_the_generator():
    z = torch.randn(40, 3, generator=G)
    books = []
    for seed in (1, 1, 2):
        quantizer = made(restart=2.0).train()
        quantizer(z, generator=make_generator(seed))
        books.append(quantizer.codebook)
    assert torch.equal(books[0], books[1]) and not torch.equal(books[0], books[2])


def test_restarts_ask_for_no_value():
    quantizer = made(restart=2.0).to("meta").train()
    z = torch.zeros(4, 5, 3, device="meta", requires_grad=True)
    for generator in (None, make_generator(0)):
        found = quantizer(z, torch.ones(4, 5, device="meta") > 0, generator=generator)
        (found.vectors.sum() + found.commitment).backward()
    assert found.indices.device.type == "meta" and z.grad is not None


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_only_what_the_mask_lets_count(update):
    z, pad = torch.randn(6, 3, generator=G), 1e3 * torch.ones(4, 3)
    both = torch.cat([z, pad])
    mask = torch.arange(10) < 6
    one, two = made(update=update, restart=2.0).train(), made(update=update, restart=2.0).train()
    alone = one(z, generator=make_generator(1))
    found = two(both, mask, generator=make_generator(2))
    assert two.codebook.abs().max() < 100, "a code was put on padding"
    assert found.commitment < 20 and found.codebook < 20
    assert torch.allclose(one.counts.sum(), two.counts.sum())
    assert alone.indices.shape == (6,) and found.indices.shape == (10,)


def test_a_mask_of_nothing_is_no_division_by_zero():
    quantizer = made(restart=2.0).train()
    book = quantizer.codebook.clone()
    z = torch.randn(5, 3, generator=G).requires_grad_()
    found = quantizer(z, torch.zeros(5, dtype=torch.bool))
    assert found.codebook == 0 and found.commitment == 0
    (found.commitment + found.vectors.sum()).backward()
    assert z.grad.isfinite().all()
    assert torch.allclose(quantizer.codebook, book, atol=1e-3)


def test_autocast_leaves_the_running_means_in_float32():
    z = torch.randn(64, 3, generator=G)
    plain, cast = made().train(), made().train()
    plain(z)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast(z)
    assert torch.equal(plain.codebook, cast.codebook)


def test_looking_up():
    quantizer = made()
    assert torch.equal(quantizer.look_up(torch.tensor([[2, 0]])), quantizer.codebook[[2, 0]][None])
    with pytest.raises(RangeError, match=r"0\.\.5"):
        quantizer.look_up(torch.tensor([6]))
    with pytest.raises(DtypeError, match="int64"):
        quantizer.look_up(torch.tensor([1.0]))


@pytest.mark.parametrize(
    "settings, error, words",
    [
        ({"codes": 0}, RangeError, "codes=0"),
        ({"size": 0}, RangeError, "size=0"),
        ({"decay": 1.0}, RangeError, "decay=1.0"),
        ({"decay": -0.1}, RangeError, "decay"),
        ({"restart": -1.0}, RangeError, "restart"),
        ({"spread": 0.0}, RangeError, "spread"),
        ({"update": "kmeans"}, ChoiceError, "'ema', 'gradient'"),
        ({"codes": 2.0}, DtypeError, "whole number"),
    ],
)
def test_bad_settings_are_sentences(settings, error, words):
    with pytest.raises(error, match=words):
        VectorQuantizer(**({"codes": 4, "size": 3} | settings))


@pytest.mark.parametrize(
    "z, mask, error, words",
    [
        (torch.zeros(2, 4), None, AigcError, r"\[\.\.\., 3\]"),
        (torch.zeros(2, 3, 7, 7), None, AigcError, "movedim"),
        (torch.zeros(0, 3), None, DataError, "empty"),
        (torch.zeros(2, 3).long(), None, DtypeError, "floating-point"),
        ([0.0, 0.0, 0.0], None, DtypeError, "list"),
        (torch.zeros(2, 3), torch.ones(2), DtypeError, "bool"),
        (torch.zeros(2, 3), torch.ones(3) > 0, AigcError, r"\[2\]"),
    ],
)
def test_bad_vectors_are_sentences(z, mask, error, words):
    with pytest.raises(error, match=words):
        made()(z, mask)
