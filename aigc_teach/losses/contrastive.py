"""Pairs that belong together against pairs that do not: InfoNCE.

van den Oord et al. 2018, equation 4; both ways, for pictures and texts: Radford et al. 2021,
figure 3. Legend: N pairs, D features.
"""

from __future__ import annotations

from torch import Tensor

from ..core import ShapeError


def scores(a: Tensor, b: Tensor, scale: Tensor | float = 1.0) -> Tensor:
    """Cosine of every a with every b, times a scale: ``[N, D]``, ``[M, D]`` -> ``[N, M]``.

    >>> import torch
    >>> scores(torch.tensor([[3.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]]), 10.0)
    tensor([[10.,  0.]])
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"Both sides must be [N, D] with one D; they are {list(a.shape)} and {list(b.shape)}."
        )
    a, b = (x / x.norm(dim=1, keepdim=True).clamp(min=1e-8) for x in (a, b))
    return scale * a @ b.T


def info_nce(logits: Tensor) -> Tensor:
    """Minus the mean log-probability of the right partner, asked from both sides.

    Parameters
    ----------
    logits : Tensor
        ``[N, N]``: row i are the scores of the i-th of one side with all of the other; its own
        partner stands on the diagonal.

    Returns
    -------
    Tensor
        A scalar, in nats: log N where all scores are equal, at least 0.

    Raises
    ------
    ShapeError

    >>> import torch
    >>> info_nce(torch.zeros(4, 4)).item() - torch.tensor(4.0).log().item()
    0.0
    """
    if logits.ndim != 2 or logits.shape[0] != logits.shape[1]:
        raise ShapeError(f"Scores must be [N, N], a row an item; yours are {list(logits.shape)}.")
    right = logits.diagonal()  # [N]
    both = (logits.logsumexp(0) - right).mean() + (logits.logsumexp(1) - right).mean()
    return both / 2
