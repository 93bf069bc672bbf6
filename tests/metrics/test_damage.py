"""Damage on purpose: each fault does what it says, strength 0 does nothing, nothing else moves."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from aigc_teach import data
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import damage

DIGITS, KNOWN = data.digits("held_out"), data.digits("train")
X, LABELS = DIGITS.x[:60], DIGITS.labels[:60]


@pytest.mark.parametrize("sigma", [0.4, 0.6, 1.2, 2.5])
def test_blur_agrees_with_scipy(sigma):
    truth = ndimage.gaussian_filter(X[:5, 0].double().numpy(), (0, sigma, sigma), mode="nearest",
                                    truncate=13 / sigma)  # fmt: skip
    blurred = damage.blur(X[:5], sigma)
    assert blurred[:, 0].double().numpy() == pytest.approx(truth, abs=1e-5)
    assert blurred.min() >= -1 - 1e-5 and blurred.max() <= 1 + 1e-5


def test_blur_leaves_an_even_picture_even_and_takes_variance_away():
    even = torch.full((2, 1, 28, 28), 0.3)
    assert torch.allclose(damage.blur(even, 2.0), even, atol=1e-6)
    spreads = [damage.blur(X, s).std() for s in (0, 0.6, 1.2, 2.4)]
    assert spreads == sorted(spreads, reverse=True)


def test_noise_has_the_spread_asked_for_and_stays_in_range():
    grey = torch.zeros(50, 1, 28, 28)
    noisy = damage.noise(grey, 0.2, generator=make_generator(0))
    assert noisy.std() == pytest.approx(0.2, rel=0.01) and abs(noisy.mean()) < 0.01
    wild = damage.noise(X, 2.0, generator=make_generator(0))
    assert wild.min() == -1 and wild.max() == 1
    again = damage.noise(grey, 0.2, generator=make_generator(0))
    assert torch.equal(noisy, again)


@pytest.mark.parametrize("dropped", range(10))
def test_drop_leaves_the_other_classes_and_the_number(dropped):
    x, labels = damage.drop(X, LABELS, dropped, generator=make_generator(0))
    assert x.shape == X.shape and labels.max() == 9 - dropped
    kept = 10 - dropped > LABELS
    assert torch.equal(x[kept], X[kept]) and torch.equal(labels[kept], LABELS[kept])
    for picture, label in zip(x, labels, strict=True):
        same = (picture == X).flatten(1).all(1)
        assert LABELS[same].tolist() == [label]


def test_dropped_places_are_filled_evenly():
    x, labels = damage.drop(X, LABELS, 5, generator=make_generator(0))
    copies = torch.stack([(x == one).flatten(1).all(1).sum() for one in X[LABELS < 5]])
    assert copies.min() == copies.max() == 2  # 30 pictures for 60 places


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_memorise_copies_the_share_asked_for_and_keeps_the_classes(share):
    x = damage.memorise(X, LABELS, *KNOWN, share, generator=make_generator(0))
    copied = torch.stack([(KNOWN.x == one).flatten(1).all(1).any() for one in x])
    assert copied.float().mean() == pytest.approx(share, abs=1 / len(X))
    assert torch.equal(x[~copied], X[~copied])
    for one, label in zip(x[copied], LABELS[copied], strict=True):
        assert label in KNOWN.labels[(KNOWN.x == one).flatten(1).all(1)]
    fresh = {one.numpy().tobytes() for one in x[copied]}
    assert len(fresh) == int(copied.sum())  # none twice, while there are enough


def test_few_training_pictures_are_used_in_turn():
    few = KNOWN.x[:10], KNOWN.labels[:10]
    x = damage.memorise(X, LABELS, *few, 1.0, generator=make_generator(0))
    assert torch.equal(x, KNOWN.x[:10][LABELS])


def test_strength_zero_changes_nothing_and_gives_new_tensors():
    results = [
        damage.blur(X, 0),
        damage.noise(X, 0.0),
        damage.drop(X, LABELS, 0)[0],
        damage.memorise(X, LABELS, *KNOWN, 0.0),
    ]
    before = X.clone()
    for result in results:
        assert torch.equal(result, X)
        result.zero_()
    assert torch.equal(X, before)


@pytest.mark.parametrize(
    ("run", "error", "words"),
    [
        (lambda: damage.blur(X, -1), RangeError, "between 0 and 5"),
        (lambda: damage.blur(X, "2"), DtypeError, "must be a number"),
        (lambda: damage.blur(X, float("nan")), RangeError, "between 0 and 5"),
        (lambda: damage.blur(X[:, 0], 1.0), ShapeError, "4 axes"),
        (lambda: damage.blur(127 * X, 1.0), RangeError, "must lie in"),
        (lambda: damage.noise(X, 9), RangeError, "between 0 and 5"),
        (lambda: damage.noise(X, True), DtypeError, "must be a number"),
        (lambda: damage.noise(X.byte(), 0.1), DtypeError, "floating point"),
        (lambda: damage.drop(X, LABELS, 10), RangeError, "between 0 and 9"),
        (lambda: damage.drop(X, LABELS, 0.5), DtypeError, "whole number"),
        (lambda: damage.drop(X, LABELS[:-1], 1), ShapeError, "60 labels"),
        (lambda: damage.drop(X, LABELS.float(), 1), DtypeError, "whole numbers"),
        (lambda: damage.drop(X, LABELS + 5, 1), RangeError, "between 0 and 9"),
        (lambda: damage.drop(X[5:9], LABELS[5:9], 7), DataError, "No picture is left"),
        (lambda: damage.memorise(X, LABELS, *KNOWN, 1.5), RangeError, "between 0 and 1"),
        (lambda: damage.memorise(X, LABELS, X[:5], LABELS[:5], 1.0), DataError, "class 5"),
        (lambda: damage.memorise(X, LABELS, X, LABELS[1:], 1.0), ShapeError, "60 labels"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(run, error, words):
    with pytest.raises(error, match=words) as caught:
        run()
    assert str(caught.value).endswith(".")
