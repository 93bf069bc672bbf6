"""Fitted densities: what they promise beyond their formulas, and their sentences for bad input."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import make_generator
from aigc_teach.core.errors import DataError, DtypeError, RangeError, ShapeError
from aigc_teach.models.density import Gaussian, GaussianMixture, PixelwiseGaussian, k_means

MODELS = [PixelwiseGaussian, Gaussian, lambda: GaussianMixture(3)]
make = pytest.mark.parametrize("make", MODELS, ids=["pixelwise", "gaussian", "mixture"])


def cloud(n=600, d=4):
    x = torch.randn(n, d, generator=make_generator(0))
    x[: n // 3] += 5
    return x


@make
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_rows_fit_and_come_back_finite(make, dtype):
    x = cloud().to(dtype)
    model = make().fit(x)
    assert model.log_prob(x).shape == (600,) and torch.isfinite(model.log_prob(x)).all()
    drawn = model.sample(7, generator=make_generator(1))
    assert drawn.shape == (7, 4) and drawn.dtype == torch.float32


@make
def test_same_generator_same_draw(make):
    model = make().fit(cloud())
    one, two = (model.sample(5, generator=make_generator(2)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, model.sample(5, generator=make_generator(3)))


@make
def test_a_constant_coordinate_stays_finite(make):
    x = cloud()
    x[:, 0] = -1.0
    model = make().fit(x)
    assert torch.isfinite(model.log_prob(x)).all()
    quiet = model.sample(200, noise=False, generator=make_generator(0))[:, 0]
    noisy = model.sample(200, generator=make_generator(0))[:, 0]
    assert (quiet + 1).abs().max() < 0.02 < (noisy + 1).std() < 0.2


@make
def test_one_coordinate_and_one_row(make):
    assert make().fit(torch.randn(30, 1)).sample(3).shape == (3, 1)
    assert torch.isfinite(Gaussian().fit(torch.ones(1, 3)).log_prob(torch.zeros(2, 3))).all()


@make
def test_bad_input_is_told_in_a_sentence(make):
    model = make()
    with pytest.raises(DataError, match="fit"):
        model.sample(1)
    with pytest.raises(DataError, match="fit"):
        model.log_prob(torch.zeros(1, 4))
    with pytest.raises(DtypeError, match="floating"):
        model.fit(torch.zeros(5, 2, dtype=torch.int64))
    with pytest.raises(ShapeError, match=r"\[N, D\]"):
        model.fit(torch.zeros(5, 1, 28, 28))
    with pytest.raises(RangeError, match="finite"):
        model.fit(torch.full((5, 2), torch.nan))
    model.fit(cloud())
    with pytest.raises(ShapeError, match="4 numbers"):
        model.log_prob(torch.zeros(2, 3))
    with pytest.raises(RangeError, match="at least 1"):
        model.sample(0)


def test_bad_settings():
    for noise in (0, -1.0, float("nan"), "0.1"):
        with pytest.raises(RangeError, match="noise"):
            Gaussian(noise)
    with pytest.raises(RangeError, match="shrinkage"):
        GaussianMixture(2, shrinkage=1.5)
    with pytest.raises(DataError, match="cannot fill"):
        GaussianMixture(5).fit(torch.randn(3, 2))


def test_k_means_finds_three_heaps_and_leaves_no_cluster_empty():
    centres = torch.tensor([[-9.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    truth = torch.arange(90) % 3
    x = centres[truth] + torch.randn(90, 2, generator=make_generator(0))
    found = k_means(x, 3, generator=make_generator(3))
    assert len({(int(a), int(b)) for a, b in zip(truth, found, strict=True)}) == 3
    twins = k_means(torch.zeros(6, 2), 3, generator=make_generator(0))  # all rows the same
    assert set(twins.tolist()) == {0, 1, 2}


def test_shrinkage_of_one_makes_all_covariances_equal():
    model = GaussianMixture(3, shrinkage=1.0, steps=3).fit(cloud(), generator=make_generator(0))
    assert torch.allclose(model.covariances[0], model.covariances[2])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_singular_covariance_of_any_size_can_be_drawn_without_noise(scale):
    x = scale * torch.randn(5, 80, generator=make_generator(0))
    for _ in range(20):  # refitted to its own samples: at most 4 directions are left
        x = Gaussian().fit(x).sample(5, noise=False, generator=make_generator(1))
        assert torch.isfinite(x).all()
