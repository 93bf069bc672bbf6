"""TextRank: its scores against an eigenvector and against networkx, and its sentences."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
import torch

from aigc_teach import data, models
from aigc_teach.core import DataError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.models.retrieval import words

home = importlib.import_module("aigc_teach.models.textrank")  # models.textrank is the function


def tables():
    """Weights of random graphs, some with sentences that are joined to none, and of real texts."""
    g = make_generator(0)
    for size in (1, 2, 3, 8, 30):
        for kept in (0.2, 1.0):
            weights = torch.rand(size, size, dtype=torch.float64, generator=g)
            weights = weights * (torch.rand(size, size, generator=g) < kept)
            yield weights + weights.T
    yield torch.zeros(4, 4, dtype=torch.float64)
    for row in data.docstrings("held_out")[:40]:
        yield home.similarity(home.sentences(row.body))


@pytest.mark.parametrize("damping", [0.0, 0.5, 0.85])
def test_scores_are_the_eigenvector_that_scipy_finds(damping):
    linalg = pytest.importorskip("scipy.linalg")
    for weights in tables():
        table, size = weights.numpy(), len(weights)
        out = table.sum(1, keepdims=True)
        votes = np.where(out > 0, table / np.where(out > 0, out, 1), 1 / size)
        whole = (1 - damping) / size + damping * votes.T  # of columns summing to 1
        values, vectors = linalg.eig(whole)
        first = np.argmax(values.real)
        assert abs(values[first] - 1) < 1e-9
        truth = vectors[:, first].real / vectors[:, first].real.sum()
        ours = home.pagerank(weights, damping=damping)
        assert torch.allclose(ours, torch.from_numpy(truth), atol=1e-9)
        assert ours.sum().item() == pytest.approx(1, abs=1e-12)


def test_scores_are_those_of_networkx():
    networkx = pytest.importorskip("networkx")
    for weights in tables():
        graph = networkx.from_numpy_array(weights.numpy())
        theirs = networkx.pagerank(graph, alpha=0.85, tol=1e-14, max_iter=1000)
        theirs = torch.tensor([theirs[k] for k in range(len(weights))], dtype=torch.float64)
        assert torch.allclose(home.pagerank(weights), theirs, atol=1e-8)


def test_the_weight_of_two_sentences_is_the_published_one():
    a, b = "the cat sat on the mat", "a cat on a mat"
    weight = 3 / (math.log(6) + math.log(5))
    assert home.similarity([a, b], split=words)[0, 1].item() == pytest.approx(weight)
    assert home.similarity(["one", "one"])[0, 1] == 0  # the logarithm of 1 is 0


def test_a_text_is_cut_and_ranked():
    ranked = models.textrank("A cat. The cat saw a dog. A dog saw the cat and the mat.")
    assert [score for _, score in ranked] == sorted((s for _, s in ranked), reverse=True)
    assert sum(score for _, score in ranked) == pytest.approx(1)
    assert models.textrank("") == models.textrank("  ") == []
    assert models.textrank("one sentence without an end") == [("one sentence without an end", 1.0)]
    assert len(models.textrank("A. " * 300)) == 300
    assert models.textrank("\u4eca\u5929\u4e0b\u96e8\u3002")[0][1] == 1


def test_what_cannot_be_ranked_is_a_sentence():
    for weights in (torch.zeros(2), torch.zeros(2, 3), None):
        with pytest.raises(ShapeError, match="square table"):
            home.pagerank(weights)
    for bad in (-1.0, math.inf, math.nan):
        with pytest.raises(RangeError, match="finite and at least 0"):
            home.pagerank(torch.full((2, 2), bad, dtype=torch.float64))
    with pytest.raises(RangeError, match="between 0 and 1"):
        home.pagerank(torch.ones(2, 2), damping=1.0)
    with pytest.raises(DataError, match="list of sentences"):
        home.similarity([])
    with pytest.raises(DtypeError, match="must be text"):
        models.textrank(None)
