"""Damage on purpose: each fault does what it says, strength 0 does nothing, nothing else moves."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import damage


@pytest.fixture(scope="module")
def pictures():
    return data.digits("held_out").x[:60]


@pytest.fixture(scope="module")
def classes():
    return data.digits("held_out").labels[:60]


@pytest.fixture(scope="module")
def known():
    return data.digits("train")


@pytest.mark.parametrize("sigma", [0.4, 0.6, 1.2, 2.5])
def test_blur_agrees_with_scipy(sigma, pictures):
    sharp, sigmas = pictures[:5, 0].double().numpy(), (0, sigma, sigma)
    truth = ndimage.gaussian_filter(sharp, sigmas, mode="nearest", truncate=13 / sigma)
    blurred = damage.blur(pictures[:5], sigma)
    assert blurred[:, 0].double().numpy() == pytest.approx(truth, abs=1e-5)
    assert blurred.min() >= -1 - 1e-5 and blurred.max() <= 1 + 1e-5


def test_blur_leaves_an_even_picture_even_and_takes_variance_away(pictures):
    even = torch.full((2, 1, 28, 28), 0.3)
    assert torch.allclose(damage.blur(even, 2.0), even, atol=1e-6)
    spreads = [damage.blur(pictures, s).std() for s in (0, 0.6, 1.2, 2.4)]
    assert spreads == sorted(spreads, reverse=True)


def test_noise_has_the_spread_asked_for_and_stays_in_range(pictures):
    grey = torch.zeros(50, 1, 28, 28)
    noisy = damage.noise(grey, 0.2, generator=make_generator(0))
    assert noisy.std() == pytest.approx(0.2, rel=0.01) and abs(noisy.mean()) < 0.01
    wild = damage.noise(pictures, 2.0, generator=make_generator(0))
    assert wild.min() == -1 and wild.max() == 1
    again = damage.noise(grey, 0.2, generator=make_generator(0))
    assert torch.equal(noisy, again)


@pytest.mark.parametrize("dropped", range(10))
def test_drop_leaves_the_other_classes_and_the_number(dropped, pictures, classes):
    x, labels = damage.drop(pictures, classes, dropped, generator=make_generator(0))
    assert x.shape == pictures.shape and labels.max() == 9 - dropped
    kept = 10 - dropped > classes
    assert torch.equal(x[kept], pictures[kept]) and torch.equal(labels[kept], classes[kept])
    for picture, label in zip(x, labels, strict=True):
        same = (picture == pictures).flatten(1).all(1)
        assert classes[same].tolist() == [label]


def test_dropped_places_are_filled_evenly(pictures, classes):
    x, labels = damage.drop(pictures, classes, 5, generator=make_generator(0))
    copies = torch.stack([(x == one).flatten(1).all(1).sum() for one in pictures[classes < 5]])
    assert copies.min() == copies.max() == 2  # 30 pictures for 60 places


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_memorise_copies_the_share_asked_for_and_keeps_the_classes(share, pictures, classes, known):
    x = damage.memorise(pictures, classes, *known, share, generator=make_generator(0))
    copied = torch.stack([(known.x == one).flatten(1).all(1).any() for one in x])
    assert copied.float().mean() == pytest.approx(share, abs=1 / len(pictures))
    assert torch.equal(x[~copied], pictures[~copied])
    for one, label in zip(x[copied], classes[copied], strict=True):
        assert label in known.labels[(known.x == one).flatten(1).all(1)]
    fresh = {one.numpy().tobytes() for one in x[copied]}
    assert len(fresh) == int(copied.sum())  # none twice, while there are enough


def test_few_training_pictures_are_used_in_turn(pictures, classes, known):
    few = known.x[:10], known.labels[:10]
    x = damage.memorise(pictures, classes, *few, 1.0, generator=make_generator(0))
    assert torch.equal(x, known.x[:10][classes])


def test_strength_zero_changes_nothing_and_gives_new_tensors(pictures, classes, known):
    results = [
        damage.blur(pictures, 0),
        damage.noise(pictures, 0.0),
        damage.drop(pictures, classes, 0)[0],
        damage.memorise(pictures, classes, *known, 0.0),
    ]
    before = pictures.clone()
    for result in results:
        assert torch.equal(result, pictures)
        result.zero_()
    assert torch.equal(pictures, before)


@pytest.mark.parametrize(
    ("run", "error", "words"),
    [
        (lambda x, y, known: damage.blur(x, -1), RangeError, "between 0 and 5"),
        (lambda x, y, known: damage.blur(x, "2"), DtypeError, "must be a number"),
        (lambda x, y, known: damage.blur(x, float("nan")), RangeError, "between 0 and 5"),
        (lambda x, y, known: damage.blur(x[:, 0], 1.0), ShapeError, "4 axes"),
        (lambda x, y, known: damage.blur(127 * x, 1.0), RangeError, "must lie in"),
        (lambda x, y, known: damage.noise(x, 9), RangeError, "between 0 and 5"),
        (lambda x, y, known: damage.noise(x, True), DtypeError, "must be a number"),
        (lambda x, y, known: damage.noise(x.byte(), 0.1), DtypeError, "floating point"),
        (lambda x, y, known: damage.drop(x, y, 10), RangeError, "between 0 and 9"),
        (lambda x, y, known: damage.drop(x, y, 0.5), DtypeError, "whole number"),
        (lambda x, y, known: damage.drop(x, y[:-1], 1), ShapeError, "60 labels"),
        (lambda x, y, known: damage.drop(x, y.float(), 1), DtypeError, "whole numbers"),
        (lambda x, y, known: damage.drop(x, y + 5, 1), RangeError, "between 0 and 9"),
        (lambda x, y, known: damage.drop(x[5:9], y[5:9], 7), DataError, "No picture is left"),
        (lambda x, y, known: damage.memorise(x, y, *known, 1.5), RangeError, "between 0 and 1"),
        (lambda x, y, known: damage.memorise(x, y, x[:5], y[:5], 1.0), DataError, "class 5"),
        (lambda x, y, known: damage.memorise(x, y, x, y[1:], 1.0), ShapeError, "60 labels"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(run, error, words, pictures, classes, known):
    with pytest.raises(error, match=words) as caught:
        run(pictures, classes, known)
    assert str(caught.value).endswith(".")
