"""PSNR and SSIM against scikit-image's, and what cannot be compared is a sentence."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from aigc_teach.core import AigcError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import psnr, ssim, ssim_map


def pair(channels=3, size=(40, 33), data_range=1.0, dtype=torch.float32):
    generator = make_generator(channels)
    true = torch.rand(2, channels, *size, generator=generator, dtype=dtype) * data_range
    noise = torch.randn(true.shape, generator=generator, dtype=dtype)
    return true + 0.1 * data_range * noise, true


def theirs(measure, restored, true, data_range):
    """scikit-image's number for each picture, in float64."""
    metrics = pytest.importorskip("skimage.metrics")
    numbers = []
    for x, y in zip(restored.double().numpy(), true.double().numpy(), strict=True):
        if measure is psnr:
            numbers.append(metrics.peak_signal_noise_ratio(y, x, data_range=data_range))
        else:
            numbers.append(
                metrics.structural_similarity(
                    y, x, data_range=data_range, channel_axis=0, gaussian_weights=True,
                    sigma=1.5, use_sample_covariance=False,
                )
            )  # fmt: skip
    return np.array(numbers)


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("data_range", [1.0, 2.0, 255])
@pytest.mark.parametrize("size", [(40, 33), (11, 11), (12, 64)])
def test_they_are_scikit_images(measure, channels, data_range, size):
    restored, true = pair(channels, size, data_range)
    ours = measure(restored, true, data_range=data_range).numpy()
    assert ours.shape == (2,) and ours.dtype == np.float64
    assert np.abs(ours - theirs(measure, restored, true, data_range)).max() < 1e-6


def test_ranges_do_not_matter_if_data_range_goes_with_them():
    restored, true = pair(dtype=torch.float64)
    for measure in (psnr, ssim):
        a = measure(restored, true, data_range=1)
        if measure is psnr:  # SSIM compares means, which a shift moves
            assert torch.allclose(a, measure(2 * restored - 1, 2 * true - 1, data_range=2))
        assert torch.allclose(a, measure(255 * restored, 255 * true, data_range=255))


def test_equal_pictures():
    _, true = pair()
    assert psnr(true, true, data_range=1).tolist() == [math.inf] * 2
    assert ssim(true, true, data_range=1).tolist() == pytest.approx([1.0, 1.0], abs=1e-12)
    assert ssim_map(true, true, data_range=1).shape == (2, 3, 30, 23)


def test_the_map_shows_where_a_picture_was_changed():
    _, true = pair()
    changed = true.clone()
    changed[:, :, 20, 20] += 0.5
    where = ssim_map(changed, true, data_range=1) < 1 - 1e-9  # [2, 3, 30, 23]
    rows, columns = where[0, 0].nonzero().T
    assert (rows.min(), rows.max()) == (10, 20) and (columns.min(), columns.max()) == (10, 20)


def test_nothing_is_changed_and_gradients_are_not_kept():
    restored, true = pair()
    before = restored.clone()
    result = ssim(restored.requires_grad_(), true, data_range=1)
    assert restored.equal(before) and not result.requires_grad


def test_mixed_ranges_are_warned_of_and_plain_ones_are_not():
    restored, true = pair()
    near = true + 0.1 * (restored - true)
    with pytest.warns(UserWarning, match=r"\(x \+ 1\) / 2.*one range"):
        psnr(2 * near - 1, true, data_range=1)
    with pytest.warns(UserWarning, match="2 x - 1"):
        psnr(near, 2 * true - 1, data_range=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        psnr(near, true, data_range=1)
        psnr(restored.clamp(0, 1), true, data_range=1)
        psnr(torch.zeros_like(true), true, data_range=1)


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda x, y: (x * 255, y * 255), RangeError, "spans more than data_range=1"),
        (lambda x, y: (x, 2 * y - 1), RangeError, r"2 for \[-1, 1\]"),
        (lambda x, y: (x * 255, y), RangeError, "far outside"),
        (lambda x, y: (x[:, :1], y), ShapeError, "one shape"),
        (lambda x, y: (x[0], y[0]), ShapeError, "4 axes"),
        (lambda x, y: (x.byte(), y), DtypeError, "floating point"),
        (lambda x, y: (x * math.nan, y), RangeError, "NaN"),
        (lambda x, y: (x[:0], y[:0]), AigcError, "empty"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(measure, change, error, words):
    restored, true = change(*pair())
    with pytest.raises(error, match=words):
        measure(restored, true, data_range=1)


def test_too_small_and_a_bad_range():
    x = torch.zeros(1, 1, 10, 40)
    with pytest.raises(ShapeError, match="at least 11 x 11.*10 x 40"):
        ssim(x, x, data_range=1)
    for bad, error in ((0, RangeError), (-1, RangeError), ("1", DtypeError)):
        with pytest.raises(error, match="data_range"):
            psnr(x, x, data_range=bad)
