"""A VAE over tiles and wave function collapse: by hand, and what they refuse."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.core.levels import pieces
from aigc_teach.models import TileCollapse, TileVAE


def small(**settings):
    torch.manual_seed(0)
    return TileVAE(3, shape=(2, 4), latent_size=2, hidden=(16,), **settings)


MAPS = torch.randint(0, 3, (5, 2, 4), generator=make_generator(0))


def test_the_loss_is_the_bound_written_by_hand():
    model = small(beta=2.0)
    mu, logvar = model.encode(MAPS)
    z = mu + torch.exp(0.5 * logvar) * torch.randn(5, 2, generator=make_generator(3))
    logits = model.decode(z)
    nll = F.nll_loss(logits.log_softmax(1), MAPS, reduction="sum") / 5
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean()
    loss = model.loss(MAPS, generator=make_generator(3))
    assert torch.allclose(loss.parts["reconstruction"], nll, rtol=1e-4)
    assert torch.allclose(loss.total, nll + 2 * kl, rtol=1e-4)


def test_drawn_tiles_have_the_softmax_and_argmax_its_largest():
    model, z = small(), torch.zeros(4000, 2)
    drawn = model.maps(z, draw=True, generator=make_generator(1))
    share = F.one_hot(drawn, 3).double().mean(0)  # [2, 4, 3]
    p = model.decode(z[:1])[0].softmax(0).permute(1, 2, 0).double()
    assert (share - p).abs().max() < 0.04
    assert torch.equal(model.maps(z[:1])[0], p.argmax(2))


@pytest.mark.parametrize(
    ("batch", "error", "words"),
    [
        (MAPS.float(), DtypeError, "int64"),
        (MAPS[0], ShapeError, r"\[N, 2, 4\]"),
        (MAPS[:0], ShapeError, r"\[0, 2, 4\]"),
        (MAPS + 3, RangeError, "from 0 to 2"),
        ([1], DtypeError, "a list"),
    ],
)
def test_what_is_no_batch_is_a_sentence(batch, error, words):
    with pytest.raises(error, match=words):
        small().loss(batch)


def test_one_tile_is_no_choice_and_a_shape_has_two_sides():
    with pytest.raises(RangeError, match="tiles=1"):
        TileVAE(1)
    with pytest.raises(ShapeError, match="rows and columns"):
        TileVAE(3, shape=(2, 3, 4))


def test_collapse_uses_the_pieces_of_the_examples_alone():
    corpus = data.platform_levels(20)
    wave = TileCollapse().fit(corpus)
    known = set(wave.pieces)
    for seed in range(3):
        made = wave.sample((8, 10), generator=make_generator(seed))
        assert made.map.shape == (8, 10)
        assert set(map(tuple, pieces(made.map[None]).flatten(0, 2).tolist())) <= known
    again = wave.sample((8, 10), generator=make_generator(2))
    assert torch.equal(again.map, made.map)


def test_fixed_tiles_stay_and_what_cannot_be_is_counted():
    stripes = torch.tensor([[[0, 1, 0, 1], [0, 1, 0, 1]]])
    wave = TileCollapse().fit(stripes)
    made = wave.sample((3, 5), fixed={(0, 0): 1}, generator=make_generator(0))
    assert made.restarts == 0 and made.map.tolist() == [[1, 0, 1, 0, 1]] * 3
    none = wave.sample((3, 5), fixed={(0, 0): 1, (0, 1): 1}, tries=4)
    assert none.map is None and none.restarts == 4


def test_contradictions_begin_anew_and_are_counted():
    maps = torch.randint(0, 3, (1, 5, 5), generator=make_generator(0))
    wave = TileCollapse().fit(maps)
    tries = [wave.sample((7, 7), tries=9, generator=make_generator(s)) for s in range(6)]
    assert any(t.restarts for t in tries)
    assert all((t.map is None) == (t.restarts == 9) for t in tries)


def test_collapse_refuses_in_words():
    with pytest.raises(DataError, match="call fit"):
        TileCollapse().sample((3, 3))
    with pytest.raises(DtypeError, match="int64"):
        TileCollapse().fit(torch.zeros(1, 2, 2))
    with pytest.raises(ShapeError, match="at least 2"):
        TileCollapse().fit(torch.zeros(1, 1, 2).long())
    with pytest.raises(RangeError, match="a side=1"):
        TileCollapse().fit(MAPS).sample((1, 4))
