"""Greedy and beam search on small tables whose best translation can be counted out."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach.core import AigcError, make_generator
from aigc_teach.nn import search

V, T = 4, 3


def table_model(seed):
    """A model of short texts as a table: the next token depends on the token before alone."""
    table = torch.randn(V, V, generator=make_generator(seed), dtype=torch.float64).log_softmax(1)
    table[:, 0] = -torch.inf  # padding is never written
    table = table.log_softmax(1)

    def follow(tokens, state):
        rows = torch.zeros(len(state[0]), dtype=torch.int64) if tokens is None else tokens
        return table[rows], state

    return table, follow


def every_text():
    """All texts of at most T tokens: ended, or cut at T."""
    for size in range(1, T + 1):
        for body in itertools.product(range(2, V), repeat=size - 1):
            yield (*body, 1) + (0,) * (T - size)
    yield from itertools.product(range(2, V), repeat=T)


def value(table, text, penalty):
    total, before, size = 0.0, 0, 0
    for token in text:
        if token == 0:
            break
        total, before, size = total + table[before, token].item(), token, size + 1
    return total / size**penalty


START = (torch.zeros(2, 1),)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_beam_that_keeps_all_finds_the_best_of_all_texts(seed, penalty):
    table, follow = table_model(seed)
    best = max(every_text(), key=lambda text: value(table, text, penalty))
    found = search.beam(follow, START, length=T, width=V**T, penalty=penalty)
    assert found.tolist() == [list(best)] * 2


@pytest.mark.parametrize("seed", range(6))
def test_a_beam_of_one_is_greedy_and_a_wider_one_is_not_worse(seed):
    table, follow = table_model(seed)
    greedy = search.greedy(follow, START, length=T)
    assert torch.equal(greedy, search.beam(follow, START, length=T, width=1))
    all_of_them = search.beam(follow, START, length=T, width=V**T)
    assert value(table, all_of_them[0].tolist(), 0) >= value(table, greedy[0].tolist(), 0) - 1e-9


def test_rows_do_not_disturb_each_other():
    _, follow = table_model(1)

    def by_row(tokens, state):
        logits, _ = follow(tokens, state)
        return logits + state[0], state

    lean = torch.randn(5, V, generator=make_generator(3), dtype=torch.float64)
    together = search.beam(by_row, (lean,), length=6, width=3)
    alone = [search.beam(by_row, (row[None],), length=6, width=3) for row in lean]
    assert torch.equal(together, torch.cat(alone))


def test_after_the_end_there_is_padding_alone():
    for found in (
        search.greedy(table_model(2)[1], (torch.zeros(3, 1),), length=9),
        search.beam(table_model(2)[1], (torch.zeros(3, 1),), length=9, width=3),
    ):
        ended = (found == 1).cumsum(1) - (found == 1).long()
        assert (found[ended > 0] == 0).all() and (found[ended == 0] > 0).all()


@pytest.mark.parametrize("length", [3, 4, 9])
def test_a_rule_writes_what_is_wanted_exactly_as_often(length):
    wanted = torch.tensor([[0, 0, 0, 0, 2], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]])
    governed = torch.tensor([False, False, False, True, True])
    lean = torch.randn(5, 5, generator=make_generator(0))

    def follow(tokens, state):
        rows = torch.zeros(3, dtype=torch.int64) if tokens is None else tokens
        return lean[rows], state

    rule = search.requiring(wanted, governed, length=length)
    found = search.greedy(follow, (torch.zeros(3, 1),), length=length, rule=rule)
    counts = torch.stack([(found == k).sum(1) for k in range(5)], dim=1)
    assert torch.equal(counts[:, governed], wanted[:, governed])


def test_bad_settings_are_sentences():
    follow = table_model(0)[1]
    with pytest.raises(AigcError, match="width"):
        search.beam(follow, START, length=3, width=0)
    with pytest.raises(AigcError, match="length"):
        search.greedy(follow, START, length=0)
    with pytest.raises(AigcError, match="penalty"):
        search.beam(follow, START, length=3, penalty=-1.0)
