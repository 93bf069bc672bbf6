"""How much of a codebook a set of data uses: counted over all of it, never averaged over batches.

A batch of M vectors holds at most M different codes, so the perplexity of single batches says as
much about their size as about the codebook.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aigc_teach.core import DataError, DtypeError, RangeError, check_count


class CodeUse(NamedTuple):
    """What :func:`code_use` counts.

    Attributes
    ----------
    shares : Tensor
        ``[K]``: how often each code was chosen, as shares of all; they sum to 1.
    used : int
        Codes that were chosen at least once.
    bits : float
        Entropy of the shares: bits a code, if codes were independent; 0 to log2 K.
    perplexity : float
        2 to that power: 1 to K.
    """

    shares: Tensor
    used: int
    bits: float
    perplexity: float


def code_use(indices: Tensor, codes: int) -> CodeUse:
    """Count the codes of a whole data set.

    Parameters
    ----------
    indices : Tensor
        int64, any shape: which code stands where, 0 to `codes` - 1.
    codes : int
        K, the size of the codebook.

    Returns
    -------
    CodeUse

    Raises
    ------
    DtypeError, DataError, RangeError

    Examples
    --------
    >>> use = code_use(torch.tensor([[0, 0], [3, 3]]), 8)
    >>> use.used, use.bits, use.perplexity
    (2, 1.0, 2.0)
    """
    check_count("codes", codes)
    if not isinstance(indices, Tensor) or indices.dtype != torch.int64:
        given = indices.dtype if isinstance(indices, Tensor) else type(indices).__name__
        raise DtypeError(f"Indices of codes must be an int64 tensor; you gave {given}.")
    if not indices.numel():
        raise DataError("There are no indices to count; at least 1 is needed.")
    if indices.min() < 0 or indices.max() >= codes:
        raise RangeError(
            f"Indices must lie in 0..{codes - 1}; yours lie in "
            f"{int(indices.min())}..{int(indices.max())}."
        )
    counts = torch.bincount(indices.flatten(), minlength=codes)  # [K]
    shares = counts.double() / counts.sum()
    bits = (torch.special.entr(shares).sum() / torch.tensor(2.0).double().log()).item()
    return CodeUse(shares, int((counts > 0).sum()), bits, 2.0**bits)
