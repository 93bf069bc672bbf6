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
from aigc_teach.models import DCGAN, GAN, VAE, ConvVAE

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
