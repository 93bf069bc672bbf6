"""Counts over tokens, rows of any model, and the completer that mixes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import DataError, RangeError, make_generator
from aigc_teach.models import (
    GPT,
    CharRNN,
    Completer,
    FileCache,
    KneserNey,
    TokenCounts,
    cached_rows,
    next_rows,
)
from aigc_teach.nn.python_prefix import OnlyPython

BYTES = data.ByteTokenizer()
SOURCE = "def f(self):\n    return self.x\n" * 6
IDS = BYTES.encode(SOURCE)
COUNTS = TokenCounts(256, order=4).fit([IDS])


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("after", ["", "a", "abra", "xyz", "z", "cad"])
def test_the_distribution_is_what_probability_says(order, after):
    model = KneserNey(order).fit(["abracadabra", "abba"])
    p = model.distribution(after)
    one_by_one = [model.probability(c, after=after) for c in model.alphabet]
    assert np.allclose(p[:-1], one_by_one) and p.sum() == pytest.approx(1)
    assert p[-1] == pytest.approx(model.probability("?", after=after))


def test_counts_over_tokens_share_what_was_never_seen():
    p = COUNTS.distribution(BYTES.encode("self"))
    assert p.sum() == pytest.approx(1) and (p > 0).all()
    assert p[BYTES.encode("z")[0]] == p[BYTES.encode("q")[0]]
    assert p.argmax() in BYTES.encode(".)")
    assert np.log(p[ord(".")]) == pytest.approx(COUNTS.log_probs([*b"self."])[-1], abs=1)


@torch.no_grad()
def test_rows_of_networks_are_their_own_scores():
    torch.manual_seed(0)
    tokens = IDS[:50]
    lstm, gpt = (
        CharRNN(256, width=8).eval(),
        GPT(256, context=16, width=8, heads=2, layers=1).eval(),
    )
    for model in (lstm, gpt):
        rows = next_rows(model, tokens)
        got = np.log(rows[np.arange(50), tokens])
        assert np.allclose(got, model.score(torch.tensor(tokens)).numpy(), atol=1e-4)
        assert np.allclose(rows.sum(1), 1, atol=1e-6)
    assert next_rows(gpt, tokens[:1]).shape == (1, 256)


def test_a_completer_read_token_by_token_agrees_with_the_rows():
    torch.manual_seed(0)
    lstm, cache = CharRNN(256, width=8).eval(), FileCache(256)
    tool = Completer(BYTES, COUNTS, network=lstm, weight=0.3, cache=cache)
    tokens, seen = IDS[:40], []
    for token in tokens:
        seen.append(tool.distribution())
        tool.read([token])
    rows = 0.7 * next_rows(COUNTS, tokens) + 0.3 * next_rows(lstm, tokens)
    want = cached_rows(rows, tokens, FileCache(256))
    assert np.allclose(np.stack(seen), want, atol=1e-6)
    parts = tool.open(tokens).parts()
    assert set(parts) == {"counts", "network", "file"}
    assert sum(parts.values()).sum() == pytest.approx(1)


def test_suggestions_go_on_from_what_is_typed():
    tool = Completer(BYTES, COUNTS, cache=FileCache(256))
    assert tool.suggest("    return sel", 1)[0].text == "f"
    bpe = data.CodeBPE.train(SOURCE, size=280)
    counts = TokenCounts(bpe.size, order=3).fit([bpe.encode(SOURCE)])
    for typed in (" r", " ret", ""):
        for found in Completer(bpe, counts).suggest("def f(self):\n    ", 3, typed=typed):
            assert found.text and 0 < found.p <= 1 and found.source == "counts"
    assert Completer(bpe, counts).suggest("x", 3, typed="月") == []
    assert Completer(bpe, counts).suggest("月" * 5_000, 1)


def test_writing_stops_and_follows_the_grammar():
    tool = Completer(BYTES, COUNTS, cache=FileCache(256))
    free = tool.open(BYTES.encode("def f(")).write(30, temperature=0)
    assert free.startswith("self):\n")
    again = tool.open(BYTES.encode("def f(")).write(30, temperature=0, stop=lambda t: "\n" in t)
    assert again == "self):\n"
    g = make_generator(0)
    for temperature in (0, 1.0):
        rule = OnlyPython(lambda k: BYTES.decode([k]), start="def f(")
        text = tool.open(BYTES.encode("def f(")).write(
            25, temperature=temperature, rule=rule, generator=g
        )
        assert rule.text == "def f(" + text
        compile(rule.end(), "<test>", "exec", 0x400)  # only parsed


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: TokenCounts(3).fit([[0, 5]]), RangeError, "outside of 0..2"),
        (lambda: TokenCounts(3).fit([]), DataError, "no text"),
        (lambda: next_rows(COUNTS, []), DataError, "no token"),
        (lambda: Completer(BYTES, COUNTS, weight=0.5), RangeError, "without a network"),
        (lambda: Completer(BYTES, COUNTS).suggest("a", 0), RangeError, "k=0"),
        (lambda: Completer(BYTES, COUNTS).write(0), RangeError, "new=0"),
    ],
)
def test_bad_input_is_a_sentence(act, error, words):
    with pytest.raises(error, match=words):
        act()
