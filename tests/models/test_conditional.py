"""Conditional VAE and CodeDensity: what they refuse, shares, and a known density reproduced."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, DataError, DtypeError, Labelled, RangeError, ShapeError
from aigc_teach.core import make_generator as seeded
from aigc_teach.models import DCGAN, VAE, CodeDensity, ConvVAE

LABELS = torch.arange(20) % 10


def images(n: int = 20) -> torch.Tensor:
    return torch.rand(n, 1, 28, 28, generator=seeded(0)) * 2 - 1


def vae(**settings) -> ConvVAE:
    torch.manual_seed(0)
    return ConvVAE(latent_size=3, width=4, n_classes=10, **settings)


def gan(**settings) -> DCGAN:
    torch.manual_seed(0)
    return DCGAN(latent_size=3, width=4, n_classes=10, **settings)


BAD_LABELS = [
    (LABELS.float(), DtypeError, "whole numbers"),
    (LABELS.bool(), DtypeError, "whole numbers"),
    (LABELS + 1, RangeError, r"0\.\.9; yours lie in 1\.\.10"),
    (LABELS - 1, RangeError, r"-1\.\.8"),
    (LABELS[:5], ShapeError, r"\[20\]"),
    (LABELS[:, None], ShapeError, r"\[20, 1\]"),
]


@pytest.mark.parametrize("make", [vae, gan])
@pytest.mark.parametrize("labels, error, words", BAD_LABELS)
def test_labels_that_do_not_fit_are_told(make, labels, error, words):
    model = make()
    with pytest.raises(error, match=words):
        model.loss(Labelled(images(), labels), model.players[0])
    with pytest.raises(error, match=words):
        model.sample(20, condition=labels)
    with pytest.raises(error, match=words):
        model.decode(torch.zeros(20, 3), labels)


@pytest.mark.parametrize("make", [vae, gan])
def test_a_missing_or_needless_label_is_told(make):
    model = make()
    with pytest.raises(AigcError, match="conditional: give one label"):
        model.decode(torch.zeros(2, 3))
    with pytest.raises(AigcError, match=r"must be Labelled"):
        model.loss(images(), model.players[0])
    with pytest.raises(AigcError, match="a plain tensor"):
        ConvVAE(latent_size=3, width=4).loss(Labelled(images(), LABELS))
    with pytest.raises(ShapeError, match=r"z must be \[N, 3\]"):
        model.decode(torch.zeros(2, 4), LABELS[:2])


@pytest.mark.parametrize("shares", [[1.0] * 9, [-1.0] + [1.0] * 9, [0.0] * 10])
def test_shares_that_make_no_sense_are_told(shares):
    with pytest.raises(RangeError, match="10 numbers, none negative, not all 0"):
        vae(class_shares=shares)


@pytest.mark.parametrize("make", [vae, gan])
def test_without_a_condition_the_shares_are_respected(make):
    model = make(class_shares=[0, 0, 3, 0, 0, 0, 0, 1, 0, 0])
    labels = model.draw_labels(4000, generator=seeded(0))
    assert set(labels.tolist()) == {2, 7}
    assert (labels == 2).float().mean().item() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("make", [vae, gan])
def test_a_data_set_of_one_class_trains_and_samples(make):
    model = make()
    for player in model.players:
        loss = model.loss(Labelled(images(), torch.full((20,), 4)), player)
        assert torch.isfinite(loss.total)
        loss.total.backward()
    assert model.sample(3, condition=torch.tensor([4, 4, 4])).shape == (3, 1, 28, 28)


def test_the_label_reaches_the_picture_and_the_encoder_does_not_see_it():
    model = vae()
    z = torch.zeros(10, 3)
    pictures = model.decode(z, torch.arange(10)).flatten(1)
    assert torch.pdist(pictures).min() > 0
    first = model.loss(Labelled(images(), LABELS), generator=seeded(1)).parts
    other = model.loss(Labelled(images(), (LABELS + 1) % 10), generator=seeded(1)).parts
    assert first["kl"] == other["kl"] and first["reconstruction"] != other["reconstruction"]


class KnownCodes:
    """Stands for a trained model whose codes are known: the data are the codes."""

    latent_size, n_classes = 2, 3

    def encode(self, x):
        return x

    def decode(self, z, condition=None):
        return z if condition is None else torch.cat([z, condition[:, None].float()], dim=1)

    check_labels = staticmethod(lambda labels, n: labels)


def known(n: int = 6000):
    labels = torch.arange(n) % 3
    means = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, -5.0]])
    roots = torch.tensor([[[1.0, 0.0], [0.5, 0.3]], [[0.5, 0.0], [0.0, 0.5]], [[0.2, 0], [0, 2.0]]])
    eps = torch.randn(n, 2, generator=seeded(0))
    return means[labels] + (roots[labels] @ eps[:, :, None])[:, :, 0], labels, means, roots


def test_a_known_gaussian_is_reproduced_class_by_class():
    codes, labels, means, roots = known()
    density = CodeDensity(KnownCodes(), components=1, shrinkage=0.0)
    density.fit(codes, labels, generator=seeded(1))
    for k in range(3):
        drawn = density.sample(4000, condition=torch.full((4000,), k), generator=seeded(2))
        assert (drawn[:, 2] == k).all(), "the decoder is told the label of the code"
        assert torch.allclose(drawn[:, :2].mean(0), means[k], atol=0.12)
        assert torch.allclose(torch.cov(drawn[:, :2].T), roots[k] @ roots[k].T, atol=0.2)


def test_two_modes_of_a_class_need_two_components():
    signs = (torch.arange(2000) % 2 * 2 - 1).float()
    codes = torch.stack([4 * signs, torch.zeros(2000)], 1)
    codes = codes + 0.3 * torch.randn(2000, 2, generator=seeded(0))
    labels = torch.arange(2000) // 2 % 3
    middle = {}
    for components in (1, 2):
        density = CodeDensity(KnownCodes(), components=components, shrinkage=0.0)
        drawn = density.fit(codes, labels, generator=seeded(1)).sample(2000, generator=seeded(2))
        middle[components] = (drawn[:, 0].abs() < 2).float().mean().item()
    assert middle[1] > 0.25 and middle[2] < 0.02


def test_without_labels_asked_for_the_datas_shares_are_drawn():
    codes, labels, _, _ = known()
    keep = (labels == 0) | (torch.arange(len(labels)) % 4 == 0)
    density = CodeDensity(KnownCodes(), components=1).fit(codes[keep], labels[keep])
    drawn = density.sample(4000, generator=seeded(0))
    wanted = (labels[keep] == 0).float().mean().item()
    assert (drawn[:, 2] == 0).float().mean().item() == pytest.approx(wanted, abs=0.03)
    assert density.shares.sum().item() == pytest.approx(1)


def test_code_density_refuses_what_it_cannot_fit():
    model, x = vae(), images()
    with pytest.raises(DataError, match="call fit"):
        CodeDensity(model).sample(2)
    with pytest.raises(DataError, match="2 items of class 0 cannot fill 6 components"):
        CodeDensity(model, components=6).fit(x, LABELS)
    with pytest.raises(DataError, match="0 items of class 1 cannot fill 1 components"):
        CodeDensity(model, components=1).fit(x, torch.zeros(20, dtype=torch.int64))
    with pytest.raises(AigcError, match="give one label"):
        CodeDensity(model, components=1).fit(x)
    plain = VAE(hidden=(8,))
    with pytest.raises(AigcError, match="leave out `labels`"):
        CodeDensity(plain, components=1).fit(x, LABELS)
    fitted = CodeDensity(model, components=1).fit(x, LABELS)
    with pytest.raises(RangeError, match=r"0\.\.9"):
        fitted.sample(1, condition=torch.tensor([10]))
    with pytest.raises(ShapeError, match=r"\[3\]"):
        fitted.sample(3, condition=torch.tensor([1, 2]))
    assert fitted.sample(3, condition=torch.tensor([1, 2, 2])).shape == (3, 1, 28, 28)
    with pytest.raises(AigcError, match="condition"):
        CodeDensity(plain, components=2).fit(x).sample(2, condition=torch.tensor([1, 2]))
