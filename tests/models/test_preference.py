"""The belief about a taste: limits that are known, contradictions, weights, mistakes; its store.

scikit-learn's Gaussian process is asked in ``tests/outside/test_preference.py``.
"""

from __future__ import annotations

import json

import pytest
import torch

from aigc_teach.core import AigcError, DataError, RangeError, ShapeError, make_generator
from aigc_teach.core.errors import DtypeError
from aigc_teach.models import PreferenceGP, PreferenceStore

g = make_generator(0)
X = torch.randn(9, 3, generator=g)
Y = (X[:, 0] + 0.5 * torch.randn(9, generator=g) > 0).float()


def belief(**more):
    return PreferenceGP(length=1.5, scale=2.0, **more)


def test_without_judgements_it_is_the_prior():
    mean, covariance = belief(offset=-1.4).fit(X[:0], Y[:0]).predict(X)
    assert (mean + 1.4).abs().max() < 1e-12
    assert torch.allclose(covariance, belief().kernel(X.double(), X.double()))


def test_the_peak_is_a_peak_of_the_posterior():
    fitted = belief(offset=-0.5).fit(X, Y)
    k = fitted.kernel(X.double(), X.double()) + 1e-10 * torch.eye(9)
    f = fitted.mode.clone().requires_grad_()
    above = f + 0.5
    log = torch.nn.functional.logsigmoid((2 * Y - 1) * f).sum()
    log = log - 0.5 * above @ torch.linalg.solve(k, above)
    assert torch.autograd.grad(log, f)[0].abs().max() < 1e-5


def test_one_like_raises_its_neighbours_and_leaves_strangers():
    mean, _ = (
        belief()
        .fit(torch.zeros(1, 3), torch.ones(1))
        .predict(torch.tensor([[0.1, 0.0, 0.0], [90.0, 0.0, 0.0]]))
    )
    assert mean[0] > 0.5 and abs(mean[1]) < 1e-6


def test_contradictions_leave_the_mean_and_take_the_doubt():
    x = torch.zeros(20, 3)
    y = torch.tensor([1.0, 0.0] * 10)
    mean, covariance = belief().fit(x, y).predict(x[:1])
    assert abs(mean.item()) < 1e-9
    assert covariance.item() == pytest.approx(1 / (1 / 4 + 20 / 4), rel=1e-6)  # exact: W = 1/4


@pytest.mark.parametrize("all_of", [0.0, 1.0])
def test_everything_liked_or_nothing_is_finite(all_of):
    fitted = belief().fit(X, torch.full((9,), all_of))
    assert fitted.mode.isfinite().all() and fitted.evidence.isfinite()
    assert ((fitted.mode > 0) == (all_of > 0)).all()


def test_a_weight_of_two_is_a_judgement_made_twice():
    twice = belief().fit(torch.cat([X, X[:4]]), torch.cat([Y, Y[:4]]))
    weighted = belief().fit(X, Y, weights=torch.tensor([2.0] * 4 + [1.0] * 5))
    other = torch.randn(5, 3, generator=make_generator(1))
    for a, b in zip(twice.predict(other), weighted.predict(other), strict=True):
        assert torch.allclose(a, b, atol=1e-7)
    gone = belief().fit(X, Y, weights=torch.tensor([0.0] * 4 + [1.0] * 5))
    assert torch.allclose(gone.predict(other)[0], belief().fit(X[4:], Y[4:]).predict(other)[0])


def test_people_are_fitted_side_by_side():
    x = torch.randn(3, 7, 2, generator=make_generator(2))
    y = (torch.rand(3, 7, generator=make_generator(3)) < 0.5).float()
    together = belief().fit(x, y)
    other = torch.randn(3, 4, 2, generator=make_generator(4))
    for k in range(3):
        alone = belief().fit(x[k], y[k])
        assert torch.allclose(together.mode[k], alone.mode, atol=1e-7)
        assert torch.allclose(together.predict(other)[1][k], alone.predict(other[k])[1], atol=1e-7)


def test_draws_have_the_mean_and_the_spread_that_are_predicted():
    fitted = belief().fit(X, Y)
    other = torch.randn(4, 3, generator=make_generator(5))
    mean, covariance = fitted.predict(other)
    draws = torch.stack([fitted.draw(other, generator=g) for _ in range(3000)])
    assert (draws.mean(0) - mean).abs().max() < 0.15
    assert (torch.cov(draws.T) - covariance).abs().max() < 0.35


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: belief().predict(X), AigcError, "no judgements yet"),
        (lambda: belief().fit(X, Y[:3]), ShapeError, "one number an item"),
        (lambda: belief().fit(X, Y * 2), RangeError, "1 for a like and 0"),
        (lambda: belief().fit(X.long(), Y), DtypeError, "floating-point"),
        (lambda: belief().fit(X[0], Y[0]), ShapeError, "[..., N, D]"),
        (lambda: belief().fit(X / 0, Y), RangeError, "finite"),
        (lambda: belief().fit(X, Y).predict(X[:, :2]), ShapeError, "3 numbers each"),
        (lambda: belief().fit(X, Y, weights=-Y - 1), RangeError, "not negative"),
        (lambda: belief().fit(X, Y, weights=Y[:2]), ShapeError, "weights must be"),
        (lambda: PreferenceGP(length=0.0), RangeError, "above 0"),
    ],
)
def test_mistakes_are_sentences(do, error, words):
    with pytest.raises(error) as caught:
        do()
    assert words in str(caught.value)


def test_the_store_keeps_reads_and_forgets(tmp_path):
    folder = tmp_path / "mine" / "deep"
    store = PreferenceStore(folder)
    store.add(X[:2], Y[:2])
    store.add(X[2:5], Y[2:5].int().tolist())
    codes, liked = PreferenceStore(folder).read()
    assert torch.allclose(codes, X[:5]) and torch.equal(liked, Y[:5])
    (folder / ".preferences.json.01234567.new").write_text("half written")
    store.forget()
    assert list(folder.iterdir()) == [], "nothing remains"
    assert store.read()[0].shape == (0, 0) and store.read()[1].shape == (0,)
    store.forget()  # twice is no error
    store.add(X[:1], [1])
    assert len(store.read()[0]) == 1


def test_the_store_refuses_in_sentences(tmp_path):
    store = PreferenceStore(tmp_path)
    with pytest.raises(ShapeError, match="N judgements"):
        store.add(X, [1])
    with pytest.raises(DataError, match="1 for a like"):
        store.add(X[:1], [2])
    store.add(X[:1], [1])
    with pytest.raises(ShapeError, match="Forget the old ones"):
        store.add(X[:1, :2], [1])
    for text in ("no json", json.dumps([{"other": 1}]), json.dumps({"a": 1}), "[3]"):
        store.path.write_text(text)
        with pytest.raises(DataError, match="holds no preferences"):
            store.read()
    store.forget()
    assert len(store.read()[1]) == 0
