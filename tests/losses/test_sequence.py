"""What a sequence costs: closed forms, torch's own, and masks that hide."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.core import DtypeError, ShapeError
from aigc_teach.losses.sequence import mean_nll, sequence_nll, token_nll

LOGITS = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
TOKENS = torch.tensor([[0, 1, 2, 3], [4, 4, 4, 4], [1, 0, 1, 0]])
MASK = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]).bool()


def test_it_is_minus_the_log_of_the_softmax_at_the_token():
    by_hand = -LOGITS.softmax(-1).log().gather(2, TOKENS[..., None])[..., 0]
    assert torch.allclose(token_nll(LOGITS, TOKENS), by_hand, atol=1e-6)
    assert torch.allclose(sequence_nll(LOGITS, TOKENS), by_hand.sum(1), atol=1e-6)
    theirs = F.cross_entropy(LOGITS.flatten(0, 1), TOKENS.flatten())
    assert torch.allclose(mean_nll(LOGITS, TOKENS), theirs, atol=1e-6)
    assert torch.allclose(
        token_nll(torch.zeros(1, 1, 9), TOKENS[:1, :1]), torch.tensor(math.log(9))
    )


def test_masked_tokens_count_neither_above_nor_below():
    changed = LOGITS.clone()
    changed[~MASK] += torch.randn(5) * 100
    for nll in (sequence_nll, mean_nll):
        assert torch.equal(nll(LOGITS, TOKENS, MASK), nll(changed, TOKENS, MASK))
    six = token_nll(LOGITS, TOKENS)[MASK]
    assert mean_nll(LOGITS, TOKENS, MASK) == pytest.approx(float(six.sum() / 6))
    assert sequence_nll(LOGITS, TOKENS, MASK)[2] == 0


def test_a_mask_that_hides_all_is_no_nan():
    logits = LOGITS.clone().requires_grad_()
    total = mean_nll(logits, TOKENS, torch.zeros(3, 4).bool())
    total.backward()
    assert total == 0 and not logits.grad.any()


def test_impossible_tokens_cost_infinity_only_where_they_come():
    logits = LOGITS.clone()
    logits[0, 0, 1:] = -math.inf
    assert token_nll(logits, TOKENS)[0, 0] == 0
    logits[0, 0, :2] = torch.tensor([-math.inf, 0.0])
    assert token_nll(logits, TOKENS)[0, 0] == math.inf


@pytest.mark.parametrize(
    ("give", "error", "words"),
    [
        (lambda: mean_nll(LOGITS, TOKENS[:, 1:]), ShapeError, r"\[3, 4, 5\] and \[3, 3\]"),
        (lambda: mean_nll(LOGITS[0], TOKENS[0]), ShapeError, r"\[N, T, V\]"),
        (lambda: mean_nll(LOGITS[:0], TOKENS[:0]), ShapeError, "empty"),
        (lambda: mean_nll(LOGITS, TOKENS.float()), DtypeError, "int64"),
        (lambda: mean_nll(LOGITS, TOKENS, MASK.float()), DtypeError, "must be bool"),
        (lambda: mean_nll(LOGITS, TOKENS, MASK[0]), ShapeError, r"must be \[3, 4\]"),
    ],
)
def test_what_does_not_fit_is_told(give, error, words):
    with pytest.raises(error, match=words):
        give()
