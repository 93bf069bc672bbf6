"""The translator: padding, masks, one step as the whole, what it refuses, and that it learns."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach import data
from aigc_teach.core import AigcError, Labelled, RangeError, make_generator
from aigc_teach.models import Translator
from aigc_teach.models.translator import POSITIONS

KINDS = [
    {"kind": "rnn"},
    {"kind": "rnn", "looks": False},
    *({"kind": "transformer", "layers": 2, "positions": p} for p in POSITIONS),
]
NAMES = ["attention", "one vector", *POSITIONS]
SOURCES = torch.tensor([[5, 6, 7, 1, 0, 0], [2, 3, 4, 5, 6, 1], [8, 1, 0, 0, 0, 0]])
TARGETS = torch.tensor([[3, 4, 1, 0], [5, 6, 3, 1], [2, 1, 0, 0]])


@pytest.fixture(params=KINDS, ids=NAMES)
def model(request):
    torch.manual_seed(0)
    return Translator(10, 8, length=7, width=16, heads=2, **request.param).eval()


@torch.no_grad()
def test_padding_never_changes_an_output(model):
    logits = model(SOURCES, TARGETS)
    wide, long = F.pad(SOURCES, (0, 5)), F.pad(TARGETS, (0, 3))
    assert torch.allclose(model(wide, TARGETS), logits, atol=1e-5)
    assert torch.allclose(model(SOURCES, long)[:, :4], logits, atol=1e-5)
    assert torch.equal(model.translate(wide), model.translate(SOURCES))
    assert torch.equal(model.translate(wide, width=3), model.translate(SOURCES, width=3))
    losses = [model.loss(Labelled(*pair)).total for pair in ((TARGETS, SOURCES), (long, wide))]
    assert torch.allclose(*losses, atol=1e-5)
    assert torch.allclose(
        model.log_prob(Labelled(long, wide)),
        model.log_prob(Labelled(TARGETS, SOURCES)),
        atol=1e-5,
    )


@torch.no_grad()
def test_a_row_alone_is_as_in_a_batch(model):
    together = model(SOURCES, TARGETS)
    for k, (source, target) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        alone = model(source[source > 0][None], target[target > 0][None])[0]
        assert torch.allclose(alone, together[k, : len(alone)], atol=1e-5)


@torch.no_grad()
def test_no_token_sees_itself_or_a_later_one(model):
    before = model(SOURCES, TARGETS)
    other = TARGETS.clone()
    other[:, 2:] = 7
    after = model(SOURCES, other)
    assert torch.allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert not torch.allclose(after[:, 3], before[:, 3], atol=1e-4)


@torch.no_grad()
def test_step_by_step_is_the_whole(model):
    state, token, steps = model.begin(SOURCES), None, []
    for t in range(TARGETS.shape[1]):
        logits, state = model.follow(token, state)
        steps.append(logits)
        token = TARGETS[:, t]
    one_by_one = torch.stack(steps, 1)
    assert torch.allclose(one_by_one[:, :, 1:], model(SOURCES, TARGETS)[:, :, 1:], atol=1e-5)
    assert one_by_one[:, :, 0].isneginf().all()  # padding is never written


def test_alignments_are_shares_of_real_places(model):
    weights = model.align(SOURCES, TARGETS)
    assert weights.shape == (3, 4, 6)
    assert (weights[(SOURCES == 0)[:, None].expand_as(weights)] == 0).all()
    want = torch.ones(3, 4) * float(model.looks)
    assert torch.allclose(weights.sum(2), want, atol=1e-5)


def test_log_prob_is_minus_the_loss_of_all_tokens(model):
    batch = Labelled(TARGETS, SOURCES)
    total = -model.log_prob(batch).sum() / (TARGETS != 0).sum()
    assert torch.allclose(model.loss(batch).total, total, atol=1e-5)


def test_a_beam_finds_nothing_less_likely_than_greedy(model):
    greedy, wide = (model.translate(SOURCES, width=w) for w in (1, 50))
    likely = [model.log_prob(Labelled(found, SOURCES)) for found in (greedy, wide)]
    assert (likely[1] >= likely[0] - 1e-4).all()


def test_samples_follow_a_condition_and_end_in_padding(model):
    found = model.sample(3, condition=SOURCES, generator=make_generator(0))
    assert found.shape == (3, 7)
    same = model.sample(2, condition=SOURCES[0], generator=make_generator(0))
    assert same.shape == (2, 7)
    ended = (found == 1).cumsum(1) - (found == 1).long()
    assert (found[ended > 0] == 0).all()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda m: m.loss(TARGETS), "pairs"),
        (lambda m: m.translate("hello"), "int64"),
        (lambda m: m.translate(SOURCES.float()), "int64"),
        (lambda m: m.translate(SOURCES[0]), r"\[N, L\]"),
        (lambda m: m.translate(SOURCES[:0]), r"\[N, L\]"),
        (lambda m: m.translate(torch.tensor([[99, 1]])), r"0\.\.9"),
        (lambda m: m.translate(torch.tensor([[0, 0]])), "empty"),
        (lambda m: m.loss(Labelled(TARGETS, SOURCES[:2])), "pairs"),
        (lambda m: m.sample(2), "examples"),
        (lambda m: m.sample(2, condition=SOURCES), "2 sources"),
        (lambda m: m.translate(SOURCES, width=2, rule=lambda a, b: a), "greedy"),
    ],
)
def test_bad_input_is_one_sentence(ask, words):
    with pytest.raises(AigcError, match=words):
        ask(Translator(10, 8, length=7, width=16))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"kind": "lstm"}, "'rnn', 'transformer'"),
        ({"positions": "none"}, "'learnt', 'sinusoidal', 'rotary'"),
        ({"kind": "transformer", "looks": False}, "looks"),
        ({"kind": "transformer", "width": 15}, "divisor"),
        ({"kind": "transformer", "width": 12, "heads": 4, "positions": "rotary"}, "even"),
        ({"examples": torch.tensor([[50]])}, "examples"),
    ],
)
def test_bad_settings_are_one_sentence(how, words):
    with pytest.raises(AigcError, match=words):
        Translator(10, 8, length=7, **({"width": 16} | how))


def test_a_very_long_source_is_read_or_refused_in_words():
    long = torch.full((1, 10_000), 3)
    assert Translator(10, 8, length=3, width=8).translate(long).shape == (1, 3)
    learnt = Translator(10, 8, length=3, width=8, kind="transformer", heads=2)
    with pytest.raises(AigcError, match="places"):
        learnt.translate(long)
    with pytest.raises(RangeError, match="tokenizer"):
        learnt.translate(torch.full((1, 3), 10))


@pytest.mark.parametrize("kind", ["rnn", "transformer"])
def test_it_learns_to_write_backwards(kind):
    torch.manual_seed(0)
    g = make_generator(0)
    body = torch.randint(2, 8, (256, 4), generator=g)
    end = torch.ones(256, 1, dtype=torch.int64)
    sources, targets = torch.cat([body, end], 1), torch.cat([body.flip(1), end], 1)
    model = Translator(8, 8, length=5, width=32, kind=kind, heads=2)
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    batches = data.Batches(targets, sources, batch_size=64)
    for _ in range(200):
        optimizer.zero_grad()
        model.loss(next(batches)).total.backward()
        optimizer.step()
    assert (model.translate(sources) == targets).all(1).float().mean() > 0.8
