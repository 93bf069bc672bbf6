"""What a sequence of tokens costs: minus log-probabilities of the tokens that came.

Legend: N batch, T tokens, V vocabulary. Logits ``[N, T, V]``: row t predicts token t.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import DtypeError, ShapeError


def token_nll(logits: Tensor, tokens: Tensor) -> Tensor:
    """Minus log p of each token, in nats: the cross-entropy, before any average.

    Parameters
    ----------
    logits : Tensor
        ``[N, T, V]``.
    tokens : Tensor
        int64 ``[N, T]``, from 0 to V - 1.

    Returns
    -------
    Tensor
        float32 ``[N, T]``, at least 0. log V for logits that are all equal.

    Raises
    ------
    ShapeError, DtypeError

    >>> token_nll(torch.zeros(1, 2, 4), torch.tensor([[0, 3]]))  # log 4
    tensor([[1.3863, 1.3863]])
    """
    _check(logits, tokens)
    flat = F.cross_entropy(logits.flatten(0, 1).float(), tokens.flatten(), reduction="none")
    return flat.view(tokens.shape)  # [N, T]


def sequence_nll(logits: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
    """Minus log p of each whole sequence, in nats: the sum over its tokens.

    Parameters
    ----------
    logits, tokens : Tensor
        ``[N, T, V]`` and ``[N, T]``.
    mask : Tensor, optional
        bool ``[N, T]``: only tokens where it is True count (no padding, answers only).

    Returns
    -------
    Tensor
        ``[N]``.

    >>> sequence_nll(torch.zeros(1, 2, 4), torch.zeros(1, 2).long(), torch.tensor([[True, False]]))
    tensor([1.3863])
    """
    nll = token_nll(logits, tokens)  # [N, T]
    return _masked(nll, mask).sum(dim=1)


def mean_nll(logits: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
    """Minus log p of a token, in nats, averaged over all tokens that count; a scalar.

    Each token counts alike, whichever sequence it is in. Where the mask lets none count the
    mean is 0, not 0 / 0.

    >>> mean_nll(torch.zeros(3, 2, 4), torch.zeros(3, 2).long())
    tensor(1.3863)
    """
    nll = token_nll(logits, tokens)
    if mask is None:
        return nll.mean()
    return _masked(nll, mask).sum() / mask.sum().clamp_min(1)


def _masked(nll: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return nll
    if mask.dtype != torch.bool:
        raise DtypeError(f"The mask must be bool, True where a token counts; it is {mask.dtype}.")
    if mask.shape != nll.shape:
        raise ShapeError(f"The mask must be {[*nll.shape]}, as the tokens; it is {[*mask.shape]}.")
    return nll.masked_fill(~mask, 0.0)


def _check(logits: Tensor, tokens: Tensor) -> None:
    if logits.ndim != 3 or logits.shape[:2] != tokens.shape:
        raise ShapeError(
            f"Logits must be [N, T, V] and tokens [N, T]; they are {[*logits.shape]} and "
            f"{[*tokens.shape]}."
        )
    if not tokens.numel():
        raise ShapeError("There is no token: the batch is empty.")
    if tokens.is_floating_point():
        raise DtypeError(f"Tokens must be int64; yours are {tokens.dtype}. Use tokens.long().")
