"""The linear autoencoder against principal component analysis."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import train
from aigc_teach.core import RangeError, ShapeError, make_generator
from aigc_teach.data import Batches
from aigc_teach.models import Autoencoder


@pytest.fixture(scope="module")
def points():
    """600 points in 6 dimensions, centred, with spreads 3, 2, 1, .3, .2, .1."""
    g = make_generator(0)
    basis, _ = torch.linalg.qr(torch.randn(6, 6, generator=g))
    x = torch.randn(600, 6, generator=g) * torch.tensor([3.0, 2.0, 1.0, 0.3, 0.2, 0.1])
    x = x @ basis.T
    return x - x.mean(0)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_linear_autoencoder_finds_the_principal_subspace(points, size):
    torch.manual_seed(0)
    model = Autoencoder((6,), latent_size=size, hidden=())
    config = train.TrainConfig(steps=1500, lr=0.02, schedule="cosine")
    train.fit(model, Batches(points, batch_size=200), config)
    _, spreads, directions = torch.linalg.svd(points, full_matrices=False)
    least = (spreads[size:] ** 2).sum().item() / len(points)  # what PCA cannot rebuild either
    assert model.loss(points).total.item() == pytest.approx(least, rel=0.01)
    span, _ = torch.linalg.qr(model.decoder[0].weight.detach())  # [6, size]
    angles = torch.linalg.svdvals(directions[:size] @ span)  # cosines: 1 where both agree
    assert angles.min() > 0.999


def test_the_noise_is_seen_by_the_encoder_and_not_asked_for(points):
    model = Autoencoder((6,), latent_size=6, hidden=(), noise=0.5)
    with torch.no_grad():  # the identity: it rebuilds the noise as well
        model.encoder[1].weight.copy_(torch.eye(6))
        model.decoder[0].weight.copy_(torch.eye(6))
        for layer in (model.encoder[1], model.decoder[0]):
            layer.bias.zero_()
    loss = model.loss(points, generator=make_generator(0))
    assert loss.total.item() == pytest.approx(6 * 0.25, rel=0.05)  # the noise's own variance
    assert loss.parts["pixel"].item() == pytest.approx(0.5, rel=0.03)


def test_bad_sizes_are_told():
    with pytest.raises(RangeError, match="noise=-1"):
        Autoencoder(noise=-1)
    model = Autoencoder(latent_size=3)
    with pytest.raises(ShapeError, match="1, 28, 28"):
        model.encode(torch.zeros(2, 1, 27, 28))
    with pytest.raises(ShapeError, match="N, 3"):
        model.decode(torch.zeros(2, 4))
