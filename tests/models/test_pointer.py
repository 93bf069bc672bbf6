"""The pointer-generator: equation 9 by loops, padding, words never seen, and that it learns."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach import data
from aigc_teach.core import AigcError, DtypeError, Labelled, ShapeError, make_generator
from aigc_teach.models import PointerGenerator
from aigc_teach.models.pointer import LEAST, UNKNOWN, mixture

KNOWN, EXTRA = 6, 3
SOURCES = torch.tensor([[6, 3, 7, 6, 1], [4, 6, 1, 0, 0], [5, 5, 4, 3, 1]])
TARGETS = torch.tensor([[6, 3, 1], [2, 4, 1], [8, 1, 0]])  # 8 stands nowhere: it is not possible


@pytest.fixture(params=[True, False], ids=["copies", "does not copy"])
def model(request):
    torch.manual_seed(0)
    return PointerGenerator(KNOWN, EXTRA, length=5, width=16, copies=request.param).eval()


def by_loops(model, sources, targets):
    """Equation 9 for every token of every target, one at a time."""
    step, nll = model.look(sources, targets), torch.zeros(targets.shape)
    for n, row in enumerate(targets.tolist()):
        for t, word in enumerate(row):
            there = [j for j, read in enumerate(sources[n].tolist()) if read == word]
            if word >= KNOWN and not (there and model.copies):
                word, there = UNKNOWN, []
            copied = sum(step.weights[n, t, j].item() for j in there) if model.copies else 0.0
            told = step.vocabulary[n, t, word].exp().item() if word < KNOWN else 0.0
            g = step.gate[n, t].item()
            nll[n, t] = -torch.tensor(g * told + (1 - g) * copied + LEAST).log()
    return nll


def test_the_loss_is_equation_9(model):
    counts = TARGETS != 0
    truth = by_loops(model, SOURCES, TARGETS)[counts].mean()
    assert torch.allclose(model.loss(Labelled(TARGETS, SOURCES)).total, truth, atol=1e-5)
    sums = -(by_loops(model, SOURCES, TARGETS) * counts).sum(1)
    assert torch.allclose(model.log_prob(Labelled(TARGETS, SOURCES)), sums, atol=1e-4)


def test_the_mixture_is_a_distribution_over_all_words():
    g = make_generator(0)
    told = torch.rand(3, KNOWN, generator=g).softmax(1)
    weights = torch.rand(3, 5, generator=g).softmax(1)
    gate = torch.tensor([0.0, 0.3, 1.0])
    p = mixture(told, gate, weights, SOURCES, extra=EXTRA)
    truth = torch.zeros(3, KNOWN + EXTRA)
    for n in range(3):
        for word in range(KNOWN):
            truth[n, word] += gate[n] * told[n, word]
        for j in range(5):
            truth[n, SOURCES[n, j]] += (1 - gate[n]) * weights[n, j]
    assert torch.allclose(p, truth, atol=1e-6) and torch.allclose(p.sum(1), torch.ones(3))
    assert torch.equal(p[2, KNOWN:], torch.zeros(EXTRA))


@torch.no_grad()
def test_one_step_after_another_is_the_whole(model):
    step, state, token = model.look(SOURCES, TARGETS), model.begin(SOURCES), None
    for t in range(TARGETS.shape[1]):
        logits, state = model.follow(token, state)
        assert torch.isinf(logits[:, 0]).all()  # padding is no word to be written
        p = mixture(
            step.vocabulary[:, t].exp(), step.gate[:, t], step.weights[:, t], SOURCES, extra=EXTRA
        )
        assert torch.allclose(logits[:, 1:].exp(), p[:, 1:], atol=1e-5)
        token = TARGETS[:, t]


@torch.no_grad()
def test_padding_never_changes_an_output(model):
    wide, long = F.pad(SOURCES, (0, 4)), F.pad(TARGETS, (0, 2))
    assert torch.equal(model.write(wide), model.write(SOURCES))
    assert torch.equal(model.write(wide, width=3), model.write(SOURCES, width=3))
    losses = [model.loss(Labelled(*pair)).total for pair in ((TARGETS, SOURCES), (long, wide))]
    assert torch.allclose(*losses, atol=1e-5)


def test_without_copying_no_strange_word_is_written(model):
    made = model.sample(200, condition=SOURCES[0], generator=make_generator(0))
    assert (made >= KNOWN).any().item() == model.copies
    assert set(made[made >= KNOWN].tolist()) <= {6, 7}  # only those of this source


def test_both_kinds_begin_with_the_same_weights():
    states = []
    for copies in (True, False):
        torch.manual_seed(0)
        states.append(PointerGenerator(6, 3, length=5, width=16, copies=copies).net.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[1])


def test_it_learns_to_copy_a_word_that_it_never_saw():
    """The second word of a source, which is always a strange one; other names in the test."""
    words = data.CopyWords(["the red the red"], known=5)
    texts = [f"{a} {b} the red" for a in ("the", "red") for b in ("cat", "dog", "red")] * 4
    pairs = words.encode(texts, [text.split()[1] for text in texts])
    torch.manual_seed(0)
    model = PointerGenerator(words.known, 2, length=2, width=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        loss = model.loss(Labelled(pairs.targets, pairs.sources)).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    asked = words.encode(["the zebra the red", "red \u4e86 the red"])
    assert words.decode(model.write(asked.sources), asked.strange) == ["zebra", "\u4e86"]


def test_what_cannot_be_is_a_sentence(model):
    for batch in (None, TARGETS, Labelled(TARGETS, SOURCES[:2]), Labelled(TARGETS + 9, SOURCES)):
        with pytest.raises(AigcError, match=r"\w+ \w+.*\."):
            model.loss(batch)
    with pytest.raises(AigcError, match="without examples"):
        model.sample(2)
    with pytest.raises(ShapeError, match="one a sample"):
        model.sample(2, condition=SOURCES)
    with pytest.raises(ShapeError, match="two axes"):
        mixture(torch.ones(3), torch.ones(3), torch.ones(3, 5), SOURCES)
    with pytest.raises(ShapeError, match="must be alike"):
        mixture(torch.ones(3, 6), torch.ones(3), torch.ones(3, 4), SOURCES)
    with pytest.raises(DtypeError, match="int64"):
        mixture(torch.ones(3, 6), torch.ones(3), torch.ones(3, 5), SOURCES.float())
