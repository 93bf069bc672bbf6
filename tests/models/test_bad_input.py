"""Whoever errs is told what was wrong and what is allowed."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import (
    AigcError,
    ChoiceError,
    DataError,
    DtypeError,
    Labelled,
    RangeError,
    ShapeError,
)
from aigc_teach.models import (
    DCGAN,
    GAN,
    VAE,
    AttributeVAE,
    Autoencoder,
    ConvVAE,
    principal_autoencoder,
)
from contract.families import FAMILIES

GOOD = torch.zeros(4, 1, 28, 28)
LABELS = torch.zeros(4, dtype=torch.long)


@pytest.mark.parametrize("model", [VAE(hidden=(8,)), ConvVAE(width=2), DCGAN(width=2)])
@pytest.mark.parametrize(
    "batch, kind, words",
    [
        (torch.zeros(4, 28, 28), ShapeError, "4 axes"),
        (torch.zeros(4, 3, 28, 28), ShapeError, r"\[N, 1, 28, 28\]; you gave \[4, 3, 28, 28\]"),
        (torch.zeros(4, 1, 27, 29), ShapeError, r"\[4, 1, 27, 29\]"),
        (torch.zeros(0, 1, 28, 28), DataError, "empty"),
        (torch.full((4, 1, 28, 28), 255.0), RangeError, r"x / 127.5 - 1"),
        (torch.full((4, 1, 28, 28), torch.nan), RangeError, "NaN"),
        (torch.zeros(4, 1, 28, 28, dtype=torch.uint8), DtypeError, r"x.float\(\) / 127.5 - 1"),
        ([1, 2, 3], DtypeError, "torch.Tensor; you gave a list"),
    ],
)
def test_images(model, batch, kind, words):
    with pytest.raises(kind, match=words):
        model.loss(batch, model.players[0])


@pytest.mark.parametrize(
    "labels, kind, words",
    [
        (torch.zeros(4), DtypeError, "whole numbers"),
        (torch.zeros(3, dtype=torch.long), ShapeError, r"\[4\], one an item; yours are \[3\]"),
        (torch.full((4,), 10), RangeError, r"0..9; yours lie in 10..10"),
        (torch.tensor([0, -1, 2, 3]), RangeError, r"-1..3"),
    ],
)
def test_labels(labels, kind, words):
    model = DCGAN(width=2, n_classes=10)
    with pytest.raises(kind, match=words):
        model.loss(Labelled(GOOD, labels), "critic")
    with pytest.raises(kind, match=words):
        model.sample(4, condition=labels)


def test_labels_where_none_belong_and_none_where_they_do():
    with pytest.raises(AigcError, match="n_classes=0, so its batch must be a plain tensor"):
        DCGAN(width=2).loss(Labelled(GOOD, LABELS), "critic")
    with pytest.raises(AigcError, match=r"must be Labelled\(x, condition\)"):
        DCGAN(width=2, n_classes=10).loss(GOOD, "critic")
    with pytest.raises(AigcError, match="without classes"):
        DCGAN(width=2).draw_labels(3)


@pytest.mark.parametrize("model", [VAE(hidden=(8,)), DCGAN(width=2)])
def test_codes_of_another_size(model):
    with pytest.raises(
        ShapeError, match=rf"z must be \[N, {model.latent_size}\]; you gave \[2, 5\]"
    ):
        model.decode(torch.zeros(2, 5))


@pytest.mark.parametrize(
    "build, kind, words",
    [
        (lambda: VAE(likelihood="poisson"), ChoiceError, "'bernoulli', 'gaussian'"),
        (lambda: VAE(beta=-1), RangeError, "beta=-1"),
        (lambda: VAE(sigma=0.0), RangeError, "sigma=0.0"),
        (lambda: VAE(latent_size=0), RangeError, "latent_size=0"),
        (lambda: GAN(loss="hing"), ChoiceError, "'hinge'"),
        (lambda: GAN(latent_size=1.5), DtypeError, "latent_size=1.5"),
        (lambda: DCGAN(width=1), RangeError, "width=1"),
        (lambda: DCGAN(n_classes=3, class_shares=[1, 2]), RangeError, "3 numbers"),
        (lambda: DCGAN(n_classes=2, class_shares=[0, 0]), RangeError, "not all 0"),
        (lambda: DCGAN(n_classes=2, class_shares=[1, float("nan")]), RangeError, "not all 0"),
        (lambda: DCGAN(n_classes=2, class_shares=["a", "b"]), RangeError, "must be 2 numbers"),
        (lambda: ConvVAE(n_classes=2, class_shares=3), RangeError, "must be 2 numbers"),
        (lambda: DCGAN(class_shares=[]), RangeError, "must be 0 numbers"),
        (lambda: DCGAN(n_classes=2.5), DtypeError, "n_classes=2.5 is a float"),
        (lambda: ConvVAE(n_classes=-5), RangeError, "n_classes=-5 is too small"),
        (lambda: VAE(beta="1"), DtypeError, "beta='1' is a str; it must be a number"),
        (lambda: VAE(beta=float("inf")), RangeError, "beta=inf"),
        (lambda: VAE(sigma=None), DtypeError, "sigma=None is a NoneType"),
        (lambda: VAE(sigma=float("nan")), RangeError, "sigma=nan"),
        (lambda: Autoencoder(noise="0"), DtypeError, "noise='0'"),
        (lambda: Autoencoder(noise=-1), RangeError, "noise=-1 .* at least 0"),
        (lambda: GAN(penalty_weight="x"), DtypeError, "penalty_weight='x'"),
        (lambda: GAN(penalty_weight=10**400), RangeError, "penalty_weight=1000"),
        (lambda: GAN(loss=["hinge"]), ChoiceError, "loss=.*'hinge'"),
        (lambda: VAE(28), DtypeError, r"write a tuple of sizes: data_shape=\(28,\)"),
        (lambda: VAE(()), ShapeError, "needs at least 1 size"),
        (lambda: ConvVAE("28"), DtypeError, "data_shape='28' is a str"),
        (lambda: DCGAN((1, 28.0, 28)), DtypeError, r"data_shape\[1\]=28.0 is a float"),
        (lambda: GAN((0, 2)), RangeError, r"data_shape\[0\]=0 is too small"),
    ],
)
def test_constructors(build, kind, words):
    with pytest.raises(kind, match=words):
        build()


def test_points_of_another_shape():
    with pytest.raises(ShapeError, match=r"\[N, 2\], N at least 1; you gave \[5, 3\]"):
        GAN((2,)).loss(torch.zeros(5, 3), "critic")
    with pytest.raises(DtypeError, match="floating-point"):
        GAN((2,)).loss(torch.zeros(5, 2, dtype=torch.long), "critic")


def test_a_conditional_model_draws_labels_with_the_datas_own_frequencies():
    shares = [0.5, 0.0, 0.3, 0.2]
    model = DCGAN(width=2, n_classes=4, class_shares=shares)
    labels = model.draw_labels(20_000, generator=torch.Generator().manual_seed(0))
    seen = torch.bincount(labels, minlength=4) / 20_000
    assert torch.allclose(seen, torch.tensor(shares), atol=0.015)


def test_one_item_is_enough_for_every_model():
    """A batch of one passes batch norm, because each map still holds many pixels."""
    for model in (VAE(hidden=(8,)), ConvVAE(width=2), GAN(hidden=(8,)), DCGAN(width=2)):
        for player in model.players:
            assert model.loss(GOOD[:1], player).total.isfinite()


@pytest.mark.parametrize("kind", [VAE, GAN, Autoencoder])
@pytest.mark.parametrize(
    "hidden, error, words",
    [
        (400, DtypeError, r"hidden=400 is a int; write a tuple of sizes: hidden=\(400,\)"),
        (None, DtypeError, "hidden=None is a NoneType"),
        ("400", DtypeError, "hidden='400' is a str"),
        ((400, 0), RangeError, r"hidden\[1\]=0 is too small"),
        ([2.5], DtypeError, r"hidden\[0\]=2.5 is a float"),
        (torch.tensor([4]), DtypeError, "is a Tensor; write a tuple"),
    ],
)
def test_hidden_layers(kind, hidden, error, words):
    with pytest.raises(error, match=words):
        kind(hidden=hidden)


def takes_tokens(family) -> bool:
    """Whether a batch holds tokens, in place of numbers."""
    batch = family.batch(2)
    return isinstance(batch, torch.Tensor) and batch.dtype == torch.int64


def takes_pairs(family) -> bool:
    """Whether a batch holds pairs of texts."""
    batch = family.batch(2)
    return isinstance(batch, Labelled) and batch.x.dtype == torch.int64


OF_TOKENS = [family for family in FAMILIES if takes_tokens(family)]
OF_PAIRS = [family for family in FAMILIES if takes_pairs(family)]
OF_NUMBERS = [f for f in FAMILIES if not (takes_tokens(f) or takes_pairs(f))]


@pytest.fixture(params=OF_NUMBERS, ids=lambda family: family.name)
def family(request):
    torch.manual_seed(0)
    return request.param, request.param.build()


@pytest.fixture(params=OF_TOKENS, ids=lambda family: family.name)
def language(request):
    torch.manual_seed(0)
    model = request.param.build()
    return request.param.batch(getattr(model, "streams", 0) or 4), model


def test_every_language_model_names_what_is_no_text(language):
    good, model = language
    assert model.loss(good, "model").total.isfinite()
    bad = [good.tolist(), good.numpy(), None, 7, "text", good.float(), good.int(), good[:, :0]]
    bad += [good[:0], good[None], good + 5, good - 9, (good, None), Labelled(good, good[:, 0])]
    for batch in bad:
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.loss(batch, "model")
    with pytest.raises(ChoiceError, match="player='judge' is not known"):
        model.loss(good, "judge")


def test_every_language_model_names_what_it_cannot_go_on_from(language):
    good, model = language
    for bad in (7, [7] * 4, "seven", good.float(), good[:3], good + 5, good[None]):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.sample(len(good), condition=bad)
    for bad in (0, -1, 2.0, True, "4", None):
        with pytest.raises(AigcError, match="n="):
            model.sample(bad)
    for bad in (0, "seed", torch.tensor(0)):
        with pytest.raises(DtypeError, match="must be a torch.Generator"):
            model.sample(4, generator=bad)


@pytest.mark.parametrize("row", OF_PAIRS, ids=lambda family: family.name)
def test_a_translator_names_what_are_no_pairs(row):
    torch.manual_seed(0)
    model, good = row.build(), row.batch(4)
    x, y = good.condition, good.x
    bad_rows = (None, 7, "seven", y.tolist(), y.float(), y[0], y[:, :0], y[:0], y[None], y + 99, -y)
    bad = [Labelled(rows, x) for rows in bad_rows] + [Labelled(y, rows) for rows in bad_rows]
    for batch in (*bad, y, None, (y, x), Labelled(y[:2], x)):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.loss(batch)
    for condition in (7, "seven", x.float(), x[:3], x + 99, x[None]):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.sample(4, condition=condition)
    for n in (0, -1, 2.0, True, "4", None):
        with pytest.raises(AigcError, match="n="):
            model.sample(n)
    with pytest.raises(ChoiceError, match="player='judge' is not known"):
        model.loss(good, "judge")
    assert model.loss(good).total.isfinite()


def test_every_family_names_what_is_no_batch(family):
    row, model = family
    player = model.players[0]
    good = row.batch(4)
    x = good.x if isinstance(good, Labelled) else good

    def again(x):
        return Labelled(x, good.condition) if isinstance(good, Labelled) else x

    for bad in (x.tolist(), x.numpy(), None, 7, x.double(), x.long(), x[:, :0], x[:0], x[None]):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.loss(again(bad), player)
    for bad in (x, good, [x, [0, 1, 2, 3]], (x, None), Labelled(x, [0, 1, 2, 3])):
        if bad is good or (bad is x and not isinstance(good, Labelled)):
            assert model.loss(bad, player).total.isfinite()
            continue
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.loss(bad, player)
    with pytest.raises(ChoiceError, match="player='judge' is not known"):
        model.loss(good, "judge")


def test_every_family_names_what_it_cannot_sample(family):
    row, model = family
    told = isinstance(model, AttributeVAE) and model.told  # what it takes is a table, not labels
    words = "table" if told else "Labels must be|without conditions"
    for bad in (7, [7] * 4, (7,), "seven", torch.tensor(7), torch.tensor([7.0] * 4)):
        with pytest.raises(AigcError, match=words):
            model.sample(4, condition=bad)
    for bad in (0, -1, 2.0, True, "4", None):
        with pytest.raises(AigcError, match="n="):
            model.sample(bad)
    for bad in (0, "seed", torch.tensor(0)):
        with pytest.raises(DtypeError, match="must be a torch.Generator"):
            model.sample(4, generator=bad)


def test_every_family_names_what_it_cannot_decode_or_encode(family):
    row, model = family
    if not hasattr(model, "decode"):
        pytest.skip("nothing is decoded at once")
    z = torch.zeros(4, model.latent_size)
    for bad in (z.tolist(), z.numpy(), None, 3, z.long(), z.double(), z[0], z[:, 1:], z[None]):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.decode(bad)
    if hasattr(model, "encode"):
        for bad in ("x", None, [[0.0]], torch.zeros(4, 5), torch.zeros(4, *model.data_shape).long(),
                    torch.zeros(4, *model.data_shape).double()):  # fmt: skip
            with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
                model.encode(bad)


def test_double_precision_is_allowed_where_the_whole_model_has_it(family):
    row, model = family
    good = row.batch(4)
    x = good.x if isinstance(good, Labelled) else good
    twice = Labelled(x.double(), good.condition) if isinstance(good, Labelled) else x.double()
    if row.name != "denoising":  # its noise is drawn in float32
        with pytest.raises(DtypeError, match=r"Use x.double\(\)"):
            model.double().loss(good, model.players[0])
    with pytest.raises(DtypeError, match=r"Use x.float\(\)"):
        model.float().loss(twice, model.players[0])


def test_the_best_linear_autoencoder_takes_doubles_and_says_so_later():
    model = principal_autoencoder(torch.randn(5, 3).double(), 2)
    with pytest.raises(DtypeError, match=r"Use x.float\(\)"):
        model.rebuild(torch.randn(5, 3).double())
